"""What is modelled instead of read: the standard library, asgiref, and the few functions of Django that name modules.

The meaning of these names is fixed by their documentation, and reading their source would cost more than the whole rest
of a check. Everything else, Django's middleware decorators and ``MiddlewareMixin`` included, is read like any module.
"""

from __future__ import annotations

import builtins
import re
import sys
from types import ModuleType

from bridgekit.check.middleware.evaluation.atoms import MISSING, Const, Missing, Native, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import Value
from bridgekit.check.python import tables
from bridgekit.check.python.target import VersionInfo

COROUTINE_TESTS = frozenset(
    {
        "asgiref.sync.iscoroutinefunction",
        "asyncio.coroutines.iscoroutinefunction",
        "asyncio.iscoroutinefunction",
        "inspect.iscoroutinefunction",
    }
)
"""Functions that ask whether a callable is a coroutine function; a test of ``get_response`` by them chooses the mode."""

MARKERS = frozenset({"asgiref.sync.markcoroutinefunction", "inspect.markcoroutinefunction"})
THREAD_WRAPPERS = frozenset({"asgiref.sync.SyncToAsync", "asgiref.sync.sync_to_async"})

_KNOWN_OUTSIDE = {
    "django.conf.settings",
    "django.get_version",
    "django.utils.functional.cached_property",
    "django.utils.functional.classproperty",
    "django.utils.module_loading.import_string",
    "django.utils.version.get_complete_version",
    "django.utils.version.get_version",
    "packaging.version.Version",
    "packaging.version.parse",
    "pkg_resources.parse_version",
    "distutils.version.LooseVersion",
    "distutils.version.StrictVersion",
}
_PRESENT_SINCE = {
    "asyncio.TaskGroup": (3, 11),
    "asyncio.to_thread": (3, 9),
    "inspect.markcoroutinefunction": (3, 12),
    "typing.override": (3, 12),
}
_CONSTANTS: dict[str, object] = {"typing.TYPE_CHECKING": False, "typing_extensions.TYPE_CHECKING": False}


def is_native_module(name: str) -> bool:
    """Whether a module belongs to the modelled world by its top-level name."""
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or top in ("asgiref", "typing_extensions")


def native_member(module: str, name: str, evaluator: Evaluator, *, known_only: bool = False) -> Value:
    """A name of a modelled module. ``known_only`` asks about a module that is read: only its few modelled names count."""
    full = f"{module}.{name}"
    if full in _KNOWN_OUTSIDE:
        return Native(full)
    if known_only:
        return MISSING
    if full == "sys.version_info":
        return Const(target_version(evaluator))
    if full in _CONSTANTS:
        return Const(_CONSTANTS[full])
    if full in tables.CONSTANTS:
        return Const(tables.real(full))
    since = _PRESENT_SINCE.get(full)
    if since is not None and evaluator.python_version < since:
        return Missing(f"{full} does not exist before Python {since[0]}.{since[1]}")
    if full in ("os.environ", "sys.platform", "sys.argv", "sys.modules"):
        return Unknown(f"{full} is only known at run time")
    return Native(full)


def has_member(name: str, member: str, evaluator: Evaluator) -> bool | None:
    """Whether a modelled module or built-in has an attribute; None if that cannot be told without importing it."""
    full = f"{name}.{member}"
    if full in _PRESENT_SINCE:
        return evaluator.python_version >= _PRESENT_SINCE[full]
    if name.startswith("builtins.") and name.count(".") == 1:
        return hasattr(getattr(builtins, name.partition(".")[2], None), member)
    loaded = sys.modules.get(name)
    if loaded is not None and (
        name == "asgiref.sync" or evaluator.python_version[:2] == sys.version_info[:2]
    ):
        return hasattr(loaded, member)
    return True if name == "asgiref.sync" else None


def target_version(evaluator: Evaluator) -> VersionInfo:
    """The target's ``sys.version_info``, completed where only the first numbers are known."""
    return VersionInfo.of(evaluator.python_version)


def is_object(name: str) -> bool:
    """Whether a modelled name certainly stands for a function, a class or a module: true, and equal to itself alone."""
    if name.startswith(("asgiref.", "django.")) or name in _KNOWN_OUTSIDE:
        return True
    if name.startswith("builtins."):
        found = getattr(builtins, name.removeprefix("builtins."), None)
        return isinstance(found, type) or callable(found)
    module, _, last = name.rpartition(".")
    found = getattr(sys.modules.get(module), last, None)
    return isinstance(found, ModuleType | type) or callable(found) or name in sys.modules


def parse_version(text: str) -> tuple[int, ...]:
    """The release numbers of a version, trailing zeros dropped so that 3.1 equals 3.1.0."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    numbers = [int(part) for part in match.group(1).split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
