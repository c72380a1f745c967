"""``sys``, ``platform``, ``socket`` and what of Django itself settings ask."""

from __future__ import annotations

import ast

from bridgekit.check.python.target import VersionInfo
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Input, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS


class SysModules(Model):
    """``sys.modules``: the modules of this run by name."""

    __slots__ = ()

    def item(self, m: Machine, key: Value) -> Value:
        if m.lost_modules is not None:
            return m.lost_modules.derive(".item")
        if isinstance(key, str) and key in m.replaced_modules:
            return m.replaced_modules[key]
        module: Value = m.modules.get(key) if isinstance(key, str) else None
        if module is None and isinstance(key, str) and key in m.waiting:
            module = m.imports.import_module(str(key))
        return module if module is not None else m.opaque("sys.modules of a module that is not read")

    def set_item(self, m: Machine, key: Value, value: Value) -> bool:
        key = unwrap(key)[0]
        if isinstance(key, str):
            m.replaced_modules[str(key)] = value
        return isinstance(key, str)

    def delete_item(self, m: Machine, key: Value) -> bool:
        key = unwrap(key)[0]
        if isinstance(key, str):
            m.replaced_modules[str(key)] = m.opaque(f"the module {key} is imported once more")
        return isinstance(key, str)

    def spoil(self, m: Machine, cause: Opaque) -> None:
        m.lost_modules = m.lost_modules or cause

    def contains(self, m: Machine, key: Value) -> Value:
        if m.lost_modules is not None:
            return m.lost_modules.derive(".contains")
        if isinstance(key, str) and key in m.replaced_modules:
            return m.opaque("which modules are imported") if self._is_unsure(m, key) else True
        if isinstance(key, str) and key in m.modules:
            return True
        if not isinstance(key, str) or m.surroundings.is_standard(key):
            return m.opaque("which modules of the standard library are imported")
        return outside_value(m, f"{key} in sys.modules", False)

    @staticmethod
    def _is_unsure(m: Machine, key: str) -> bool:
        """Whether the module may have been taken out."""
        return isinstance(m.replaced_modules[key], Opaque)

    def attribute(self, m: Machine, name: str) -> Value:
        if name == "get":
            return NativeFunction("sys.modules.get", lambda m, args, kwargs: self.item(m, args[0]))
        return NOT_IMPLEMENTED


def _argv(m: Machine) -> Value:
    """The command line of a server; tests for ``"test" in sys.argv`` make a variant."""
    assumed = m.assumed_inputs.get("sys.argv")
    words = ["server"] if assumed is None else ["manage.py", assumed]
    return Input(ListValue(Text(word) for word in words), frozenset(("sys.argv",)))


def _search_path(m: Machine) -> Value:
    """``sys.path``: settings may add to it; what it holds is the server's affair."""
    path = ListValue()
    path.poison = m.opaque("the content of sys.path")
    return path


def _django_version(m: Machine) -> Value:
    """``django.VERSION`` of the environment that is read, from its source."""
    tree = m.finder.load("django").tree
    for node in tree.body if tree is not None else ():
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "VERSION"
        ):
            return tuple(part.value for part in node.value.elts if isinstance(part, ast.Constant))
    return m.opaque("django is not installed where bridgekit looks", key="django.VERSION")


def _exit(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
    raise m.error(SystemExit, *args)


def _all_objects(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
    cause = m.opaque("all objects of the process")
    m.taint(m.frames[0].module.namespace, cause)
    return cause


def _platform(name: str, value: str) -> Value:
    return Input(Text(value), frozenset((name,)))


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["sys.modules"] = lambda m: SysModules()
    CONSTANTS["sys.argv"] = _argv
    CONSTANTS["sys.platform"] = lambda m: _platform("sys.platform", "linux")
    CONSTANTS["sys.version_info"] = lambda m: VersionInfo.of(m.finder.environment.python_version)
    CONSTANTS["sys.version"] = lambda m: m.opaque("sys.version")
    CONSTANTS["sys.maxsize"] = lambda m: 2**63 - 1
    CONSTANTS["sys.path"] = _search_path
    CONSTANTS["os.name"] = lambda m: _platform("os.name", "posix")
    CONSTANTS["django.VERSION"] = _django_version
    CONSTANTS["typing.TYPE_CHECKING"] = lambda m: False
    CALLS["sys.exit"] = _exit
    CALLS["gc.get_objects"] = CALLS["gc.get_referrers"] = _all_objects
    CALLS["platform.system"] = lambda m, args, kwargs: _platform("platform.system()", "Linux")
    for dotted in ("socket.gethostname", "platform.node", "getpass.getuser", "socket.getfqdn"):
        CALLS[dotted] = _hostname
    for dotted in ("warnings.warn", "warnings.filterwarnings", "warnings.simplefilter", "logging.disable"):
        CALLS[dotted] = lambda m, args, kwargs: None


def _hostname(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return m.opaque("the name of the machine or the user")
