"""``sys``, ``platform``, ``socket`` and what of Django itself settings ask."""

from __future__ import annotations

import ast

from bridgekit.check.python.target import VersionInfo
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Input, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS


class SysModules(Model):
    """``sys.modules``: the modules of this run by name."""

    __slots__ = ()

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        if interpreter.lost_modules is not None:
            return interpreter.lost_modules.derive(".item")
        if isinstance(key, str) and key in interpreter.replaced_modules:
            return interpreter.replaced_modules[key]
        module: Value = interpreter.modules.get(key) if isinstance(key, str) else None
        if module is None and isinstance(key, str) and key in interpreter.waiting:
            module = interpreter.imports.import_module(str(key))
        return (
            module if module is not None else interpreter.opaque("sys.modules of a module that is not read")
        )

    def set_item(self, interpreter: Interpreter, key: Value, value: Value) -> bool:
        key = unwrap(key)[0]
        if isinstance(key, str):
            interpreter.replaced_modules[str(key)] = value
        return isinstance(key, str)

    def delete_item(self, interpreter: Interpreter, key: Value) -> bool:
        key = unwrap(key)[0]
        if isinstance(key, str):
            interpreter.replaced_modules[str(key)] = interpreter.opaque(
                f"the module {key} is imported once more"
            )
        return isinstance(key, str)

    def taint(self, interpreter: Interpreter, cause: Opaque) -> None:
        interpreter.lost_modules = interpreter.lost_modules or cause

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        if interpreter.lost_modules is not None:
            return interpreter.lost_modules.derive(".contains")
        if isinstance(key, str) and key in interpreter.replaced_modules:
            return (
                interpreter.opaque("which modules are imported")
                if self._is_unsure(interpreter, key)
                else True
            )
        if isinstance(key, str) and key in interpreter.modules:
            return True
        if not isinstance(key, str) or interpreter.surroundings.is_standard(key):
            return interpreter.opaque("which modules of the standard library are imported")
        return outside_value(interpreter, f"{key} in sys.modules", False)

    @staticmethod
    def _is_unsure(interpreter: Interpreter, key: str) -> bool:
        """Whether the module may have been taken out."""
        return isinstance(interpreter.replaced_modules[key], Opaque)

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name == "get":
            return NativeFunction(
                "sys.modules.get", lambda interpreter, args, kwargs: self.item(interpreter, args[0])
            )
        return NOT_IMPLEMENTED


def _argv(interpreter: Interpreter) -> Value:
    """The command line of a server; tests for ``"test" in sys.argv`` make a variant."""
    assumed = interpreter.assumed_inputs.get("sys.argv")
    words = ["server"] if assumed is None else ["manage.py", assumed]
    return Input(ListValue(Text(word) for word in words), frozenset(("sys.argv",)))


def _search_path(interpreter: Interpreter) -> Value:
    """``sys.path``: settings may add to it; what it holds is the server's affair."""
    path = ListValue()
    path.poison = interpreter.opaque("the content of sys.path")
    return path


def _django_version(interpreter: Interpreter) -> Value:
    """``django.VERSION`` of the environment that is read, from its source."""
    tree = interpreter.finder.load("django").tree
    for node in tree.body if tree is not None else ():
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "VERSION"
        ):
            return tuple(part.value for part in node.value.elts if isinstance(part, ast.Constant))
    return interpreter.opaque("django is not installed where bridgekit looks", key="django.VERSION")


def _exit(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    raise interpreter.error(SystemExit, *args)


def _all_objects(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    cause = interpreter.opaque("all objects of the process")
    interpreter.taint(interpreter.frames[0].module.namespace, cause)
    return cause


def _platform(name: str, value: str) -> Value:
    return Input(Text(value), frozenset((name,)))


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["sys.modules"] = lambda interpreter: SysModules()
    CONSTANTS["sys.argv"] = _argv
    CONSTANTS["sys.platform"] = lambda interpreter: _platform("sys.platform", "linux")
    CONSTANTS["sys.version_info"] = lambda interpreter: VersionInfo.of(
        interpreter.finder.environment.python_version
    )
    CONSTANTS["sys.version"] = lambda interpreter: interpreter.opaque("sys.version")
    CONSTANTS["sys.maxsize"] = lambda interpreter: 2**63 - 1
    CONSTANTS["sys.path"] = _search_path
    CONSTANTS["os.name"] = lambda interpreter: _platform("os.name", "posix")
    CONSTANTS["django.VERSION"] = _django_version
    CONSTANTS["typing.TYPE_CHECKING"] = lambda interpreter: False
    CALLS["sys.exit"] = _exit
    CALLS["gc.get_objects"] = CALLS["gc.get_referrers"] = _all_objects
    CALLS["platform.system"] = lambda interpreter, args, kwargs: _platform("platform.system()", "Linux")
    for dotted in ("socket.gethostname", "platform.node", "getpass.getuser", "socket.getfqdn"):
        CALLS[dotted] = _hostname
    for dotted in ("warnings.warn", "warnings.filterwarnings", "warnings.simplefilter", "logging.disable"):
        CALLS[dotted] = lambda interpreter, args, kwargs: None


def _hostname(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return interpreter.opaque("the name of the machine or the user")
