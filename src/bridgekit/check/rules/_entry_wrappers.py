"""What an entry point puts around Django's application: wrappers of the other protocol, routers that cannot reach it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bridgekit.check.findings.finding import Problem
from bridgekit.check.findings.flow import dotted_name, imported_names, resolved_name, source_text
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.reach import ModuleRun, Step
from bridgekit.check.reach.values import Class, External, Native, Table, Value

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
_ROUTER = "channels.routing.ProtocolTypeRouter"


def wrapper_problems(module: SourceModule, run: ModuleRun) -> Iterator[Problem]:
    """Calls of wrappers with an application of the wrong kind, and Channels' router with a wrong or without any ``http``."""
    yield from _uncalled(module, run)
    imports = imported_names(module)
    for node in walk(module.tree) if module.tree is not None else ():
        if isinstance(node, ast.Call) and resolved_name(node.func, imports) == "channels.routing.URLRouter":
            yield from _consumers(module, node, imports)
    for step in run.steps:
        event = step.event
        if event.verb == "call":
            yield from _wrong_protocol(module, step, event.name)
            if event.name == _ROUTER and event.arguments:
                yield from _router(module, step, event.arguments[0])
        elif event.verb == "make" and isinstance(event.value, Class):
            for base in run.bases(event.value):
                yield from _wrong_protocol(module, step, base)
                if base == _ROUTER and event.arguments and not run.has_own(event.value, "__init__"):
                    yield from _router(module, step, event.arguments[0])


def _uncalled(module: SourceModule, run: ModuleRun) -> Iterator[Problem]:
    """``application = get_asgi_application``: uvicorn alone takes it for a factory; others call it with a scope, or an environ."""
    served = run.names.get("application")
    if isinstance(served, Native) and served.name in _OF_ASGI | _OF_WSGI:
        getter = served.name.rpartition(".")[2]
        yield Problem(
            f"application is {getter} itself, not what it returns: every request fails, but under uvicorn, which "
            "takes it for a factory",
            module.location_of(bound_last(module, "application")),
            f"Call it: {getter}().",
            subject="application:uncalled",
        )


def bound_last(module: SourceModule, name: str) -> ast.AST | None:
    """The last statement at the top that assigns a name."""
    found = [
        node
        for node in walk(module.tree or ast.Pass())
        if isinstance(node, ast.Assign) and any(dotted_name(target) == name for target in node.targets)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _consumers(module: SourceModule, router: ast.Call, imports: Mapping[str, str]) -> Iterator[Problem]:
    """``path("ws/", Consumer)``: since Channels 3 a consumer's class is no application (channels/consumer.py, as_asgi)."""
    for node in walk(router):
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


def _wrong_protocol(module: SourceModule, step: Step, name: str) -> Iterator[Problem]:
    kind = next(filter(None, map(_kind_of, step.event.arguments)), "")
    wrong = {"asgi": _WSGI_WRAPPERS, "wsgi": _ASGI_WRAPPERS}.get(kind, {}).get(name)
    if wrong:
        speaks = "WSGI" if kind == "asgi" else "ASGI"
        article = "an ASGI" if kind == "asgi" else "a WSGI"
        yield Problem(
            f"{name.rpartition('.')[2]} speaks {speaks} and wraps {article} application: every request fails",
            module.location_of(_place(module, step)),
            f"Use {wrong}.",
            subject=f"{name}:protocol",
        )


def _place(module: SourceModule, step: Step) -> ast.AST:
    return step.event.node if step.event.module.path == module.path else step.node


def _router(module: SourceModule, step: Step, routes: Value) -> Iterator[Problem]:
    """Channels 4 has no default for ``http`` (channels/routing.py, ProtocolTypeRouter)."""
    if not isinstance(routes, Table) or routes.others:
        return  # unpacked, or computed
    place = module.location_of(_place(module, step))
    served = routes.entries.get("http")
    if served is None:
        yield Problem(
            'ProtocolTypeRouter has no "http": every HTTP request that reaches this application fails with ValueError',
            place,
            'Add "http": get_asgi_application().',
            subject="ProtocolTypeRouter:http",
        )
    elif isinstance(served, Native) and served.name in _OF_ASGI:
        yield Problem(
            'ProtocolTypeRouter has get_asgi_application itself under "http", not what it returns: every request fails',
            place,
            "Call it: get_asgi_application().",
            subject="ProtocolTypeRouter:uncalled",
        )
    elif _kind_of(served) == "wsgi":
        yield Problem(
            'ProtocolTypeRouter has a WSGI application under "http": every request fails',
            place,
            "Use get_asgi_application() from django.core.asgi.",
            subject="ProtocolTypeRouter:wsgi",
        )


def application_kind(value: Value) -> str:
    """Which protocol an application of Django's speaks; empty for all else."""
    if not isinstance(value, External):
        return ""
    return "asgi" if value.kind in _OF_ASGI else "wsgi" if value.kind in _OF_WSGI else ""


def _kind_of(value: Value) -> str:
    """As `application_kind`, of wrappers as well."""
    if isinstance(value, External) and value.kind in _ASGI_WRAPPERS:
        return "asgi"
    if isinstance(value, External) and value.kind in _WSGI_WRAPPERS:
        return "wsgi"
    return application_kind(value)
