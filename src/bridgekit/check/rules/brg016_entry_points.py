"""BRG016: mistakes in asgi.py and wsgi.py: swapped or missing get_..._application, no settings module, doubtful adapters."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePath

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import dotted_name, imported_names, resolved_name, source_text
from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.rules.rule import Rule

_GETTERS = {
    "get_asgi_application": "django.core.asgi.get_asgi_application",
    "get_wsgi_application": "django.core.wsgi.get_wsgi_application",
}
#: Adapters from WSGI to ASGI by the paths they are imported from, with what is wrong with them.
_TO_ASGI = {
    "asgiref.wsgi.WsgiToAsgi": "runs every request of the process in one thread, one after the other",
    "a2wsgi.WSGIMiddleware": "crosses to a thread for every chunk and waits without limit when its pool is full",
    "a2wsgi.wsgi.WSGIMiddleware": "crosses to a thread for every chunk and waits without limit when its pool is full",
    "starlette.middleware.wsgi.WSGIMiddleware": "is deprecated and reads the whole body into memory first",
    "fastapi.middleware.wsgi.WSGIMiddleware": "is deprecated and reads the whole body into memory first",
    "uvicorn.middleware.wsgi.WSGIMiddleware": "is deprecated and reads the whole body into memory first",
}
_TO_WSGI = {
    "a2wsgi.ASGIMiddleware": "never ends its event loop and does not run lifespan",
    "a2wsgi.asgi.ASGIMiddleware": "never ends its event loop and does not run lifespan",
}


def check(subject: Subject) -> Iterator[Problem]:
    """Every entry point of the project, whichever server is checked for."""
    sets_settings = {module.path: _sets_settings(module) for module in subject.project.entry_points}
    for module in subject.project.entry_points:
        if module.tree is None:
            continue
        yield from _getter_problems(module)
        yield from _adapter_problems(module)
        if not is_as_startproject_writes(module):
            from bridgekit.check.rules._entry_run import (
                run_problems,  # only where there is something to follow: see of_chain
            )

            yield from run_problems(module, subject)
        made = _getter_call(module)
        alone = made is not None and not sets_settings[module.path] and _imports_no_helper(module)
        if alone and made is not None and any(sets_settings.values()):
            other = next(path for path, sets in sets_settings.items() if sets)
            yield Problem(
                f"DJANGO_SETTINGS_MODULE is not set here, though {PurePath(other).name} sets it: this entry point "
                "starts only where the environment sets it",
                module.location_of(made),
                'Add os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...) before the application is made.',
                subject="DJANGO_SETTINGS_MODULE",
            )


def _calls(module: SourceModule) -> Iterator[ast.Call]:
    for node in walk(module.tree) if module.tree is not None else ():
        if isinstance(node, ast.Call):
            yield node


def _getter_problems(module: SourceModule) -> Iterator[Problem]:
    """``get_wsgi_application`` served as the ASGI application, the other way round, or a name nobody defined."""
    imports = imported_names(module)
    bound = {
        node.id for node in _walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.name for node in _walk(module) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    stars = any(
        isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names) for node in _walk(module)
    )
    for node in _walk(module):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in _GETTERS
        ):
            continue
        getter = node.func.id
        if (
            getter not in imports
            and getter not in bound
            and not stars
            and not _imported_at_all(module, getter)
        ):
            yield Problem(
                f"{getter} is not defined here: the server fails with NameError at start-up",
                module.location_of(node),
                f"Add: from {_GETTERS[getter].rpartition('.')[0]} import {getter}",
                subject=getter,
            )


def is_as_startproject_writes(module: SourceModule) -> bool:
    """Whether it is what ``django-admin startproject`` writes, with this handler or bridgekit's: to run that tells nothing."""
    name = PurePath(module.path).stem
    getter = f"get_{name}_application"
    match _after_docstring(module):
        case [
            ast.Import(names=[ast.alias(name="os", asname=None)]),
            ast.ImportFrom(module=origin, names=[ast.alias(name=imported, asname=None)], level=0),
            ast.Expr(
                value=ast.Call(
                    func=sets, args=[ast.Constant(value=variable), ast.Constant(value=str())], keywords=[]
                )
            ),
            ast.Assign(
                targets=[ast.Name(id="application")],
                value=ast.Call(func=ast.Name(id=called), args=[], keywords=[]),
            ),
        ]:
            known = origin in (f"django.core.{name}", "bridgekit.django") and imported == called == getter
            return known and (dotted_name(sets), variable) == (
                "os.environ.setdefault",
                "DJANGO_SETTINGS_MODULE",
            )
    return False


def _after_docstring(module: SourceModule) -> list[ast.stmt]:
    body = module.tree.body if module.tree is not None else []
    is_first = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return body[1:] if is_first else body


def _walk(module: SourceModule) -> Iterator[ast.AST]:
    return walk(module.tree) if module.tree is not None else iter(())


def _imported_at_all(module: SourceModule, name: str) -> bool:
    """Whether any import binds the name, even two different ones."""
    return any(
        isinstance(node, (ast.Import, ast.ImportFrom))
        and any((a.asname or a.name) == name for a in node.names)
        for node in _walk(module)
    )


def _adapter_problems(module: SourceModule) -> Iterator[Problem]:
    """Adapters around Django's own application, around another adapter, or with a known weakness."""
    imports = imported_names(module)
    made = _assigned_calls(module)
    for node in _calls(module):
        adapter = resolved_name(node.func, imports)
        to_asgi = adapter in _TO_ASGI or adapter == "bridgekit.WSGIToASGI"
        to_wsgi = adapter in _TO_WSGI or adapter == "bridgekit.ASGIToWSGI"
        if not (to_asgi or to_wsgi) or not node.args:
            continue
        wrapped = node.args[0]
        inner = made.get(wrapped.id, wrapped) if isinstance(wrapped, ast.Name) else wrapped
        made_by = resolved_name(inner.func, imports) if isinstance(inner, ast.Call) else ""
        target = "ASGI" if to_asgi else "WSGI"
        if made_by == f"django.core.{target.lower()}.get_{target.lower()}_application" or (
            made_by == adapter or (to_asgi and made_by in _TO_ASGI) or (to_wsgi and made_by in _TO_WSGI)
        ):
            yield Problem(
                f"{adapter.rpartition('.')[2]} wraps what is an {target} application already"
                if target == "ASGI"
                else f"{adapter.rpartition('.')[2]} wraps what is a {target} application already",
                module.location_of(node),
                "Drop the adapter.",
                subject=f"{adapter}:twice",
            )
            continue
        reason = _TO_ASGI.get(adapter) or _TO_WSGI.get(adapter)
        if reason:
            name = "WSGIToASGI" if to_asgi else "ASGIToWSGI"
            yield Problem(
                f"{adapter} {reason}",
                module.location_of(node),
                f"from bridgekit import {name}  # then {name}({source_text(wrapped)})",
                subject=adapter,
            )


def _assigned_calls(module: SourceModule) -> dict[str, ast.Call]:
    """Module-level names bound once, to a call."""
    bound: dict[str, list[ast.expr]] = {}
    for node in module.tree.body if module.tree is not None else ():
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(node.value)
    return {
        name: values[0]
        for name, values in bound.items()
        if len(values) == 1 and isinstance(values[0], ast.Call)
    }


def _sets_settings(module: SourceModule) -> bool:
    return any(
        isinstance(node, ast.Constant) and node.value == "DJANGO_SETTINGS_MODULE" for node in _walk(module)
    )


def _imports_no_helper(module: SourceModule) -> bool:
    """Whether it imports Django and the standard library alone: anything else may set the variable."""
    known = {"django", *sys.stdlib_module_names}
    return not any(
        (
            isinstance(node, ast.ImportFrom)
            and (node.level or (node.module or "").partition(".")[0] not in known)
        )
        or (
            isinstance(node, ast.Import)
            and any(alias.name.partition(".")[0] not in known for alias in node.names)
        )
        for node in _walk(module)
    )


def _getter_call(module: SourceModule) -> ast.Call | None:
    """The call that makes Django's application, if there is one."""
    imports = imported_names(module)
    return next(
        (node for node in _calls(module) if resolved_name(node.func, imports) in _GETTERS.values()), None
    )


RULE = Rule("BRG016", "entry-points", Severity.ERROR, check)
