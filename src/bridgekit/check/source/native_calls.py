"""What the modelled functions return, by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridgekit.check.source import constants, natives
from bridgekit.check.source.coroutines import COROUTINE_MARK, coroutine_function, is_awaitable
from bridgekit.check.source.frames import Frame
from bridgekit.check.source.settings_lookup import setting
from bridgekit.check.source.values import (
    NONE,
    BoundMethod,
    Choice,
    ClassValue,
    Const,
    Descriptor,
    FunctionValue,
    GetResponse,
    InstanceValue,
    Missing,
    ModuleValue,
    Native,
    Outcome,
    Partial,
    Sequence,
    ThreadCall,
    Unknown,
    Value,
    choose,
    options,
)
from bridgekit.middleware_chain.facts import Answer

if TYPE_CHECKING:
    from bridgekit.check.source.evaluator import Evaluator

__all__ = ["call_native"]


@dataclass(frozen=True, slots=True)
class _Call:
    evaluator: Evaluator
    name: str
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]
    node: ast.expr | None
    frame: Frame

    def argument(self, number: int, name: str = "") -> Value | None:
        if number < len(self.arguments):
            return self.arguments[number]
        return self.keywords.get(name)

    def text(self, number: int, name: str = "") -> str | None:
        value = self.argument(number, name)
        return value.value if isinstance(value, Const) and isinstance(value.value, str) else None

    def unknown(self, reason: str = "") -> Unknown:
        return self.frame.unknown(
            reason or f"the result of {self.name}() is only known at run time", self.node
        )

    def decided(self, outcome: Outcome) -> Value:
        if outcome.answer is Answer.UNKNOWN:
            return (
                Unknown(outcome.reason or "not decided", outcome.location)
                if outcome.location
                else self.unknown(outcome.reason)
            )
        return Const(outcome.answer is Answer.YES)


def call_native(
    evaluator: Evaluator,
    callee: Native,
    arguments: tuple[Value, ...],
    keywords: Mapping[str, Value],
    node: ast.expr | None,
    frame: Frame,
) -> Value:
    """The result of calling a modelled function or class; unknown for all that have no entry here."""
    call = _Call(evaluator, callee.name, arguments, keywords, node, frame)
    handler = _HANDLERS.get(callee.name)
    if handler is not None:
        return handler(call)
    if callee.name in _IDENTITY:
        return arguments[0] if arguments else Native(callee.name)
    module, _, name = callee.name.rpartition(".")
    if module == "builtins":
        result = constants.call_builtin(name, arguments)
        return call.unknown() if result is constants.FOLD_FAILED else Const(result)
    return call.unknown()


def _coroutine_test(call: _Call) -> Value:
    value = call.argument(0, "func")
    if value is None:
        return call.unknown()
    return call.decided(coroutine_function(call.evaluator, value, old_marks=call.name.startswith("asyncio.")))


def _awaitable_test(call: _Call) -> Value:
    value = call.argument(0)
    return call.decided(is_awaitable(call.evaluator, value)) if value is not None else call.unknown()


def _mark(call: _Call) -> Value:
    value = call.argument(0, "func")
    if isinstance(value, FunctionValue):
        return replace(value, marked=True)
    if isinstance(value, InstanceValue):
        call.evaluator.calls.construct(value)
        value.marked = Outcome(Answer.YES)
    if isinstance(value, ClassValue):
        # The mark is an attribute: every instance of the class has it too.
        return replace(value, attributes={**value.attributes, COROUTINE_MARK: Const(True)})
    return value if value is not None else call.unknown()


def _sync_to_async(call: _Call) -> Value:
    value = call.argument(0, "func")
    if value is None:
        return Partial(Native(call.name), (), call.keywords)
    return ThreadCall(value)


def _async_to_sync(call: _Call) -> Value:
    value = call.argument(0, "awaitable")
    return (
        Partial(Native("asgiref.sync.AsyncToSync.__call__"), (value,))
        if value is not None
        else Native(call.name)
    )


def _partial(call: _Call) -> Value:
    if not call.arguments:
        return call.unknown()
    return Partial(call.arguments[0], call.arguments[1:], call.keywords)


def _wraps(call: _Call) -> Value:
    wrapped = call.argument(0, "wrapped")
    return (
        Partial(Native("functools.update_wrapper"), (), {"wrapped": wrapped})
        if wrapped is not None
        else call.unknown()
    )


_COPIED = ("async_capable", "sync_capable", "process_exception", "process_template_response", "process_view")


def _update_wrapper(call: _Call) -> Value:
    """`functools.update_wrapper` copies ``__dict__``: flags, hooks and the coroutine mark travel with it."""
    wrapper, wrapped = call.argument(0, "wrapper"), call.argument(1, "wrapped")
    if not isinstance(wrapper, FunctionValue) or wrapped is None:
        return wrapper if wrapper is not None else call.unknown()
    if isinstance(wrapped, BoundMethod):
        wrapped = wrapped.function
    copied: dict[str, Value] = {}
    for name in _COPIED:
        if isinstance(wrapped, ClassValue):
            value = call.evaluator.attributes.own(wrapped, name)
        elif isinstance(wrapped, FunctionValue):
            value = call.evaluator.attributes.of_function(wrapped, name)
        elif isinstance(wrapped, Unknown):
            value = wrapped
        else:
            continue
        if not isinstance(value, Missing):
            copied[name] = value
    marked = wrapper.marked or (isinstance(wrapped, FunctionValue) and wrapped.marked)
    return replace(wrapper, attributes={**wrapper.attributes, **copied}, marked=marked)


def _caching(call: _Call) -> Value:
    value = call.argument(0)
    if isinstance(value, FunctionValue | Partial | BoundMethod | ClassValue):
        return value
    return Native("functools.cache")


def _hasattr(call: _Call) -> Value:
    name = call.text(1)
    if len(call.arguments) < 2 or name is None:
        return call.unknown()
    found = [_attribute(call, option, name) for option in options(call.arguments[0])]
    answers = [_presence(value) for value in found]
    if None in answers or len(set(answers)) != 1:
        blocked = next((value for value in found if isinstance(value, Unknown)), None)
        why = next((value.why for value in (*found, call.arguments[0]) if isinstance(value, Choice)), None)
        return blocked or why or call.unknown()
    return Const(answers[0])


def _attribute(call: _Call, value: Value, name: str) -> Value:
    """An attribute that the code expects to be absent at times: for settings, absent is an answer then."""
    if isinstance(value, Native) and value.name == "django.conf.settings":
        found = setting(call.evaluator, name)
        return call.unknown(found.reason) if isinstance(found, Unknown) else found
    if isinstance(value, Native) or (
        isinstance(value, ModuleValue) and call.evaluator.imports.is_native(value.name)
    ):
        present = natives.has_member(value.name, name, call.evaluator)
        if present is None:
            return call.unknown(f"whether {value.name} has {name} is only known at run time")
        if not present:
            return Missing(f"{value.name} has no attribute {name}")
    return call.evaluator.attribute(value, name, call.frame, call.node)


def _presence(value: Value) -> bool | None:
    if isinstance(value, Choice):
        answers = {_presence(option) for option in value.values}
        return answers.pop() if len(answers) == 1 else None
    return None if isinstance(value, Unknown) else not isinstance(value, Missing)


def _getattr(call: _Call) -> Value:
    name = call.text(1)
    if len(call.arguments) < 2 or name is None:
        return call.unknown()
    value = _attribute(call, call.arguments[0], name)
    if len(call.arguments) < 3:
        return value
    default = call.arguments[2]
    if isinstance(value, Choice):
        return choose(
            (default if isinstance(option, Missing) else option for option in value.values), value.why
        )
    return default if isinstance(value, Missing) else value


def _isinstance(call: _Call) -> Value:
    if len(call.arguments) != 2:
        return call.unknown()
    value, kind = call.arguments
    kinds = kind.items if isinstance(kind, Sequence) else (kind,)
    answers = [_is_instance(call, value, one) for one in kinds]
    if True in answers:
        return Const(True)
    return call.unknown("an isinstance() that cannot be decided") if None in answers else Const(False)


def _is_instance(call: _Call, value: Value, kind: Value) -> bool | None:
    if isinstance(value, Unknown | Choice | Missing) or not isinstance(kind, ClassValue | Native):
        return None
    if isinstance(kind, Native):
        if kind.name == "builtins.type":
            return isinstance(value, ClassValue)
        if kind.name in ("types.FunctionType", "types.MethodType"):
            wanted = FunctionValue if kind.name == "types.FunctionType" else BoundMethod
            return isinstance(value, wanted)
        if kind.name.startswith("builtins.") and isinstance(value, Const):
            return type(value.value).__name__ == kind.name.rpartition(".")[2]
        return False if isinstance(value, FunctionValue) and kind.name.startswith("builtins.") else None
    if isinstance(value, InstanceValue):
        orders = call.evaluator.attributes.mros.of(value.cls)
        if all(
            any(isinstance(cls, ClassValue) and cls.node is kind.node for cls in order.classes)
            for order in orders
        ):
            return True
        return None if any(order.blocked for order in orders) else False
    return False if isinstance(value, FunctionValue | ClassValue | Const) else None


def _callable(call: _Call) -> Value:
    value = call.argument(0)
    if isinstance(value, FunctionValue | ClassValue | BoundMethod | Partial | ThreadCall):
        return Const(True)
    if isinstance(value, GetResponse):
        return Const(not value.called)
    if isinstance(value, Const):
        return Const(False)
    return call.unknown("a callable() that cannot be decided")


def _type(call: _Call) -> Value:
    if len(call.arguments) == 1 and isinstance(call.arguments[0], InstanceValue):
        return call.arguments[0].cls
    if len(call.arguments) != 3:
        return call.unknown()
    name, bases, namespace = call.arguments
    if (
        not isinstance(name, Const)
        or not isinstance(namespace, Const)
        or not isinstance(namespace.value, dict)
    ):
        return call.unknown("a class made by type() from values that are not followed")
    listed = bases.items if isinstance(bases, Sequence) else () if isinstance(bases, Const) else None
    if listed is None:
        return call.unknown("a class made by type() with bases that are not followed")
    return _made_class(call, str(name.value), tuple(listed), dict(namespace.value))


def _made_class(call: _Call, name: str, bases: tuple[Value, ...], attributes: dict[str, Value]) -> ClassValue:
    where = call.node if call.node is not None else ast.Pass(lineno=1, col_offset=0)
    node = ast.parse("class made:\n    pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    node.lineno, node.col_offset = where.lineno, where.col_offset
    return ClassValue(node, call.frame, attributes, bases)


def _import_module(call: _Call) -> Value:
    name = call.text(0, "name")
    if name is None:
        return call.unknown("imports a module whose name is only known at run time")
    if name.startswith("."):
        package = call.text(1, "package")
        if package is None:
            return call.unknown("imports relative to a package that is only known at run time")
        stripped = name.lstrip(".")
        parts = package.split(".")
        kept = parts[: len(parts) - (len(name) - len(stripped)) + 1]
        name = ".".join([*kept, stripped])
    return call.evaluator.imports.module_value(name)


def _import_string(call: _Call) -> Value:
    path = call.text(0, "dotted_path")
    if path is None:
        return call.unknown("imports a path that is only known at run time")
    module, _, name = path.rpartition(".")
    return call.evaluator.imports.member(module, name) if module else Missing(f"{path!r} is no dotted path")


def _plain_import(call: _Call) -> Value:
    name = call.text(0)
    if name is None:
        return call.unknown("imports a module whose name is only known at run time")
    if len(call.arguments) < 4 and "fromlist" not in call.keywords:
        name = name.partition(".")[0]
    return call.evaluator.imports.module_value(name)


def _django_version(call: _Call) -> Value:
    version = call.argument(0, "version")
    if version is None or version is NONE:
        version = call.evaluator.imports.member("django", "VERSION")
    plain = constants.as_const(version)
    if not isinstance(plain, tuple) or len(plain) < 3:
        return call.unknown("the version of Django is not known")
    return Const(".".join(str(part) for part in plain[: 3 if plain[2] else 2]))


def _complete_version(call: _Call) -> Value:
    return call.evaluator.imports.member("django", "VERSION")


def _parse_version(call: _Call) -> Value:
    text = call.text(0)
    return Const(natives.parse_version(text)) if text is not None else call.unknown()


def _descriptor(call: _Call) -> Value:
    function = call.argument(0)
    kind = call.name.rpartition(".")[2]
    return (
        Descriptor("property" if kind == "cached_property" else kind, function)
        if function is not None
        else call.unknown()
    )


def _dataclass(call: _Call) -> Value:
    cls = call.argument(0)
    if cls is None:
        return Native(call.name)
    if not isinstance(cls, ClassValue):
        return call.unknown()
    own = call.evaluator.attributes.own(cls, "__init__")
    if not isinstance(own, Missing):
        return cls
    return replace(cls, attributes={**cls.attributes, "__init__": Native("dataclasses.__init__")})


def _new_object(call: _Call) -> Value:
    cls = call.argument(0)
    return InstanceValue(cls) if isinstance(cls, ClassValue) else call.unknown()


def _with_metaclass(call: _Call) -> Value:
    return _made_class(call, "temporary_class", call.arguments[1:], {})


def _cast(call: _Call) -> Value:
    return call.argument(1, "val") or call.unknown()


def _event_loop(call: _Call) -> Value:
    return Native("asyncio.AbstractEventLoop")


def _nothing(call: _Call) -> Value:
    return NONE


_IDENTITY = frozenset(
    {
        "abc.abstractmethod",
        "dataclasses.field",
        "functools.singledispatch",
        "functools.total_ordering",
        "typing.final",
        "typing.no_type_check",
        "typing.overload",
        "typing.override",
        "typing.runtime_checkable",
        "typing_extensions.final",
        "typing_extensions.override",
        "typing_extensions.runtime_checkable",
        "types.coroutine",
    }
)
_HANDLERS: dict[str, Callable[[_Call], Value]] = {
    **dict.fromkeys(natives.COROUTINE_TESTS, _coroutine_test),
    **dict.fromkeys(natives.MARKERS, _mark),
    **dict.fromkeys(natives.THREAD_WRAPPERS, _sync_to_async),
    **dict.fromkeys(("asyncio.iscoroutine", "inspect.iscoroutine", "inspect.isawaitable"), _awaitable_test),
    **dict.fromkeys(("asgiref.sync.AsyncToSync", "asgiref.sync.async_to_sync"), _async_to_sync),
    **dict.fromkeys(("functools.cache", "functools.lru_cache"), _caching),
    **dict.fromkeys(("django.get_version", "django.utils.version.get_version"), _django_version),
    "django.utils.version.get_complete_version": lambda call: call.evaluator.imports.member(
        "django", "VERSION"
    ),
    **dict.fromkeys(
        (
            "distutils.version.LooseVersion",
            "distutils.version.StrictVersion",
            "packaging.version.Version",
            "packaging.version.parse",
            "pkg_resources.parse_version",
        ),
        _parse_version,
    ),
    **dict.fromkeys(
        (
            "builtins.classmethod",
            "builtins.property",
            "builtins.staticmethod",
            "django.utils.functional.cached_property",
            "django.utils.functional.classproperty",
            "functools.cached_property",
        ),
        _descriptor,
    ),
    **dict.fromkeys(("asyncio.get_event_loop", "asyncio.get_running_loop"), _event_loop),
    "builtins.__import__": _plain_import,
    "builtins.callable": _callable,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.isinstance": _isinstance,
    "builtins.object.__init__": _nothing,
    "builtins.object.__new__": _new_object,
    "builtins.print": _nothing,
    "builtins.type": _type,
    "dataclasses.dataclass": _dataclass,
    "django.utils.module_loading.import_string": _import_string,
    "functools.partial": _partial,
    "functools.update_wrapper": _update_wrapper,
    "functools.wraps": _wraps,
    "importlib.import_module": _import_module,
    "six.with_metaclass": _with_metaclass,
    **dict.fromkeys(("typing.cast", "typing_extensions.cast"), _cast),
    "warnings.deprecated": lambda call: Native("typing.final"),
    "warnings.warn": _nothing,
}
