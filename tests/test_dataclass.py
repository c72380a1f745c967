"""`bridgekit._dataclass`: the meaning of `dataclasses.dataclass`, whose classes are asked beside ours."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from bridgekit._dataclass import dataclass

OPTIONS = [
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "eq": False},
    {"slots": True},
    {"slots": True, "eq": False},
    {"frozen": True},
    {},
]


def record_of(decorate: Callable[..., Any], options: dict[str, bool]) -> Any:
    @decorate(**options)
    class Record:
        name: str
        lines: tuple[int, ...] = ()
        note: str = field(default="", compare=False)
        hidden: list[int] = field(default_factory=list, repr=False, compare=False)

    return Record


@pytest.fixture(params=OPTIONS, ids=str)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The same class by Python's decorator and by ours."""
    return record_of(dataclasses.dataclass, request.param), record_of(dataclass, request.param)


def test_comparison_and_hash_have_the_same_meaning(pair: tuple[Any, Any]) -> None:
    answers = []
    for record in pair:
        first, same, other, noted = (
            record("a", (1,)),
            record("a", (1,)),
            record("b", (1,)),
            record("a", (1,), "note"),
        )
        compared = [first == same, first == other, first == noted, first == ("a", (1,)), first != same]
        try:
            hashed: object = (hash(first) == hash(same), hash(first) == hash(noted))
        except TypeError:
            hashed = "unhashable"
        answers.append((compared, hashed))
    assert answers[0] == answers[1]


def test_the_constructor_and_the_representation_are_the_same(pair: tuple[Any, Any]) -> None:
    theirs, ours = (record("a", note="n") for record in pair)
    assert repr(theirs) == repr(ours)
    ours.hidden.append(1)
    assert pair[1]("a").hidden == [], "each record has a list of its own"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        pair[1]()
    assert dataclasses.replace(ours, name="b").name == "b"


def test_a_record_of_another_class_is_never_equal() -> None:
    left, right = record_of(dataclass, {"frozen": True}), record_of(dataclass, {"frozen": True})
    assert left("a") != right("a")


def test_a_subclass_compares_its_own_fields_too() -> None:
    @dataclass(frozen=True, slots=True)
    class Base:
        a: int

    @dataclass(frozen=True, slots=True)
    class Further(Base):
        b: int

    assert Further(1, 2) == Further(1, 2)
    assert Further(1, 2) != Further(1, 3)
    assert hash(Further(1, 2)) == hash(Further(1, 2))


def test_what_the_class_writes_itself_stays() -> None:
    @dataclass(frozen=True, slots=True)
    class Named:
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Named) and self.name.lower() == other.name.lower()

        def __hash__(self) -> int:
            return hash(self.name.lower())

        def __repr__(self) -> str:
            return f"<{self.name}>"

    assert Named("A") == Named("a")
    assert len({Named("A"), Named("a")}) == 1
    assert repr(Named("A")) == "<A>"


@dataclass(frozen=True, slots=True)
class Kept:
    """One that can be found by its name."""

    name: str
    part: object = None


def test_a_record_without_fields_equals_its_like() -> None:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert len({Nothing(), Nothing()}) == 1


def test_slots_hold_and_a_record_can_be_pickled() -> None:
    kept = Kept("a")
    assert pickle.loads(pickle.dumps(kept)) == kept
    assert not hasattr(kept, "__dict__")


def test_a_record_that_holds_itself_is_shown() -> None:
    parts: list[object] = []
    kept = Kept("a", parts)
    parts.append(kept)
    assert repr(kept) == "Kept(name='a', part=[...])"
