"""Where a middleware uses the coroutine that get_response gives as if it were the response."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import Event, walk_middleware
from bridgekit.check.reach.values import Coroutine

_OF_COROUTINES = frozenset({"close", "send", "throw", "__await__", "__class__", "__name__", "__qualname__"})
_AT_ONCE = frozenset(
    {
        "attribute",
        "item",
        "store item",
        "store attribute",
        "delete item",
        "contains",
        "iterate",
        "given",
        "length",
    }
)
_AT_THE_END = frozenset({"left", "clock", "look", "wrapped"})


@dataclass(frozen=True, slots=True)
class Use:
    """One place; ``left``: a block around get_response ends before the response is made."""

    function: str
    module: SourceModule
    node: ast.AST
    path: tuple[str, ...]
    left: bool


def first_use(definition: Definition) -> Use | None:
    """The first place in the order in which it runs; None if there is none or it is not known."""
    return _followed(definition)[0]


def is_followed(definition: Definition) -> bool:
    """Whether all of it was followed: where a bound was reached, that there is no use proves nothing."""
    return _followed(definition)[1]


@lru_cache(maxsize=256)
def _followed(definition: Definition) -> tuple[Use | None, bool]:
    if definition.dotted_path.startswith("django."):
        return None, True
    walk = walk_middleware(definition, asynchronous=True)
    return first_of(walk.events), walk.is_whole


def first_of(events: Iterable[Event]) -> Use | None:
    """As `first_use`, of a walk that was made with the settings of a stack: functions that these name are followed, too."""
    for event in events:
        if _is_use(event):
            return Use(event.function, event.module, event.node, event.path, event.verb == "left")
    return None


def _is_use(event: Event) -> bool:
    value = event.value
    if not isinstance(value, Coroutine):
        return False
    if event.verb in _AT_THE_END:
        return value.response and not value.settled
    return event.verb in _AT_ONCE and not event.name.startswith("cr_") and event.name not in _OF_COROUTINES
