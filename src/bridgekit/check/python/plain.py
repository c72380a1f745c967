"""Pure functions and methods of plain data: tables of the interpreter's own, with a bound on what they may build.

Nothing is re-implemented: what stands in a table is called as it is, on data that is plain through and through. What does
not stand in a table is refused, and so is what could grow beyond `MAX_SIZE`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridgekit.check.python.tables import FUNCTIONS, GROWING, METHODS, real

MAX_SIZE = 200_000
"""Elements or characters in one value. No settings file comes near; a secret key has fifty characters."""

MAX_DEPTH = 40
"""Containers in containers that are looked into."""

_MAX_BITS = 4_096
_MAX_WIDTH = 4
"""Digits of a width or precision: ``"%9999d"`` is the widest field that is made."""

ERRORS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What a function of the tables may raise on plain data: the code that is read gets it. UnicodeError is a ValueError."""

_ATOMS = (str, bytes, int, float, complex, type(None), type(Ellipsis), range, slice)

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.Mod: operator.mod,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.RShift: operator.rshift,
    ast.Sub: operator.sub,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Invert: operator.invert,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}


class Refused(Exception):
    """The operation is not in the tables or beyond their bounds; the message says which, for people."""


def is_plain(value: object) -> bool:
    """Whether the value is data of the interpreter's own kinds, through and through, and of bounded size."""
    try:
        measure(value)
    except Refused:
        return False
    return True


def measure(value: object) -> int:
    """Elements and characters in the value, counted as often as they would be printed. Raises `Refused` for what is no plain data."""
    return _measure(value, {}, set(), MAX_DEPTH)


def _measure(value: object, known: dict[int, int], around: set[int], depth: int) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, _ATOMS):
        return 1
    if not isinstance(value, list | tuple | set | frozenset | dict):
        raise Refused("a value is not plain data")
    if id(value) in known:
        return known[id(value)]
    if depth == 0 or id(value) in around or _is_unreadable(value):
        raise Refused("a value is not plain data")
    around.add(id(value))
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    total = len(value) + sum(_measure(part, known, around, depth - 1) for part in parts)
    around.discard(id(value))
    if total > MAX_SIZE:
        raise Refused(f"a value has more than {MAX_SIZE:,} elements")
    known[id(value)] = total
    return total


def _is_unreadable(value: object) -> bool:
    """A container of a reader that code it cannot read had its hands on: ``poison`` says so."""
    return getattr(value, "poison", None) is not None or getattr(value, "unseen", None) is not None


def bare(value: object) -> object:
    """The value in the interpreter's own types alone: a reader's kinds of containers would show in a text."""
    if isinstance(value, str | bytes):
        return value if type(value) in (str, bytes) else str(value)
    if isinstance(value, list):
        return [bare(item) for item in value]
    if type(value) is tuple:
        return tuple(bare(item) for item in value)
    if isinstance(value, dict):
        pairs = {bare(key): bare(item) for key, item in value.items()}
        return OrderedDict(pairs) if getattr(value, "is_ordered", False) else pairs
    if isinstance(value, set):
        return {bare(item) for item in value}
    return value


def shows_order(value: object) -> bool:
    """Whether the text or the items of the value depend on the order of a set, which differs from one process to the next."""
    if isinstance(value, set | frozenset):
        return len(value) > 1 or any(map(shows_order, value))
    if isinstance(value, dict):
        return any(map(shows_order, value.values())) or any(map(shows_order, value))
    return isinstance(value, list | tuple) and any(map(shows_order, value))


def size_of(value: object) -> int:
    """How many elements or characters a value holds; none for one that is no container."""
    if isinstance(value, str | bytes | tuple | list | dict | set | frozenset):
        return len(value)
    return 0


def binary(kind: type[ast.operator], left: object, right: object) -> object:
    """``left <kind> right`` of plain data. Raises `Refused`, or what the operator raises."""
    function = _BINARY.get(kind)
    if function is None or not (is_plain(left) and is_plain(right)):
        raise Refused("the operands are not plain data")
    _bound_operator(kind, left, right)
    if kind is ast.Mod and isinstance(left, str | bytes):
        _bound_template(left, right)
        # "%s" asks a mapping for keys, and everything for its text: the interpreter's own kinds only.
        right = bare(right)
    return function(left, right)


def unary(kind: type[ast.unaryop], value: object) -> object:
    """``-value`` and its kin of plain data; ``not`` is a matter of truth."""
    function = _UNARY.get(kind)
    if function is None or not is_plain(value):
        raise Refused("the operand is not plain data")
    return function(value)


def compare(kind: type[ast.cmpop], left: object, right: object) -> object:
    """``left <kind> right`` of plain data. Raises `Refused` (for ``is``, too), or what the operator raises."""
    function = _COMPARE.get(kind)
    if function is None or not (is_plain(left) and is_plain(right)):
        raise Refused("the operands are not plain data")
    return function(left, right)


def call_function(name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
    """A function of the table by its dotted path. Raises `Refused`, or what the function raises."""
    if name not in FUNCTIONS:
        raise Refused(f"{name}() is not interpreted")
    _bound_arguments(name, args, kwargs)
    return _bounded(real(name)(*map(bare, args), **{key: bare(value) for key, value in kwargs.items()}))


def call_method(receiver: object, name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
    """A method of the table. Raises `Refused`, or what the method raises."""
    kind = next((kind for kind in METHODS if isinstance(receiver, kind)), None)
    if kind is None or name not in METHODS[kind] or not is_plain(receiver):
        raise Refused(f"the method {name}() is not interpreted")
    _bound_arguments(f"{kind.__name__}.{name}", [receiver, *args], kwargs)
    if name in ("format", "format_map"):
        _bound_fields(str(receiver), [*args, *kwargs.values()])
    named = {key: bare(value) for key, value in kwargs.items()}
    return _bounded(getattr(kind, name)(bare(receiver), *map(bare, args), **named))


def _bound_arguments(name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
    given = [*args, *kwargs.values()]
    sizes = [measure(value) for value in given]
    if not name.startswith("frozenset.") and any(map(shows_order, given)):
        raise Refused("the order of a set of strings differs from one process to the next")
    if sum(sizes) > MAX_SIZE:
        raise Refused(f"the arguments have more than {MAX_SIZE:,} elements")
    if name in GROWING:
        most = math.prod(size + 1 for size in sizes)
        numbers = [abs(value) for value in given if isinstance(value, int) and not isinstance(value, bool)]
        if most > MAX_SIZE * 10 or max(numbers, default=0) > 10_000:
            raise Refused(f"the result may have more than {MAX_SIZE:,} elements")


def _bounded(result: object) -> object:
    if size_of(result) > MAX_SIZE:
        raise Refused(f"the result has more than {MAX_SIZE:,} elements")
    return result


def _bound_operator(kind: type[ast.operator], left: object, right: object) -> None:
    if kind in (ast.Add, ast.BitOr) and size_of(left) + size_of(right) > MAX_SIZE:
        raise Refused(f"the result has more than {MAX_SIZE:,} elements")
    if kind is ast.Mult:
        for one, other in ((left, right), (right, left)):
            if isinstance(other, int) and size_of(one) * max(other, 0) > MAX_SIZE:
                raise Refused(f"the result has more than {MAX_SIZE:,} elements")
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        if kind is ast.Pow and bits * max(right, 1) > _MAX_BITS:
            raise Refused("the power is too large")
        if kind is ast.LShift and bits + right > _MAX_BITS:
            raise Refused("the shift is too large")
        if kind is ast.Mult and bits + right.bit_length() > _MAX_BITS:
            raise Refused("the product is too large")


def _bound_template(template: str | bytes, arguments: object) -> None:
    text = template.decode("latin-1") if isinstance(template, bytes) else template
    if shows_order(arguments):
        raise Refused("the order of a set of strings differs from one process to the next")
    if has_wide_field(text) or "*" in text:
        raise Refused("the format asks for a very wide field")
    if measure(arguments) * max(text.count("%"), 1) > MAX_SIZE:
        raise Refused(f"the result may have more than {MAX_SIZE:,} characters")


def _bound_fields(template: str, values: Sequence[object]) -> None:
    """Formats reach attributes and can ask for very wide fields: only plain fields of plain data are formatted."""
    if has_wide_field(template):
        raise Refused("the format asks for a very wide field")
    fields = [part.split("}")[0] for part in template.replace("{{", "").replace("}}", "").split("{")[1:]]
    if "}}}" in template or "{{{" in template or _nested(template):
        raise Refused("the format has fields in fields")
    if any("." in field.split(":")[0] or "[" in field.split(":")[0] for field in fields):
        raise Refused("the format reads attributes or items")
    if sum(map(measure, values)) * max(len(fields), 1) > MAX_SIZE:
        raise Refused(f"the result may have more than {MAX_SIZE:,} characters")


def _nested(template: str) -> bool:
    depth = 0
    for character in template.replace("{{", "").replace("}}", ""):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth > 1:
            return True
    return False


def has_wide_field(text: str) -> bool:
    """Whether a format holds a number of more digits than any width that people write."""
    digits = "".join(character if character.isdigit() else " " for character in text).split()
    return any(len(run) > _MAX_WIDTH for run in digits)
