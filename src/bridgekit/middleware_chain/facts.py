"""What is known of one middleware, three-valued, each answer with its evidence.

Facts come from source (`bridgekit.check`) or from loaded objects (`bridgekit.django`); the chain model and the rules
read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["HOOKS", "KEPT", "Answer", "Claim", "Count", "HookFacts", "Location", "MiddlewareFacts"]

#: Every hook that Django's handlers or ``MiddlewareMixin`` look up on a middleware instance.
HOOKS = (
    "process_request",
    "process_view",
    "process_exception",
    "process_template_response",
    "process_response",
)

KEPT = "what one half leaves in its thread the other may look for"
"""Why a layer keeps its thread that does not say otherwise."""


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

    @classmethod
    def yes(cls, reason: str = "", location: Location | None = None) -> Claim:
        """Known to hold."""
        return cls(Answer.YES, reason, location)

    @classmethod
    def no(cls, reason: str = "", location: Location | None = None) -> Claim:
        """Known not to hold."""
        return cls(Answer.NO, reason, location)

    @classmethod
    def unknown(cls, reason: str, location: Location | None = None) -> Claim:
        """Cannot be known, because of ``reason``; ``location`` is what blocks it."""
        return cls(Answer.UNKNOWN, reason, location)


@dataclass(frozen=True, slots=True)
class Count:
    """How many: at least ``low``, at most ``high`` (``None``: no bound is known), with the evidence.

    ``Count(2, 2)`` is exactly two. Where ``low`` and ``high`` differ, ``reason`` and ``location`` say what blocks it.
    """

    low: int = 0
    high: int | None = 0
    reason: str = ""
    location: Location | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the number is known."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class HookFacts:
    """One of Django's ``process_*`` hooks: does it exist, is it a coroutine function, and where does it live."""

    name: str
    is_async: Claim
    location: Location | None = None
    exists: Claim = Claim(Answer.YES)


@dataclass(frozen=True, slots=True)
class MiddlewareFacts:
    """Everything the chain model needs of one entry of ``MIDDLEWARE``.

    ``sync_capable`` and ``async_capable`` are what `BaseHandler.load_middleware` reads off the class or factory
    (django/core/handlers/base.py); ``mixin_acall`` says whether the instance in async mode runs Django's
    ``MiddlewareMixin.__acall__``, which crosses to a thread for each of ``process_request`` and ``process_response``;
    ``marked_async`` whether the instance is a coroutine function to `inspect.iscoroutinefunction` in async mode;
    ``own_hops`` how many ``sync_to_async`` calls its own code makes in async mode for a plain GET (nothing set on the
    request but by Django and its own module) that passes through, beside those of ``MiddlewareMixin.__acall__``; ``used`` is no when the constructor raises ``MiddlewareNotUsed``.

    For bridgekit's own handler: ``mixin_call`` says whether the instance in sync mode runs Django's ``MiddlewareMixin.__call__``, so that
    with ``mixin_acall`` its two halves are all that it does; ``keeps_thread`` whether what it does in one half may be looked for in the
    same thread by the other (a `threading.local`): no for Django's own classes and for those that say so; ``begins_early`` and ``closes_late`` whether its
    module brings code that is called when a request begins, before the chain, and when the response is closed, after its last byte; ``nonblocking`` whether it is one of Django's whose halves
    wait for nothing in a request with a safe method that leaves the session and the messages as they were, so that they can run on the loop.
    """

    dotted_path: str
    sync_capable: Claim
    async_capable: Claim
    mixin_acall: Claim
    marked_async: Claim
    hooks: Mapping[str, HookFacts] = field(default_factory=dict)
    listed_at: Location | None = None
    defined_at: Location | None = None
    own_hops: Count = Count()
    used: Claim = Claim(Answer.YES)
    mixin_call: Claim = Claim(Answer.UNKNOWN, "its __call__ was not read")
    keeps_thread: Claim = Claim(Answer.UNKNOWN, "nobody says that it needs no thread of its own")
    begins_early: Claim = Claim(Answer.NO)
    closes_late: Claim = Claim(Answer.NO)
    nonblocking: Claim = Claim(Answer.NO)

    @classmethod
    def unreadable(cls, dotted_path: str, reason: str, location: Location | None = None) -> MiddlewareFacts:
        """A middleware of which nothing can be known, because of ``reason``; ``location`` is what blocks it."""
        claim = Claim.unknown(reason, location)
        return cls(
            dotted_path,
            sync_capable=claim,
            async_capable=claim,
            mixin_acall=claim,
            marked_async=claim,
            hooks={name: HookFacts(name, is_async=claim, exists=claim) for name in HOOKS},
            own_hops=Count(0, None, reason, location),
            used=claim,
            mixin_call=claim,
            keeps_thread=claim,
            begins_early=claim,
            closes_late=claim,
            nonblocking=claim,
        )
