"""Route templates: which pattern matched a request, found in what frameworks leave in the scope or the environ.

A template has bounded cardinality and is fit for a label; a path has not. So whatever is uncertain is None here, never the path.

Frameworks that leave nothing behind announce their requests (`bridgekit.timing.routing.announced`), or the route is named from within
(`bridgekit.timing.named_routes`).
"""

from __future__ import annotations

from bridgekit.timing.routing.starlette import starlette_route
from bridgekit.typing import Environ, Scope


def route_from_scope(scope: Scope) -> str | None:
    """The template that Starlette, FastAPI or Litestar left in the scope once the application ran."""
    if "route" in scope or "router" in scope:
        return starlette_route(scope)
    if "path_template" in scope:  # Litestar, _asgi/asgi_router.py
        template = scope["path_template"]
        return template if isinstance(template, str) and template else None
    return None


def route_from_environ(environ: Environ) -> str | None:
    """The template that Bottle left in the environ. Flask's can be read earlier only (`flask_rule`)."""
    if "bottle.route" not in environ:
        return None
    rule = getattr(environ["bottle.route"], "rule", None)
    mount: str = environ.get("SCRIPT_NAME", "")
    return mount.rstrip("/") + rule if isinstance(rule, str) else None


def flask_rule(environ: Environ) -> str | None:
    """Flask's rule, from ``start_response`` at the latest: Flask empties the key when its context ends.

    Under DispatcherMiddleware the rule knows nothing of its mount point, which is fixed text in SCRIPT_NAME.
    """
    template = getattr(getattr(environ.get("werkzeug.request"), "url_rule", None), "rule", None)
    return template if isinstance(template, str) else None


def report_flask_rule(outer: object, environ: Environ) -> None:
    """Tell a record what Flask matched, while the response starts."""
    rule = flask_rule(environ)
    if rule is not None:
        mount = environ.get("SCRIPT_NAME", "")
        report_route(outer, mount, mount + rule)


def report_route(outer: object, mount: str, route: str | None) -> None:
    """Tell the wrapper further out what this side's framework matched below `mount`."""
    report = getattr(outer, "set_inner_route", None)
    if report is not None and route is not None:
        report(mount, route.removeprefix(mount))
