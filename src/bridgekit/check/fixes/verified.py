"""Which sync middleware can be made sync-and-async without changing what it does.

Its body moves from a thread to the event loop, so everything in it must be known to be safe there.
"""

from __future__ import annotations

import ast

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import FunctionNode, dotted_name, source_text
from bridgekit.check.fixes.side_effect_free import harmful_parts
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Answer


@dataclass(frozen=True, slots=True, eq=False)
class Convertible:
    """A middleware that can be rewritten: the function or class statement, and the function that handles a request."""

    module: SourceModule
    node: FunctionNode | ast.ClassDef
    handler: ast.FunctionDef
    call: ast.Call
    """The one call of get_response."""


def find_convertible(definition: Definition) -> Convertible | str:
    """What can be rewritten, or the reason why not."""
    module, node = definition.module, definition.node
    if module is None or node is None or definition.facts.async_capable.answer is not Answer.NO:
        return "it is not known to be sync-only"
    if definition.facts.sync_capable.answer is not Answer.YES:
        return "it cannot run sync"
    if isinstance(node, ast.ClassDef) and definition.kind is DefinitionKind.CLASS:
        return _class(module, node)
    if isinstance(node, ast.FunctionDef) and definition.kind is DefinitionKind.FUNCTION:
        return _factory(module, node)
    return "it is neither a plain class nor a plain function"


def _factory(module: SourceModule, node: ast.FunctionDef) -> Convertible | str:
    """``def factory(get_response): def inner(request): ...; return inner``, and nothing around it."""
    body = _without_docstring(node.body)
    parameters = [argument.arg for argument in node.args.args]
    if (
        node.decorator_list
        or len(parameters) != 1
        or node.args.vararg
        or node.args.kwarg
        or node.args.kwonlyargs
    ):
        return "the factory is decorated or takes more than get_response"
    if not any(node is statement for statement in (module.tree.body if module.tree else ())):
        return "the factory is not at the top of its module"
    if len(body) != 2 or not isinstance(body[0], ast.FunctionDef) or not isinstance(body[1], ast.Return):
        return "the factory does more than define and return one function"
    inner, returned = body[0], body[1]
    if dotted_name(returned.value or ast.Pass()) != inner.name or inner.decorator_list:
        return "the factory does not return its function as it is"
    return _handled(module, node, inner, parameters[0])


def _class(module: SourceModule, node: ast.ClassDef) -> Convertible | str:
    """A class without bases, of ``__init__`` and ``__call__`` alone; subclasses would inherit the new flag."""
    if node.decorator_list or node.keywords or any(dotted_name(base) != "object" for base in node.bases):
        return "the class is decorated or has bases"
    if not any(node is statement for statement in (module.tree.body if module.tree else ())):
        return "the class is not at the top of its module"
    methods = {statement.name: statement for statement in node.body if isinstance(statement, ast.FunctionDef)}
    rest = [s for s in _without_docstring(node.body) if not isinstance(s, ast.FunctionDef)]
    if rest or set(methods) != {"__init__", "__call__"} or any(m.decorator_list for m in methods.values()):
        return "the class has more than __init__ and __call__"
    init = methods["__init__"]
    kept = _kept_values(init)
    if kept is None:
        return "__init__ does more than keep get_response and plain values"
    return _handled(module, node, methods["__call__"], "self.get_response", kept)


def _kept_values(init: ast.FunctionDef) -> frozenset[str] | None:
    """``self.name`` of each value beside get_response that the constructor keeps; None if it does anything else.

    Only literals that nothing can change: read on the event loop, they are what they were in a thread.
    """
    signature = init.args
    if [a.arg for a in signature.args] != ["self", "get_response"] or signature.vararg or signature.kwarg:
        return None
    stores: list[str] = []
    for statement in _without_docstring(init.body):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        name, value = dotted_name(statement.targets[0]), statement.value
        keeps = dotted_name(value) == "get_response" if name == "self.get_response" else _is_fixed(value)
        if not keeps or name.count(".") != 1 or not name.startswith("self.") or name in _TAKEN:
            return None
        stores.append(name)
    if stores.count("self.get_response") != 1:
        return None
    return frozenset(stores) - {"self.get_response"}


_TAKEN = frozenset(["self.async_mode", "self.__acall__", "self.sync_capable", "self.async_capable"])
"""Names that the rewritten class gives a meaning of their own."""


def _is_fixed(value: ast.expr) -> bool:
    """A literal text, number, truth or None, or a tuple of such."""
    if isinstance(value, ast.Tuple):
        return all(_is_fixed(element) for element in value.elts)
    return isinstance(value, ast.Constant)


def _handled(
    module: SourceModule,
    node: FunctionNode | ast.ClassDef,
    handler: ast.FunctionDef,
    get_response: str,
    kept: frozenset[str] = frozenset(),
) -> Convertible | str:
    calls = [n for n in walk(handler) if isinstance(n, ast.Call) and dotted_name(n.func) == get_response]
    mentions = [
        n
        for n in walk(handler)
        if isinstance(n, (ast.Name, ast.Attribute)) and dotted_name(n) == get_response
    ]
    if len(calls) != 1 or len(mentions) != 1:
        return "get_response is not called exactly once"
    request = handler.args.args[-1].arg if handler.args.args else ""
    if [dotted_name(a) for a in calls[0].args] != [request] or calls[0].keywords:
        return "get_response is not called with the request alone"
    if isinstance(node, ast.ClassDef) and _extra_parameters(handler):
        return "__call__ takes more than the request"
    if _rewriting_would_change(node, handler):
        return "it is written on one line, or holds a text of several lines whose indentation would change"
    for found in harmful_parts(module, handler, calls[0], request, kept):
        return f"line {getattr(found, 'lineno', handler.lineno)} may block or depends on its thread: {source_text(found)}"
    if not _is_whole_value(calls[0], handler):
        return "what get_response returns is used before it has a name"
    return Convertible(module, node, handler, calls[0])


def _is_whole_value(call: ast.Call, handler: ast.FunctionDef) -> bool:
    """Whether ``await`` can be put before the call: ``await get_response(request).headers`` awaits the headers."""
    return any(
        isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr)) and node.value is call
        for node in walk(handler)
    )


def _extra_parameters(handler: ast.FunctionDef) -> bool:
    arguments = handler.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len(named) != 2 or arguments.vararg is not None or arguments.kwarg is not None


def _rewriting_would_change(node: FunctionNode | ast.ClassDef, handler: ast.FunctionDef) -> bool:
    """Whether moving lines about, which is all that a patch does, would alter more than the layout."""
    one_line = any(
        isinstance(function, ast.FunctionDef) and function.body[0].lineno == function.lineno
        for function in walk(node)
    )
    return one_line or any(
        isinstance(inner, (ast.Constant, ast.JoinedStr)) and inner.lineno != inner.end_lineno
        for inner in walk(handler)
    )


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return body[1:] if is_text else body
