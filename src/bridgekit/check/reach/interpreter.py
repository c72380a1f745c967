"""The state of one walk through code as it runs: where it is, on which thread, in which context, and who observes it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.reach.values import (
    Class,
    Coroutine,
    External,
    Frame,
    Function,
    Instance,
    Namespace,
    Table,
    Value,
)

MAX_STEPS = 12_000
"""Statements and expressions that are followed from one middleware; the largest of the corpus needs some 5,000."""
MAX_DEPTH = 12
"""Calls within calls that are followed."""
_LOOK_EVERY = 64
"""Steps after which the bounds of the whole run are looked at."""
_MAX_MODULES = 60
"""Modules that are looked into for one middleware."""


class OutOfBudgetError(Exception):
    """No more is followed; the events until here hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that is done with a value: ``verb`` says what, ``name`` the attribute, function or key that it is done with.

    ``module`` and ``function`` say where, ``path`` through which functions, ``context`` in which copy of the context variables.
    """

    verb: str
    value: Value
    name: str
    node: ast.AST
    module: SourceModule
    function: str
    path: tuple[str, ...]
    on_loop: bool
    context: int
    arguments: tuple[Value, ...] = ()
    certain: bool = True
    """Whether it happens whenever its function runs, rather than in a branch."""
    running: tuple[ast.AST, ...] = ()
    """The functions under way, outermost first."""
    label: str = ""
    """For state of a thread and context variables, the name by which a module, or a class in it, keeps it."""


_LABELLED = frozenset({"attribute", "store attribute", "item", "store item", "contains", "reset"})


_REFUSALS = frozenset({"ValueError", "Exception", "BaseException"})
"""Who catches these expects that a token may be refused."""
_REFUSED_LOOPS = frozenset({"RuntimeError", "Exception", "BaseException"})
CALLED = "__call__"
"""Behind the name of what is made first and called later: making it has no effect."""
CROSSINGS = frozenset(
    {
        f"asgiref.sync.async_to_sync.{CALLED}", "asyncio.run", "asyncio.Runner.run", "asyncio.new_event_loop.run_until_complete",
        "@loop.run_until_complete", "@loop.run_forever",
    }
)  # fmt: skip
"""Functions that run a coroutine to its end, and raise RuntimeError on a thread whose loop runs."""
CONNECTION = "django.db.connection"
"""The only native whose attributes are events: each thread has one of its own."""
FETCHED = "fetched"
"""A keyword of query sets that have their rows by now (django/db/models/query.py, QuerySet._fetch_all)."""


class Interpreter:
    """Follows code from one start. ``load`` gives modules by name, ``setting`` what is known of a setting, else None."""

    evaluate: Callable[[ast.expr, Frame], Value]
    execute: Callable[[Sequence[ast.stmt], Frame], bool]
    call: Callable[..., Value]
    invoke: Callable[..., Value]
    attribute: Callable[..., Value]
    resolve: Callable[[str], Value]
    module_value: Callable[[str, ast.stmt, Namespace], Value]

    def __init__(
        self,
        load: Callable[[str], SourceModule],
        observer: Callable[[Event], None],
        setting: Callable[[str], Any] = lambda name: None,
        bounds: RunBounds | None = None,
    ) -> None:
        self.load, self.observer, self.setting = load, observer, setting
        self.bounds = bounds if bounds is not None else RunBounds()
        self.steps = self.contexts = 0
        self.uncounted = 0
        """Steps since the bounds of the whole run were looked at."""
        self.on_loop = False
        self.context = 0
        self.path: list[str] = []
        self.active: list[ast.AST] = []
        self.muted = 0
        """Above zero while modules are evaluated, and in branches of which it is not known whether they run on the loop."""
        self.uncertain = 0
        """Above zero in branches that may not run."""
        self.buffers: list[list[Event] | None] = []
        """One for each generator behind a ``with``: after its ``yield``, what it does waits for the end of the block."""
        self.namespaces: dict[str, Namespace | None] = {}
        self.reached: set[int] = set()
        self.pending: list[Coroutine] = []
        self.asynchronous = False
        """Whether get_response is a coroutine function."""
        self.asgi: bool | None = None
        """Whether ASGI serves the request; None where that is not known."""
        self.dispatches = False
        """Whether the view's own dispatch gives a coroutine, as that of async views does (django/views/generic/base.py)."""
        self.view: Callable[[], Value] = lambda: External("@response")
        """What get_response does: the hooks around the view."""
        self.importer: Callable[[str, ast.AST, Frame], None] | None = None
        """Runs a module that is imported, where what it does while it is imported matters."""
        self.caught: list[set[str]] = []
        """Names of the exceptions that the blocks around catch."""
        self.named: dict[int, str] = {}
        self.kept: list[Value] = []
        """Values of settings, and by their identity which setting."""
        self.in_locals: dict[int, Value] = {}
        """By the identity of a container, the ``threading.local`` that holds it."""
        self.settled: set[str] = set()
        """What is in memory by now: ``session`` once it was awaited, ``user`` once a thread has read it."""
        self.doubts = 0
        """How often a setting that is not known had to decide."""

    def step(self, node: ast.AST, namespace: Namespace) -> None:
        """Counts one; raises `OutOfBudgetError`."""
        self.steps += 1
        self.uncounted += 1
        if self.steps > MAX_STEPS:
            raise OutOfBudgetError
        if self.steps == 1 or self.uncounted >= _LOOK_EVERY:  # at once, as others may have reached them
            spent, self.uncounted = self.uncounted, 0
            if self.bounds.spend(spent, lambda: namespace.module.location_of(node)):
                raise OutOfBudgetError

    def emit(
        self,
        verb: str,
        value: Value,
        node: ast.AST,
        frame: Frame,
        name: str = "",
        arguments: Sequence[Value] = (),
    ) -> None:
        """Gives the observer an event, now or at the end of the block that waits for it."""
        if self.muted or self._is_expected(verb, name):
            return
        if isinstance(value, External) and self._is_in_memory(verb, value, name):
            return
        if isinstance(value, Coroutine) and value.settled:
            return  # somebody looks after it
        event = Event(
            verb,
            value,
            name,
            node,
            frame.namespace.module,
            _function_of(frame),
            tuple(self.path),
            self.on_loop,
            self.context,
            tuple(arguments),
            not self.uncertain,
            tuple(self.active),
            self._label_of(value) if verb in _LABELLED else "",
        )
        waiting = next((buffer for buffer in reversed(self.buffers) if buffer is not None), None)
        if waiting is not None:
            waiting.append(event)
        else:
            self.observer(event)

    def _is_expected(self, verb: str, name: str) -> bool:
        """Whether the code around catches what comes of it."""
        expected = _REFUSALS if verb == "reset" else _REFUSED_LOOPS if name in CROSSINGS else None
        return expected is not None and any(not expected.isdisjoint(names) for names in self.caught)

    def _is_in_memory(self, verb: str, value: External, name: str) -> bool:
        """Whether what is lazy was made before; what is used in a thread is from then on."""
        kind = value.kind.lstrip("@")
        if kind in ("user", "session"):
            if not self.on_loop:
                self.settled.add(kind)
            return kind in self.settled and self.on_loop
        if kind == "queryset":
            if not self.on_loop and verb in ("iterate", "length", "truth"):
                value.keywords[FETCHED] = value
            return FETCHED in value.keywords and (verb != "query" or name.endswith((".count", ".exists")))
        return False

    def _label_of(self, value: Value) -> str:
        """``state`` of a module, ``Tracker.state`` of a class in it; the dotted name, and empty for what has none."""
        if isinstance(value, External) and value.kind == "@token":
            value = value.arguments[0]
        if not isinstance(value, External | Instance | Table) or (
            isinstance(value, External) and value.kind.startswith("@")
        ):
            return ""
        for namespace in self.namespaces.values():
            for (name, number), known in list(namespace.known.items()) if namespace is not None else ():
                if namespace is None or isinstance(
                    namespace.bound[name][number][0], ast.Import | ast.ImportFrom
                ):
                    continue
                inside = _inside(known, value)
                if inside is not None:
                    return f"{namespace.module.name}.{name}{inside}"
        return ""

    def emit_again(self, events: Sequence[Event]) -> None:
        """What a generator does after its ``yield``: in the context and on the thread that end the block."""
        for event in events:
            if not self.muted:
                self.observer(replace(event, on_loop=self.on_loop, context=self.context))

    def namespace(self, name: str) -> Namespace | None:
        """The names of a module; None if it cannot be read."""
        if name not in self.namespaces:
            if len(self.namespaces) >= _MAX_MODULES:
                return None
            module = self.load(name)
            self.namespaces[name] = Namespace(module) if module.tree is not None else None
        return self.namespaces[name]

    def namespace_of(self, module: SourceModule) -> Namespace:
        """The names of a module that is at hand."""
        namespace = self.namespaces.get(module.name)
        if namespace is None or namespace.module.path != module.path:
            namespace = self.namespaces[module.name or module.path] = Namespace(module)
        return namespace

    @contextmanager
    def elsewhere(self, *, on_loop: bool) -> Iterator[None]:
        """In a context of its own, on the loop or in a thread."""
        before = self.on_loop, self.context
        self.contexts += 1
        self.on_loop, self.context = on_loop, self.contexts
        try:
            yield
        finally:
            self.on_loop, self.context = before

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """No events are given."""
        self.muted += 1
        try:
            yield
        finally:
            self.muted -= 1

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """In a branch that may not run."""
        self.uncertain += 1
        try:
            yield
        finally:
            self.uncertain -= 1

    def label(self, function: Function) -> str:
        """How a function stands in a path: ``M.__acall__``, ``helpers.note``, ``note`` for one of the module that it starts in."""
        if function.owner is not None:
            return f"{function.owner.name}.{function.name}"
        start = next(iter(self.namespaces.values()), None)
        if start is function.namespace or not function.namespace.module.name or not self.path:
            return function.name
        return f"{function.namespace.module.name.rpartition('.')[2]}.{function.name}"


def _inside(known: Value, value: Value) -> str | None:
    """Where a value is kept in what a module binds: empty for itself, ``.state`` for an attribute; None where it is not."""
    if known is value:
        return ""
    held: list[tuple[str, Value | None]] = []
    if isinstance(known, Instance):
        held = list(known.attributes.items())
    elif isinstance(known, Class):
        held = [*known.known.items(), *known.stored.items()]
    return next((f".{name}" for name, inner in held if inner is value), None)


def _function_of(frame: Frame) -> str:
    """The innermost function with a name in which something is done."""
    around: Frame | None = frame
    while around is not None and around.function is not None:
        if not isinstance(around.function.node, ast.Lambda):
            return around.function.name
        around = around.outer
    return ""
