"""Runs statements in the order in which Python would; of branches that the source leaves open, both."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from bridgekit.check.findings.flow import identifiers
from bridgekit.check.python.tree import walk
from bridgekit.check.reach.assignment import bind
from bridgekit.check.reach.blocks import enter, leave
from bridgekit.check.reach.defaults import defaults_of
from bridgekit.check.reach.machine import Machine
from bridgekit.check.reach.matching import capture, fits
from bridgekit.check.reach.objects import found_on, is_closed
from bridgekit.check.reach.operations import delete_item, elements, truth
from bridgekit.check.reach.values import (
    UNKNOWN,
    Class,
    Const,
    Coroutine,
    Frame,
    Function,
    Instance,
    Items,
    Native,
    Thing,
    Value,
    alternatives,
    either,
)

ASYNC_WORDS = re.compile(r"async|await|corou|loop|thread|[aw]sgi", re.IGNORECASE)
"""A condition that speaks of these, and cannot be decided, may ask for the very thing that a rule is about."""
_MAX_ROUNDS = 8


def execute(machine: Machine, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Runs statements; whether the last of them is passed, rather than a ``return`` or ``raise`` before it."""
    return all(_statement(machine, statement, frame) for statement in body)


def _statement(machine: Machine, node: ast.stmt, frame: Frame) -> bool:
    machine.step(node, frame.home)
    match node:
        case ast.Expr(value=value):
            machine.evaluate(value, frame)
        case ast.Assign(targets=targets, value=value):
            given = machine.evaluate(value, frame)
            for target in targets:
                bind(machine, target, given, frame)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            bind(machine, target, machine.evaluate(value, frame), frame)
        case ast.AugAssign(target=target, op=op, value=value):
            loaded = ast.copy_location(_loaded(target), target)
            given = machine.evaluate(ast.copy_location(ast.BinOp(loaded, op, value), node), frame)
            bind(machine, target, given, frame)
        case ast.Return(value=value):
            given = machine.evaluate(value, frame) if value is not None else Const(None)
            if len(machine.active) == 1:
                _tell_returned(machine, given, node, frame)
            frame.returned.append(given)
            return False
        case ast.Raise(exc=exc):
            if exc is not None:
                machine.evaluate(exc, frame)
            return False
        case ast.If():
            return _if(machine, node, frame)
        case ast.For() | ast.AsyncFor():
            _for(machine, node, frame)
        case ast.While():
            return _while(machine, node, frame)
        case ast.Try() | ast.TryStar():
            return _try(machine, node, frame)
        case ast.With() | ast.AsyncWith():
            return _with(machine, node, frame)
        case ast.Match(subject=subject, cases=cases):
            return _match(machine, machine.evaluate(subject, frame), cases, frame)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            _define(machine, node, frame)
        case ast.Import():
            _import(machine, node, frame)
        case ast.ImportFrom():
            _import_from(machine, node, frame)
        case ast.Global(names=names):
            frame.globals.update(names)
        case ast.Nonlocal(names=names):
            frame.nonlocals.update(names)
        case ast.Delete():
            _delete(machine, node, frame)
        case ast.Assert(test=test):
            truth(machine, machine.evaluate(test, frame), test, frame)
        case ast.Break() | ast.Continue():
            return False
        case _:
            pass
    return True


def _while(machine: Machine, node: ast.While, frame: Frame) -> bool:
    known = truth(machine, machine.evaluate(node.test, frame), node.test, frame)
    if known is False:
        return True
    _branches(machine, [node.body, []] if known is None else [node.body], frame)
    return known is None or any(isinstance(part, ast.Break) for part in walk(node))


def _define(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame
) -> None:
    outer = frame.outer if frame.of_class is not None else frame
    made: Function | Class
    if isinstance(node, ast.ClassDef):
        made = Class(node, frame.home, outer)
        if machine.importer is not None:
            machine.emit("class", made, node, frame, node.name)
            machine.execute(node.body, Frame(frame.home, outer=outer, of_class=made))
    else:
        made = Function(node, frame.home, outer, frame.of_class, defaults=defaults_of(machine, node, frame))
    frame.names[node.name] = _decorated(machine, node, made, frame)


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        match target:
            case ast.Subscript(value=holder, slice=key):
                value = machine.evaluate(holder, frame)
                delete_item(machine, value, machine.evaluate(key, frame), target, frame)
            case ast.Name():
                bind(machine, target, UNKNOWN, frame)  # NameError, or what is around: nothing follows


def _loaded(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=name):
            return ast.copy_location(ast.Attribute(value, name, ast.Load()), target)
        case ast.Subscript(value=value, slice=key):
            return ast.copy_location(ast.Subscript(value, key, ast.Load()), target)
        case _:
            return target


def _import(machine: Machine, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        first = alias.name if alias.asname else alias.name.partition(".")[0]
        frame.names[alias.asname or first] = machine.resolve(first)
        if machine.importer is not None:
            machine.importer(alias.name, node, frame)


def _import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    source = frame.home.module.resolve_relative(node.level, node.module)
    if source and machine.importer is not None:
        machine.importer(source, node, frame)
    for alias in node.names:
        if source and alias.name != "*":
            if machine.importer is not None:
                machine.importer(f"{source}.{alias.name}", node, frame)
            frame.names[alias.asname or alias.name] = machine.resolve(f"{source}.{alias.name}")


def _decorated(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, value: Value, frame: Frame
) -> Value:
    for decorator in reversed(node.decorator_list):
        value = machine.call(machine.evaluate(decorator, frame), [value], {}, decorator, frame)
    return value


def _if(machine: Machine, node: ast.If, frame: Frame) -> bool:
    doubts = machine.doubts
    known = truth(machine, machine.evaluate(node.test, frame), node.test, frame)
    if known is not None:
        return machine.execute(node.body if known else node.orelse, frame)
    if machine.doubts > doubts or any(ASYNC_WORDS.search(name) for name in identifiers(node.test)):
        before = frame.names
        with machine.quiet():
            ended = _branches(machine, [node.body, node.orelse], frame)
        # Which of the two it was cannot be told, and neither is what follows from it.
        if any(isinstance(part, ast.Return | ast.Raise) for part in [*node.body, *node.orelse]):
            machine.muted += 1  # until the function returns
        frame.names = {
            name: value if before.get(name) is value else UNKNOWN for name, value in frame.names.items()
        }
        return ended
    return _branches(machine, [node.body, node.orelse], frame)


def _branches(machine: Machine, bodies: Sequence[Sequence[ast.stmt]], frame: Frame) -> bool:
    """Runs each from where it stands now; names have afterwards what they have in those that get to their end."""
    before = frame.names
    ended: list[dict[str, Value]] = []
    for body in bodies:
        frame.names = dict(before)
        with machine.perhaps():
            if machine.execute(body, frame):
                ended.append(frame.names)
    frame.names = _merged(ended or [before])
    return bool(ended)


def _merged(states: Sequence[dict[str, Value]]) -> dict[str, Value]:
    first, *others = states
    if not others:
        return first
    names = set().union(*states)
    return {
        name: first[name]
        if all(state.get(name) is first.get(name) for state in others) and name in first
        else either(*(state[name] for state in states if name in state))
        for name in names
    }


def _for(machine: Machine, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
    source = machine.evaluate(node.iter, frame)
    items, complete = elements(machine, source, node.iter, frame, asynchronous=isinstance(node, ast.AsyncFor))
    for item in items[:_MAX_ROUNDS]:
        bind(machine, node.target, item, frame)
        if complete and not any(isinstance(part, ast.Break | ast.Continue) for part in walk(node)):
            if not machine.execute(node.body, frame):
                return
        else:
            _branches(machine, [node.body, []], frame)
    machine.execute(node.orelse, frame)


def _try(machine: Machine, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
    before = dict(frame.names)
    caught = {
        name for handler in node.handlers if handler.type is not None for name in identifiers(handler.type)
    }
    opened = len(machine.pending)
    if any(handler.type is None for handler in node.handlers):
        caught.add("BaseException")
    done = _caught(machine, caught, node.body, frame)
    _tell_pending(machine, opened, node, frame)
    if done and node.orelse:
        done = machine.execute(node.orelse, frame)
    ended = [frame.names] if done else []
    for handler in node.handlers:
        if machine.on_loop and _asks_for_loop(handler, node.body):
            continue
        frame.names = _merged([before, dict(before), frame.names])
        if handler.name:
            frame.names[handler.name] = UNKNOWN
        with machine.perhaps():
            if machine.execute(handler.body, frame):
                ended.append(frame.names)
    frame.names = _merged(ended or [frame.names])
    finished = machine.execute(node.finalbody, frame)
    return finished and bool(ended)


def _asks_for_loop(handler: ast.ExceptHandler, body: Sequence[ast.stmt]) -> bool:
    """``try: get_running_loop() except RuntimeError``: where a loop runs the handler does not."""
    named = set(identifiers(handler.type)) if handler.type is not None else set()
    return named == {"RuntimeError"} and any(
        "get_running_loop" in set(identifiers(statement)) for statement in body
    )


def _caught(machine: Machine, names: set[str], body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Runs what stands below ``try``: who catches the very exception that a rule is about knows of it."""
    machine.caught.append(names)
    try:
        if "SynchronousOnlyOperation" in names:
            with machine.quiet():
                return machine.execute(body, frame)
        return machine.execute(body, frame)
    finally:
        machine.caught.pop()


def _with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> bool:
    opened = len(machine.pending)
    entered = []
    asynchronous = isinstance(node, ast.AsyncWith)
    for item in node.items:
        manager = machine.evaluate(item.context_expr, frame)
        given = enter(machine, manager, item.context_expr, frame, asynchronous=asynchronous)
        entered.append((manager, item.context_expr))
        if item.optional_vars is not None:
            bind(machine, item.optional_vars, given, frame)
    names = {
        given.name.rpartition(".")[2]
        for one, _ in entered
        if isinstance(one, Thing) and one.kind == "contextlib.suppress"
        for given in one.arguments
        if isinstance(given, Native)
    }
    done = _caught(machine, names, node.body, frame) or bool(names)
    if not all(isinstance(one, Thing) and one.kind.endswith("nullcontext") for one, _ in entered):
        _tell_pending(machine, opened, node, frame)
    for manager, place in reversed(entered):
        leave(machine, manager, place, frame, asynchronous=asynchronous)
    return done


def _tell_pending(machine: Machine, opened: int, node: ast.stmt, frame: Frame) -> None:
    """A block ends, and what a call in it gave was not awaited in it."""
    for value in machine.pending[opened:]:
        if not value.settled:
            machine.emit("left", value, node, frame)


def _tell_returned(machine: Machine, given: Value, node: ast.stmt, frame: Frame) -> None:
    """A coroutine is returned, or an object that nobody can await with one in it."""
    for one in alternatives(given):
        if isinstance(one, Coroutine):
            machine.emit("return", one, node, frame)
        if isinstance(one, Instance) and is_closed(machine, one.cls):
            held = [] if found_on(machine, one.cls, "__await__") else list(one.attributes.values())
        else:
            held = one.items if isinstance(one, Items) else []
        for inner in held:
            if isinstance(inner, Coroutine) and inner.response:
                machine.emit("wrapped", inner, node, frame)


def _match(machine: Machine, subject: Value, cases: list[ast.match_case], frame: Frame) -> bool:
    before, ended, covered = frame.names, [], False
    for case in cases:
        fit = fits(machine, case.pattern, subject, frame)
        if fit is False:
            continue
        frame.names = dict(before)
        capture(machine, case.pattern, subject, frame)
        with machine.perhaps():
            if case.guard is not None:
                truth(machine, machine.evaluate(case.guard, frame), case.guard, frame)
            if machine.execute(case.body, frame):
                ended.append(frame.names)
        if fit and case.guard is None:
            covered = True
            break
    if not covered:
        ended.append(before)
    frame.names = _merged(ended or [before])
    return bool(ended)
