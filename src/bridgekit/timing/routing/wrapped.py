"""What an application hands its requests on to: the router behind any number of wrappers, as far as that can be seen."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from types import FunctionType, MemberDescriptorType, MethodType
from typing import Any

INNER = (
    "app",
    "_app",
    "asgi_app",
    "application",
    "inner",
    "_inner",
    "other_asgi_app",  # socketio.ASGIApp
    "wrapped",
    "__wrapped__",
    "router",
)
"""Under which names wrappers keep what they wrap, as attributes and as variables of closures."""

MAX_WRAPPERS = 32


def router_within(app: Any, kind: str) -> Any:
    """The router of Starlette or Channels that `app` hands requests of this kind to, through any wrappers; None if there is none to see."""
    waiting, seen = [app], 0
    while waiting and seen < MAX_WRAPPERS:
        found = waiting.pop(0)
        seen += 1
        if isinstance(attribute(found, "routes"), list):
            return found
        by_protocol = attribute(found, "application_mapping")  # Channels' ProtocolTypeRouter
        if isinstance(by_protocol, Mapping):
            waiting.append(by_protocol.get(kind))
            continue
        waiting.extend(inner for inner in wrapped_by(found) if callable(inner))
    return None


def wrapped_by(wrapper: Any) -> Iterator[Any]:
    if isinstance(wrapper, functools.partial):
        yield from wrapper.args
        yield from wrapper.keywords.values()
        yield wrapper.func
    elif isinstance(wrapper, MethodType):
        yield wrapper.__self__
    elif isinstance(wrapper, FunctionType):
        for name, cell in zip(wrapper.__code__.co_freevars, wrapper.__closure__ or (), strict=True):
            if name in INNER:
                try:
                    yield cell.cell_contents
                except ValueError:  # not bound yet
                    continue
    for name in INNER:
        yield attribute(wrapper, name)


def attribute(owner: Any, name: str) -> Any:
    """A value that an object holds, without running any of its code; None if there is none."""
    if isinstance(owner, type):
        return None
    try:
        found = inspect.getattr_static(owner, name)
    except AttributeError:
        return None
    if isinstance(found, MemberDescriptorType):  # a slot
        return found.__get__(owner) if hasattr(owner, name) else None
    return None if isinstance(found, property | FunctionType) else found
