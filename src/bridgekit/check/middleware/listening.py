"""Whether a middleware brings code that Django calls beside the chain: receivers of ``request_started`` and of ``request_finished``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.modules.finder import ModuleFinder, SourceModule
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Answer, Claim

_SIGNALS = "django.core.signals"
STARTED, FINISHED = "request_started", "request_finished"


def listens(module: SourceModule, finder: ModuleFinder, signal: str) -> Claim:
    """Yes for a receiver that the module connects when it is imported, or one that its package's application imports.

    What other packages of the project connect is not in the stack.

    :param signal: `STARTED` or `FINISHED`.
    """
    found = [_listens(module, signal)]
    package = module.name.partition(".")[0]
    if package not in ("django", module.name):
        apps = finder.load(f"{package}.apps")
        brought = (apps.name, *_imported_when_ready(apps, package))
        found += [
            _listens(finder.load(name), signal)
            for name in brought
            if finder.find(name).kind is ModuleKind.SOURCE
        ]
    for answer in (Answer.YES, Answer.UNKNOWN):
        for claim in found:
            if claim.answer is answer:
                return claim
    return Claim.no()


def _imported_when_ready(apps: SourceModule, package: str) -> Iterator[str]:
    """Modules of the package that functions of its ``apps.py`` import: by convention `AppConfig.ready` connects receivers so."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (
        [node for node in walk(apps.tree) if isinstance(node, functions)] if apps.tree is not None else []
    )
    names: set[str] = set()
    for node in (node for body in bodies for node in walk(body)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = apps.resolve_relative(node.level, node.module) or ""
            names |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    yield from sorted(name for name in names if name.startswith(f"{package}."))


def _listens(module: SourceModule, signal: str) -> Claim:
    if module.tree is None:
        return Claim.unknown(f"{module.name} cannot be read", module.location_of(None))
    names = set(_names_of_signal(module.tree, signal))
    for node in walk(module.tree) if names else ():
        if isinstance(node, ast.Call) and _connects(node, names):
            return Claim.yes(f"{module.name} listens to {signal}", module.location_of(node))
    for node in _mentions(module.tree, names | {signal}, signal):
        return Claim.unknown(f"{module.name} may listen to {signal}", module.location_of(node))
    return Claim.no()


def _mentions(tree: ast.Module, names: set[str], signal: str) -> Iterator[ast.AST]:
    """Where the module has the signal in its hands, in a way that is not read; what it no longer listens to aside."""
    left = {
        id(node.func.value)
        for node in walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "disconnect"
    }
    for node in walk(tree):
        if id(node) in left:
            continue
        if (
            (isinstance(node, ast.Name) and node.id in names)
            or (isinstance(node, ast.Attribute) and node.attr == signal and id(node) not in left)
            or (isinstance(node, ast.Constant) and node.value == signal)
        ):
            yield node


def _names_of_signal(tree: ast.Module, signal: str) -> Iterator[str]:
    """What the module calls the signal, as source."""
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound_name = alias.asname or alias.name
                if (node.module, alias.name) == (_SIGNALS, "*"):
                    yield signal
                elif (node.module, alias.name) == (_SIGNALS, signal):
                    yield bound_name
                elif f"{node.module}.{alias.name}" == _SIGNALS:
                    yield f"{bound_name}.{signal}"
        elif isinstance(node, ast.Import):
            yield from (
                f"{alias.asname or alias.name}.{signal}" for alias in node.names if alias.name == _SIGNALS
            )


def _connects(call: ast.Call, names: set[str]) -> bool:
    """``request_finished.connect(...)``, or ``receiver(request_finished)``, which takes a list, too (django/dispatch/dispatcher.py)."""
    callee = ast.unparse(call.func)
    if callee.removesuffix(".connect") in names:
        return callee.endswith(".connect")
    if callee.rpartition(".")[2] != "receiver" or not call.args:
        return False
    signals = call.args[0].elts if isinstance(call.args[0], ast.List | ast.Tuple) else [call.args[0]]
    return any(ast.unparse(signal) in names for signal in signals)
