"""Route templates of Starlette and FastAPI, mounts included."""

from __future__ import annotations

from typing import Any

from bridgekit.timing.routing.wrapped import router_within
from bridgekit.typing import Scope

MAX_MOUNTS = 16
"""Mounts within mounts; deeper ones have no template."""


def starlette_route(scope: Scope) -> str | None:
    """The whole template of the route that matched, or None where nothing did.

    Starlette 1 leaves the matched route in the scope (``Router.app``). Below a mount its path is relative, and ``root_path`` has
    grown by the mount's concrete text: where that text has parameters (``/t/acme``) it is unbounded. So the mounts are matched
    once more, from the outermost router on. Older Starlette leaves only that router, and everything is matched again.
    """
    route = scope.get("route")
    leaf = fastapi_path(scope)
    if leaf is None and route is not None:
        leaf = own_path(route)
    if leaf is not None and "app_root_path" not in scope:
        return leaf  # no mount on the way: Mount.matches leaves that key
    return matched_again(scope, leaf)


def fastapi_path(scope: Scope) -> str | None:
    """The path of a route of an included router, with the prefixes of its inclusions.

    FastAPI 0.137 and newer keep the route as it was declared in ``scope["route"]``, and what it became in a context.
    """
    extra = scope.get("fastapi")
    context = extra.get("effective_route_context") if isinstance(extra, dict) else None
    path = getattr(context, "path", None)
    original = getattr(context, "original_route", None)
    # Below a mount in an included router the context still names that mount, and the route in the scope the leaf.
    return path if isinstance(path, str) and not is_mount(original) else None


def own_path(route: object) -> str | None:
    """The template of a route itself; None for a mount and for what has none."""
    path = getattr(route, "path", None)
    return path if isinstance(path, str) and not is_mount(route) else None


def is_mount(route: object) -> bool:
    return hasattr(route, "routes") and hasattr(route, "app")


def matched_again(scope: Scope, leaf: str | None) -> str | None:
    """The templates of all mounts on the way, and `leaf`, or the last one matched where `leaf` is not known."""
    routes = getattr(scope.get("router"), "routes", None)
    # Matching needs what the scope was before the first mount.
    fresh = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", "")), "path_params": {}}
    fresh.pop("fastapi", None)
    prefix = ""
    for _ in range(MAX_MOUNTS):
        found = first_match(routes or (), fresh)
        if found is None:
            return None
        route, child = found
        if not is_mount(route):
            path = leaf if leaf is not None else own_path(route) or included_path(route, fresh)
            return None if path is None else prefix + path
        if "root_path" in child:  # a Mount; a Host routes without taking anything from the path
            prefix += route.path
        routes = route.routes or routes_behind(route.app, scope["type"])
        if not routes:
            # Some other application, which knows its own routes; an empty mount says nothing of them.
            return prefix + (leaf or "") or None
        fresh.update(child)
    return None


def routes_behind(app: Any, kind: str) -> Any:
    """The routes of a router that is mounted within other middleware; None where that is no router of Starlette's."""
    router = router_within(app, kind)
    return None if router is None or hasattr(router, "_path_routing") else router.routes


def included_path(router: Any, scope: Scope) -> str | None:
    """The path of the route that matches within a router that FastAPI 0.137 and newer included, with the prefixes of its inclusions."""
    contexts = getattr(router, "effective_route_contexts", None)
    path, partial = scope["path"].removeprefix(scope.get("root_path", "")), None
    for context in () if contexts is None else contexts():
        regex, template = getattr(context, "path_regex", None), getattr(context, "path", None)
        if regex is None or not isinstance(template, str) or not regex.match(path):
            continue
        if not context.methods or scope.get("method") in context.methods:
            return template
        partial = partial or template
    return partial


def first_match(routes: Any, scope: Scope) -> tuple[Any, dict[str, Any]] | None:
    """The route that Starlette's ``Router.app`` would choose: the first full match, else the first partial one."""
    partial = None
    for route in routes:
        match, child = route.matches(scope)
        if match.name == "FULL":
            return route, child
        if match.name == "PARTIAL" and partial is None:
            partial = (route, child)
    return partial
