"""What the body of a class does not decide alone: code around it, its bases and classes that are modelled have a say."""

from __future__ import annotations

from bridgekit.check.middleware.evaluation import natives
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import MISSING, Const, Native, Unknown
from bridgekit.check.middleware.evaluation.attribute_setters import set_unseen
from bridgekit.check.middleware.evaluation.changeable import is_changeable, is_data
from bridgekit.check.middleware.evaluation.hazards import filled_attributes, replaced_attributes
from bridgekit.check.middleware.evaluation.syntax import is_field, set_on_subclasses
from bridgekit.check.middleware.evaluation.values import ClassValue, Descriptor, Value

ASKED = frozenset(
    (
        "async_capable",
        "sync_capable",
        "process_request",
        "process_response",
        "process_view",
        "process_exception",
        "process_template_response",
    )
)
"""What Django asks of a middleware: flags and hooks, which code may set from outside."""


def unless_filled(value: Value, name: str, cls: ClassValue) -> Value:
    """A list, dict or set in a class body that code of its module fills is not what the body says."""
    if not any(is_changeable(option) for option in options(value)):
        return value
    where = filled_attributes(cls.frame.module).get(name)
    return value if where is None else cls.frame.unknown(f"{name} is changed after it is made", where)


def unless_replaced(value: Value, name: str, cls: ClassValue) -> Value:
    """Data in a class body that code sets anew, through ``cls`` or however else, is not what the body says; nor is a flag or
    hook that it has not, or has, where code sets such in a way that is not followed."""
    if name in ASKED:
        unseen = set_unseen(cls.frame.module, name)
        if unseen is not None:
            return cls.frame.unknown(f"{name} may be set by code that is not followed", unseen)
    if not any(is_data(option) for option in options(value)):
        return value
    replaced = replaced_attributes(cls.frame.module)
    where = replaced.get(name)
    if where is None:
        return value
    return cls.frame.unknown(f"{name} is set anew after the class is made", where)


def made_by_base(
    cls: ClassValue | Native, bases: tuple[ClassValue | Native, ...], name: str, value: Value
) -> Unknown | Descriptor | None:
    """An attribute that a base's ``__init_subclass__`` sets, or that an enumeration or a named tuple makes a member."""
    if isinstance(cls, Native):
        return None
    for base in bases:
        if isinstance(base, ClassValue) and {name, "*"} & set_on_subclasses(base.node):
            return base.frame.unknown(f"{base.node.name}.__init_subclass__ may set {name}", base.node)
        if isinstance(base, Native) and base.name == "typing.NamedTuple" and is_field(cls.node, name):
            return Descriptor("member", value)
        if isinstance(base, Native) and base.name.startswith("enum.") and isinstance(value, Const):
            return cls.frame.unknown(f"{name} is a member of an enumeration", cls.node)
    return None


def of_native_class(cls: Native, name: str) -> Value:
    """Classes of the standard library have none of the names that middleware are asked for, but these."""
    if cls.name in natives.THREAD_WRAPPERS or cls.name == "asgiref.sync.AsyncToSync":
        return Native(f"{cls.name}.{name}") if name in ("__call__", "__init__") else MISSING
    if cls.name in ("functools.partial", "abc.ABC", "typing.Protocol", "typing.Generic"):
        return Native(f"{cls.name}.{name}") if name == "__call__" and "partial" in cls.name else MISSING
    return MISSING
