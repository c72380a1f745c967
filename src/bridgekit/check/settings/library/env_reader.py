"""Objects that read environment variables with a type and a default; `env_libraries` has a row for each package.

They differ where it matters. django-environ and environs hand a default out as it is written, so that
``env.bool("DEBUG", default="False")`` is a text and true; decouple casts it. django-environ guesses a type from the
default where none is given, and takes the type as second argument where the others take the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import TypeAlias

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    UNSET,
    DictValue,
    ListValue,
    Opaque,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ErrorValue, External, NativeFunction
from bridgekit.check.settings.library.addresses import address, url_kind
from bridgekit.check.settings.library.env_casts import Cast, all_parts, parsed, suggest
from bridgekit.check.settings.library.environment import Environ, required, unset_or, with_any, with_inputs
from bridgekit.check.settings.library.registry import Model as Function

Keywords: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Library:
    """How a package reads a variable.

    ``missing``: the exception for one that is not set and has no default. ``casts``: by method, or by the type that is
    given. ``called``: the method that calling the object stands for. ``arguments``: those of a method by position, the
    variable's name first, and ``keywords`` those by name alone, under ``""`` of any other method; with further ones a
    variable is not known, nor a default if it ``checks_default``.
    """

    missing: str
    casts: Mapping[str, Cast]
    arguments: Mapping[str, Sequence[str]]
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    called: str = ""
    read_env: Function | None = None
    refers: re.Pattern[str] = re.compile(r"(?!)")
    """A text that stands for another variable, or holds one."""
    settable: Sequence[str] = ()
    """Attributes of the object."""
    guesses: bool = False
    """The type is that of the default, and an empty text None where the default is."""
    casts_default: bool = False
    reads_default: Sequence[str] = ()
    """Methods that cast one that is not None."""
    checks_default: bool = True
    own_error: bool = False
    """What a cast refuses is an exception of the package, which derives from ValueError in some versions."""


_GUESSED = {bool: "bool", int: "int", float: "float", ListValue: "list", tuple: "tuple", DictValue: "dict"}
_NOT_READ = ("smart_cast", "escape_proxy", "parser_for", "add_parser", "parse_value", "get_value_from")


class Reader(Model):
    """``environ.Env()``, ``environs.Env()``. ``scheme``: type, or type and default, of variables by name."""

    __slots__ = ("guesses", "library", "prefix", "reads_files", "refers", "scheme")

    def __init__(
        self,
        library: Library,
        *,
        prefix: Value = None,
        scheme: Keywords | None = None,
        reads_files: bool = False,
    ) -> None:
        self.library, self.scheme, self.reads_files = library, scheme or {}, reads_files
        self.prefix = str(prefix) if isinstance(prefix, str) else ""
        self.guesses, self.refers = library.guesses, library.refers

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name in _NOT_READ or name.startswith("_"):
            return NOT_IMPLEMENTED
        if name == "ENVIRON":
            return Environ()
        if name in ("read_env", "read_envfile") and self.library.read_env is not None:
            return NativeFunction(f"env.{name}", self.library.read_env)
        if name == "seal":
            return NativeFunction("env.seal", lambda interpreter, args, kwargs: None)
        if name == "prefixed":
            return NativeFunction(name, lambda interpreter, args, kwargs: Prefixed(self, unwrap(args[0])[0]))
        return NativeFunction(
            f"env.{name}", lambda interpreter, args, kwargs: self.typed(interpreter, name, args, kwargs)
        )

    def set_attribute(self, interpreter: Interpreter, name: str, value: Value) -> bool:
        """``env.prefix = "APP_"``."""
        plain = unwrap(value)[0]
        if name == "prefix" and isinstance(plain, str):
            self.prefix = str(plain)
        elif name == "smart_cast" and isinstance(plain, bool):
            self.guesses = plain
        elif name in ("prefix", "smart_cast"):
            return False
        return name in self.library.settable

    def call(self, interpreter: Interpreter, args: Sequence[Value], kwargs: Keywords) -> Value:
        return self.typed(interpreter, self.library.called, args, kwargs)

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        return Environ().contains(interpreter, key)

    def typed(self, interpreter: Interpreter, kind: str, args: Sequence[Value], kwargs: Keywords) -> Value:
        """``env.kind(name, ...)``."""
        library = self.library
        names = library.arguments.get(kind, library.arguments[""])
        given: Keywords = dict(zip(names, args, strict=False)) | kwargs
        others = set(given) - {*names, *library.keywords.get(kind, library.keywords.get("", ()))}
        name = unwrap(given.get(names[0]))[0]
        variable = self.prefix + name if isinstance(name, str) else None
        cast, part, default = self._asked(interpreter, kind, variable, given)
        if self.reads_files and variable and unset_or(interpreter, f"{variable}_FILE") is not UNSET:
            return interpreter.opaque("a variable of the environment that names a file")
        value: Value
        if variable is None:
            value = interpreter.opaque("the name of an environment variable is not known")
        else:
            suggest(interpreter, variable, cast_name(cast))
            value = unset_or(interpreter, variable)
        if is_default := value is UNSET and default is not UNSET:
            value = with_inputs(default, frozenset((f"env:{variable}",)))
        elif value is UNSET:
            error = ErrorValue(External(library.missing), (Text(f"{variable} is not set"),))
            value = required(interpreter, str(variable), error)
        url = url_kind(kind)
        if url is not None and value is not None:
            return address(interpreter, url, value)
        delimiter = unwrap(given.get("delimiter", ","))[0]
        is_plain = not others and len(args) <= len(names) and isinstance(delimiter, str)
        if not is_plain and (library.checks_default or not is_default):
            return interpreter.opaque(f"env.{kind}() with these arguments")
        plain, inputs = unwrap(value)
        is_escaped = given.get("multiline", False) is not False
        if isinstance(plain, str) and (self.refers.search(plain) or (is_escaped and "\\" in plain)):
            return interpreter.opaque("a variable of the environment that refers to others")
        # django-environ takes a text that is the default for the default.
        is_default = is_default or (library.guesses and plain == unwrap(default)[0])
        casts_default = library.casts_default or (kind in library.reads_default and plain is not None)
        if is_default and not casts_default:
            return value
        if library.guesses and default is None and plain == "":
            return with_any(None, inputs)
        casts = dict(library.casts)
        if delimiter != ",":
            casts["list"] = partial(all_parts, delimiter=str(delimiter))
        made = self._converted(interpreter, value, cast, casts)
        if part is not None and library.own_error and cast_name(part) in casts:
            return each(made, lambda item: self._converted(interpreter, item, part, casts))
        return made if part is None else each(made, called_with(interpreter, part))

    def _asked(
        self, interpreter: Interpreter, kind: str, variable: str | None, given: Keywords
    ) -> tuple[Value, Value, Value]:
        """What a variable is read as, what its parts are, and what stands for one that is not set."""
        library, default = self.library, self.default(interpreter, variable, given.get("default", UNSET))
        cast, part = given.get("cast"), given.get("subcast")
        if kind in ("list", "tuple") and cast is not None:
            cast, part = None, cast
        if cast is None and (kind in library.casts or kind != library.called):
            cast = kind
        scheme = self.scheme.get(variable) if variable is not None else None
        if isinstance(scheme, tuple) and len(scheme) == 2:
            # ``Env(DEBUG=(bool, False))``.
            cast, default = cast or scheme[0], scheme[1] if default is UNSET else default
        elif scheme is not None:
            cast = cast or scheme
        if cast is None and default is not UNSET and self.guesses:
            plain = unwrap(default)[0]
            cast = next((name for kind, name in _GUESSED.items() if isinstance(plain, kind)), None)
        if isinstance(cast, ListValue):
            cast, part = "list", cast[0] if cast else None
        return cast, part, default

    def default(self, interpreter: Interpreter, variable: str | None, given: Value) -> Value:
        """What stands for a variable that is not set, `UNSET` for nothing."""
        return given

    def _converted(
        self, interpreter: Interpreter, value: Value, cast: Value, casts: Mapping[str, Cast]
    ) -> Value:
        name = cast_name(cast)
        if cast is None:
            return value
        plain, inputs = unwrap(value)
        if self.library.casts_default and isinstance(plain, Opaque):
            return plain.derive(".cast")
        if name is None or not (isinstance(cast, str) or name in casts):
            if not self.library.casts_default:
                return interpreter.call(interpreter.force(cast), [value], {})
            return with_any(interpreter.call(interpreter.force(cast), [plain], {}), inputs)
        if self.library.casts_default:
            value = with_any(Text(str(plain)), inputs)
        try:
            return parsed(interpreter, value, casts.get(name), name)
        except Raised:
            if not self.library.own_error:
                raise
            package = self.library.missing.partition(".")[0]
            return interpreter.refuse(f"{package} does not take the value of a variable for a {name}")


class Prefixed(Model):
    """``with env.prefixed("APP_"):``."""

    __slots__ = ("before", "prefix", "reader")

    def __init__(self, reader: Reader, prefix: Value) -> None:
        self.reader, self.prefix, self.before = reader, prefix, ""

    def enter(self, interpreter: Interpreter) -> Value:
        self.before = self.reader.prefix
        if isinstance(self.prefix, str):
            self.reader.prefix += str(self.prefix)
        return self.reader

    def leave(self) -> None:
        self.reader.prefix = self.before


def each(items: Value, convert: Callable[[Value], Value]) -> Value:
    """Every part through the one function."""
    plain, inputs = unwrap(items)
    if not isinstance(plain, ListValue | tuple):
        return items
    made = [convert(item) for item in plain]
    return with_any(tuple(made) if isinstance(plain, tuple) else ListValue(made), inputs)


def called_with(interpreter: Interpreter, cast: Value) -> Callable[[Value], Value]:
    """``cast(part)``; a text is one already."""
    return lambda part: part if cast_name(cast) == "str" else interpreter.call(cast, [part], {})


def cast_name(cast: Value) -> str | None:
    """``"bool"``, for that text and for the type."""
    if isinstance(cast, str):
        return cast
    return cast.name if isinstance(cast, NativeFunction) and cast.kind is not None else None
