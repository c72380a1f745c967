"""Where names live while source is read: a block being looked at, its arguments and the frames around it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bridgekit.check.middleware.evaluation.bindings import Block, Guard
from bridgekit.check.middleware.evaluation.values import ClassValue, FunctionValue, Outcome, Unknown, Value
from bridgekit.check.modules.finder import SourceModule
from bridgekit.check.python.cause import Cause

__all__ = ["Frame", "TryOutcome"]


@dataclass(frozen=True, slots=True)
class TryOutcome:
    """How the body of a ``try`` ends: at which statement it fails or may fail, with what error, and why that is open.

    ``at`` is -1 if every statement completes.
    """

    at: int = -1
    error: str = ""
    maybe: Unknown | None = None


class Frame:
    """One execution of a block. A function has one for each call that is followed; a module or class has one.

    ``arguments`` are what the call bound; ``function`` is what was called, for ``super()`` and for its defaults.
    ``cls`` is the class whose body a class frame is. ``truths``, ``tries`` and ``values`` remember what was decided, ``open`` what is being decided (to see cycles).
    """

    __slots__ = (
        "arguments",
        "block",
        "cls",
        "function",
        "kind",
        "module",
        "name",
        "open",
        "parent",
        "tries",
        "truths",
        "values",
    )

    def __init__(
        self,
        kind: Literal["module", "class", "function"],
        block: Block,
        module: SourceModule,
        *,
        name: str = "",
        parent: Frame | None = None,
        arguments: Mapping[str, Value] | None = None,
        function: FunctionValue | None = None,
        cls: ClassValue | None = None,
    ) -> None:
        self.kind = kind
        self.block = block
        self.module = module
        self.name = name
        self.parent = parent
        self.arguments = dict(arguments or {})
        self.function = function
        self.cls = cls
        self.truths: dict[Guard, Outcome] = {}
        self.tries: dict[ast.stmt, TryOutcome] = {}
        self.values: dict[tuple[str, int], Value] = {}
        self.open: set[object] = set()

    @property
    def owner(self) -> ClassValue | None:
        """The class whose method is being run: what ``super()`` and ``__class__`` mean."""
        frame: Frame | None = self
        while frame is not None:
            if frame.function is not None and frame.function.owner is not None:
                return frame.function.owner
            frame = frame.parent
        return None

    def closest(self) -> Frame | None:
        """The frame where a free name is looked up: class bodies are invisible to what is inside them."""
        frame = self.parent
        while frame is not None and frame.kind == "class":
            frame = frame.parent
        return frame

    def unknown(self, reason: str, node: ast.AST | None = None, cause: Cause = Cause.NOT_MODELLED) -> Unknown:
        """An unknown value, blocked at ``node`` of this frame's file."""
        return Unknown(reason, self.module.location_of(node), cause)
