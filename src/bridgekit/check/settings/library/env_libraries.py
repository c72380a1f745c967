"""The packages that read environment variables and ``.env`` files, a row each. A new one goes here.

What a row says of a variable is explained in `env_reader`, of a file in `env_files`, of what stands in one in
`env_grammars`; what texts become is in `env_casts`. Packages whose objects are of another kind have a file of their own:
`decouple`, `configurations`, `pydantic_settings`.
"""

from __future__ import annotations

import re
from functools import partial

from bridgekit.check.settings.interpreter.data import DictValue, Text, Value
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library import env_casts as casts
from bridgekit.check.settings.library import env_grammars as grammars
from bridgekit.check.settings.library.env_files import EnvFile, folder, set_variables, upward
from bridgekit.check.settings.library.env_reader import Keywords, Library, Reader
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS, Args

_UTF_8 = ("utf-8", "utf8")

# -- python-dotenv ---------------------------------------------------------------------------------------------------

_PLAINLY = {"stream": (None,), "encoding": (None, *_UTF_8), "interpolate": (True, False)}
_LOAD_DOTENV = EnvFile(
    grammar=grammars.python_dotenv,
    arguments=("dotenv_path", "stream", "verbose", "override", "interpolate", "encoding"),
    override="override",
    plainly=_PLAINLY,
    climbs="unnamed",
    expands=True,
    environment_first=True,
)
_DOTENV_VALUES = EnvFile(
    grammar=grammars.python_dotenv,
    arguments=("dotenv_path", "stream", "verbose", "interpolate", "encoding"),
    plainly=_PLAINLY,
    climbs="unnamed",
    expands=True,
)


def _load_dotenv(interpreter: Interpreter, args: Args, kwargs: Keywords) -> Value:
    """``load_dotenv(path)`` sets what is unset, and says whether there was anything."""
    located, found = _LOAD_DOTENV.load(interpreter, args, kwargs)
    if located.is_certain:
        return True if found else outside_value(interpreter, "a .env file exists", False)
    return interpreter.opaque("whether a .env file is found")


def _dotenv_values(interpreter: Interpreter, args: Args, kwargs: Keywords) -> Value:
    """``dotenv_values(path)``: a dictionary, the environment as it was."""
    located, found, _ = _DOTENV_VALUES.read(interpreter, args, kwargs)
    if located.path is None:
        return interpreter.opaque(
            "the .env file that is read is not in the project, or it is not known which"
        )
    return DictValue({Text(name): value for name, value in found.items()})


def _find_dotenv(interpreter: Interpreter, args: Args, kwargs: Keywords) -> Value:
    """``find_dotenv()``: the nearest file at or above the code that asks."""
    given = dict(zip(("filename", "raise_error_if_not_found", "usecwd"), args, strict=False)) | kwargs
    name = unwrap(given.get("filename", ".env"))[0]
    if not isinstance(name, str) or given.get("usecwd", False) is not False:
        return interpreter.opaque("the directory that a process is started in")
    path = upward(interpreter, folder(interpreter), (name,)).path
    if path is None and given.get("raise_error_if_not_found", False) is not False:
        return interpreter.opaque(f"{name} is not in the project")
    return Text(path or "")


# -- django-environ --------------------------------------------------------------------------------------------------

_DJANGO_ENVIRON_FILE = EnvFile(
    grammar=grammars.DJANGO_ENVIRON,
    arguments=("env_file", "overwrite", "parse_comments", "encoding"),
    override="overwrite",
    plainly={"parse_comments": (False,), "encoding": _UTF_8},
)


def _read_django_environ(interpreter: Interpreter, args: Args, kwargs: Keywords) -> Value:
    """``environ.Env.read_env(path, overwrite=False, NAME=value)``: the file goes over what is named."""
    located, found, given = _DJANGO_ENVIRON_FILE.read(interpreter, args, kwargs)
    named = {
        name: interpreter.call(interpreter.builtin("str"), [value], {})
        for name, value in given.items()
        if name not in _DJANGO_ENVIRON_FILE.arguments and located.paths
    }
    set_variables(interpreter, named | found, given.get("overwrite", False))
    return None


DJANGO_ENVIRON = Library(
    missing="django.core.exceptions.ImproperlyConfigured",
    casts={
        "bool": casts.number_or_word,
        "int": int,
        "float": casts.grouped_number,
        "str": Text,
        "list": casts.filled_parts,
        "tuple": casts.as_tuple(casts.bracketed_parts),
        "dict": casts.pairs,
        "json": casts.data,
    },
    called="get_value",
    arguments={
        "": ("var", "default"),
        "str": ("var", "default", "multiline"),
        **dict.fromkeys(("list", "tuple", "dict", "get_value"), ("var", "cast", "default")),
    },
    keywords={"": ("cast",)},
    read_env=_read_django_environ,
    refers=re.compile(r"\A\\?\$"),
    settable=("prefix", "smart_cast", "escape_proxy", "warn_on_default"),
    guesses=True,
    reads_default=("url",),
)


def _django_environ(
    interpreter: Interpreter, args: Args, kwargs: Keywords, *, reads_files: bool = False
) -> Value:
    """``environ.Env(DEBUG=(bool, False))``."""
    return Reader(DJANGO_ENVIRON, scheme=kwargs, reads_files=reads_files)


# -- environs --------------------------------------------------------------------------------------------------------

_ENVIRONS_FILE = EnvFile(
    grammar=grammars.python_dotenv,
    arguments=("path", "recurse", "verbose", "override"),
    override="override",
    climbs="always",
    expands=True,
)


def _read_environs(interpreter: Interpreter, args: Args, kwargs: Keywords) -> Value:
    _ENVIRONS_FILE.load(interpreter, args, kwargs)
    return interpreter.opaque("what read_env() returns differs between versions of environs")


ENVIRONS = Library(
    missing="environs.EnvError",
    casts={
        "bool": casts.words(*casts.WORDS, cases=False),
        "int": int,
        "float": casts.finite,
        "str": Text,
        "list": casts.all_parts,
        "json": casts.data_but_null,
        "dict": casts.stripped_pairs,
    },
    called="str",
    arguments={"": ("name", "default")},
    keywords={"": ("subcast",), "list": ("subcast", "delimiter")},
    checks_default=False,
    read_env=_read_environs,
    own_error=True,
)


def _environs(interpreter: Interpreter, args: Args, kwargs: Keywords, *, reads_files: bool = False) -> Value:
    """``environs.Env(prefix="APP_", expand_vars=True)``."""
    made = Reader(ENVIRONS, prefix=unwrap(kwargs.get("prefix"))[0], reads_files=reads_files)
    if kwargs.get("expand_vars", False) is not False:
        made.refers = re.compile(r"\$")
    return made


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in ("dotenv.load_dotenv", "dotenv.read_dotenv", "dotenv.main.load_dotenv"):
        CALLS[dotted] = _load_dotenv
    for package in ("dotenv", "dotenv.main"):
        CALLS[f"{package}.dotenv_values"] = _dotenv_values
        CALLS[f"{package}.find_dotenv"] = _find_dotenv
    CONSTANTS["environ.Env.read_env"] = lambda interpreter: NativeFunction("read_env", _read_django_environ)
    for name, reads_files in (("Env", False), ("FileAwareEnv", True)):
        CALLS[f"environ.{name}"] = partial(_django_environ, reads_files=reads_files)
        CALLS[f"environs.{name}"] = partial(_environs, reads_files=reads_files)
    CONSTANTS["environs.env"] = lambda interpreter: Reader(ENVIRONS)
