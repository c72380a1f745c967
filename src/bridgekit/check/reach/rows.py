"""Models of Django's ORM: managers and query sets, rows, and what is behind their fields."""

from __future__ import annotations

import ast
from dataclasses import replace

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.modelled import Call
from bridgekit.check.reach.objects import found_on, order_of
from bridgekit.check.reach.operations import instance_of, settle, use
from bridgekit.check.reach.values import (
    UNKNOWN,
    Class,
    Const,
    Coroutine,
    Either,
    External,
    Frame,
    Function,
    Generator,
    Instance,
    Items,
    Native,
    Value,
)

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_AT_ONCE = frozenset(
    [
        "aggregate", "bulk_create", "bulk_update", "contains", "count", "create", "delete", "earliest", "exists", "explain",
        "first", "get", "get_or_create", "in_bulk", "last", "latest", "update", "update_or_create",
    ]
)  # fmt: skip
"""Methods of a manager or query set that send a query at once; each has a twin that starts with ``a``."""
_GIVE_ONE = frozenset({"create", "earliest", "first", "get", "last", "latest"})
_OF_MANAGERS = frozenset(
    [
        "get_current", "get_for_model", "get_for_models", "get_for_id", "get_by_natural_key", "create_user", "create_superuser",
        "clear_cache_and_get",
    ]
)  # fmt: skip
"""Methods of Django's own managers that query, and have no such twin."""
_OF_RELATED = frozenset({"add", "remove", "set", "clear"})
_LAZY = frozenset(
    [
        "all", "filter", "exclude", "order_by", "reverse", "distinct", "dates", "datetimes", "select_related",
        "prefetch_related", "annotate", "alias", "only", "defer", "using", "union", "intersection", "difference",
        "select_for_update", "raw", "extra", "complex_filter", "none", "get_queryset", "iterator",
    ]
)  # fmt: skip
"""Methods that give another query set, which queries where it is iterated over."""
_OF_INSTANCES = frozenset({"save", "delete", "refresh_from_db", "full_clean", "validate_unique"})
_PERMISSIONS = frozenset(
    [
        "has_perm", "has_perms", "has_module_perms", "get_all_permissions", "get_group_permissions", "get_user_permissions",
    ]
)  # fmt: skip
MANY = frozenset({"groups", "user_permissions"})
_MODEL_BASES = frozenset(
    {"Model", "AbstractUser", "AbstractBaseUser", "User", "Group", "AbstractBaseSession"}
)
_MANAGER_BASES = frozenset({"Manager", "QuerySet", "BaseManager", "UserManager", "BaseUserManager"})
_FILTERS = frozenset({"complex_filter", "exclude", "filter"})
KEYS = ("ForeignKey", "OneToOneField", "GenericForeignKey")


def is_model(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class that was read is a model."""
    return _derives(interpreter, cls, _MODEL_BASES)


def is_manager(interpreter: Interpreter, cls: Class) -> bool:
    """Whether it is a manager, or a query set."""
    return _derives(interpreter, cls, _MANAGER_BASES)


def _derives(interpreter: Interpreter, cls: Class, names: frozenset[str]) -> bool:
    return any(
        isinstance(base, Native)
        and base.name.startswith(("django.", "models."))
        and base.name.rpartition(".")[2] in names
        for base in order_of(interpreter, cls)
    )


def model_of(interpreter: Interpreter, instance: Instance) -> Class | None:
    """The class of a row; None for other objects."""
    return instance.cls if is_model(interpreter, instance.cls) else None


def of_class(interpreter: Interpreter, cls: Class, name: str) -> Value:
    """What a class has that its source does not write."""
    if is_model(interpreter, cls):
        return External("@manager", (cls,)) if name in MANAGERS else UNKNOWN
    if name == "as_manager" and is_manager(interpreter, cls):
        return External("@as manager", (cls,))
    return UNKNOWN


def related(
    interpreter: Interpreter, instance: Instance, name: str, node: ast.AST, frame: Frame
) -> Value | None:
    """An attribute of a row behind a field: a foreign key queries when it is read, a many-to-many one gives a manager."""
    field = found_on(interpreter, instance.cls, name)
    if not isinstance(field, External) or not field.kind.startswith(("django.", "models.")):
        return None
    last = field.kind.rpartition(".")[2]
    if last in KEYS:
        if "pk" in instance.attributes and interpreter.on_loop:
            interpreter.emit("query", instance, node, frame, f"{instance.cls.name}.{name}")
        return UNKNOWN
    if last == "ManyToManyField":
        return External("@manager", (UNKNOWN, instance))
    return UNKNOWN if last.endswith("Field") else None


def assigned(
    interpreter: Interpreter, cls: Class, keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> None:
    """``Note(owner=value)``: a foreign key asks what it is given for its class (related_descriptors.py, __set__)."""
    for name, value in keywords.items():
        field = found_on(interpreter, cls, name) if isinstance(value, External | Either) else None
        if isinstance(field, External) and field.kind.rpartition(".")[2] in KEYS[:2]:
            use(interpreter, "type", value, node, frame)


def manager_of(interpreter: Interpreter, model: Class, value: Value) -> Value:
    """A class attribute of a model: its managers know the model then."""
    if isinstance(value, External) and value.kind == "@manager":
        return replace(value, arguments=(model,))
    if isinstance(value, External) and value.kind.startswith("django.") and value.kind.endswith("Manager"):
        return External("@manager", (model,))
    if isinstance(value, Instance) and is_manager(interpreter, value.cls):
        return External("@manager", (model,), {"class": value.cls})
    return value


def of_manager(call: Call, manager: External, name: str) -> Value | None:
    """A method of a manager or a query set."""
    interpreter, model = call.interpreter, manager.arguments[0] if manager.arguments else UNKNOWN
    label = _label(model)
    for value in call.arguments:
        settle(value)
    own = _own_method(call, manager, model, name)
    if own is not None:
        return own
    if name in _FILTERS:
        # Query.resolve_lookup_value looks at what it is given, though the query is not sent.
        for value in (*call.arguments, *call.keywords.values()):
            use(interpreter, "compare", value, call.node, call.frame)
    if name in _LAZY:
        made = External("@queryset", manager.arguments, dict(manager.keywords))
        if name in ("select_related", "prefetch_related"):
            made.keywords[name] = Items([*call.arguments] or [Const("*")])
        return made
    if name in ("values", "values_list"):
        return External("@queryset")
    if name in _AT_ONCE or name in _OF_MANAGERS or (name in _OF_RELATED and len(manager.arguments) > 1):
        interpreter.emit("query", manager, call.node, call.frame, f"{label}.{name}" if label else f".{name}")
        return instance_of(interpreter, manager) if name in _GIVE_ONE else UNKNOWN
    if name == "aiterator":
        return Generator(lambda: [instance_of(interpreter, manager)], asynchronous=True)
    if name[:1] == "a" and name[1:] in _AT_ONCE | _OF_RELATED:
        given = instance_of(interpreter, manager) if name[1:] in _GIVE_ONE else UNKNOWN
        if name in ("aget_or_create", "aupdate_or_create"):
            given = Items([instance_of(interpreter, manager), UNKNOWN], "tuple")
        return Coroutine(lambda: given)
    return UNKNOWN


def is_model_name(path: str) -> bool:
    """Whether a dotted path that cannot be read names a model: ``shop.models.Order``."""
    return (
        ".models." in path
        and path.rpartition(".")[2][:1].isupper()
        and not path.startswith("django.db.models")
    )


def _label(model: Value) -> str:
    if isinstance(model, Class):
        return model.name
    if isinstance(model, Native):
        return model.name.rpartition(".")[2]
    return ""


def _own_method(call: Call, manager: External, model: Value, name: str) -> Value | None:
    """A method that the project's own manager, or query set, has."""
    cls = manager.keywords.get("class")
    if isinstance(cls, Class):
        found = found_on(call.interpreter, cls, name)
        if isinstance(found, Function):
            return call.again(found.bound_to(manager), call.arguments, call.keywords)
    return None


def of_row(call: Call, row: External, name: str) -> Value:
    """A method of a row, or of an awaited user."""
    model = row.arguments[0] if row.arguments else UNKNOWN
    label = row.kind.rpartition(".")[2] if is_model_name(row.kind) else _label(model)
    if name in _OF_INSTANCES or (row.kind == "@auser" and name in _PERMISSIONS):
        call.interpreter.emit("query", row, call.node, call.frame, f"{label}.{name}" if label else f".{name}")
        return UNKNOWN
    if name[:1] == "a" and (
        name[1:] in _OF_INSTANCES or name[1:] in _PERMISSIONS or name == "acheck_password"
    ):
        return Coroutine(lambda: UNKNOWN)
    return UNKNOWN
