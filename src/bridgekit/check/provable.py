"""Which sync middleware can be made sync-and-async without changing what it does.

Its body moves from a thread to the event loop, so everything in it must be known to be harmless there: plain
statements, header operations, pure functions and clocks. One call that is not on the list, and the answer is no.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridgekit.check.flow import (
    FunctionNode,
    dotted_name,
    imported_names,
    resolved_name,
    source_text,
    walk_own,
)
from bridgekit.check.parsing import SourceModule
from bridgekit.check.source.definition import Definition, DefinitionKind
from bridgekit.middleware_chain.facts import Answer

__all__ = ["Convertible", "find_convertible", "harmful_parts"]

_STATEMENTS = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Expr, ast.If, ast.Return, ast.Pass, ast.Raise,
)  # fmt: skip
_EXPRESSIONS = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.Dict, ast.FormattedValue, ast.IfExp,
    ast.JoinedStr, ast.List, ast.Name, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple, ast.UnaryOp,
)  # fmt: skip
_PURE = frozenset(
    [
        "bool",
        "bytes",
        "dict",
        "float",
        "format",
        "frozenset",
        "hasattr",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "repr",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
    ]
)
_CLOCKS = frozenset(
    [
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "uuid.uuid4",
    ]
)
_METHODS = frozenset(
    [
        "append",
        "count",
        "endswith",
        "extend",
        "format",
        "get",
        "has_header",
        "hex",
        "index",
        "items",
        "join",
        "keys",
        "lower",
        "lstrip",
        "removeprefix",
        "removesuffix",
        "replace",
        "rstrip",
        "setdefault",
        "split",
        "startswith",
        "strip",
        "title",
        "upper",
        "values",
    ]
)
#: What a request or a response may be asked without I/O: no lazy user, no session, no body, no files.
_REQUEST = frozenset(
    [
        "COOKIES",
        "GET",
        "META",
        "content_type",
        "encoding",
        "headers",
        "method",
        "path",
        "path_info",
        "resolver_match",
        "scheme",
    ]
)
_RESPONSE = frozenset(
    ["charset", "closed", "cookies", "headers", "reason_phrase", "status_code", "streaming"]
)


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
    calls = [n for n in ast.walk(handler) if isinstance(n, ast.Call) and dotted_name(n.func) == get_response]
    mentions = [
        n
        for n in ast.walk(handler)
        if isinstance(n, (ast.Name, ast.Attribute)) and dotted_name(n) == get_response
    ]
    if len(calls) != 1 or len(mentions) != 1:
        return "get_response is not called exactly once"
    request = handler.args.args[-1].arg if handler.args.args else ""
    if [dotted_name(a) for a in calls[0].args] != [request] or calls[0].keywords:
        return "get_response is not called with the request alone"
    if _rewriting_would_change(node, handler):
        return "it is written on one line, or holds a text of several lines whose indentation would change"
    for found in harmful_parts(module, handler, calls[0], request, kept):
        return f"line {getattr(found, 'lineno', handler.lineno)} may block or depends on its thread: {source_text(found)}"
    return Convertible(module, node, handler, calls[0])


def _rewriting_would_change(node: FunctionNode | ast.ClassDef, handler: ast.FunctionDef) -> bool:
    """Whether moving lines about, which is all that a patch does, would alter more than the layout."""
    one_line = any(
        isinstance(function, ast.FunctionDef) and function.body[0].lineno == function.lineno
        for function in ast.walk(node)
    )
    return one_line or any(
        isinstance(inner, (ast.Constant, ast.JoinedStr)) and inner.lineno != inner.end_lineno
        for inner in ast.walk(handler)
    )


def harmful_parts(
    module: SourceModule,
    handler: FunctionNode,
    call: ast.Call,
    request: str,
    kept: frozenset[str] = frozenset(),
) -> Iterator[ast.AST]:
    """Each part of the body that is not known to be harmless on the event loop; reading what is ``kept`` is."""
    imports = imported_names(module)
    known = _locals(handler) | {request}
    response = {
        target.id
        for node in walk_own(handler)
        if isinstance(node, ast.Assign) and _awaited(node.value) is call
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in (inner for statement in handler.body for inner in (statement, *walk_own(statement))):
        if (
            node is call
            or node is call.func
            or isinstance(node, (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop))
        ):
            continue
        if isinstance(node, (ast.arguments, ast.arg, ast.keyword)):
            continue
        if isinstance(node, ast.Await) and node.value is call:
            continue
        harmless = isinstance(node, (*_STATEMENTS, *_EXPRESSIONS))
        if isinstance(node, ast.Call):
            harmless = _is_harmless_call(node, imports, known)
        elif isinstance(node, ast.Attribute):
            harmless = (
                isinstance(node.ctx, ast.Load) and dotted_name(node) in kept
            ) or _is_harmless_attribute(node, request, response, imports, known)
        if not harmless:
            yield node


def _awaited(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Await) else node


def _is_harmless_call(node: ast.Call, imports: Mapping[str, str], known: set[str]) -> bool:
    name = resolved_name(node.func, imports)
    if name in _CLOCKS or re.fullmatch(r"django\.http\.(HttpResponse\w*|JsonResponse)", name):
        return True
    if isinstance(node.func, ast.Name):
        return name in _PURE and node.func.id not in known
    # The receiver is judged as an attribute of its own when the walk comes to it.
    return isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS


def _is_harmless_attribute(
    node: ast.Attribute, request: str, response: set[str], imports: Mapping[str, str], known: set[str]
) -> bool:
    """Attributes of the request and the response by list; methods by list; modules only for their clocks."""
    name = resolved_name(node, imports)
    if name in _CLOCKS or name.rpartition(".")[0] == "django.conf.settings":
        return True
    if isinstance(node.value, ast.Name):
        owner = node.value.id
        if owner == request:
            return node.attr in _REQUEST or isinstance(node.ctx, ast.Store)
        if owner in response:
            return node.attr in _RESPONSE | _METHODS
        return owner in known and node.attr in _METHODS
    return node.attr in _METHODS


def _locals(handler: FunctionNode) -> set[str]:
    return {
        node.id
        for node in walk_own(handler)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return body[1:] if is_text else body
