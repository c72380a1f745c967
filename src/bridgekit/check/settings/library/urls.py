"""The results of `urllib.parse.urlparse` and `urlsplit`."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import ParseResult, SplitResult

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Input, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.pure import pure_function
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.registry import Args, Kwargs


class Url(Model):
    """The result of ``urllib.parse.urlparse`` and ``urlsplit``."""

    __slots__ = ("inputs", "parts")

    def __init__(self, parts: SplitResult | ParseResult, inputs: frozenset[str]) -> None:
        self.parts, self.inputs = parts, inputs

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name == "geturl":
            return NativeFunction(
                "geturl", lambda interpreter, args, kwargs: self._with_inputs(self.parts.geturl())
            )
        if name not in (*self.parts._fields, "username", "password", "hostname", "port"):
            return NOT_IMPLEMENTED
        try:
            return self._with_inputs(getattr(self.parts, name))
        except ValueError as error:
            raise interpreter.native_error(error) from None

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        if not isinstance(key, int) or not -len(self.parts) <= key < len(self.parts):
            return NOT_IMPLEMENTED
        return self._with_inputs(self.parts[key])

    def _with_inputs(self, value: Value) -> Value:
        return Input(value, self.inputs) if self.inputs else value


def parse_url(name: str) -> Callable[[Interpreter, Args, Kwargs], Value]:
    def call(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
        made = interpreter.call(pure_function(name), args, kwargs)
        parts, inputs = unwrap(made)
        return Url(parts, inputs) if isinstance(parts, SplitResult | ParseResult) else made

    return call
