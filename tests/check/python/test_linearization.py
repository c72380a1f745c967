"""C3, by the orders that Python itself gives classes."""

from __future__ import annotations

import pytest

from bridgekit.check.python.linearization import c3


class Base: ...


class Left(Base): ...


class Right(Base): ...


class Both(Left, Right): ...


class Mixed(Right): ...


class Deep(Both, Mixed): ...


@pytest.mark.parametrize("cls", [Base, Left, Both, Mixed, Deep, bool, KeyError])
def test_the_order_is_python_s(cls: type) -> None:
    merged = c3([base.__mro__ for base in cls.__bases__], cls.__bases__, id)
    assert merged is not None
    assert (cls, *merged) == cls.__mro__


def test_bases_that_contradict_each_other_have_no_order() -> None:
    """``class Wrong(Base, Left)``: TypeError in Python."""
    with pytest.raises(TypeError, match="consistent method resolution"):
        type("Wrong", (Base, Left), {})
    assert c3([Base.__mro__, Left.__mro__], (Base, Left), id) is None
