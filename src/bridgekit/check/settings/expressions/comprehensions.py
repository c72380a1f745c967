"""Comprehensions and generator expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from bridgekit.check.python.plain import MAX_SIZE, Refused
from bridgekit.check.settings.expressions.conditions import condition
from bridgekit.check.settings.expressions.iteration import items_of
from bridgekit.check.settings.expressions.literals import hashed, put
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    IteratorValue,
    ListValue,
    Opaque,
    SetValue,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, FunctionValue


def comprehension(interpreter: Interpreter, node: Any, frame: Frame) -> Value:
    """``[a for b in c]`` and ``{a for b in c}``."""
    inner = _scope(frame)
    first = _ordered_source(interpreter, node, interpreter.evaluate(node.generators[0].iter, frame))
    unknown: list[Opaque] = []
    items = [
        interpreter.evaluate(node.elt, inner)
        for _ in _rounds(interpreter, node.generators, inner, unknown, first)
    ]
    if unknown:
        return _given_up(interpreter, node, unknown[0], inner)
    if len(items) > MAX_SIZE:
        return interpreter.opaque("a comprehension of very many elements", node, frame)
    if isinstance(node, ast.SetComp):
        return hashed(interpreter, [unwrap(item)[0] for item in items])
    return ListValue(items)


def dict_comprehension(interpreter: Interpreter, node: ast.DictComp, frame: Frame) -> Value:
    """``{key: value for a in b}``."""
    inner = _scope(frame)
    first = interpreter.evaluate(node.generators[0].iter, frame)
    unknown: list[Opaque] = []
    result = DictValue()
    for _ in _rounds(interpreter, node.generators, inner, unknown, first):
        key = unwrap(interpreter.evaluate(node.key, inner))[0]
        value = interpreter.evaluate(node.value, inner)
        if isinstance(key, Opaque):
            unknown.append(key)
        else:
            put(interpreter, result, key, value)
    return _given_up(interpreter, node, unknown[0], inner) if unknown else result


def _given_up(interpreter: Interpreter, node: ast.expr, cause: Opaque, inner: Frame) -> Value:
    """A comprehension whose rounds are not known: what its parts may change is unknown, too."""
    interpreter.forget([ast.copy_location(ast.Expr(node), node)], cause, inner)
    return cause.derive(".comprehension")


def generator(interpreter: Interpreter, node: ast.GeneratorExp, frame: Frame) -> Value:
    """Lazy as in Python: the first iterable is evaluated now, everything else when it is consumed."""
    inner = _scope(frame)
    first = interpreter.evaluate(node.generators[0].iter, frame)
    plain = interpreter.read(interpreter.force(unwrap(first)[0]))
    if isinstance(plain, Opaque):
        return _given_up(interpreter, node, plain, inner)
    # What gets hold of the generator can do what it does: as a function of no arguments would.
    held = FunctionValue("<genexpr>", _as_lambda(node), inner, (), {})

    def items() -> Iterator[Value]:
        unknown: list[Opaque] = []
        for _ in _rounds(interpreter, node.generators, inner, unknown, first):
            yield interpreter.evaluate(node.elt, inner)
        if unknown:
            _given_up(interpreter, node, unknown[0], inner)
            raise Refused(unknown[0].reason)

    if isinstance(plain, SetValue | frozenset) and len(plain) > 1:
        return _given_up(interpreter, node, interpreter.opaque(_ORDER, node, frame), inner)
    return IteratorValue(items(), (held, plain))


_ORDER = "the order of a set of strings differs from one process to the next"


def _as_lambda(node: ast.expr) -> ast.Lambda:
    none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(none, node), node)


def _rounds(
    interpreter: Interpreter,
    generators: Sequence[ast.comprehension],
    frame: Frame,
    unknown: list[Opaque],
    first: Value,
) -> Iterator[None]:
    """Run the loops of a comprehension; whoever iterates evaluates the element. Unknown iterables go to ``unknown``."""
    generator, *rest = generators
    items = items_of(interpreter, first, generator.iter, frame)
    if generator.is_async:
        items = interpreter.opaque("an asynchronous comprehension", generator.iter, frame)
    if isinstance(items, Opaque):
        unknown.append(items)
        return
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except Refused as refusal:
            unknown.append(interpreter.opaque(str(refusal), generator.iter, frame))
            return
        except TypeError as error:
            raise interpreter.native_error(error) from None
        interpreter.assign(generator.target, item, frame)
        if all(condition(interpreter, test, frame) for test in generator.ifs):
            if rest:
                yield from _rounds(
                    interpreter, rest, frame, unknown, interpreter.evaluate(rest[0].iter, frame)
                )
            else:
                yield


def _scope(frame: Frame) -> Frame:
    return Frame(
        frame.module,
        DictValue(),
        frame.path,
        frame,
        "comprehension",
        owner=frame.owner,
        receiver=frame.receiver,
    )


def _ordered_source(interpreter: Interpreter, node: ast.expr, first: Value) -> Value:
    """A set may feed a set comprehension: its order does not show."""
    plain = interpreter.read(unwrap(first)[0])
    if isinstance(node, ast.SetComp | ast.DictComp) and isinstance(plain, SetValue | frozenset):
        return ListValue(plain)
    return first
