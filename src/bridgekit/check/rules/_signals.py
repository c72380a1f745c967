"""Receivers that a module connects to the signals of a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.flow import ReadFunction, imported_names, resolved_name
from bridgekit.check.modules.parsing import SourceModule

STARTED, FINISHED = "request_started", "request_finished"
_SIGNALS = {f"django.core.signals.{name}": name for name in (STARTED, FINISHED)}


def receivers_in(module: SourceModule) -> Iterator[tuple[str, ReadFunction]]:
    """``request_started.connect(function)`` and ``@receiver(request_started)`` at the top of the module."""
    imports = imported_names(module)
    body = module.tree.body if module.tree is not None else []
    functions = {node.name: ReadFunction(node, module) for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        call = node.value if isinstance(node, ast.Expr) else None
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "connect"
        ):
            signal = _SIGNALS.get(resolved_name(call.func.value, imports), "")
            name = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
            if signal and name in functions:
                yield signal, functions[name]
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and decorator.args:
                    signal = _SIGNALS.get(resolved_name(decorator.args[0], imports), "")
                    if signal and resolved_name(decorator.func, imports) == "django.dispatch.receiver":
                        yield signal, functions[node.name]
