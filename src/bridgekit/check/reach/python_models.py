"""Models of Python's own functions: those that call what they are given, look at it, or hand it on."""

from __future__ import annotations

from collections.abc import Mapping

from bridgekit.check.reach.collection_models import (
    calls_each,
    find_any,
    listed,
    make_dict,
    make_enumerate,
    make_iterator,
    make_sorted,
    make_zip,
    take_next,
)
from bridgekit.check.reach.modelled import Call, Model
from bridgekit.check.reach.operations import elements, item, store_attribute, truth, use
from bridgekit.check.reach.server_questions import class_of, has_attribute, is_instance, is_request
from bridgekit.check.reach.values import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Coroutine,
    External,
    Function,
    Instance,
    Items,
    Native,
    Partial,
    Super,
    Table,
    Value,
    alternatives,
)


def _first(call: Call) -> Value:
    return call.argument(0)


def _getattr(call: Call) -> Value:
    name = call.text(1)
    if not name:
        return UNKNOWN
    for one in alternatives(call.argument(0)):
        if isinstance(one, Coroutine) and len(call.arguments) > 2:
            call.interpreter.emit("look", one, call.node, call.frame, name)
            return call.arguments[2]
        if (
            len(call.arguments) > 2
            and isinstance(one, External)
            and is_request(one)
            and has_attribute(one, name, call.interpreter.asgi) is False
        ):
            return call.arguments[2]
    found = call.interpreter.attribute(call.argument(0), name, call.node, call.frame)
    if isinstance(found, Native) and found.name == f"django.conf.settings.{name}" and len(call.arguments) > 2:
        return call.arguments[2] if call.interpreter.setting(name) is None else found
    return found


def _setattr(call: Call) -> Value:
    name = call.text(1) or "?"
    store_attribute(call.interpreter, call.argument(0), name, call.argument(2), call.node, call.frame)
    return Const(None)


def _hasattr(call: Call) -> Value:
    value, name = call.argument(0), call.text(1)
    if isinstance(value, Coroutine):
        if name == "__await__":
            value.settled = True
        else:
            call.interpreter.emit("look", value, call.node, call.frame, name)
        return Const(name in ("__await__", "close", "send", "throw", "cr_code", "cr_frame"))
    use(call.interpreter, "attribute", value, call.node, call.frame, name)
    if isinstance(value, External) and is_request(value):
        known = has_attribute(value, name, call.interpreter.asgi)
        return UNKNOWN if known is None else Const(known)
    if isinstance(value, Instance):
        found = call.interpreter.attribute(value, name, call.node, call.frame)
        missing = isinstance(found, Bound) and found.receiver is value
        return UNKNOWN if found is UNKNOWN else Const(not missing)
    return UNKNOWN


def _isinstance(call: Call) -> Value:
    value = call.argument(0)
    use(call.interpreter, "type", value, call.node, call.frame)
    classinfo = call.argument(1)
    kinds = classinfo.items if isinstance(classinfo, Items) else [classinfo]
    names = [kind.name if isinstance(kind, Native) else "" for kind in kinds]
    if isinstance(value, Coroutine):
        if any(name.rpartition(".")[2] in ("Coroutine", "Awaitable", "CoroutineType") for name in names):
            value.settled = True
            return Const(True)
        call.interpreter.emit("look", value, call.node, call.frame)
        return Const(False) if all(names) or all(isinstance(kind, Class) for kind in kinds) else UNKNOWN
    known = is_instance(kinds, call.interpreter.asgi) if is_request(value) else None
    return UNKNOWN if known is None else Const(known)


def _asks_coroutine(call: Call) -> Value:
    found: set[bool | None] = set()
    for one in alternatives(call.argument(0)):
        if isinstance(one, Coroutine):
            one.settled = True
            found.add(True)
        elif isinstance(one, Const | Items | Table | Function | Class) or (
            isinstance(one, External) and one.kind == "@response"
        ):
            found.add(False)
        else:
            found.add(None)
    known = found.pop() if len(found) == 1 else None
    return UNKNOWN if known is None else Const(known)


def _callable(call: Call) -> Value:
    return Const(True) if isinstance(call.argument(0), Function | Class | Partial) else UNKNOWN


def _text(call: Call) -> Value:
    for value in call.arguments:
        use(call.interpreter, "text", value, call.node, call.frame)
        if isinstance(value, Instance):
            method = call.interpreter.attribute(value, "__str__", call.node, call.frame)
            if isinstance(method, Function):
                call.again(method, [])
    known = call.argument(0)
    return known if isinstance(known, Const) and isinstance(known.value, str) else UNKNOWN


def _bool(call: Call) -> Value:
    known = truth(call.interpreter, call.argument(0), call.node, call.frame)
    return UNKNOWN if known is None else Const(known)


def _length(call: Call) -> Value:
    use(call.interpreter, "length", call.argument(0), call.node, call.frame)
    return UNKNOWN


def _super(call: Call) -> Value:
    frame = call.frame
    while frame.outer is not None and (frame.function is None or frame.function.owner is None):
        frame = frame.outer
    function = frame.function
    if function is None or function.owner is None:
        return UNKNOWN
    receiver = function.receiver
    if receiver is None and function.node.args.args:
        receiver = frame.names.get(function.node.args.args[0].arg)
    return Super(function.owner, receiver) if receiver is not None else UNKNOWN


def _vars(call: Call) -> Value:
    if len(call.arguments) != 1:
        return UNKNOWN
    return call.interpreter.attribute(call.argument(0), "__dict__", call.node, call.frame)


def _set_on_object(call: Call) -> Value:
    """``object.__setattr__(self, name, value)``: past a ``__setattr__`` of the class itself."""
    owner, name = call.argument(0), call.text(1)
    if isinstance(owner, Instance) and name:
        owner.attributes[name] = call.argument(2)
    return Const(None)


def _type(call: Call) -> Value:
    value = call.argument(0)
    if is_request(value):
        return class_of(call.interpreter.asgi)
    return value.cls if isinstance(value, Instance) and len(call.arguments) == 1 else UNKNOWN


def _partial(call: Call) -> Value:
    return Partial(call.argument(0), call.arguments[1:], dict(call.keywords))


def _wraps(call: Call) -> Value:
    """``functools.wraps(f)``: a decorator that changes nothing of what it is given."""
    return External("functools.wraps", tuple(call.arguments))


def _decorator(call: Call) -> Value:
    """One that gives what it decorates, or, given anything else, another of its kind."""
    value = call.argument(0)
    if isinstance(value, Function | Class | Partial):
        return value
    return External("functools.wraps", ())


def _reduce(call: Call) -> Value:
    items = elements(call.interpreter, call.argument(1), call.node, call.frame)[0]
    if len(call.arguments) > 2:
        items = [call.arguments[2], *items]
    value = items[0] if items else UNKNOWN
    for one in items[1:7]:
        value = call.again(call.argument(0), [value, one])
    return value


def _import_module(call: Call) -> Value:
    name = call.text(0)
    if name.startswith("."):
        package = call.text(1) or call.frame.namespace.module.package
        name = f"{package}{name}"
    if name and call.interpreter.importer is not None:
        call.interpreter.importer(name, call.node, call.frame)
    return call.interpreter.resolve(name) if name else UNKNOWN


def _context_manager(call: Call) -> Value:
    return External("contextlib.contextmanager", tuple(call.arguments))


def _thread(call: Call) -> Value:
    return External("@thread id")


def _queue_item(call: Call) -> Value:
    holder, key = call.argument(0), call.argument(1)
    return item(call.interpreter, holder, key, call.node, call.frame)


def _copied(call: Call) -> Value:
    """``copy.copy(x)`` and ``pickle.dumps(x)``: neither takes a coroutine."""
    assert isinstance(call.function, Native)
    value = call.argument(0)
    for one in alternatives(value):
        if isinstance(one, Coroutine):
            call.interpreter.emit("given", one, call.node, call.frame, call.function.name)
    return value if call.function.name.startswith("copy.") else UNKNOWN


def _getter(call: Call) -> Value:
    assert isinstance(call.function, Native)
    return External(call.function.name, tuple(call.arguments), dict(call.keywords))


def _hands_through(call: Call) -> Value:
    """Functions that only look at a value, and give nothing of it."""
    return UNKNOWN


def _none(call: Call) -> Value:
    return Const(None)


MODELS: Mapping[str, Model] = {
    **dict.fromkeys(
        ("threading.get_ident", "threading.get_native_id", "threading.current_thread", "_thread.get_ident"),
        _thread,
    ),
    **dict.fromkeys(("functools.lru_cache", "functools.cache", "dataclasses.dataclass"), _decorator),
    **dict.fromkeys(("inspect.iscoroutine", "inspect.isawaitable", "asyncio.iscoroutine"), _asks_coroutine),
    **dict.fromkeys(("id", "threading.main_thread", "asyncio.current_task", "weakref.ref"), _hands_through),
    **dict.fromkeys(("sorted", "max", "min"), make_sorted),
    **dict.fromkeys(
        (
            "functools.update_wrapper",
            "functools.total_ordering",
            "typing.final",
            "typing.override",
            "typing.runtime_checkable",
            "weakref.proxy",
        ),
        _first,
    ),
    **dict.fromkeys(("copy.copy", "copy.deepcopy", "pickle.dumps"), _copied),
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "reversed", "collections.deque", "sum"), listed),
    **dict.fromkeys(("str", "repr", "format", "hash", "print"), _text),
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "callable": _callable,
    "bool": _bool,
    "len": _length,
    "vars": _vars,
    "object.__setattr__": _set_on_object,
    "dict": make_dict,
    **dict.fromkeys(
        (
            "collections.OrderedDict",
            "weakref.WeakKeyDictionary",
            "weakref.WeakValueDictionary",
            "collections.Counter",
        ),
        make_dict,
    ),
    "collections.defaultdict": lambda call: Table(
        {}, [call.again(call.argument(0), [])] if call.arguments else []
    ),
    "map": calls_each,
    "filter": calls_each,
    "any": find_any,
    "all": find_any,
    "enumerate": make_enumerate,
    "zip": make_zip,
    "iter": make_iterator,
    "next": take_next,
    "super": _super,
    "type": _type,
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "functools.reduce": _reduce,
    "typing.cast": lambda call: call.argument(1),
    "dataclasses.field": lambda call: (
        call.again(call.keywords["default_factory"], [])
        if "default_factory" in call.keywords
        else call.keywords.get("default", UNKNOWN)
    ),
    "contextlib.contextmanager": _context_manager,
    "contextlib.asynccontextmanager": _context_manager,
    "importlib.import_module": _import_module,
    "__import__": _import_module,
    "operator.getitem": _queue_item,
    "logging.getLogger": lambda call: External("logging.Logger"),
}
