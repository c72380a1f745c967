"""``re.sub`` and ``re.split`` of plain text by patterns that cannot run away: settings make variable names with them."""

from __future__ import annotations

import re
from collections.abc import Callable

from bridgekit.check.settings.interpreter.data import Input, ListValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import flat
from bridgekit.check.settings.library.registry import CALLS

_LINEAR = re.compile(r"(?:\[(?:[^\[\]\\]|\\[\w\-.\[\]])+\]|\\[dDsSwW.]|[\w \-:/,;=@#%&~!<>\"'])*[+*]?")
"""Characters and classes of characters, the last of them repeated at most: no backtracking that grows faster than the text."""

_MAX_TEXT = 2_000


def _of_text(function: Callable[..., object], count: int) -> Callable[..., Value]:
    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        plain, inputs, unknown = flat(args)
        if unknown is not None:
            return unknown.derive(".re")
        texts = [str(value) for value in plain if isinstance(value, str)]
        simple = len(plain) == len(texts) == count and not kwargs and "\\" not in "".join(texts[1:-1])
        if not simple or len(texts[-1]) > _MAX_TEXT or not _LINEAR.fullmatch(texts[0]) or not texts[0]:
            return interpreter.library.unread_call(f"re.{function.__name__}", args, kwargs)
        try:
            made = function(*texts)
        except re.error as error:
            raise interpreter.native_error(error) from None
        value: Value = Text(made) if isinstance(made, str) else ListValue(Text(part) for part in made)  # type: ignore[attr-defined]  # split() gives a list
        return Input(value, inputs) if inputs else value

    return call


def register() -> None:
    """Add this module's models to the registry."""
    CALLS["re.sub"] = _of_text(re.sub, 3)
    CALLS["re.split"] = _of_text(re.split, 2)
