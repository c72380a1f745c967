"""What an entry point puts around Django's application: wrappers of the other protocol, routers that cannot reach it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bridgekit.check.findings.finding import Problem
from bridgekit.check.findings.flow import imported_names, resolved_name, source_text
from bridgekit.check.modules.parsing import SourceModule

__all__ = ["wrapper_problems"]

_OF_ASGI = frozenset({"django.core.asgi.get_asgi_application", "bridgekit.django.get_asgi_application"})
_OF_WSGI = frozenset({"django.core.wsgi.get_wsgi_application", "bridgekit.django.get_wsgi_application"})
#: Wrappers that call what they wrap by one protocol, with what serves in their place.
_WSGI_WRAPPERS = {
    "django.contrib.staticfiles.handlers.StaticFilesHandler": "ASGIStaticFilesHandler",
    "whitenoise.WhiteNoise": "whitenoise.middleware.WhiteNoiseMiddleware in MIDDLEWARE",
    "whitenoise.base.WhiteNoise": "whitenoise.middleware.WhiteNoiseMiddleware in MIDDLEWARE",
    "whitenoise.django.DjangoWhiteNoise": "whitenoise.middleware.WhiteNoiseMiddleware in MIDDLEWARE",
    "dj_static.Cling": "ASGIStaticFilesHandler",
    "werkzeug.middleware.proxy_fix.ProxyFix": "the server's own options for proxies",
    "opentelemetry.instrumentation.wsgi.OpenTelemetryMiddleware": "opentelemetry.instrumentation.asgi's",
}
_ASGI_WRAPPERS = {
    "django.contrib.staticfiles.handlers.ASGIStaticFilesHandler": "StaticFilesHandler",
    "channels.routing.ProtocolTypeRouter": "an ASGI server, or bridgekit.ASGIToWSGI",
    "opentelemetry.instrumentation.asgi.OpenTelemetryMiddleware": "opentelemetry.instrumentation.wsgi's",
}


def wrapper_problems(module: SourceModule) -> Iterator[Problem]:
    """Calls of wrappers with an application of the wrong kind, and Channels' router with a wrong or without any ``http``."""
    imports = imported_names(module)
    made = dict(_applications(module, imports))
    yield from _uncalled(module, imports)
    for node in ast.walk(module.tree) if module.tree is not None else ():
        if not isinstance(node, ast.Call):
            continue
        name = resolved_name(node.func, imports)
        if node.args:
            kind = _kind_of(node.args[0], imports, made)
            yield from _wrong_protocol(module, node, name, kind)
        if name == "channels.routing.ProtocolTypeRouter" and node.args and isinstance(node.args[0], ast.Dict):
            yield from _router(module, node.args[0], imports)
        if name == "channels.routing.URLRouter":
            yield from _consumers(module, node, imports)


def _uncalled(module: SourceModule, imports: Mapping[str, str]) -> Iterator[Problem]:
    """``application = get_asgi_application``: uvicorn alone takes it for a factory; others call it with a scope, or an environ."""
    bound = [
        node
        for node in (module.tree.body if module.tree is not None else [])
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "application" for target in node.targets)
    ]
    for node in bound[-1:]:
        name = resolved_name(node.value, imports)
        if name in _OF_ASGI | _OF_WSGI:
            getter = name.rpartition(".")[2]
            yield Problem(
                f"application is {getter} itself, not what it returns: every request fails, but under uvicorn, which "
                "takes it for a factory",
                module.location_of(node.value),
                f"Call it: {getter}().",
                subject="application:uncalled",
            )


def _consumers(module: SourceModule, router: ast.Call, imports: Mapping[str, str]) -> Iterator[Problem]:
    """``path("ws/", Consumer)``: since Channels 3 a consumer's class is no application (channels/consumer.py, as_asgi)."""
    for node in ast.walk(router):
        if (
            isinstance(node, ast.Call)
            and resolved_name(node.func, imports) in ("django.urls.path", "django.urls.re_path")
            and len(node.args) > 1
            and ".consumers." in resolved_name(node.args[1], imports)
            and resolved_name(node.args[1], imports).rpartition(".")[2][:1].isupper()
        ):
            yield Problem(
                f"URLRouter is given the class {source_text(node.args[1])}, not what its as_asgi() returns: every connection fails "
                "with TypeError",
                module.location_of(node.args[1]),
                f"Write {source_text(node.args[1])}.as_asgi().",
                subject=f"URLRouter:{source_text(node.args[1])}",
            )


def _wrong_protocol(module: SourceModule, node: ast.Call, name: str, kind: str) -> Iterator[Problem]:
    wrong = {"asgi": _WSGI_WRAPPERS, "wsgi": _ASGI_WRAPPERS}.get(kind, {}).get(name)
    if wrong:
        speaks = "WSGI" if kind == "asgi" else "ASGI"
        article = "an ASGI" if kind == "asgi" else "a WSGI"
        yield Problem(
            f"{name.rpartition('.')[2]} speaks {speaks} and wraps {article} application: every request fails",
            module.location_of(node),
            f"Use {wrong}.",
            subject=f"{name}:protocol",
        )


def _router(module: SourceModule, routes: ast.Dict, imports: Mapping[str, str]) -> Iterator[Problem]:
    """Channels 4 has no default for ``http`` (channels/routing.py, ProtocolTypeRouter)."""
    keys = [key.value if isinstance(key, ast.Constant) else None for key in routes.keys]
    if None in keys:
        return  # unpacked, or computed
    if "http" not in keys:
        yield Problem(
            'ProtocolTypeRouter has no "http": every HTTP request that reaches this application fails with ValueError',
            module.location_of(routes),
            'Add "http": get_asgi_application().',
            subject="ProtocolTypeRouter:http",
        )
        return
    served = routes.values[keys.index("http")]
    if resolved_name(served, imports) in _OF_ASGI:
        yield Problem(
            'ProtocolTypeRouter has get_asgi_application itself under "http", not what it returns: every request fails',
            module.location_of(served),
            "Call it: get_asgi_application().",
            subject="ProtocolTypeRouter:uncalled",
        )


def _applications(module: SourceModule, imports: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names at the top that are bound once, to an application of Django's: which protocol it speaks."""
    bound: dict[str, list[str]] = {}
    for node in module.tree.body if module.tree is not None else ():
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(_kind_of(node.value, imports, {}))
    for name, kinds in bound.items():
        # ``application = StaticFilesHandler(application)`` binds it again, and calls what it was before.
        if kinds[0]:
            yield name, kinds[0]


def _kind_of(node: ast.expr, imports: Mapping[str, str], made: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return made.get(node.id, "")
    if isinstance(node, ast.Call):
        name = resolved_name(node.func, imports)
        return "asgi" if name in _OF_ASGI else "wsgi" if name in _OF_WSGI else ""
    return ""
