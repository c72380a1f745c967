"""Which events of a walk write or read state that belongs to a thread: thread-locals, and dictionaries keyed by the thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.reach import Event
from bridgekit.check.reach.values import External, Instance, Table, Value

_LOCAL = "threading.local"
_MADE_ANEW = (
    "uuid.",
    "time.",
    "random.",
    "secrets.",
    "datetime.",
    "django.utils.timezone.",
    "django.utils.crypto.",
)
"""What these give is another for every request, though nothing of the request goes in."""


@dataclass(frozen=True, slots=True)
class Access:
    """One access: by which name the state is kept, and what it is, in words."""

    event: Event
    name: str
    kind: str


def writes(events: Iterable[Event]) -> Iterator[Access]:
    """What is set, but for what a thread keeps for itself: an object made when it is first needed."""
    for event in events:
        if event.module.name.startswith("django."):
            continue
        local = _is_local(event.value)
        if local and event.verb in ("store attribute", "store item") and not _is_kept_for_the_thread(event):
            yield Access(event, _name(event), "a threading.local")
        elif (
            event.verb == "store item"
            and event.name == "@thread id"
            and isinstance(event.value, Table | External | Instance)
        ) or (
            event.verb == "item"
            and event.name == "@thread id"
            and isinstance(event.value, Table)
            and event.value.others
        ):
            yield Access(event, _name(event), "a dictionary keyed by the thread")


def reads(events: Iterable[Event]) -> Iterator[Access]:
    """What is read, or asked for."""
    for event in events:
        if _is_local(event.value) and event.verb in ("attribute", "item", "contains"):
            yield Access(event, _name(event), "a threading.local")
        elif event.verb in ("item", "contains") and event.name == "@thread id":
            yield Access(event, _name(event), "a dictionary keyed by the thread")


def _is_local(value: Value) -> bool:
    if isinstance(value, External):
        return value.kind in (_LOCAL, "_thread._local")
    return isinstance(value, Instance) and any(
        getattr(base, "name", "") == _LOCAL for base in value.cls.order or ()
    )


def _is_kept_for_the_thread(event: Event) -> bool:
    """``if not hasattr(state, "client"): state.client = Client()``: the same for all requests of a thread."""
    value = event.arguments[-1] if event.arguments else None
    if event.certain or not isinstance(value, External) or value.kind.startswith(("@", *_MADE_ANEW)):
        return False
    return not any(isinstance(part, External) and part.kind.startswith("@") for part in value.arguments)


def _name(event: Event) -> str:
    return event.label.removeprefix(f"{event.module.name}.") or "its state"
