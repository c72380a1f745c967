"""What is known of one middleware, three-valued, each answer with its evidence.

Facts come from source (`bridgekit.check`) or from loaded objects (`bridgekit.django`); the chain model and the rules
read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Answer", "Claim", "HookFacts", "Location", "MiddlewareFacts"]


class Answer(Enum):
    """A three-valued truth. ``UNKNOWN`` is a value, never a default for yes or no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Answer:
        """``True`` is yes, ``False`` is no, ``None`` is unknown."""
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a source file; lines and columns count from 1."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One answer with its evidence: where it is said, or why it cannot be known and what blocks it."""

    answer: Answer
    reason: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class HookFacts:
    """One of Django's ``process_*`` hooks: is it a coroutine function, and where does it live."""

    name: str
    is_async: Claim
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class MiddlewareFacts:
    """Everything the chain model needs of one entry of ``MIDDLEWARE``.

    ``sync_capable`` and ``async_capable`` are what `BaseHandler.load_middleware` reads off the class or factory
    (django/core/handlers/base.py); ``mixin_acall`` says whether the instance in async mode runs Django's
    ``MiddlewareMixin.__acall__``, which crosses to a thread for each of ``process_request`` and ``process_response``;
    ``marked_async`` whether the instance is a coroutine function to `inspect.iscoroutinefunction` in async mode.
    """

    dotted_path: str
    sync_capable: Claim
    async_capable: Claim
    mixin_acall: Claim
    marked_async: Claim
    hooks: Mapping[str, HookFacts] = field(default_factory=dict)
    listed_at: Location | None = None
    defined_at: Location | None = None
