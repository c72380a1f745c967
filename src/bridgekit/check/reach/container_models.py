"""Models of the methods of Python's containers, functions, generators and blocks."""

from __future__ import annotations

from bridgekit.check.reach import forms
from bridgekit.check.reach.blocks import STACKS, enter, leave
from bridgekit.check.reach.modelled import Call
from bridgekit.check.reach.objects import THREAD_LOCALS
from bridgekit.check.reach.operations import elements, filled, item, settle, store_item, use
from bridgekit.check.reach.server_questions import OF_SERVER
from bridgekit.check.reach.values import (
    UNKNOWN,
    Block,
    Class,
    Const,
    Coroutine,
    External,
    Function,
    Generator,
    Instance,
    Items,
    Module,
    Partial,
    Table,
    Value,
    either,
)


def next_of(call: Call, value: Value) -> Value:
    """``next(value)``."""
    found = elements(call.interpreter, value, call.node, call.frame)[0]
    return either(*found) if found else UNKNOWN


def method(call: Call, receiver: Value, name: str) -> Value:
    """Methods of texts, lists, dicts, functions and blocks."""
    match receiver:
        case Block():
            if name == "__enter__":
                return enter(call.interpreter, receiver, call.node, call.frame)
            if name == "__exit__":
                leave(call.interpreter, receiver, call.node, call.frame)
            if name in ("__aenter__", "__aexit__"):
                start = name == "__aenter__"

                def run() -> Value:
                    if start:
                        return enter(call.interpreter, receiver, call.node, call.frame, asynchronous=True)
                    leave(call.interpreter, receiver, call.node, call.frame, asynchronous=True)
                    return Const(None)

                return Coroutine(run)
        case Function() | Class() | Partial():
            if name in ("__call__", "__get__"):
                return call.again(receiver, call.arguments, call.keywords)
        case Const():
            for value in [*call.arguments, *call.keywords.values()] if name == "format" else ():
                use(call.interpreter, "text", value, call.node, call.frame)
            for value in call.arguments if name == "join" else ():
                elements(call.interpreter, value, call.node, call.frame)
        case Items():
            return _of_items(call, receiver, name)
        case Table():
            return _of_table(call, receiver, name)
        case Generator():
            if name in ("__next__", "send", "__anext__"):
                return next_of(call, receiver)
        case Instance():
            call.interpreter.emit("method", receiver, call.node, call.frame, name, call.arguments)
            if name in forms.METHODS and forms.is_form(call.interpreter, receiver.cls):
                return forms.call_method(call, receiver, name)
        case Coroutine():
            return _of_task(call, receiver, name)
        case Module():
            return UNKNOWN
        case _:
            pass
    for value in call.arguments:
        settle(value)
    return UNKNOWN


def _of_task(call: Call, task: Coroutine, name: str) -> Value:
    """``task.result()``, and what is called on the loop when a task is done."""
    task.settled = True
    if name == "add_done_callback":
        with call.interpreter.elsewhere(on_loop=True):
            call.again(call.argument(0), [task])
        return Const(None)
    return task.result if name == "result" and task.result is not None else UNKNOWN


def _of_items(call: Call, items: Items, name: str) -> Value:
    if name in ("append", "add", "appendleft", "insert", "extend", "update"):
        filled(call.interpreter, items, call.arguments, call.node, call.frame)
    if name in ("append", "add", "appendleft"):
        items.items.append(call.argument(0))
    elif name == "insert":
        items.items.append(call.argument(1))
    elif name in ("extend", "update"):
        items.items += elements(call.interpreter, call.argument(0), call.node, call.frame)[0]
    elif name in ("pop", "popleft"):
        return either(*items.items) if items.items else UNKNOWN
    elif name == "copy":
        return Items(list(items.items), items.kind)
    return UNKNOWN


def _of_table(call: Call, table: Table, name: str) -> Value:
    values = [*table.entries.values(), *table.others]
    if name in ("get", "pop", "setdefault", "__getitem__"):
        found = item(call.interpreter, table, call.argument(0), call.node, call.frame)
        default = call.argument(1) if len(call.arguments) > 1 else Const(None)
        if name == "setdefault":
            store_item(call.interpreter, table, call.argument(0), default, call.node, call.frame)
        key = call.argument(0)
        has_key = isinstance(key, Const) and key.value in table.entries
        is_sure = not table.others or (isinstance(found, External) and found.kind == OF_SERVER)
        if has_key and (name != "get" or is_sure):
            return found
        if isinstance(key, Const) and (not table.others or key.value in table.missing):
            return default
        return either(found, default) if found is not UNKNOWN or values else UNKNOWN
    if name == "values":
        return Items(values)
    if name == "keys":
        return Items([Const(key) for key in table.entries])
    if name == "items":
        known = [Items([Const(key), value], "tuple") for key, value in table.entries.items()]
        return Items([*known, *(Items([UNKNOWN, value], "tuple") for value in table.others)])
    if name == "update":
        given = call.argument(0)
        filled(call.interpreter, table, [*call.arguments, *call.keywords.values()], call.node, call.frame)
        if isinstance(given, Table) and given.by_thread:
            call.interpreter.emit("store item", table, call.node, call.frame, "@thread id", [UNKNOWN, given])
        if isinstance(given, Table):
            table.entries.update(given.entries)
            table.others += given.others
        elif call.arguments:
            elements(call.interpreter, given, call.node, call.frame)
        table.entries.update(call.keywords)
    if name == "copy":
        return Table(dict(table.entries), list(table.others))
    return UNKNOWN


def method_of_external(call: Call, receiver: Value, name: str) -> Value | None:
    """Methods of the objects that Python's own functions give."""
    if not isinstance(receiver, External):
        return None
    if receiver.kind in STACKS:
        return _of_stack(call, receiver, name)
    if receiver.kind in THREAD_LOCALS:
        return _of_local(call, receiver, name)
    if receiver.kind == "property" and name in ("setter", "deleter", "getter"):
        return External("property", receiver.arguments, {**receiver.keywords, name: call.argument(0)})
    if name in ("__enter__", "__exit__"):
        if name == "__enter__":
            return enter(call.interpreter, receiver, call.node, call.frame)
        leave(call.interpreter, receiver, call.node, call.frame)
        return Const(None)
    return None


def _of_local(call: Call, local: External, name: str) -> Value | None:
    """Methods of the dictionary of a ``threading.local``, which stands for it."""
    if name in ("update", "setdefault"):
        values = [*call.arguments, *call.keywords.values()]
        call.interpreter.emit("store attribute", local, call.node, call.frame, "", values[-1:])
    if name in ("get", "items", "pop", "setdefault", "values"):
        use(call.interpreter, "attribute", local, call.node, call.frame)
        return UNKNOWN
    return None


def _of_stack(call: Call, stack: External, name: str) -> Value | None:
    entered = stack.attributes.setdefault("entered", Items([]))
    assert isinstance(entered, Items)
    if name == "enter_context":
        entered.items.append(call.argument(0))
        return enter(call.interpreter, call.argument(0), call.node, call.frame)
    if name == "enter_async_context":
        given = call.argument(0)
        entered.items.append(given)
        return Coroutine(lambda: enter(call.interpreter, given, call.node, call.frame, asynchronous=True))
    if name in ("callback", "push_async_callback"):
        entered.items.append(Items(list(call.arguments), "callback"))
        return call.argument(0)
    if name == "push":
        entered.items.append(call.argument(0))
        return call.argument(0)
    if name == "pop_all":
        moved = External(stack.kind, attributes={"entered": entered})
        stack.attributes["entered"] = Items([])
        return moved
    if name in ("close", "__exit__"):
        leave(call.interpreter, stack, call.node, call.frame)
        return Const(None)
    if name in ("aclose", "__aexit__"):

        def run() -> Value:
            leave(call.interpreter, stack, call.node, call.frame, asynchronous=True)
            return Const(None)

        return Coroutine(run)
    if name in ("__enter__", "__aenter__"):
        return stack if name == "__enter__" else Coroutine(lambda: stack)
    return None
