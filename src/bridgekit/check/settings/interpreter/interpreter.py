"""The state of one run over settings code, and what every part of the interpreter asks of it.

A run is a function of the source and of an `Assignment` of inputs: the same two give the same run. Nothing in it
touches anything but source files of the project; everything it may do is an allow-list of pure operations.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.python.cause import Cause
from bridgekit.check.settings.interpreter.callables import callables_in
from bridgekit.check.settings.interpreter.control import Raised, Stuck, TryBlock
from bridgekit.check.settings.interpreter.data import CONTAINERS, POISONABLE, Namespace, Opaque, Text, Value
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.interface import ImportSystem, Libraries
from bridgekit.check.settings.interpreter.questions import Assignment, Decision, QuestionKeys, StatementAt
from bridgekit.check.settings.interpreter.surroundings import Surroundings
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    ErrorValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    poison,
)
from bridgekit.check.settings.result import Note
from bridgekit.check.settings.slicing.slices import Slice
from bridgekit.middleware_chain.facts import Location

MAX_STEPS = 400_000
"""Syntax nodes a run may evaluate. The largest settings seen (edx-platform, sentry) take below 30,000."""

_LOOK_EVERY = 1_000
"""Steps after which the bounds of the whole run are looked at."""

MAX_CALLS = 24
"""Nested calls of project functions; each takes some twelve frames of the thousand that CPython allows."""


class Interpreter:
    """One run: its modules, its budget, its decisions."""

    # Bound by `wiring.make_machine`: expressions, statements, calls and imports need one another.
    evaluate: Callable[[ast.expr, Frame], Value]
    run_block: Callable[[Sequence[ast.stmt], Frame], None]
    call: Callable[[Value, Sequence[Value], dict[str, Value]], Value]
    getattr: Callable[[Value, str], Value]
    setattr: Callable[..., None]
    delattr: Callable[..., None]
    forget: Callable[[Sequence[ast.stmt], Opaque, Frame], None]
    bind: Callable[..., None]
    assign: Callable[[ast.expr, Value, Frame], None]
    subscript: Callable[[Value, Value, ast.AST, Frame], Value]
    add: Callable[[Value, Value], Value]
    truth: Callable[[Value, ast.expr, Frame], bool]
    annotate: Callable[[Frame, str, ast.expr], None]
    builtin: Callable[[str], Value]
    taint_values: Callable[[Iterable[Value], Opaque], None]
    imports: ImportSystem
    library: Libraries

    def __init__(
        self,
        finder: ModuleFinder,
        environ: Mapping[str, str],
        assignment: Assignment,
        opened: frozenset[str],
        texts: dict[int, Text],
    ) -> None:
        self.finder = finder
        self.surroundings = Surroundings(finder)
        self.environ = environ
        self.assumed_environ = dict(assignment.environ)
        self.assumed_inputs = dict(assignment.inputs)
        self.forced = dict(assignment.forced)
        self.written_environ: dict[str, Value] = {}
        self.opened = opened
        self.steps = MAX_STEPS
        self.uncounted = _LOOK_EVERY
        """Steps since the bounds of the whole run were looked at: at once, as an earlier run may have reached them."""
        self.calls = 0
        self.modules: dict[str, ModuleValue] = {}
        self.decisions: list[Decision] = []
        self.candidates: dict[str, dict[str, None]] = {}
        self.notes: dict[Note, None] = {}
        self.files: dict[str, None] = {}
        self.tries: list[TryBlock] = []
        self.frames: list[Frame] = []
        self.texts = texts
        self.unread_packages: dict[str, None] = {}
        self.settings_directories: set[str] = set()
        self.package_directory = ""
        self.slice: Slice | None = None
        self.handled: Raised | None = None
        self.externals: dict[str, Value] = {}
        self.replaced_modules: dict[str, Value] = {}
        """What the settings put into ``sys.modules``: the next import gives it."""
        self.lost_modules: Opaque | None = None
        """Set when code that cannot be read had its hands on ``sys.modules``."""
        self.patched: dict[str, Value] = {}
        self.waiting: set[str] = set()
        self.members: dict[tuple[ClassValue, str], InstanceValue] = {}
        self.question_keys = QuestionKeys()
        self.captured: dict[int, Value] = {}
        """Functions that code which cannot be read was handed: what that code made may call them."""
        self.lost_environ: Opaque | None = None
        """Set when code that cannot be read had its hands on ``os.environ``."""
        self.lost_disk: dict[str, Opaque] = {}
        """Paths that the settings write or delete; the empty one stands for any."""

    # -- places ------------------------------------------------------------------------------------------------------

    def locate(self, node: ast.AST, frame: Frame) -> Location:
        """Where ``node`` stands."""
        line = getattr(node, "lineno", 1)
        return Location(frame.path, line, getattr(node, "col_offset", 0) + 1)

    def here(self) -> Location:
        """Where the run is now: the innermost statement."""
        for frame in reversed(self.frames):
            if frame.statement is not None:
                return self.locate(frame.statement, frame)
        return Location(self.frames[-1].path if self.frames else "", 1)

    def chain(self, depth: int | None = None) -> tuple[StatementAt, ...]:
        """The statements being run, outermost first; those of the first ``depth`` frames."""
        return tuple(
            (frame.module, frame.statement) for frame in self.frames[:depth] if frame.statement is not None
        )

    # -- budget ------------------------------------------------------------------------------------------------------

    def spend(self, amount: int = 1) -> None:
        """Take from the budget; raises `Stuck` at its end."""
        self.steps -= amount
        self.uncounted += amount
        if self.uncounted > _LOOK_EVERY:
            reached = self.finder.bounds.spend(self.uncounted, self.here)
            self.uncounted = _LOOK_EVERY if reached else 0
            if reached:
                raise Stuck(reached, self.here())
        if self.steps < 0:
            raise Stuck(f"evaluating the settings takes more than {MAX_STEPS:,} steps", self.here())

    @property
    def spent(self) -> int:
        """How many steps the run has taken."""
        return MAX_STEPS - self.steps

    # -- the unknown -------------------------------------------------------------------------------------------------

    def opaque(
        self,
        reason: str,
        node: ast.AST | None = None,
        frame: Frame | None = None,
        *,
        truth: bool | None = None,
        inputs: frozenset[str] = frozenset(),
        key: str = "",
        cause: Cause = Cause.NOT_MODELLED,
        subject: str = "",
    ) -> Opaque:
        """A new unknown that begins at ``node`` (or at the statement being run)."""
        location = self.here() if node is None or frame is None else self.locate(node, frame)
        named = key or f"{location}#{reason}"[:200]
        return Opaque(reason, location, named, truth, inputs, cause, subject, is_exact=bool(key))

    def refuse(self, reason: str, *handed: Value) -> Opaque:
        """Something that is not modelled: unknown with its place, and what it was handed is unknown as well."""
        cause = self.opaque(reason)
        self.hand_over(handed, cause)
        self.may_raise(cause)
        return cause

    def read(self, value: Value) -> Value:
        """``value``, or its poison."""
        if type(value) in POISONABLE and isinstance(value, CONTAINERS):
            return value.poison or value
        return value

    def hand_over(self, arguments: Sequence[Value], cause: Opaque) -> None:
        """Code that cannot be read gets ``arguments``: whatever they reach may have changed or been called."""
        self._capture(arguments)
        self.taint_values(arguments, cause)

    def taint_callables(self, arguments: Sequence[Value], cause: Opaque) -> None:
        """Code that leaves its arguments alone gets ``arguments``: it may still call what can be called."""
        self._capture(arguments)
        self.taint_values(callables_in(arguments), cause)

    def _capture(self, arguments: Sequence[Value]) -> None:
        self.captured |= {id(value): value for value in arguments if isinstance(value, FunctionValue)}

    def taint(self, namespace: Namespace, cause: Opaque) -> None:
        """Code that cannot be read may have set any name of ``namespace``, and may as well have left it alone.

        A question like any other without a natural answer: the default variant is blocked by it, and a variant says
        what holds if MIDDLEWARE is left as it is.
        """
        key = f"changed:{cause.location}"
        reason = f"{cause.reason}; it may change the settings"
        answers = (
            f"the settings are changed ({cause.reason})",
            f"the settings are left as they are ({cause.reason})",
        )
        if self.decide(key, None, cause.location, None, reason=reason, answers=answers):
            poison(namespace, cause)
        else:
            namespace.unseen = cause

    def unfit_default(self, inputs: frozenset[str], node: ast.AST, frame: Frame) -> Opaque:
        """An operation that raises TypeError for an input's default: whoever runs these settings has set the input."""
        names = ", ".join(sorted(name.removeprefix("env:") for name in inputs))
        return self.opaque(f"{names} has to be set, and its value is not given", node, frame, inputs=inputs)

    # -- errors ------------------------------------------------------------------------------------------------------

    def error(self, kind: type[BaseException], *arguments: Value) -> Raised:
        """The exception ``kind`` with these arguments, raised by the interpreted code where it is now."""
        return Raised(ErrorValue(NativeFunction(kind.__name__, None, kind), arguments), self.here())

    def fault(self, kind: type[BaseException], message: str) -> Raised:
        """The exception ``kind``, described in words of ours: what Python says of it is not known to the interpreted code."""
        arguments = (self.opaque("the words of an exception differ between versions of Python"),)
        return Raised(
            ErrorValue(NativeFunction(kind.__name__, None, kind), arguments, message=message), self.here()
        )

    def native_error(self, error: Exception) -> Raised:
        """What a function of the interpreter's own raised: a KeyError's key is known, the words of others are not."""
        if isinstance(error, KeyError) or not error.args:
            return self.error(type(error), *error.args)
        return self.fault(type(error), str(error))

    def catches(self, kind: type[BaseException]) -> bool:
        """Whether an active ``try`` would catch ``kind``."""
        error = ErrorValue(NativeFunction("", None, kind))
        return any(matches(error, caught) is not False for block in self.tries for caught in block.catches)

    # -- questions ---------------------------------------------------------------------------------------------------

    def decide(
        self,
        key: str,
        node: ast.AST | None,
        location: Location,
        natural: bool | None,
        *,
        inputs: frozenset[str] = frozenset(),
        reason: str = "",
        quiet: bool = False,
        chain: tuple[StatementAt, ...] | None = None,
        answers: tuple[str, str] | None = None,
    ) -> bool:
        """Answer a question that the source leaves open: as forced, else as natural, else no; and remember it."""
        outcome = self.forced.get(key, bool(natural))
        asked = self.chain() if chain is None else chain
        self.decisions.append(
            Decision(key, node, location, inputs, outcome, natural, reason, asked, quiet, answers)
        )
        return outcome

    def suggest(self, inputs: frozenset[str], value: Value) -> None:
        """``value`` was compared with something made of ``inputs``: worth trying as their value."""
        if isinstance(value, str | int | float) and len(str(value)) < 200:
            for name in inputs:
                self.candidates.setdefault(name, {})[str(value)] = None

    def note(self, text: str, location: Location | None = None) -> None:
        """Tell the reader of the result."""
        self.notes[Note(text, location or self.here())] = None

    def test(self, value: Value) -> bool:
        """The truth of a value where no expression stands for the question."""
        frame = self.frames[-1]
        name = ast.Name("it", ast.Load(), lineno=self.here().line, col_offset=self.here().column - 1)
        return self.truth(value, name, frame)

    def skips(self, statement: ast.stmt, frame: Frame) -> bool:
        """Whether this run leaves the statement out: it cannot matter for what the run is after."""
        return self.slice is not None and frame.kind == "module" and not self.slice.keeps(statement)

    # -- unread code -------------------------------------------------------------------------------------------------

    def is_opened(self, name: str) -> bool:
        """Whether this run may interpret an installed package."""
        return name.partition(".")[0] in self.opened

    def note_unread(self, dotted: str) -> None:
        """Remember what had to stay unread: a later run may open its package."""
        self.unread_packages[dotted.partition(".")[0]] = None

    def force(self, value: Value) -> Value:
        """A value of a module of the project that has waited until now is read now."""
        if isinstance(value, External):
            return self.imports.open_external(value)
        return value

    def may_raise(self, cause: Opaque, *only: type[BaseException]) -> None:
        """Code that is not read ran inside a ``try``: whether its handler runs is a question.

        ``only``: where nothing but these exceptions (or kinds of them) can be raised.
        """
        for block in reversed(self.tries):
            kinds = [
                kind
                for caught in block.catches
                for kind in (caught if isinstance(caught, tuple) else (caught,))
            ]
            kinds = [
                kind
                for kind in kinds
                if (
                    self._may_be(kind, only)
                    if only
                    else getattr(kind, "kind", None) not in (ImportError, ModuleNotFoundError)
                )
            ]
            if kinds:
                key = f"raise:{block.location}"
                # Whatever the statement in it does, it is the whole of the block that depends on the answer.
                chain = (
                    *self.chain(block.depth)[:-1],
                    (self.frames[block.depth - 1].module, block.statement),
                )
                reason = f"{cause.reason}: whether it raises"
                answers = (f"it raises ({cause.reason})", f"it does not raise ({cause.reason})")
                if self.decide(key, None, block.location, None, reason=reason, chain=chain, answers=answers):
                    raise Raised(ErrorValue(kinds[0]), self.here())
                return

    @staticmethod
    def _may_be(caught: Value, kinds: Sequence[type[BaseException]]) -> bool:
        kind = getattr(caught, "kind", None)
        return kind is None or any(issubclass(one, kind) or issubclass(kind, one) for one in kinds)

    def catches_error(self, error: ErrorValue) -> bool:
        """Whether an active ``try`` would catch ``error``."""
        return any(matches(error, caught) is not False for block in self.tries for caught in block.catches)

    def unreadable(self, path: str, line: int, error: str) -> Opaque:
        """A file that cannot be parsed."""
        return Opaque(f"{path} {error}", Location(path, line), f"file:{path}:unreadable")
