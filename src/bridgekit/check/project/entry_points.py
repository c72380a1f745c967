"""What an entry point serves beside Django through an adapter: its requests pass no middleware, and cost what the adapter costs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import imported_names, resolved_name, source_text
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server

_PACKAGES = ("bridgekit", "asgiref", "a2wsgi", "starlette", "fastapi", "uvicorn")
_ADAPTERS = {
    Server.ASGI: ("WSGIToASGI", "WsgiToAsgi", "WSGIMiddleware"),
    Server.WSGI: ("ASGIToWSGI", "ASGIMiddleware"),
}
_DJANGO = tuple(
    f"{package}.get_{server}_application"
    for server in Server
    for package in (f"django.core.{server}", "bridgekit.django")
)


@dataclass(frozen=True, slots=True)
class AdaptedApplication:
    """One application that is adapted to the server: ``text`` is the adapting expression as source."""

    text: str
    location: Location


def adapted_applications(module: SourceModule, server: Server) -> Iterator[AdaptedApplication]:
    """Each application but Django's that ``asgi.py`` (or ``wsgi.py``) hands to an adapter for its own server."""
    if module.tree is None or not module.path.endswith(f"/{server.value}.py"):
        return
    imports = imported_names(module)
    django = {
        name
        for node in walk(module.tree)
        if isinstance(node, ast.Assign) and _is_django(node.value, imports)
        for target in node.targets
        for name in ([target.id] if isinstance(target, ast.Name) else [])
    }
    for node in walk(module.tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        package, _, name = resolved_name(node.func, imports).rpartition(".")
        adapts = name in _ADAPTERS[server] and package.partition(".")[0] in _PACKAGES
        app = node.args[0]
        if adapts and not _is_django(app, imports) and not (isinstance(app, ast.Name) and app.id in django):
            yield AdaptedApplication(source_text(node), module.location_of(node))


def _is_django(node: ast.expr, imports: Mapping[str, str]) -> bool:
    return isinstance(node, ast.Call) and resolved_name(node.func, imports) in _DJANGO
