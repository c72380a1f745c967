"""Whether two neighbours in MIDDLEWARE may change places: only where it is proven that neither sees what the other does.

Both must let every request through, do nothing but plain work, and touch different headers and request attributes.
Anything that is not understood, a clock included (it would measure something else), makes the answer no.
"""

from __future__ import annotations

import ast
from dataclasses import field

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import FunctionNode, dotted_name, walk_own
from bridgekit.check.fixes.side_effect_free import harmful_parts
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.middleware_chain.facts import HOOKS


@dataclass(slots=True)
class Effects:
    """What a middleware reads and writes, on the request by attribute and on the response by lower-case header name."""

    request_reads: set[str] = field(default_factory=set)
    request_writes: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)

    def apart_from(self, other: Effects) -> bool:
        """Whether neither can notice the other."""
        return not (
            self.headers & other.headers
            or self.request_writes & (other.request_writes | other.request_reads)
            or other.request_writes & self.request_reads
        )


def reorderable(one: Definition | None, other: Definition | None) -> bool:
    """Whether their order certainly does not matter."""
    if one is None or other is None:
        return False
    first, second = effects_of(one), effects_of(other)
    return first is not None and second is not None and first.apart_from(second)


def effects_of(definition: Definition) -> Effects | None:
    """The effects of a middleware; None if they are not understood in full."""
    if definition.module is None or any(name in definition.methods for name in HOOKS):
        return None
    handlers = _handlers(definition)
    effects = Effects()
    understood = all(_collect(definition.module, handler, effects) for handler in handlers)
    return effects if handlers and understood else None


def _handlers(definition: Definition) -> list[FunctionNode]:
    if definition.kind is DefinitionKind.FUNCTION:
        return list(definition.inner)
    entry = [definition.methods[name] for name in ("__call__", "__acall__") if name in definition.methods]
    if len(entry) != 1 or entry[0].module is not definition.module:
        return []  # A dispatching __call__ would have to be understood as well.
    return [entry[0].node]


def _collect(module: SourceModule, handler: FunctionNode, effects: Effects) -> bool:
    """Add one handler's effects; False if something in it is not understood."""
    call = _passing_call(handler)
    request = handler.args.args[-1].arg if handler.args.args else ""
    if call is None or [dotted_name(argument) for argument in call.args] != [request]:
        return False
    if any(True for _ in harmful_parts(module, handler, call, request)):
        return False
    return all(_note(node, request, call, effects) for node in walk_own(handler))


def _passing_call(handler: FunctionNode) -> ast.Call | None:
    """The one call of get_response, if every request comes to it: a statement of the body, no return before it."""
    for statement in handler.body:
        value = statement.value if isinstance(statement, (ast.Assign, ast.Return)) else None
        inner = value.value if isinstance(value, ast.Await) else value
        if isinstance(inner, ast.Call) and dotted_name(inner.func).rpartition(".")[2] == "get_response":
            return inner
        if any(isinstance(node, (ast.Return, ast.Raise)) for node in [statement, *walk_own(statement)]):
            return None
    return None


def _note(node: ast.AST, request: str, call: ast.Call, effects: Effects) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == request:
        (effects.request_writes if isinstance(node.ctx, ast.Store) else effects.request_reads).add(node.attr)
    elif isinstance(node, (ast.Raise, ast.Delete)):
        return False
    elif isinstance(node, ast.Return):
        # A response other than the one that was got would hide the other's headers.
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(value, ast.Name) or value is call
    elif isinstance(node, ast.Subscript):
        return _note_header(node, effects)
    elif isinstance(node, ast.Call) and node is not call:
        return _note_call(node, effects)
    return True


def _note_header(node: ast.Subscript, effects: Effects) -> bool:
    """``response["X"]``, read or written; any other subscript counts as a header too, which only makes it stricter."""
    if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
        return False
    effects.headers.add(node.slice.value.lower())
    return True


def _note_call(node: ast.Call, effects: Effects) -> bool:
    """Methods that name a header, and pure functions of constants and request attributes; clocks are refused."""
    name = dotted_name(node.func)
    if name in {"str", "len", "int", "bool"}:
        return True
    if not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    key = node.args[0]
    if (
        node.func.attr in {"setdefault", "get", "has_header"}
        and isinstance(key, ast.Constant)
        and isinstance(key.value, str)
    ):
        effects.headers.add(key.value.lower())
        return True
    return node.func.attr in {"startswith", "endswith"}
