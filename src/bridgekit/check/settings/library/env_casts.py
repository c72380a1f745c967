"""What the text of an environment variable becomes: a cast makes a value of it, or raises ValueError."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bridgekit.check.settings.interpreter.data import UNSET, DictValue, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import flat, unwrap
from bridgekit.check.settings.interpreter.pure import adopt
from bridgekit.check.settings.library.environment import key_error, required, unset_or, with_any, with_inputs
from bridgekit.check.settings.library.registry import CALLS

Cast: TypeAlias = Callable[[str], Value]


def words(
    true: str, false: str, *, strips: bool = False, empty_is_no: bool = False, cases: bool = True
) -> Cast:
    """One of these words for yes and no: in any case, or without ``cases`` in the three that people write."""
    yes, no = set(true.split()), set(false.split()) | ({""} if empty_is_no else set())

    def cast(text: str) -> Value:
        text = text.strip() if strips else text
        word = text.lower()
        if word not in yes | no or not (cases or text in (word, word.capitalize(), word.upper())):
            raise ValueError(f"{text!r} is not a truth value")
        return word in yes

    return cast


def natural(text: str) -> Value:
    """A number that is not negative."""
    if int(text) < 0:
        raise ValueError(f"{text!r} is negative")
    return int(text)


def number_or_word(text: str) -> Value:
    """A number that is not zero, or a word for yes; everything else is no."""
    try:
        return int(text) != 0
    except ValueError:
        return text.lower().strip() in ("true", "on", "ok", "y", "yes", "1")


def finite(text: str) -> Value:
    """A number, and neither ``inf`` nor ``nan``."""
    if not math.isfinite(float(text)):
        raise ValueError(f"{text!r} is not finite")
    return float(text)


def grouped_number(text: str) -> Value:
    """Digits, signs and separators alone; the last comma or point parts what is behind it."""
    *whole, last = re.split("[,.]", re.sub(r"[^\d,.-]", "", text))
    return float(f"{''.join(whole)}.{last}" if whole else last)


def filled_parts(text: str) -> ListValue:
    """``a,b``, without what is empty."""
    return ListValue(Text(part) for part in text.split(",") if part)


def stripped_parts(text: str) -> ListValue:
    """``a, b``, without blanks and what is empty."""
    return ListValue(Text(part.strip()) for part in text.split(",") if part.strip())


def bracketed_parts(text: str) -> ListValue:
    """``(a,b)``."""
    return filled_parts(text.strip("(").strip(")"))


def all_parts(text: str, delimiter: str = ",") -> Value:
    """``a,,b``, all three of them."""
    return ListValue(Text(part) for part in text.split(delimiter)) if text else ListValue()


def pairs(text: str) -> Value:
    """``key=value,key=value``."""
    found = [part.split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 for pair in found):
        raise ValueError(f"{text!r} holds something else than key=value")
    return DictValue({Text(key): Text(value) for key, value in found})


def stripped_pairs(text: str) -> Value:
    """``key = value, key = value``."""
    parts = [part.strip() for part in text.split(",")] if text else []
    if "" in parts:
        raise ValueError(f"{text!r} holds something else than key=value")
    return pairs(",".join("=".join(one.strip() for one in part.split("=", 1)) for part in parts))


def data(text: str) -> Value:
    """What JSON says."""
    return adopt(json.loads(text))


def data_but_null(text: str) -> Value:
    """The same, and null is nothing."""
    if (value := data(text)) is None:
        raise ValueError("null")
    return value


def as_tuple(cast: Callable[[str], ListValue]) -> Cast:
    """The parts as a tuple."""
    return lambda text: tuple(cast(text))


WORDS = "y yes t true on 1", "n no f false off 0"
"""For yes and for no, as most packages have them."""


def read_variable(
    interpreter: Interpreter,
    name: str,
    default: Value,
    casts: Mapping[str, Cast],
    kind: str,
    *,
    has_default: bool,
) -> Value:
    """A variable read as ``kind``; a default is what it is."""
    value = unset_or(interpreter, name)
    suggest(interpreter, name, kind)
    if value is not UNSET:
        return parsed(interpreter, value, casts.get(kind), kind)
    if not has_default:
        return required(interpreter, name, key_error(name))
    return with_inputs(default, frozenset((f"env:{name}",)))


def suggest(interpreter: Interpreter, name: str, kind: str | None) -> None:
    """A switch is worth trying both ways."""
    if kind in ("bool", "BooleanValue"):
        for word in ("true", "false"):
            interpreter.suggest(frozenset((f"env:{name}",)), word)


def parsed(interpreter: Interpreter, value: Value, cast: Cast | None, kind: str) -> Value:
    """What ``cast`` makes of a variable's text; the inputs it depends on stay with it."""
    text, inputs = unwrap(value)
    if cast is Text:
        return value
    if isinstance(text, Opaque):
        return text.derive(f".{kind}")
    if cast is None or not isinstance(text, str):
        return interpreter.opaque(f"an environment variable read as {kind}")
    try:
        return with_any(cast(text), inputs)
    except ValueError as error:
        raise interpreter.native_error(error) from None


def _strtobool(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    plain, inputs, unknown = flat(args)
    interpreter.suggest(inputs, "true")
    if unknown is not None:
        return unknown.derive(".strtobool")
    if not isinstance(plain[0], str):
        raise AttributeError("strtobool() takes text")
    return with_any(int(bool(words(*WORDS)(plain[0]))), inputs)


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in ("distutils.util.strtobool", "setuptools._distutils.util.strtobool"):
        CALLS[dotted] = _strtobool
