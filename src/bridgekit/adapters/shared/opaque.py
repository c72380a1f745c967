"""The other protocol's original, reachable by code and safe to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any


class OpaqueMapping(MutableMapping[str, Any]):
    """A mapping whose representation shows its keys and none of its values.

    ``environ["asgi.scope"]`` and ``scope["wsgi_environ"]`` hold the session cookie and the Authorization header. Debug
    pages print the environ and hide only the header names they know, so a plain dictionary there puts the cookie on the
    page. Nor is this a subclass of `dict`: debuggers, JSON encoders and ``copy()`` take a dictionary apart without
    asking it.

    :param original: what is shown through; changes go to it.
    """

    __slots__ = ("_original", "client_gone", "inner", "on_leave")

    def __init__(self, original: MutableMapping[str, Any]) -> None:
        self._original = original
        # What an adapter inside has to tell, and what it has to be told (`nesting`).
        self.inner: Any = None
        self.on_leave: Callable[[], object] | None = None
        self.client_gone = False

    def __getitem__(self, key: str) -> Any:
        return self._original[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._original[key] = value

    def __delitem__(self, key: str) -> None:
        del self._original[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._original)

    def __len__(self) -> int:
        return len(self._original)

    def copy(self) -> OpaqueMapping:
        """A shallow copy that shows as little."""
        return OpaqueMapping(dict(self._original))

    __copy__ = copy

    def __or__(self, other: Mapping[str, Any]) -> OpaqueMapping:
        return OpaqueMapping({**self._original, **other})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(str, self)) or 'nothing'}>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self._original),)
