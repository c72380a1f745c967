"""Expressions: each node to a value, without side effects beyond those of the interpreted code itself."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bridgekit.check.settings.builtin_functions import BUILTINS
from bridgekit.check.settings.calls import NATIVE_ERRORS
from bridgekit.check.settings.compare import compare
from bridgekit.check.settings.frames import Frame
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.methods import iterable_items
from bridgekit.check.settings.operators import MAX_SIZE, Refused, binary, unwrap
from bridgekit.check.settings.truth import negated, truth
from bridgekit.check.settings.values import (
    POISONABLE,
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Input,
    InstanceValue,
    IteratorValue,
    ListValue,
    Model,
    ModuleValue,
    Namespace,
    NativeFunction,
    Opaque,
    SetValue,
    Text,
    Value,
    poison,
)

__all__ = ["add_values", "condition", "evaluate", "iterate", "make_function", "subscript"]


def evaluate(m: Machine, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression; raises `Raised` with what the code raises."""
    m.steps -= 1
    if m.steps < 0:
        m.spend()
    handler = _HANDLERS.get(type(node))
    if handler is None:
        return m.opaque(f"{type(node).__name__} is not interpreted", node, frame)
    value = handler(m, node, frame)
    return m.read(value) if type(value) in POISONABLE else value


# -- names and constants ---------------------------------------------------------------------------------------------


def _constant(m: Machine, node: ast.Constant, frame: Frame) -> Value:
    value = node.value
    if type(value) is not str:
        return value
    text = m.texts.get(id(node))
    if text is None:
        text = m.texts[id(node)] = Text.at(value, m.locate(node, frame))
    return text


def _name(m: Machine, node: ast.Name, frame: Frame) -> Value:
    return lookup(m, node.id, frame)


def lookup(m: Machine, name: str, frame: Frame) -> Value:
    """A name as the scopes have it: local, enclosing functions, module, built-in."""
    at: Frame | None = frame
    while at is not None and at.kind != "module":
        if (at.kind != "class" or at is frame) and name not in at.global_names:
            if name in at.names:
                return at.names[name]
            if name in at.local_names and name not in at.nonlocal_names:
                raise m.error(UnboundLocalError, Text(f"local variable {name!r} is not bound yet"))
        elif name in at.global_names:
            break
        at = at.parent
    namespace = frame.module.namespace
    if name in namespace:
        return namespace[name]
    if frame.names is not namespace and isinstance(frame.names, Namespace) and name in frame.names:
        return frame.names[name]
    if name in BUILTINS:
        return BUILTINS[name]
    if namespace.unseen is not None:
        return namespace.unseen
    if namespace.stars:
        return External(f"{namespace.stars[-1]}.{name}")
    if hasattr(builtins, name):
        return m.opaque(f"the built-in {name} is not interpreted")
    raise m.error(NameError, Text(f"name {name!r} is not defined"))


def _named(m: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(m, node.value, frame)
    target = frame
    while target.kind == "comprehension" and target.parent is not None:
        target = target.parent
    m.bind(target, node.target.id, value)
    return value


def _attribute(m: Machine, node: ast.Attribute, frame: Frame) -> Value:
    return m.getattr(evaluate(m, node.value, frame), node.attr)


# -- displays --------------------------------------------------------------------------------------------------------


def _elements(m: Machine, nodes: Sequence[ast.expr], frame: Frame) -> list[Value] | Opaque:
    items: list[Value] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            added = iterate(m, evaluate(m, node.value, frame), node, frame)
            if isinstance(added, Opaque):
                return added
            items.extend(added)
        else:
            items.append(evaluate(m, node, frame))
    return items


def _list(m: Machine, node: ast.List, frame: Frame) -> Value:
    items = _elements(m, node.elts, frame)
    return items if isinstance(items, Opaque) else ListValue(items)


def _tuple(m: Machine, node: ast.Tuple, frame: Frame) -> Value:
    items = _elements(m, node.elts, frame)
    return items if isinstance(items, Opaque) else tuple(items)


def _set(m: Machine, node: ast.Set, frame: Frame) -> Value:
    items = _elements(m, node.elts, frame)
    if isinstance(items, Opaque):
        return items
    return _hashed(m, lambda: SetValue(unwrap(item)[0] for item in items))


def _dict(m: Machine, node: ast.Dict, frame: Frame) -> Value:
    result = DictValue()
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        if key_node is None:
            merged = unwrap(m.force(evaluate(m, value_node, frame)))[0]
            if isinstance(merged, DictValue):
                result.update(merged)
            else:
                return (
                    merged
                    if isinstance(merged, Opaque)
                    else m.opaque("a mapping that is not known", node, frame)
                )
            continue
        key = unwrap(evaluate(m, key_node, frame))[0]
        value = evaluate(m, value_node, frame)
        if isinstance(key, Opaque):
            return key.derive(".dict")
        _put(m, result, key, value)
    return result


def _put(m: Machine, result: DictValue, key: Value, value: Value) -> None:
    try:
        result[key] = value
    except TypeError as error:
        raise m.error(TypeError, *error.args) from None


def _hashed(m: Machine, make: Callable[[], Value]) -> Value:
    try:
        return make()
    except TypeError as error:
        raise m.error(TypeError, *error.args) from None


# -- iteration -------------------------------------------------------------------------------------------------------


def iterate(m: Machine, value: Value, node: ast.AST, frame: Frame) -> list[Value] | Opaque:
    """The items that iterating over ``value`` gives, or the unknown that prevents it."""
    value = m.read(m.force(unwrap(value)[0]))
    if isinstance(value, Input):
        value = m.read(value.value)
    if isinstance(value, Opaque):
        return value
    if isinstance(value, InstanceValue | External | Model | ModuleValue | ClassValue):
        return m.opaque("iterating over something that is not plain data", node, frame)
    try:
        items = iterable_items(value)
    except Refused as refusal:
        return m.opaque(str(refusal), node, frame)
    except TypeError as error:
        raise m.error(TypeError, *error.args) from None
    m.spend(len(items))
    return items


def _rounds(
    m: Machine, generators: Sequence[ast.comprehension], frame: Frame, unknown: list[Opaque], first: Value
) -> Iterator[None]:
    """Run the loops of a comprehension; whoever iterates evaluates the element. Unknown iterables go to ``unknown``."""
    generator, *rest = generators
    items = iterate(m, first, generator.iter, frame)
    if generator.is_async:
        items = m.opaque("an asynchronous comprehension", generator.iter, frame)
    if isinstance(items, Opaque):
        unknown.append(items)
        return
    for item in items:
        m.assign(generator.target, item, frame)
        if all(condition(m, test, frame) for test in generator.ifs):
            if rest:
                yield from _rounds(m, rest, frame, unknown, evaluate(m, rest[0].iter, frame))
            else:
                yield


def _scope(frame: Frame, generators: Sequence[ast.comprehension]) -> Frame:
    return Frame(
        frame.module,
        DictValue(),
        frame.path,
        frame,
        "comprehension",
        owner=frame.owner,
        receiver=frame.receiver,
    )


def _comprehension(m: Machine, node: Any, frame: Frame) -> Value:
    inner = _scope(frame, node.generators)
    first = _ordered_source(m, node, evaluate(m, node.generators[0].iter, frame))
    unknown: list[Opaque] = []
    items = [evaluate(m, node.elt, inner) for _ in _rounds(m, node.generators, inner, unknown, first)]
    if unknown:
        return unknown[0].derive(".comprehension")
    if len(items) > MAX_SIZE:
        return m.opaque("a comprehension of very many elements", node, frame)
    if isinstance(node, ast.SetComp):
        return _hashed(m, lambda: SetValue(unwrap(item)[0] for item in items))
    return ListValue(items)


def _ordered_source(m: Machine, node: ast.expr, first: Value) -> Value:
    """A set may feed a set comprehension: its order does not show."""
    plain = m.read(unwrap(first)[0])
    if isinstance(node, ast.SetComp | ast.DictComp) and isinstance(plain, SetValue | frozenset):
        return ListValue(plain)
    return first


def _dict_comprehension(m: Machine, node: ast.DictComp, frame: Frame) -> Value:
    inner = _scope(frame, node.generators)
    first = evaluate(m, node.generators[0].iter, frame)
    unknown: list[Opaque] = []
    result = DictValue()
    for _ in _rounds(m, node.generators, inner, unknown, first):
        key = unwrap(evaluate(m, node.key, inner))[0]
        value = evaluate(m, node.value, inner)
        if isinstance(key, Opaque):
            unknown.append(key)
        else:
            _put(m, result, key, value)
    return unknown[0].derive(".comprehension") if unknown else result


def _generator(m: Machine, node: ast.GeneratorExp, frame: Frame) -> Value:
    """Lazy as in Python: the first iterable is evaluated now, everything else when it is consumed."""
    inner = _scope(frame, node.generators)
    first = evaluate(m, node.generators[0].iter, frame)
    plain = m.read(m.force(unwrap(first)[0]))
    if isinstance(plain, Opaque):
        return plain.derive(".generator")

    def items() -> Iterator[Value]:
        unknown: list[Opaque] = []
        for _ in _rounds(m, node.generators, inner, unknown, first):
            yield evaluate(m, node.elt, inner)
        if unknown:
            raise Refused(unknown[0].reason)

    if isinstance(plain, SetValue | frozenset) and len(plain) > 1:
        return m.opaque("the order of a set of strings differs from one process to the next", node, frame)
    return IteratorValue(items())


# -- operators -------------------------------------------------------------------------------------------------------


def _bool_op(m: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    wanted = isinstance(node.op, ast.Or)
    value: Value = None
    for position, operand in enumerate(node.values):
        value = evaluate(m, operand, frame)
        if position < len(node.values) - 1 and truth(m, value, operand, frame) == wanted:
            return value
    return value


def _unary(m: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = m.force(evaluate(m, node.operand, frame))
    if isinstance(node.op, ast.Not):
        return negated(m, value, node.operand, frame)
    plain, inputs = unwrap(value)
    if isinstance(plain, Opaque):
        return plain.derive(type(node.op).__name__)
    if not isinstance(plain, int | float):
        return m.opaque("an operator on something that is no number", node, frame)
    if isinstance(node.op, ast.USub):
        result: Value = -plain
    elif isinstance(node.op, ast.Invert) and isinstance(plain, int):
        result = ~int(plain)
    else:
        result = +plain
    return Input(result, inputs) if inputs else result


def _binary(m: Machine, node: ast.BinOp, frame: Frame) -> Value:
    left = evaluate(m, node.left, frame)
    right = evaluate(m, node.right, frame)
    return operate(m, type(node.op), left, right, node, frame)


def operate(
    m: Machine, kind: type[ast.operator], left: Value, right: Value, node: ast.AST, frame: Frame
) -> Value:
    """``left <kind> right``: inputs and unknowns pass through, bounds hold."""
    left, first = unwrap(m.force(left))
    right, second = unwrap(m.force(right))
    for side in (m.read(left), m.read(right)):
        if isinstance(side, Opaque):
            return Opaque(
                side.reason,
                side.location,
                f"{side.key}{kind.__name__}"[:200],
                None,
                side.inputs | first | second,
            )
    try:
        result = binary(kind, left, right)
    except Refused as refusal:
        return m.opaque(str(refusal), node, frame)
    except NATIVE_ERRORS as error:
        if first | second and isinstance(error, TypeError) and None in (left, right):
            return m.unfit_default(first | second, node, frame)
        raise m.error(type(error), *error.args) from None
    if type(result) is str:
        result = Text.at(result, m.locate(node, frame))
    return Input(result, first | second) if first | second and not isinstance(result, ListValue) else result


def add_values(m: Machine, left: Value, right: Value) -> Value:
    """``left + right`` for ``sum()``."""
    frame = m.frames[-1]
    return operate(m, ast.Add, left, right, frame.statement or ast.Pass(), frame)


def _compare(m: Machine, node: ast.Compare, frame: Frame) -> Value:
    left = evaluate(m, node.left, frame)
    answer: Value = True
    for position, (operator, operand) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = evaluate(m, operand, frame)
        answer = compare(m, operator, left, right, node, frame)
        if position < len(node.ops) - 1 and not truth(m, answer, node, frame):
            return answer
        left = right
    return answer


def condition(m: Machine, node: ast.expr, frame: Frame) -> bool:
    """The truth of an expression in a test: each operand of ``and``, ``or`` and ``not`` is asked once, by itself."""
    if isinstance(node, ast.BoolOp):
        wanted = isinstance(node.op, ast.Or)
        return wanted if any(condition(m, one, frame) == wanted for one in node.values) else not wanted
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not condition(m, node.operand, frame)
    return truth(m, m.force(evaluate(m, node, frame)), node, frame)


def _if_expression(m: Machine, node: ast.IfExp, frame: Frame) -> Value:
    chosen = condition(m, node.test, frame)
    return evaluate(m, node.body if chosen else node.orelse, frame)


# -- access ----------------------------------------------------------------------------------------------------------


def _subscript(m: Machine, node: ast.Subscript, frame: Frame) -> Value:
    return subscript(m, evaluate(m, node.value, frame), evaluate(m, node.slice, frame), node, frame)


def subscript(m: Machine, value: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
    """``value[key]``."""
    value, first = unwrap(m.force(value))
    key, second = unwrap(m.force(key))
    value = m.read(value)
    if isinstance(value, Opaque):
        return value.derive(f"[{key!r}]" if isinstance(key, str | int) else "[]")
    if isinstance(value, External):
        return m.library.item(m, value, key)
    if isinstance(value, Model):
        found = value.item(m, key)
        return found if found is not NotImplemented else m.opaque("an item that is not modelled", node, frame)
    if isinstance(value, InstanceValue):
        return m.call(m.getattr(value, "__getitem__"), [key], {})
    if isinstance(value, NativeFunction) and (value.kind is type or hasattr(value.kind, "__class_getitem__")):
        return value  # ``dict[str, str]`` (PEP 585) is called and inherited from as ``dict`` is
    if isinstance(key, Opaque):
        return key.derive(".item")
    if (
        isinstance(value, Namespace)
        and isinstance(key, str)
        and key not in value
        and value.unseen is not None
    ):
        return value.unseen
    try:
        result = value[key]  # type: ignore[index]  # TypeError is what the interpreted code gets
    except NATIVE_ERRORS as error:
        if "sys.argv" in first and isinstance(error, IndexError):
            return Input(Text(""), first)
        if first and value is None:
            return m.unfit_default(first, node, frame)
        raise m.error(type(error), *error.args) from None
    if type(result) is list:
        result = ListValue(result)
    if type(result) is str and isinstance(value, str):
        result = Text.at(result, m.locate(node, frame))
    inputs = first | second
    return Input(result, inputs) if inputs and not isinstance(result, Input | Opaque) else result


def _slice(m: Machine, node: ast.Slice, frame: Frame) -> Value:
    parts = [
        evaluate(m, part, frame) if part is not None else None for part in (node.lower, node.upper, node.step)
    ]
    plain = [unwrap(part)[0] for part in parts]
    for part in plain:
        if isinstance(part, Opaque):
            return part
    return slice(*plain)


# -- text ------------------------------------------------------------------------------------------------------------


def _joined(m: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    pieces: list[str] = []
    inputs: frozenset[str] = frozenset()
    for part in node.values:
        value, more = unwrap(m.force(evaluate(m, part, frame)))
        inputs |= more
        if isinstance(value, Opaque):
            return value.derive(".f")
        pieces.append(str(value))
    if sum(len(piece) for piece in pieces) > MAX_SIZE:
        return m.opaque("a very long text", node, frame)
    text = Text.at("".join(pieces), m.locate(node, frame))
    return Input(text, inputs) if inputs else text


def _formatted(m: Machine, node: ast.FormattedValue, frame: Frame) -> Value:
    value, inputs = unwrap(m.force(evaluate(m, node.value, frame)))
    spec = unwrap(evaluate(m, node.format_spec, frame))[0] if node.format_spec is not None else ""
    path = getattr(value, "path", None) if type(value).__name__ == "PathValue" else None
    value = path if path is not None else value
    if isinstance(value, Opaque):
        return value
    plain = isinstance(value, str | int | float | bool | None)
    if not plain or not isinstance(spec, str) or any(len(run) > 4 for run in _digits(spec)):
        return m.opaque("a formatted value is not plain data", node, frame)
    if node.conversion != -1:
        value = _CONVERSIONS[node.conversion](value)
    try:
        result = format(value, str(spec))
    except NATIVE_ERRORS as error:
        raise m.error(type(error), *error.args) from None
    return Input(result, inputs) if inputs else result


_CONVERSIONS: dict[int, Callable[[object], str]] = {115: str, 114: repr, 97: ascii}


def _digits(text: str) -> list[str]:
    return "".join(character if character.isdigit() else " " for character in text).split()


# -- functions -------------------------------------------------------------------------------------------------------


def make_function(
    m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, frame: Frame
) -> FunctionValue:
    """A function object: defaults are evaluated now, the body later."""
    defaults = tuple(evaluate(m, default, frame) for default in node.args.defaults)
    keyword = {
        parameter.arg: evaluate(m, default, frame)
        for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    return FunctionValue(name, node, frame, defaults, keyword)


def _lambda(m: Machine, node: ast.Lambda, frame: Frame) -> Value:
    return make_function(m, node, "<lambda>", frame)


def _call(m: Machine, node: ast.Call, frame: Frame) -> Value:
    function = m.force(evaluate(m, node.func, frame))
    args = _elements(m, node.args, frame)
    kwargs: dict[str, Value] = {}
    blocked = args if isinstance(args, Opaque) else None
    for keyword in node.keywords:
        value = evaluate(m, keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            continue
        mapping = unwrap(m.force(value))[0]
        if isinstance(mapping, DictValue):
            kwargs.update({str(name): item for name, item in mapping.items()})
        else:
            blocked = mapping if isinstance(mapping, Opaque) else m.opaque("keyword arguments", node, frame)
    if blocked is not None or isinstance(args, Opaque):
        return _blocked_call(
            m, function, list(kwargs.values()), blocked or m.opaque("arguments", node, frame)
        )
    if _by_value(function):
        args = [m.force(argument) for argument in args]
        kwargs = {name: m.force(value) for name, value in kwargs.items()}
    saved, frame.call_node = frame.call_node, node
    try:
        return m.call(function, args, kwargs)
    finally:
        frame.call_node = saved


def _by_value(function: Value) -> bool:
    """Whether the callee looks at its arguments here and now (so that waiting modules must be read first)."""
    return not isinstance(
        function, FunctionValue | BoundMethod | ClassValue | External | Opaque | InstanceValue
    )


def _blocked_call(m: Machine, function: Value, arguments: list[Value], cause: Opaque) -> Value:
    """A call with arguments that cannot be known: the receiver and the other arguments may change."""
    receiver = getattr(function, "receiver", None)
    if receiver is not None:
        poison(receiver, cause)
    m.hand_over(arguments, cause)
    return cause.derive("(*)")


def _unsupported(reason: str) -> Callable[[Machine, Any, Frame], Value]:
    def handler(m: Machine, node: ast.expr, frame: Frame) -> Value:
        return m.opaque(reason, node, frame)

    return handler


_HANDLERS: dict[type[ast.expr], Callable[[Machine, Any, Frame], Value]] = {
    ast.Attribute: _attribute,
    ast.Await: _unsupported("await outside an event loop"),
    ast.BinOp: _binary,
    ast.BoolOp: _bool_op,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: _generator,
    ast.IfExp: _if_expression,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: _comprehension,
    ast.Slice: _slice,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _unsupported("a generator"),
    ast.YieldFrom: _unsupported("a generator"),
}
