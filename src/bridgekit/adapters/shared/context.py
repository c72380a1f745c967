"""Context variables into another thread, and out to the caller without staying there.

The rule: a server's thread, task or greenlet has after a request the variables that it had before, no more and no other.
What an application sets is seen outside by who calls it within the same request, until the request is closed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import threading
from collections.abc import Iterator
from contextvars import Context, ContextVar, Token
from typing import Any

import asgiref.local

_Storage: Any = getattr(asgiref.local, "_Storage", None)
"""How asgiref since 3.13 tags a `Local`'s data with its thread: on another one it reads as empty, unless it is moved on
purpose. Moving it is what a bridge does, and asgiref has no public call for that."""

_MISSING = object()
_open: ContextVar[ContextOverlay] = ContextVar("bridgekit_context_overlay")
"""The newest overlay that the current context has from an application."""


def _sniffio_mark() -> ContextVar[Any] | None:
    """The variable by which sniffio (and anyio, where sniffio is installed) knows the async library that runs."""
    try:
        sniffio: Any = importlib.import_module(
            "sniffio"
        )  # no dependency of ours: anyio asks for it or does not
    except ImportError:
        return None
    mark: ContextVar[Any] = sniffio.current_async_library_cvar
    return mark


_mark = _sniffio_mark()


def _for_this_thread(value: Any) -> Any:
    """``value`` as this thread may see it."""
    if _Storage is not None and type(value) is _Storage:
        return _Storage(threading.get_ident(), value.data)
    return value


def move_to_this_thread(context: Context) -> None:
    """Make ``context``, which came from another thread and runs now, one of this thread.

    Data of `asgiref.local.Local` become visible. sniffio's mark is taken off: it names the library that runs where the
    context came from, while asyncio's tasks and trio's threads are recognized here without it.
    """
    here = threading.get_ident()
    for variable, value in list(context.items()):
        if type(value) is _Storage:
            variable.set(_Storage(here, value.data))
        elif variable is _mark and value is not None:
            variable.set(None)


def changes(before: Context, after: Context) -> Iterator[tuple[ContextVar[Any], Any]]:
    """What a run in a copy of a context, from ``before`` to ``after``, has set, but for what belongs to its thread alone.

    Values are told apart by identity: equality may be costly, may raise (arrays), and an equal list is another list.
    """
    for variable, value in after.items():
        known = before.get(variable, _MISSING)
        if known is value or variable is _mark or variable is _open:
            continue
        if type(value) is type(known) is _Storage and value.data is known.data:
            continue  # `move_to_this_thread` alone: each change of a Local makes other data
        yield variable, value


def have_same_variables(one: Context, other: Context) -> bool:
    """Whether no variable was set between two copies of a context, neither of which runs. Costs no look at any variable.

    Copies share one tree of variables until one is set (Python/context.c), and a copy refers to nothing else. ``==`` would ask the values
    whether they are equal, and that may be costly, may raise, or query a database. False where it cannot be told.
    """
    first, second = gc.get_referents(one), gc.get_referents(other)
    return len(first) == len(second) == 1 and first[0] is second[0]


def apply_changes(before: Context, after: Context) -> None:
    """Set in the current context, which must be one of this request alone, what a run in a copy of it has changed."""
    for variable, value in changes(before, after):
        variable.set(_for_this_thread(value))


class ContextOverlay:
    """What an application has set, shown in the context of the thread that called it.

    It ends with the request, and the variables are again what they were, or are not there. Where it is ended in another
    context (another thread closes the response, or a finalizer), the context that it was given to cannot be reached; then
    `remove_stale_overlay` takes it back before that thread's next request.

    :param request: what tells the request apart from the thread's next one: its environ.
    """

    __slots__ = ("_below", "_ended", "_request", "_shown", "_token")

    def __init__(self, request: object) -> None:
        self._request = request
        self._shown: dict[ContextVar[Any], tuple[Token[Any], Any]] = {}
        self._ended = False
        self._below = _open.get(None)
        self._token = _open.set(self)

    def update(self, before: Context, after: Context) -> None:
        """Have the current context show what ``after`` has now. What was reset in it meanwhile is taken back."""
        if _open.get(None) is not self:
            return  # another thread's, or a later overlay lies on top
        current_values = dict(changes(before, after))
        for variable in [variable for variable in self._shown if variable not in current_values]:
            with contextlib.suppress(ValueError):  # a copy of the context that the overlay was given to
                variable.reset(self._shown[variable][0])
                del self._shown[variable]
        for variable, value in current_values.items():
            known = self._shown.get(variable)
            if known is None:
                self._shown[variable] = variable.set(_for_this_thread(value)), value
            elif known[1] is not value:
                variable.set(_for_this_thread(value))
                self._shown[variable] = known[0], value

    def end(self) -> None:
        """Take everything back. One that a later overlay lies on goes with that one: values return in the order they came."""
        self._ended = True
        overlay: ContextOverlay | None = self
        if _open.get(None) is not self:
            return
        while overlay is not None and overlay._ended and overlay._take_back():
            overlay = overlay._below

    def _take_back(self) -> bool:
        """Whether this is the context that the overlay was given to, and has what it had before."""
        try:
            _open.reset(self._token)
        except (ValueError, RuntimeError):  # a copy of that context, or done already
            return False
        for variable, (token, _) in reversed(self._shown.items()):
            variable.reset(token)
        self._shown.clear()
        self._request = None
        return True

    def is_of(self, request: object) -> bool:
        return self._request is request and not self._ended


def overlay_context(request: object, before: Context, after: Context) -> ContextOverlay | None:
    """Show the current context, for the rest of ``request``, what an application has changed; ``None`` if nothing."""
    if next(changes(before, after), None) is None:
        return None
    overlay = ContextOverlay(request)
    overlay.update(before, after)
    return overlay


def remove_stale_overlay(request: object) -> None:
    """Before a thread's request: take back what an application before it has set and nobody has ended here."""
    overlay = _open.get(None)
    while overlay is not None and not overlay.is_of(request):
        if not overlay._take_back():
            return  # a copy: whoever made it wanted what is in it
        overlay._ended = True
        overlay = _open.get(None)
