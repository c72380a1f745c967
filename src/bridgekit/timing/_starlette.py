"""Route templates of Starlette and FastAPI, mounts included."""

from __future__ import annotations

from typing import Any

from bridgekit.typing import Scope

__all__ = ["starlette_route"]

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
            path = leaf if leaf is not None else own_path(route)
            return None if path is None else prefix + path
        if "root_path" in child:  # a Mount; a Host routes without taking anything from the path
            prefix += route.path
        routes = route.routes
        if not routes:  # some other application, which knows its own routes
            return prefix + (leaf or "") or "/"
        fresh.update(child)
    return None


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
