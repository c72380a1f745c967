"""What the evaluator knows of code that it does not read: the standard library and the packages settings lean on.

A registry by dotted path. Whatever is not in it is unknown, and what it gets hold of is unknown from there on.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python import tables
from bridgekit.check.python.changes import hands_out, keeps_arguments
from bridgekit.check.settings.interpreter import enumerations
from bridgekit.check.settings.interpreter.callables import elements_of
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Opaque, PathValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import own, unwrap
from bridgekit.check.settings.interpreter.pure import pure_function
from bridgekit.check.settings.interpreter.values import ClassValue, External, NativeFunction
from bridgekit.check.settings.library import (
    addresses,
    configurations,
    decouple,
    enums,
    env_casts,
    env_libraries,
    environment,
    files,
    globs,
    includes,
    ini_files,
    paths,
    pydantic_settings,
    python,
    regular_expressions,
    standard,
    system,
)
from bridgekit.check.settings.library.registry import CALLS, CLASS_BASES, CONSTANTS

_LOGGERS = ("getLogger", "get_logger", "getlogger")

_ON_DISK = (
    "os.remove", "os.rename", "os.replace", "os.unlink", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.system",
    "os.renames", "os.removedirs", "os.open", "shutil.", "subprocess.", "zipfile.", "tarfile.",
)  # fmt: skip
"""Functions that write or delete files, or may."""


for part in (
    addresses,
    configurations,
    decouple,
    enums,
    env_casts,
    env_libraries,
    environment,
    files,
    globs,
    includes,
    ini_files,
    paths,
    pydantic_settings,
    python,
    regular_expressions,
    system,
):
    part.register()


class Library:
    """The registry as the interpreter asks it."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter

    def attribute(self, owner: External, name: str) -> Value:
        """``owner.name`` of a module, class or object that is not read."""
        dotted = f"{owner.dotted}.{name}"
        if dotted in self.interpreter.patched:
            return self.interpreter.patched[dotted]
        make = CONSTANTS.get(dotted)
        if make is not None:
            return make(self.interpreter)
        if dotted in tables.CONSTANTS:
            return own(tables.real(dotted))
        if name == "__file__":
            path = self.interpreter.finder.find(owner.dotted).path
            if path or owner.is_module:
                return (
                    Text(path) if path else self.interpreter.opaque(f"{owner.dotted} is not installed here")
                )
        if owner.is_module and self.interpreter.is_opened(owner.dotted):
            module = self.interpreter.imports.import_module(owner.dotted)
            if not isinstance(module, External):
                return self.interpreter.getattr(module, name)
        module = self.interpreter.modules.get(owner.dotted)
        if module is not None and name in module.namespace:
            return module.namespace[name]
        if (
            self.interpreter.catches(AttributeError)
            and standard.defines(self.interpreter, owner, name) is False
        ):
            raise self.interpreter.fault(AttributeError, f"module {owner.dotted!r} has no attribute {name!r}")
        if self.interpreter.catches(AttributeError):
            return self.interpreter.imports.open_external(External(dotted))
        return External(dotted)

    def defines(self, owner: External, name: str) -> bool | None:
        """Whether a module of the standard library has an attribute; None where that is not known."""
        return standard.defines(self.interpreter, owner, name)

    def call(self, function: External, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``function(*args, **kwargs)`` of something that is not read."""
        if function.dotted in self.interpreter.patched:
            return self.interpreter.call(self.interpreter.patched[function.dotted], args, kwargs)
        model = CALLS.get(function.dotted) or CALLS.get("*." + function.dotted.rpartition(".")[2])
        if model is not None:
            return self.interpreter.call(NativeFunction(function.dotted, model), args, kwargs)
        if function.dotted in tables.FUNCTIONS and self.interpreter.surroundings.is_standard(function.dotted):
            return self.interpreter.call(pure_function(function.dotted), args, kwargs)
        opened = self.interpreter.imports.open_external(function)
        if opened is not function:
            return self.interpreter.call(opened, args, kwargs)
        return self.unread_call(function.dotted, args, kwargs)

    def unread_call(self, dotted: str, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """The result is unknown, and so is whatever can be changed among the arguments."""
        inputs: frozenset[str] = frozenset()
        for argument in (*args, *kwargs.values()):
            value, more = unwrap(argument)
            inputs |= more | (value.inputs if isinstance(value, Opaque) else frozenset())
        cause = self.interpreter.opaque(f"{dotted}() is not read", inputs=inputs)
        self.interpreter.note_unread(dotted)
        given = [*args, *kwargs.values()]
        if self.interpreter.surroundings.is_standard(dotted) and keeps_arguments(dotted):
            self.interpreter.taint_callables(given, cause)
            if hands_out(dotted):
                self.interpreter.hand_over(list(elements_of(given)), cause)
        else:
            self.interpreter.hand_over(given, cause)
        if dotted.startswith(("unittest.mock.", "mock.")):
            self._patched(given, cause)
        if self.interpreter.surroundings.is_standard(dotted):
            self._standard_effects(dotted, cause)
        elif not dotted.endswith(_LOGGERS):
            self._named_modules(given, cause)
            namespace = self.interpreter.frames[-1].module.namespace
            namespace.unread = namespace.unread or cause
        self.interpreter.may_raise(cause)
        return cause

    def _patched(self, given: Sequence[Value], cause: Opaque) -> None:
        """``mock.patch("json.loads", ...)``: what is named is something else, for a while."""
        for position, value in enumerate(given):
            if isinstance(value, str):
                self.interpreter.patched[str(value)] = cause
            if isinstance(value, External) and position + 1 < len(given):
                self.interpreter.patched[f"{value.dotted}.{given[position + 1]!s}"] = cause

    def _standard_effects(self, dotted: str, cause: Opaque) -> None:
        """Functions of the standard library that change the disk or the environment."""
        if dotted.startswith(_ON_DISK):
            self.interpreter.lost_disk[""] = cause

    def _named_modules(self, arguments: Sequence[Value], cause: Opaque) -> None:
        """``DjangoDynaconf(__name__)``: code that gets a module's name can reach its settings."""
        for argument in arguments:
            module = self.interpreter.modules.get(argument) if isinstance(argument, str) else None
            if module is not None:
                self.interpreter.taint(module.namespace, cause)

    def inherited(self, receiver: Value, base: External, name: str) -> Value:
        """An attribute that a base class outside the project may define."""
        return self.interpreter.opaque(f"{name} may come from {base.dotted}, which is not read")

    def class_attribute(self, cls: ClassValue, name: str, raw: Value) -> Value:
        """A class attribute as seen from outside: values of django-configurations resolve to their value."""
        if isinstance(raw, configurations.SettingValue):
            return raw.resolve(self.interpreter, name)
        made = enumerations.enum_attribute(self.interpreter, cls, name)
        return raw if made is NOT_IMPLEMENTED else made

    def instantiate(self, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """An instance of a class with a base that is modelled, or `NOT_IMPLEMENTED`."""
        for base in cls.mro:
            if isinstance(base, External):
                model = CLASS_BASES.get(base.dotted)
                if model is not None:
                    return model(self.interpreter, cls, args, kwargs)
        return NOT_IMPLEMENTED

    def path_attribute(self, path: PathValue, name: str) -> Value:
        """An attribute of a `pathlib.Path`."""
        return paths.path_attribute(self.interpreter, path, name)

    def open_file(self, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``open(...)``: for reading project files."""
        return files.open_file(self.interpreter, args, kwargs)

    def item(self, owner: External, key: Value) -> Value:
        """``owner[key]``: mostly types (``list[str]``); otherwise unknown."""
        if owner.dotted.partition(".")[0] in ("typing", "collections", "types"):
            return owner
        cause = self.interpreter.opaque(f"{owner.dotted} is not read")
        self.interpreter.note_unread(owner.dotted)
        return cause
