"""One run over a settings module under one assignment, and the MIDDLEWARE it leaves behind."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.settings.interpreter.control import Raised, Stuck
from bridgekit.check.settings.interpreter.data import ListValue, Namespace, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.questions import Assignment
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
)
from bridgekit.check.settings.library.configurations import load_dotenv
from bridgekit.check.settings.result import Blocked, MiddlewareEntry, Unknown
from bridgekit.check.settings.slicing.slices import Slice
from bridgekit.check.settings.wiring import make_machine
from bridgekit.middleware_chain.facts import Location


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to evaluate: a module, or a configuration class in it, under an environment."""

    finder: ModuleFinder
    module: str
    environ: Mapping[str, str]
    configuration: str | None = None
    opened: frozenset[str] = frozenset()
    texts: dict[int, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How a run ended. ``failure`` says why it did not reach the end, ``is_dead`` that the settings themselves raise."""

    interpreter: Interpreter
    namespace: Namespace
    failure: str = ""
    location: Location | None = None
    is_dead: bool = False
    is_unreadable: bool = False
    """Whether there is no module to evaluate."""
    kind: str = ""
    """The name of the exception that the settings raise."""

    @property
    def middleware(self) -> tuple[MiddlewareEntry, ...] | None:
        """MIDDLEWARE entry by entry, or None (then `blocked` says why)."""
        return self._read()[0]

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """Why MIDDLEWARE is not known."""
        return self._read()[1]

    @property
    def signature(self) -> object:
        """Equal for two runs that leave the same MIDDLEWARE."""
        middleware, blocked = self._read()
        if middleware is None:
            return ("blocked", *blocked)
        return tuple(entry.dotted_path for entry in middleware)

    def _read(self) -> tuple[tuple[MiddlewareEntry, ...] | None, tuple[Blocked, ...]]:
        if self.failure:
            return None, (Blocked(self.failure, self.location or Location("", 1)),)
        return read_middleware(self.interpreter, self.namespace)


def read_middleware(
    interpreter: Interpreter, namespace: Namespace
) -> tuple[tuple[MiddlewareEntry, ...] | None, tuple[Blocked, ...]]:
    """The entries that Django would import, each with the place of its literal."""
    value = interpreter.read(unwrap(interpreter.force(namespace.get("MIDDLEWARE", namespace.unseen)))[0])
    bound = namespace.bound.get("MIDDLEWARE") or interpreter.here()
    if value is None:
        return (), ()
    if isinstance(value, Opaque):
        return None, (Blocked(value.reason, value.location),)
    if isinstance(value, External):
        interpreter.note_unread(value.dotted)
        return None, (Blocked(f"{value.dotted} is not read", bound),)
    if not isinstance(value, ListValue | tuple):
        return None, (Blocked("MIDDLEWARE is neither a list nor a tuple", bound),)
    entries: list[MiddlewareEntry] = []
    blocked: list[Blocked] = []
    for item in value:
        entry = _entry(interpreter, item, bound)
        entries.append(entry)
        if isinstance(entry.dotted_path, Unknown):
            blocked.append(Blocked(entry.dotted_path.reason, entry.dotted_path.location))
    return (None, tuple(blocked)) if blocked else (tuple(entries), ())


def _entry(interpreter: Interpreter, item: Value, bound: Location) -> MiddlewareEntry:
    item = interpreter.read(unwrap(interpreter.force(unwrap(item)[0]))[0])
    if isinstance(item, str):
        return MiddlewareEntry(str(item), getattr(item, "location", None) or bound)
    if isinstance(item, Opaque):
        return MiddlewareEntry(Unknown(item.reason, item.location), bound)
    if isinstance(item, External):
        interpreter.note_unread(item.dotted)
        return MiddlewareEntry(Unknown(f"{item.dotted} is not read", bound), bound)
    return MiddlewareEntry(Unknown("an entry of MIDDLEWARE is not text", bound), bound)


_MISSING_NAME = ("NameError", "UnboundLocalError", "ImportError", "AttributeError")


def run_settings(task: Task, assignment: Assignment, sliced: Slice | None = None) -> Outcome:
    """Run the module, then its configuration class if there is one to run; with ``sliced``, only what matters.

    A name missing in a run that left statements out may be one that they bind: such a run is repeated in full.
    """
    outcome = _run(task, assignment, sliced)
    if sliced is not None and outcome.is_dead and outcome.kind in _MISSING_NAME:
        return _run(task, assignment, None)
    return outcome


def _run(task: Task, assignment: Assignment, sliced: Slice | None) -> Outcome:
    interpreter = make_machine(task.finder, task.environ, assignment, task.opened, task.texts)
    interpreter.slice = sliced
    _mark_near(interpreter, task)
    empty = Namespace()
    try:
        module = interpreter.imports.import_module(task.module)
        module = interpreter.replaced_modules.get(task.module, module)
        if isinstance(module, Opaque):
            return Outcome(interpreter, empty, module.reason, module.location, is_unreadable=True)
        if not isinstance(module, ModuleValue):
            return Outcome(
                interpreter,
                empty,
                f"the settings module {task.module} cannot be read",
                Location(task.module, 1),
                is_unreadable=True,
            )
        namespace = module.namespace
        if task.configuration:
            namespace = _configured(interpreter, module, task.configuration)
        return Outcome(interpreter, namespace)
    except Raised as raised:
        blocked = f"the settings raise {_describe(raised.error)}"
        return Outcome(interpreter, empty, blocked, raised.location, is_dead=True, kind=_kind(raised.error))
    except Stuck as stuck:
        return Outcome(interpreter, empty, stuck.reason, stuck.location)
    except RecursionError:
        return Outcome(
            interpreter, empty, "the settings are nested too deeply to be evaluated", interpreter.here()
        )
    except Exception as error:
        # Whatever a settings file provokes here must not end the check: it is unknown, with its place.
        return Outcome(
            interpreter,
            empty,
            f"this cannot be followed ({type(error).__name__}: {error})",
            interpreter.here(),
        )


def _mark_near(interpreter: Interpreter, task: Task) -> None:
    """The directory of the settings; and what lies below it, where the directory holds settings and nothing else."""
    found = task.finder.find(task.module)
    if found.kind is not ModuleKind.SOURCE:
        return
    directory = Path(found.path).parent
    interpreter.settings_directories.add(str(directory))
    if found.is_package or "settings" in directory.name or "conf" in directory.name:
        interpreter.package_directory = str(directory)


def _describe(error: ErrorValue) -> str:
    name = _kind(error) or "an exception"
    message = error.message or next(
        (str(argument) for argument in error.arguments if isinstance(argument, str)), ""
    )
    return f"{name}: {message}" if message else str(name)


def _kind(error: ErrorValue) -> str:
    """The name of what is raised."""
    return str(getattr(error.kind, "name", None) or getattr(error.kind, "dotted", None) or "")


# -- django-configurations -------------------------------------------------------------------------------------------


def configuration_classes(namespace: Namespace, module: str) -> list[str]:
    """The classes derived from ``configurations.Configuration`` that the module itself defines."""
    return [
        name
        for name, value in namespace.items()
        if isinstance(value, ClassValue) and isinstance(name, str) and value.module.name == module
        if any(isinstance(base, External) and _is_configuration(base.dotted) for base in value.mro)
    ]


def _is_configuration(dotted: str) -> bool:
    return dotted.startswith("configurations.") and dotted.endswith("Configuration")


def _configured(interpreter: Interpreter, module: ModuleValue, name: str) -> Namespace:
    """What `configurations.importer` makes of the class: setup hooks, then every upper-case attribute."""
    cls = module.namespace.get(name)
    if not isinstance(cls, ClassValue):
        raise interpreter.fault(AttributeError, f"no configuration {name!r} in {module.name}")
    made = Namespace()
    interpreter.frames.append(Frame(module, made, module.path, statement=ast.Pass(lineno=1, col_offset=0)))
    if any(isinstance(base, ClassValue) and "DOTENV" in base.namespace for base in cls.mro):
        load_dotenv(interpreter, interpreter.getattr(cls, "DOTENV"))
    for hook in ("pre_setup", "setup"):
        _call_hook(interpreter, cls, hook)
    instance = InstanceValue(cls)
    for attribute in _upper_case(cls):
        value = interpreter.getattr(instance, attribute)
        if isinstance(value, FunctionValue | BoundMethod):
            value = interpreter.call(value, [], {})
        made[attribute] = value
        made.bound[attribute] = _where(interpreter, cls, attribute)
    hidden = [base for base in cls.mro if isinstance(base, External) and not _is_configuration(base.dotted)]
    if hidden:
        made.unseen = interpreter.opaque(f"{name} has a base that is not read: {hidden[0].dotted}")
    _call_hook(interpreter, cls, "post_setup")
    return made


def _call_hook(interpreter: Interpreter, cls: ClassValue, hook: str) -> None:
    if any(isinstance(base, ClassValue) and hook in base.namespace for base in cls.mro):
        interpreter.call(interpreter.getattr(cls, hook), [], {})


def _upper_case(cls: ClassValue) -> list[str]:
    names: dict[str, None] = {}
    for base in cls.mro:
        if isinstance(base, ClassValue):
            names.update(
                {str(name): None for name in base.namespace if isinstance(name, str) and name.isupper()}
            )
    return sorted(names)


def _where(interpreter: Interpreter, cls: ClassValue, attribute: str) -> Location:
    for base in cls.mro:
        if isinstance(base, ClassValue) and attribute in base.namespace:
            value = base.namespace[attribute]
            location = getattr(value, "location", None)
            if isinstance(location, Location):
                return location
            return Location(base.module.path, 1)
    return interpreter.here()
