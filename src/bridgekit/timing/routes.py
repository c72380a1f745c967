"""Route templates: which pattern matched a request, found in what frameworks leave in the scope or the environ.

A template has bounded cardinality and is fit for a label; a path has not. So whatever is uncertain is None here, never the path.

Falcon and Quart leave nothing behind: there, the route is named from within the request (`bridgekit.timing.named_routes`).
"""

from __future__ import annotations

from bridgekit.timing._starlette import starlette_route
from bridgekit.typing import Environ, Scope

__all__ = ["route_at_start", "route_from_environ", "route_from_scope", "tell_route"]


def route_from_scope(scope: Scope) -> str | None:
    """The template that Starlette, FastAPI or Litestar left in the scope once the application ran."""
    if "route" in scope or "router" in scope:
        return starlette_route(scope)
    if "path_template" in scope:  # Litestar, _asgi/asgi_router.py
        template = scope["path_template"]
        return template if isinstance(template, str) and template else None
    return None


def route_from_environ(environ: Environ) -> str | None:
    """The template that Flask left in the environ; while the response starts only (see `route_at_start`)."""
    return route_at_start(environ) if "werkzeug.request" in environ else None


def route_at_start(environ: Environ) -> str | None:
    """Flask's rule, which can be read in ``start_response`` only: Flask empties the key when its context ends."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    template = getattr(rule, "rule", None)
    if not isinstance(template, str):
        return None
    # Under DispatcherMiddleware the rule knows nothing of its mount point, which is fixed text in SCRIPT_NAME.
    mount: str = environ.get("SCRIPT_NAME", "")
    return mount.rstrip("/") + template


def tell_route(outer: object, mount: str, route: str | None) -> None:
    """Tell the wrapper further out what this side's framework matched below `mount`."""
    tell = getattr(outer, "set_inner_route", None)
    if tell is not None and route is not None:
        tell(mount, route.removeprefix(mount))
