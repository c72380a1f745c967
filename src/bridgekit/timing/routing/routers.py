"""Routers within an application: asked again where a middleware handed a copy of the scope to them, and what they wrote stayed in there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.timing.routing.routes import route_from_scope
from bridgekit.timing.routing.starlette import starlette_route
from bridgekit.timing.routing.wrapped import MAX_WRAPPERS, router_within
from bridgekit.typing import Scope

WRITTEN = ("route", "router", "path_template", "endpoint")
"""What routers write into the scope that they get."""


def routes_within(app: Any) -> Callable[[Scope], str | None] | None:
    """What tells routes from a scope also where a middleware of `app` copies it; None where `app` has no router that can be seen."""
    routers = {kind: router_within(app, kind) for kind in ("http", "websocket")}
    if not any(routers.values()):
        return None

    def route_of(scope: Scope) -> str | None:
        route = route_from_scope(scope)
        if route is not None or any(name in scope for name in WRITTEN):
            return route
        router = routers[scope["type"]]
        if router is None:
            return None
        if hasattr(router, "_path_routing"):
            return channels_route(router, scope)
        return starlette_route({**scope, "router": router})

    return route_of


def channels_route(router: Any, scope: Scope) -> str | None:
    """The patterns of Channels' ``URLRouter`` and of those in it, as it matches them itself."""
    path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
    template = "/"
    for _ in range(MAX_WRAPPERS):
        for route in router.routes:
            match = route.pattern.match(path)
            if match:
                break
        else:
            return None
        template += str(route.pattern).lstrip("/")
        router, path = router_within(route.callback, scope["type"]), match[0]
        if router is None or not hasattr(router, "_path_routing"):
            return template
    return None
