"""What operators, loops and assignments do with values: truth, items, elements, awaiting."""

from __future__ import annotations

import ast

from bridgekit.check.python.tree import children
from bridgekit.check.reach.interpreter import CONNECTION, FETCHED, Interpreter
from bridgekit.check.reach.objects import found_on, is_closed, is_thread_local
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
    Module,
    Native,
    Partial,
    Table,
    Value,
    alternatives,
    either,
)


def use(
    interpreter: Interpreter, verb: str, value: Value, node: ast.AST, frame: Frame, name: str = ""
) -> None:
    """Tells what is done with a value, with each that it may be; what lazy objects stand for is made."""
    for one in alternatives(value):
        if isinstance(one, External | Coroutine | Instance | Items | Table) or _is_connection(one):
            interpreter.emit(verb, one, node, frame, name)
        if isinstance(one, External) and one.kind.endswith("functional.SimpleLazyObject") and one.arguments:
            made = one.arguments[0]
            one.arguments = ()
            interpreter.call(made, [], {}, node, frame)


def _is_connection(value: Value) -> bool:
    return isinstance(value, Native) and value.name == CONNECTION


def truth(interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame) -> bool | None:
    """What ``if`` makes of a value; None where the source leaves it open."""
    if isinstance(value, Either):
        found = {truth(interpreter, one, node, frame) for one in value.values}
        return found.pop() if len(found) == 1 else None
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Instance):
        for name in ("__bool__", "__len__"):
            method = found_on(interpreter, value.cls, name)
            if isinstance(method, Function):
                given = interpreter.call(method.bound_to(value), [], {}, node, frame)
                return truth(interpreter, given, node, frame) if isinstance(given, Const) else None
        return True if is_closed(interpreter, value.cls) else None
    if isinstance(value, Function | Class | Module | Coroutine | Partial | Generator):
        return True
    if isinstance(value, Native) and value.name.rpartition(".")[2] == "TYPE_CHECKING":
        return False
    doubt(interpreter, value)
    use(interpreter, "truth", value, node, frame)
    return True if isinstance(value, External) and value.kind in ("@get_response", "@request") else None


def doubt(interpreter: Interpreter, value: Value) -> None:
    """A setting that is not known decides something: nothing is claimed of what follows."""
    if isinstance(value, Native) and value.name.startswith("django.conf.settings."):
        interpreter.doubts += 1


def elements(
    interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame, *, asynchronous: bool = False
) -> tuple[list[Value], bool]:
    """What a loop over a value meets, and whether these are all of them in their order."""
    if isinstance(value, Either):
        return [
            item
            for one in value.values
            for item in elements(interpreter, one, node, frame, asynchronous=asynchronous)[0]
        ], False
    if isinstance(value, Items):
        return list(value.items), True
    if isinstance(value, Table):
        return [Const(key) for key in value.entries] or [UNKNOWN], not value.others
    if isinstance(value, Generator):
        return run_generator(value), False
    if isinstance(value, Instance):
        return _of_instance(interpreter, value, node, frame, asynchronous=asynchronous)
    if isinstance(value, External):
        if not asynchronous:
            use(interpreter, "iterate", value, node, frame)
        elif value.kind == "@queryset":
            value.keywords[FETCHED] = value
        if value.kind == "@queryset":
            return [instance_of(interpreter, value)], False
    return [UNKNOWN], False


def _of_instance(
    interpreter: Interpreter, value: Instance, node: ast.AST, frame: Frame, *, asynchronous: bool
) -> tuple[list[Value], bool]:
    method = found_on(interpreter, value.cls, "__aiter__" if asynchronous else "__iter__")
    if not isinstance(method, Function):
        use(interpreter, "iterate", value, node, frame)
        return [UNKNOWN], False
    given = interpreter.call(method.bound_to(value), [], {}, node, frame)
    if isinstance(given, Instance):
        step = found_on(interpreter, given.cls, "__anext__" if asynchronous else "__next__")
        if not isinstance(step, Function):
            return [UNKNOWN], False
        made = interpreter.call(step.bound_to(given), [], {}, node, frame)
        return [awaited(interpreter, made, node, frame) if asynchronous else made], False
    return elements(interpreter, given, node, frame, asynchronous=asynchronous)


def run_generator(value: Generator) -> list[Value]:
    """Runs it, once."""
    if value.items is None:
        value.items = [UNKNOWN]
        value.items = value.run() or [UNKNOWN]
    return value.items


def item(interpreter: Interpreter, holder: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
    """``holder[key]``."""
    if isinstance(holder, Either):
        return either(*(item(interpreter, one, key, node, frame) for one in holder.values))
    if isinstance(holder, Items):
        if (
            isinstance(key, Const)
            and isinstance(key.value, int)
            and -len(holder.items) <= key.value < len(holder.items)
        ):
            return holder.items[key.value]
        return either(*holder.items) if holder.items else UNKNOWN
    if isinstance(holder, Table):
        interpreter.emit("item", holder, node, frame, _key(key), [key])
        if isinstance(key, Const) and _hashable(key.value):
            if key.value in holder.entries:
                return holder.entries[key.value]
            return either(*holder.others) if holder.others else UNKNOWN
        values = [*holder.entries.values(), *holder.others]
        return either(*values) if values else UNKNOWN
    if isinstance(holder, Instance):
        method = found_on(interpreter, holder.cls, "__getitem__")
        if isinstance(method, Function):
            return interpreter.call(method.bound_to(holder), [key], {}, node, frame)
    if isinstance(holder, External | Coroutine | Instance):
        interpreter.emit("item", holder, node, frame, _key(key), [key])
    if isinstance(holder, External):
        if holder.kind == "@queryset":
            return holder if _key(key) == "slice" else instance_of(interpreter, holder)
        if holder.kind == "django.db.connections":
            return Native("django.db.connection")
        if holder.kind == "django.core.cache.caches":
            return External("@cache", (key,))
    if isinstance(holder, Native) and holder.name == "django.db.connections":
        return Native("django.db.connection")
    if isinstance(holder, Native) and holder.name == "django.core.cache.caches":
        return External("@cache", (key,))
    return UNKNOWN


def _key(key: Value) -> str:
    if isinstance(key, Const):
        return str(key.value)
    return key.kind if isinstance(key, External) else ""


def _hashable(value: object) -> bool:
    return isinstance(value, str | int | float | bytes | bool | None.__class__)


def store_attribute(
    interpreter: Interpreter, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame
) -> None:
    """``owner.name = value``."""
    for one in alternatives(owner):
        if isinstance(one, External | Coroutine | Instance) or _is_connection(one):
            interpreter.emit("store attribute", one, node, frame, name, [value])
        if isinstance(one, Instance):
            kept = found_on(interpreter, one.cls, name)
            if isinstance(kept, External) and kept.kind == "property" and "setter" in kept.keywords:
                interpreter.call(kept.keywords["setter"], [one, value], {}, node, frame)
                continue
            setter = found_on(interpreter, one.cls, "__setattr__")
            if isinstance(setter, Function):
                interpreter.call(setter.bound_to(one), [Const(name), value], {}, node, frame)
        if isinstance(value, Items | Table) and is_thread_local(interpreter, one):
            interpreter.kept.append(value)
            interpreter.in_locals[id(value)] = one
        attributes = (
            one.attributes
            if isinstance(one, Instance | External)
            else one.stored
            if isinstance(one, Class)
            else one.namespace.stored
            if isinstance(one, Module)
            else None
        )
        if attributes is not None:
            old = attributes.get(name)
            attributes[name] = either(old, value) if interpreter.uncertain and old is not None else value


def store_item(
    interpreter: Interpreter, holder: Value, key: Value, value: Value, node: ast.AST, frame: Frame
) -> None:
    """``holder[key] = value``."""
    for one in alternatives(holder):
        if isinstance(one, Instance):
            method = found_on(interpreter, one.cls, "__setitem__")
            if isinstance(method, Function):
                interpreter.call(method.bound_to(one), [key, value], {}, node, frame)
                continue
        if isinstance(one, External | Coroutine | Instance | Table | Items | Native):
            interpreter.emit("store item", one, node, frame, _key(key), [key, value])
            filled(interpreter, one, [value], node, frame)
        if isinstance(one, Table):
            if isinstance(key, Const) and _hashable(key.value):
                one.entries[key.value] = value
            else:
                one.others.append(value)
        elif isinstance(one, Items):
            one.items.append(value)


def filled(interpreter: Interpreter, holder: Value, values: list[Value], node: ast.AST, frame: Frame) -> None:
    """A container that a ``threading.local`` holds is given more: so is the local."""
    local = interpreter.in_locals.get(id(holder))
    if local is not None:
        interpreter.emit("store attribute", local, node, frame, "", values)


def delete_item(interpreter: Interpreter, holder: Value, key: Value, node: ast.AST, frame: Frame) -> None:
    """``del holder[key]``."""
    for one in alternatives(holder):
        if isinstance(one, External | Coroutine | Instance):
            interpreter.emit("delete item", one, node, frame, _key(key), [key])


def settle(value: Value) -> None:
    """Somebody takes a coroutine over; what becomes of it is not known."""
    for one in alternatives(value):
        if isinstance(one, Coroutine):
            one.settled = True
        elif isinstance(one, Items):
            for inner in one.items:
                settle(inner)


def awaited(interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame) -> Value:
    """``await value``."""
    found: list[Value] = []
    for one in alternatives(value):
        if isinstance(one, Coroutine):
            one.settled = True
            if one.result is None:
                one.result = UNKNOWN
                one.result = one.run()
            found.append(one.result)
        elif isinstance(one, Instance):
            method = found_on(interpreter, one.cls, "__await__")
            if isinstance(method, Function):
                for inner in one.attributes.values():
                    settle(inner)
                given = interpreter.call(method.bound_to(one), [], {}, node, frame)
                if isinstance(given, Generator):
                    run_generator(given)
            found.append(UNKNOWN)
        elif isinstance(one, Items):
            found.append(Items([awaited(interpreter, inner, node, frame) for inner in one.items]))
        else:
            found.append(UNKNOWN)
    return either(*found)


def is_coroutine_function(interpreter: Interpreter, value: Value) -> bool | None:
    """What ``inspect.iscoroutinefunction`` says."""
    match value:
        case Either(values=values):
            found = {is_coroutine_function(interpreter, one) for one in values}
            return found.pop() if len(found) == 1 else None
        case Function():
            if value.marked:
                return True
            return value.is_async and not has_yield(value.node)
        case Partial(function=function):
            return is_coroutine_function(interpreter, function)
        case External(kind="@get_response"):
            return interpreter.asynchronous
        case External(kind=kind) if kind in ("asgiref.sync.sync_to_async", "asgiref.sync.SyncToAsync"):
            return True
        case External(kind="asgiref.sync.async_to_sync" | "@dispatch"):
            return False
        case Instance():
            if value.marked:
                return True
            return False if is_closed(interpreter, value.cls) else None
        case Const() | Class() | Items() | Table():
            return False
        case _:
            return None


def instance_of(interpreter: Interpreter, rows: External) -> Value:
    """A row that a query set or manager gives: what ``select_related`` and its like named is there."""
    model = rows.arguments[0] if rows.arguments else UNKNOWN
    if not isinstance(model, Class) and model is UNKNOWN:
        return UNKNOWN
    row = Instance(model, {"pk": UNKNOWN}) if isinstance(model, Class) else External("@instance", (model,))
    for fetched in ("select_related", "prefetch_related"):
        names = rows.keywords.get(fetched)
        for name in names.items if isinstance(names, Items) else ():
            if isinstance(name, Const) and isinstance(name.value, str):
                row.attributes[name.value.partition("__")[0]] = UNKNOWN
            if isinstance(name, Const) and name.value == "*":
                row.attributes.pop("pk", None)
    return row


def has_yield(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    waiting = list(children(node))
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(children(current))
    return False
