"""What a modelled object of a library answers."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Modelled


class Model(Modelled):
    """Something of a library whose behaviour is written down here: ``os.environ``, an ``environ.Env``.

    Subclasses override what they answer; everything else is unknown, said so by the caller.
    """

    __slots__ = ()

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        """``self.name``; `NOT_IMPLEMENTED` for what is not modelled."""
        return NOT_IMPLEMENTED

    def call(self, interpreter: Interpreter, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``self(*args, **kwargs)``."""
        return NOT_IMPLEMENTED

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        """``self[key]``."""
        return NOT_IMPLEMENTED

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        """``key in self``."""
        return NOT_IMPLEMENTED

    def set_attribute(self, interpreter: Interpreter, name: str, value: Value) -> bool:
        """``self.name = value``; whether that is modelled."""
        return False

    def delete_item(self, interpreter: Interpreter, key: Value) -> bool:
        """``del self[key]``; whether that is modelled."""
        return False

    is_iterable = False
    """Whether `drawn` says what iterating over it gives."""

    def drawn(self, interpreter: Interpreter) -> Value:
        """What iterating over it goes through, as a list or an iterator."""
        return NOT_IMPLEMENTED

    def taint(self, interpreter: Interpreter, cause: Opaque) -> None:
        """Code that cannot be read had its hands on it."""

    def enter(self, interpreter: Interpreter) -> Value:
        """``with self as target``: the target."""
        return self

    def leave(self) -> None:
        """The end of ``with self``."""

    def set_item(self, interpreter: Interpreter, key: Value, value: Value) -> bool:
        """``self[key] = value``; whether that is modelled."""
        return False
