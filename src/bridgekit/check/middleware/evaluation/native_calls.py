"""What the modelled functions return, by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from bridgekit.check.middleware.evaluation import constants, natives
from bridgekit.check.middleware.evaluation.atoms import UNREAD, Const, Native, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.native_call import NativeCall
from bridgekit.check.middleware.evaluation.native_coroutines import (
    async_to_sync,
    awaitable_test,
    caching,
    cast_value,
    coroutine_test,
    event_loop,
    make_partial,
    mark,
    sync_to_async,
    update_wrapper,
    wraps,
)
from bridgekit.check.middleware.evaluation.native_imports import (
    complete_version,
    django_version,
    import_module,
    import_string,
    plain_import,
    version_of_text,
)
from bridgekit.check.middleware.evaluation.native_objects import (
    get_attribute,
    give_nothing,
    has_attribute,
    is_callable,
    is_instance,
    make_dataclass,
    make_descriptor,
    make_dict,
    make_type,
    new_object,
)
from bridgekit.check.middleware.evaluation.values import Frame, Value


def call_native(
    evaluator: Evaluator,
    callee: Native,
    arguments: tuple[Value, ...],
    keywords: Mapping[str, Value],
    node: ast.expr | None,
    frame: Frame,
) -> Value:
    """The result of calling a modelled function or class; unknown for all that have no entry here."""
    call = NativeCall(evaluator, callee.name, arguments, keywords, node, frame)
    if UNREAD in keywords:
        return keywords[UNREAD] if isinstance(keywords[UNREAD], Unknown) else call.unknown()
    handler = _HANDLERS.get(callee.name)
    if handler is not None:
        return handler(call)
    if callee.name in _IDENTITY:
        return arguments[0] if arguments else Native(callee.name)
    result = constants.call_function(callee.name, arguments, keywords)
    if result is constants.FOLD_FAILED:
        return next((given for given in arguments if isinstance(given, Unknown)), None) or call.unknown()
    return Const(result)


_IDENTITY = frozenset(
    {
        "abc.abstractmethod",
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
_HANDLERS: dict[str, Callable[[NativeCall], Value]] = {
    **dict.fromkeys(natives.COROUTINE_TESTS, coroutine_test),
    **dict.fromkeys(natives.MARKERS, mark),
    **dict.fromkeys(natives.THREAD_WRAPPERS, sync_to_async),
    **dict.fromkeys(("asyncio.iscoroutine", "inspect.iscoroutine", "inspect.isawaitable"), awaitable_test),
    **dict.fromkeys(("asgiref.sync.AsyncToSync", "asgiref.sync.async_to_sync"), async_to_sync),
    **dict.fromkeys(("functools.cache", "functools.lru_cache"), caching),
    **dict.fromkeys(("django.get_version", "django.utils.version.get_version"), django_version),
    "django.utils.version.get_complete_version": complete_version,
    **dict.fromkeys(
        (
            "distutils.version.LooseVersion",
            "distutils.version.StrictVersion",
            "packaging.version.Version",
            "packaging.version.parse",
            "pkg_resources.parse_version",
        ),
        version_of_text,
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
        make_descriptor,
    ),
    **dict.fromkeys(("asyncio.get_event_loop", "asyncio.get_running_loop"), event_loop),
    "builtins.__import__": plain_import,
    "builtins.callable": is_callable,
    "builtins.dict": make_dict,
    "builtins.getattr": get_attribute,
    "builtins.hasattr": has_attribute,
    "builtins.isinstance": is_instance,
    "builtins.object.__init__": give_nothing,
    "builtins.object.__new__": new_object,
    "builtins.print": give_nothing,
    "builtins.type": make_type,
    "dataclasses.dataclass": make_dataclass,
    "django.utils.module_loading.import_string": import_string,
    "functools.partial": make_partial,
    "functools.update_wrapper": update_wrapper,
    "functools.wraps": wraps,
    "importlib.import_module": import_module,
    **dict.fromkeys(("typing.cast", "typing_extensions.cast"), cast_value),
    "warnings.deprecated": lambda call: Native("typing.final"),
    "warnings.warn": give_nothing,
}
