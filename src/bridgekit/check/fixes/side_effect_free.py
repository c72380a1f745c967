"""Which parts of a body are known to be safe on the event loop: plain statements, header operations, clocks.

One part that is on no list, and the answer is no.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from bridgekit.check.findings.flow import FunctionNode, dotted_name, imported_names, resolved_name, walk_own
from bridgekit.check.modules.parsing import SourceModule

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


def harmful_parts(
    module: SourceModule,
    handler: FunctionNode,
    call: ast.Call,
    request: str,
    kept: frozenset[str] = frozenset(),
) -> Iterator[ast.AST]:
    """Each part of the body that is not known to be safe on the event loop; reading what is ``kept`` is."""
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
        is_side_effect_free = isinstance(node, (*_STATEMENTS, *_EXPRESSIONS))
        if isinstance(node, ast.Call):
            is_side_effect_free = _is_side_effect_free_call(node, imports, known)
        elif isinstance(node, ast.Attribute):
            is_side_effect_free = (
                isinstance(node.ctx, ast.Load) and dotted_name(node) in kept
            ) or _is_side_effect_free_attribute(node, request, response, imports, known)
        if not is_side_effect_free:
            yield node


def _awaited(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Await) else node


def _is_side_effect_free_call(node: ast.Call, imports: Mapping[str, str], known: set[str]) -> bool:
    name = resolved_name(node.func, imports)
    if name in _CLOCKS or re.fullmatch(r"django\.http\.(HttpResponse\w*|JsonResponse)", name):
        return True
    if isinstance(node.func, ast.Name):
        return name in _PURE and node.func.id not in known
    # The receiver is judged as an attribute of its own when the walk comes to it.
    return isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS


def _is_side_effect_free_attribute(
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
