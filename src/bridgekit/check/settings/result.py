"""What the settings evaluator answers: the settings as Django would see them, one variant for each set of conditions.

Every answer is three-valued: `Known`, `Unknown` with the place that blocks it, or ``None`` where the settings say
nothing and Django's own default holds. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Location


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be known from source: why, and the line that blocks it."""

    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class OneOf(Unknown):
    """One of several values, which one a question decides that the source leaves open: at ``location``."""

    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A value known from source.

    ``value`` is made of None, bool, int, float, str, bytes, list, tuple, dict and set; a part that cannot be known is
    an `Unknown` inside it. ``location`` is the statement that bound the setting last. ``assumes`` names the inputs
    (environment variables and the like) whose default the value rests on. ``places`` are where the keys of dictionaries in
    it are written, by the path of keys that leads to each.
    """

    value: object
    location: Location | None = None
    assumes: tuple[str, ...] = ()
    places: Mapping[tuple[object, ...], Location] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a variant's MIDDLEWARE cannot be known, and the line that blocks it."""

    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader of a result should know: a missing optional module, a branch never taken."""

    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a variant: ``DEBUG=true`` in the environment, ``debug_toolbar can be imported``.

    ``environ`` is set where the condition is an environment variable: the name and the value that was tried
    (``None`` for the value: set, to anything but an empty text).
    """

    text: str
    location: Location | None = None
    environ: tuple[str, str | None] | None = None
    opposite: str = ""
    """What holds under the other answer, where there are two."""


@dataclass(frozen=True, slots=True)
class MiddlewareEntry:
    """One entry of MIDDLEWARE and the place where its dotted path is written."""

    dotted_path: str | Unknown
    location: Location


@dataclass(frozen=True, slots=True)
class Variant:
    """The settings under ``conditions``; without any, under the project's own defaults.

    ``middleware`` is ``None`` exactly when ``blocked`` says why. Settings that MIDDLEWARE never mentions leave it
    an empty tuple (Django's default is an empty list).
    """

    conditions: tuple[Condition, ...]
    is_default: bool
    middleware: tuple[MiddlewareEntry, ...] | None
    blocked: tuple[Blocked, ...] = ()
    settings: Mapping[str, Known | Unknown] = field(default_factory=dict)
    everything_else: Unknown | None = None
    """Set when code that cannot be read may have set any name: what every name not in ``settings`` is."""

    @property
    def name(self) -> str:
        """The conditions in a line, or ``default``."""
        return ", ".join(condition.text for condition in self.conditions) or "default"

    def value(self, name: str) -> Known | Unknown | None:
        """One setting; ``None`` when the settings do not set it, so that Django's own default holds."""
        found = self.settings.get(name)
        return found if found is not None else self.everything_else


@dataclass(frozen=True, slots=True)
class SettingsResult:
    """The settings of one module (or of one configuration class in it).

    ``variants`` is never empty and starts with the default one. ``cut`` is empty, or says why further variants were
    not looked at. ``error`` is empty, or says why the settings could not be evaluated at all (missing file, syntax
    error, an exception that nothing in the settings catches); the default variant is then blocked with that reason.
    """

    module: str
    path: str
    files_read: tuple[str, ...]
    variants: tuple[Variant, ...]
    cut: str = ""
    error: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def default(self) -> Variant:
        """The variant under the project's own defaults."""
        return self.variants[0]

    @classmethod
    def failed(cls, module: str, path: str, reason: str, line: int = 1) -> SettingsResult:
        """The result for settings that cannot be evaluated at all."""
        blocked = (Blocked(reason, Location(path or module, max(line, 1))),)
        return cls(module, path, (), (Variant((), True, None, blocked),), error=reason)
