"""``configparser``: files of the project are read; one outside it is taken as absent, or makes every answer unknown."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    UNSET,
    ListValue,
    Opaque,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ErrorValue, External, NativeFunction
from bridgekit.check.settings.library.env_casts import parsed
from bridgekit.check.settings.library.files import text_of
from bridgekit.check.settings.library.registry import CALLS
from bridgekit.middleware_chain.facts import Location

Arguments: TypeAlias = list[Value]
Keywords: TypeAlias = dict[str, Value]

_MAX_FILE = 256 * 1024
"""Bytes. Configuration files of the size of a setting, not of a database."""

_DEFAULTS = "DEFAULT"


def _boolean(text: str) -> Value:
    states = configparser.RawConfigParser.BOOLEAN_STATES
    if text.lower() not in states:
        raise ValueError(f"Not a boolean: {text}")
    return states[text.lower()]


_READERS: dict[str, Callable[[str], Value] | None] = {
    "get": None,
    "getboolean": _boolean,
    "getint": int,
    "getfloat": float,
}


class IniParser(Model):
    """A ``RawConfigParser`` or ``ConfigParser``, and what has been read into it."""

    __slots__ = ("interpolates", "sections", "unknown")

    def __init__(self, *, interpolates: bool) -> None:
        self.sections: dict[str, dict[str, Value]] = {}
        self.unknown: Opaque | None = None
        self.interpolates = interpolates

    def taint(self, interpreter: Interpreter, cause: Opaque) -> None:
        self.unknown = self.unknown or cause

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name in _READERS:
            return NativeFunction(
                f"parser.{name}", lambda interpreter, args, kwargs: self._get(interpreter, name, args, kwargs)
            )
        methods: dict[str, Callable[[Interpreter, Arguments, Keywords], Value]] = {
            "read": self._read,
            "has_section": lambda interpreter, args, kwargs: self.contains(interpreter, args[0]),
            "has_option": self._has_option,
        }
        return NativeFunction(f"parser.{name}", methods[name]) if name in methods else NOT_IMPLEMENTED

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        name = unwrap(key)[0]
        if self.unknown is not None:
            return self.unknown.derive("." + str(name))
        return name in self.sections and name != _DEFAULTS

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        name = unwrap(key)[0]
        if self.unknown is None and name not in self.sections and name != _DEFAULTS:
            raise interpreter.error(KeyError, Text(str(name)))
        return Section(self, str(name))

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        given = unwrap(args[0] if args else kwargs.get("filenames"))[0]
        paths = list(given) if isinstance(given, ListValue | tuple) else [given]
        done = [path for path in paths if self._read_path(interpreter, path)]
        return ListValue(Text(text_of(path) or "") for path in done)

    def _read_path(self, interpreter: Interpreter, given: Value) -> bool:
        path = text_of(given)
        if path is None:
            unknown = unwrap(given)[0]
            self.unknown = (
                unknown
                if isinstance(unknown, Opaque)
                else interpreter.opaque("which file is read is not known")
            )
            return False
        if interpreter.surroundings.in_project(path):
            return self._read_own(interpreter, path)
        label = f"{path} exists"
        there = interpreter.decide(
            f"exists:{path}", None, interpreter.here(), False, inputs=frozenset((label,)), reason=label
        )
        if there:
            self.unknown = interpreter.opaque(f"the content of {path} is not known")
        return there

    def _read_own(self, interpreter: Interpreter, path: str) -> bool:
        if not Path(path).is_file():
            return False
        try:
            text = read_bounded(path, _MAX_FILE).decode("utf-8")
        except (UnreadableError, UnicodeDecodeError) as error:
            self.unknown = interpreter.opaque(f"{path} is not read: {error}")
            return False
        interpreter.files[path] = None
        self._take(interpreter, text, Location(path, 1))
        return True

    def _take(self, interpreter: Interpreter, text: str, location: Location) -> None:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(text)
        except configparser.Error as error:
            self.unknown = interpreter.opaque(f"{location.path} is not a configuration file: {error}")
            return
        for name in (*parser.sections(), _DEFAULTS):
            options = parser.defaults() if name == _DEFAULTS else parser[name]
            section = self.sections.setdefault(name, {})
            for option, value in options.items():
                if name == _DEFAULTS or option not in parser.defaults() or value != parser.defaults()[option]:
                    section[option] = Text.at(value, location)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _key(self, option: Value) -> str:
        return str(unwrap(option)[0]).lower()

    def find(self, section: str, option: str) -> Value:
        """The option's text, `UNSET` if there is none."""
        return self.sections.get(section, {}).get(option, self.sections.get(_DEFAULTS, {}).get(option, UNSET))

    def _get(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        names = [unwrap(argument)[0] for argument in args[:2]]
        if len(names) < 2 or not all(isinstance(name, str) for name in names):
            return interpreter.opaque("which option is read is not known")
        return self.value(
            interpreter, kind, str(names[0]), self._key(names[1]), kwargs.get("fallback", UNSET)
        )

    def value(self, interpreter: Interpreter, kind: str, section: str, option: str, fallback: Value) -> Value:
        """``parser.get<kind>(section, option, fallback=fallback)``."""
        if self.unknown is not None:
            return self.unknown.derive(f".{section}.{option}")
        found = self.find(section, option)
        if found is UNSET:
            return self._absent(interpreter, section, option, fallback)
        text = unwrap(found)[0]
        if self.interpolates and isinstance(text, str) and "%" in text:
            return interpreter.opaque(f"the option {option} is made of others")
        read = _READERS[kind]
        return found if read is None else parsed(interpreter, found, read, kind)

    def _absent(self, interpreter: Interpreter, section: str, option: str, fallback: Value) -> Value:
        given = unwrap(fallback)[0]
        if fallback is not UNSET and not (isinstance(given, External) and given.dotted.endswith("._UNSET")):
            return fallback
        missing = "NoOptionError" if section in self.sections else "NoSectionError"
        error = ErrorValue(
            External(f"configparser.{missing}"), (Text(f"No option {option!r} in {section!r}"),)
        )
        base = ErrorValue(External("configparser.Error"))
        for one in (error, base):
            if interpreter.catches_error(one):
                raise Raised(one, interpreter.here())
        return interpreter.opaque(f"the option {option} of [{section}] is required and not given")

    def _has_option(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        section, option = unwrap(args[0])[0], self._key(args[1])
        if self.unknown is not None:
            return self.unknown.derive(f".{section!s}.{option}")
        return section in self.sections and self.find(str(section), option) is not UNSET


class Section(Model):
    """``parser["section"]``."""

    __slots__ = ("name", "parser")

    def __init__(self, parser: IniParser, name: str) -> None:
        self.parser, self.name = parser, name

    def held(self) -> tuple[Value, ...]:
        return (self.parser,)

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name not in _READERS:
            return NOT_IMPLEMENTED

        def read(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
            fallback = args[1] if len(args) > 1 else kwargs.get("fallback")
            option = str(unwrap(args[0])[0])
            return self.parser.value(interpreter, name, self.name, option.lower(), fallback)

        return NativeFunction(f"section.{name}", read)

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        option = str(unwrap(key)[0])
        found = self.parser.value(interpreter, "get", self.name, option.lower(), UNSET)
        if found is UNSET:
            raise interpreter.error(KeyError, Text(option))
        return found

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        found = self.parser.attribute(interpreter, "has_option")
        return interpreter.call(found, [Text(self.name), key], {})


def register() -> None:
    """Add this module's models to the registry."""
    CALLS["configparser.RawConfigParser"] = lambda interpreter, args, kwargs: IniParser(interpolates=False)
    for name in ("ConfigParser", "SafeConfigParser"):
        CALLS[f"configparser.{name}"] = lambda interpreter, args, kwargs: IniParser(
            interpolates=kwargs.get("interpolation", True) is not None
        )
