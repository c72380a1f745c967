"""The other protocol's original, reachable by code and safe to print."""

from __future__ import annotations

from typing import Any

__all__ = ["OpaqueMapping"]


class OpaqueMapping(dict[str, Any]):
    """A dictionary whose representation shows its keys and none of its values.

    ``environ["asgi.scope"]`` and ``scope["wsgi_environ"]`` hold the session cookie and the Authorization header. Debug
    pages print the environ by `repr` and `pprint` and hide only the header names they know, so a plain dictionary there
    puts the cookie on the page.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(str, self)) or 'nothing'}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)
