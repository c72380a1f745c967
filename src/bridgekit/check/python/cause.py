"""Why something is not known: what decisions depend on, so that they never depend on the words of a reason."""

from __future__ import annotations

from enum import Enum, auto


class Cause(Enum):
    """The kind of an unknown. The reason beside it is for people."""

    NOT_MODELLED = auto()
    """The reader has no model of what the code does there. What holds where nothing else is said."""

    NOT_GIVEN = auto()
    """An input: an environment variable, or whatever else a project expects from outside."""

    MODULE_ABSENT = auto()
    """A module that is not where we look, and taken as being there when the code runs."""

    NOT_INSTALLED = auto()
    """A module that is certainly not there: what ``import`` raises ModuleNotFoundError for."""

    SOURCE_TEXT = auto()
    """The text of a Python file, which is run or left alone, but not handled as text."""

    SUPER_NOT_FOLLOWED = auto()
    """``super()`` whose class or receiver is not followed."""

    RUNS_LATER = auto()
    """A generator or coroutine: its body runs, and may raise anything, where somebody draws from it."""

    TEXT_KEPT = auto()
    """A method of an input's text after which a text that is not empty may still be one: ``strip``, ``lower``."""
