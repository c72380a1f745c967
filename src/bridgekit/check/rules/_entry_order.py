"""What an entry point does too early or too late: models before Django is set up, settings named after they were read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from bridgekit.check.findings.finding import Problem, Related
from bridgekit.check.findings.flow import dotted_name, imported_names, resolved_name
from bridgekit.check.modules.parsing import SourceModule

__all__ = ["order_problems"]

_SETS_UP = frozenset(
    {
        "django.setup",
        "django.core.asgi.get_asgi_application",
        "django.core.wsgi.get_wsgi_application",
        "bridgekit.django.get_asgi_application",
        "bridgekit.django.get_wsgi_application",
        "configurations.setup",
        "configurations.asgi.get_asgi_application",
        "configurations.wsgi.get_wsgi_application",
    }
)
_READS_MODELS = frozenset({"django.contrib.auth.get_user_model", "django.apps.apps.get_model"})
_MODEL_BASES = frozenset({"django.db.models.Model", "django.db.models.base.Model"})
_MAX_MODULES = 40
"""Modules of the project that the imports of one entry point are followed into."""

Load = Callable[[str], SourceModule | None]


def order_problems(module: SourceModule, load: Load) -> Iterator[Problem]:
    """Statements at the top of the module, in the order in which they run."""
    imports = imported_names(module)
    body = module.tree.body if module.tree is not None else []
    ready = next((at for at, statement in enumerate(body) if _calls(statement, imports, _SETS_UP)), len(body))
    yield from _settings_named_late(module, body, ready)
    if ready < len(body):
        yield from _models_before(module, body[:ready], load)
    yield from _default_without_setup(module, body, imports)


def _calls(statement: ast.AST, imports: Mapping[str, str], names: frozenset[str]) -> ast.Call | None:
    """The first call of one of these in a statement that runs as it stands: what functions do later does not count."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return None
    return next(
        (
            node
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and resolved_name(node.func, imports) in names
        ),
        None,
    )


def _settings_named_late(module: SourceModule, body: list[ast.stmt], ready: int) -> Iterator[Problem]:
    named = [at for at, statement in enumerate(body) if _names_settings(statement)]
    if named and ready < named[0]:
        yield Problem(
            "DJANGO_SETTINGS_MODULE is set after Django was set up: that has read the settings already, or failed to find them",
            module.location_of(body[named[0]]),
            "Set it before the application is made.",
            subject="DJANGO_SETTINGS_MODULE:late",
            related=(Related(module.location_of(body[ready]), "Django is set up here"),),
        )


def _names_settings(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Constant) and node.value == "DJANGO_SETTINGS_MODULE"
        for node in ast.walk(statement)
    )


def _models_before(module: SourceModule, early: list[ast.stmt], load: Load) -> Iterator[Problem]:
    for statement in early:
        for name in _imported(module, [statement]):
            path = _leads_to_models(name, load)
            if path is None:
                return  # Django may be set up from here on
            if path:
                yield Problem(
                    f"{' > '.join(path)} needs models, and is imported before Django is set up: AppRegistryNotReady at start-up",
                    module.location_of(statement),
                    "Import it below the line that calls get_asgi_application().",
                    subject=f"{path[0]}:early",
                )
                return


def _leads_to_models(start: str, load: Load) -> list[str] | None:
    """The modules from ``start`` to one that needs the app registry while it is imported; empty if none is known to, None
    where one of them sets Django up itself."""
    waiting, seen = [[start]], {start}
    while waiting and len(seen) < _MAX_MODULES:
        path = waiting.pop(0)
        module = load(path[-1])
        if module is None or module.tree is None:
            continue
        if any(_calls(statement, imported_names(module), _SETS_UP) for statement in module.tree.body):
            return None
        if _needs_registry(module):
            return path
        for name in _imported(module, module.tree.body):
            if name not in seen:
                seen.add(name)
                waiting.append([*path, name])
    return []


def _needs_registry(module: SourceModule) -> bool:
    """Whether importing it certainly asks for models: it defines one, or imports those of the user."""
    imports = imported_names(module)
    for statement in module.tree.body if module.tree is not None else ():
        if isinstance(statement, ast.ClassDef):
            if any(resolved_name(base, imports) in _MODEL_BASES for base in statement.bases):
                return True
        elif isinstance(statement, ast.ImportFrom):
            if statement.level == 0 and statement.module == "django.contrib.auth.models":
                return True
        elif _calls(statement, imports, _READS_MODELS) is not None:
            return True
    return False


def _imported(module: SourceModule, statements: list[ast.stmt]) -> Iterator[str]:
    """Dotted names of the modules that statements at the top import, each a module or perhaps a name in one."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            source = module.resolve_relative(statement.level, statement.module)
            if source:
                yield source
                yield from (f"{source}.{alias.name}" for alias in statement.names)


def _default_without_setup(
    module: SourceModule, body: list[ast.stmt], imports: Mapping[str, str]
) -> Iterator[Problem]:
    names = frozenset({"channels.routing.get_default_application"})
    for at, statement in enumerate(body):
        call = _calls(statement, imports, names)
        if call is not None and not any(_calls(before, imports, _SETS_UP) for before in body[: at + 1]):
            yield Problem(
                f"{dotted_name(call.func)}() imports the routing, and with it consumers and models, before Django is set up",
                module.location_of(call),
                "Call django.setup() before it.",
                subject="get_default_application",
            )
