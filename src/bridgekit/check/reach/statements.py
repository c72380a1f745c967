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
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.matching import capture, fits
from bridgekit.check.reach.objects import found_on, is_closed
from bridgekit.check.reach.operations import delete_item, elements, truth
from bridgekit.check.reach.values import (
    UNKNOWN,
    Class,
    Const,
    Coroutine,
    External,
    Frame,
    Function,
    Instance,
    Items,
    Native,
    Value,
    alternatives,
    either,
)

ASYNC_WORDS = re.compile(r"async|await|corou|loop|thread|[aw]sgi", re.IGNORECASE)
"""A condition that speaks of these, and cannot be decided, may ask for the very fact that a rule is about."""
_MAX_ROUNDS = 8


def execute(interpreter: Interpreter, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Runs statements; whether the last of them is passed, rather than a ``return`` or ``raise`` before it."""
    return all(_statement(interpreter, statement, frame) for statement in body)


def _statement(interpreter: Interpreter, node: ast.stmt, frame: Frame) -> bool:
    interpreter.step(node, frame.namespace)
    match node:
        case ast.Expr(value=value):
            interpreter.evaluate(value, frame)
        case ast.Assign(targets=targets, value=value):
            given = interpreter.evaluate(value, frame)
            for target in targets:
                bind(interpreter, target, given, frame)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            bind(interpreter, target, interpreter.evaluate(value, frame), frame)
        case ast.AugAssign(target=target, op=op, value=value):
            loaded = ast.copy_location(_loaded(target), target)
            given = interpreter.evaluate(ast.copy_location(ast.BinOp(loaded, op, value), node), frame)
            bind(interpreter, target, given, frame)
        case ast.Return(value=value):
            given = interpreter.evaluate(value, frame) if value is not None else Const(None)
            if len(interpreter.active) == 1:
                _emit_returned(interpreter, given, node, frame)
            frame.returned.append(given)
            return False
        case ast.Raise(exc=exc):
            if exc is not None:
                interpreter.evaluate(exc, frame)
            return False
        case ast.If():
            return _if(interpreter, node, frame)
        case ast.For() | ast.AsyncFor():
            _for(interpreter, node, frame)
        case ast.While():
            return _while(interpreter, node, frame)
        case ast.Try() | ast.TryStar():
            return _try(interpreter, node, frame)
        case ast.With() | ast.AsyncWith():
            return _with(interpreter, node, frame)
        case ast.Match(subject=subject, cases=cases):
            return _match(interpreter, interpreter.evaluate(subject, frame), cases, frame)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            _define(interpreter, node, frame)
        case ast.Import():
            _import(interpreter, node, frame)
        case ast.ImportFrom():
            _import_from(interpreter, node, frame)
        case ast.Global(names=names):
            frame.globals.update(names)
        case ast.Nonlocal(names=names):
            frame.nonlocals.update(names)
        case ast.Delete():
            _delete(interpreter, node, frame)
        case ast.Assert(test=test):
            truth(interpreter, interpreter.evaluate(test, frame), test, frame)
        case ast.Break() | ast.Continue():
            return False
        case _:
            pass
    return True


def _while(interpreter: Interpreter, node: ast.While, frame: Frame) -> bool:
    known = truth(interpreter, interpreter.evaluate(node.test, frame), node.test, frame)
    if known is False:
        return True
    _branches(interpreter, [node.body, []] if known is None else [node.body], frame)
    return known is None or any(isinstance(part, ast.Break) for part in walk(node))


def _define(
    interpreter: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame
) -> None:
    outer = frame.outer if frame.of_class is not None else frame
    made: Function | Class
    if isinstance(node, ast.ClassDef):
        made = Class(node, frame.namespace, outer)
        if interpreter.importer is not None:
            interpreter.emit("class", made, node, frame, node.name)
            interpreter.execute(node.body, Frame(frame.namespace, outer=outer, of_class=made))
    else:
        defaults = defaults_of(interpreter, node, frame)
        made = Function(node, frame.namespace, outer, frame.of_class, defaults=defaults)
    frame.names[node.name] = _decorated(interpreter, node, made, frame)


def _delete(interpreter: Interpreter, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        match target:
            case ast.Subscript(value=holder, slice=key):
                value = interpreter.evaluate(holder, frame)
                delete_item(interpreter, value, interpreter.evaluate(key, frame), target, frame)
            case ast.Name():
                bind(interpreter, target, UNKNOWN, frame)  # NameError, or what is around: nothing follows


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


def _import(interpreter: Interpreter, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        first = alias.name if alias.asname else alias.name.partition(".")[0]
        frame.names[alias.asname or first] = interpreter.resolve(first)
        if interpreter.importer is not None:
            interpreter.importer(alias.name, node, frame)


def _import_from(interpreter: Interpreter, node: ast.ImportFrom, frame: Frame) -> None:
    source = frame.namespace.module.resolve_relative(node.level, node.module)
    if source and interpreter.importer is not None:
        interpreter.importer(source, node, frame)
    for alias in node.names:
        if source and alias.name != "*":
            if interpreter.importer is not None:
                interpreter.importer(f"{source}.{alias.name}", node, frame)
            frame.names[alias.asname or alias.name] = interpreter.resolve(f"{source}.{alias.name}")


def _decorated(
    interpreter: Interpreter,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    value: Value,
    frame: Frame,
) -> Value:
    for decorator in reversed(node.decorator_list):
        value = interpreter.call(interpreter.evaluate(decorator, frame), [value], {}, decorator, frame)
    return value


def _if(interpreter: Interpreter, node: ast.If, frame: Frame) -> bool:
    doubts = interpreter.doubts
    known = truth(interpreter, interpreter.evaluate(node.test, frame), node.test, frame)
    if known is not None:
        return interpreter.execute(node.body if known else node.orelse, frame)
    if interpreter.doubts > doubts or any(ASYNC_WORDS.search(name) for name in identifiers(node.test)):
        before = frame.names
        with interpreter.quiet():
            ended = _branches(interpreter, [node.body, node.orelse], frame)
        # Which of the two it was is not known, and neither is what follows from it.
        if any(isinstance(part, ast.Return | ast.Raise) for part in [*node.body, *node.orelse]):
            interpreter.muted += 1  # until the function returns
        frame.names = {
            name: value if before.get(name) is value else UNKNOWN for name, value in frame.names.items()
        }
        return ended
    return _branches(interpreter, [node.body, node.orelse], frame)


def _branches(interpreter: Interpreter, bodies: Sequence[Sequence[ast.stmt]], frame: Frame) -> bool:
    """Runs each from where it stands now; names have afterwards what they have in those that get to their end."""
    before = frame.names
    ended: list[dict[str, Value]] = []
    for body in bodies:
        frame.names = dict(before)
        with interpreter.perhaps():
            if interpreter.execute(body, frame):
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


def _for(interpreter: Interpreter, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
    source = interpreter.evaluate(node.iter, frame)
    asynchronous = isinstance(node, ast.AsyncFor)
    items, complete = elements(interpreter, source, node.iter, frame, asynchronous=asynchronous)
    for item in items[:_MAX_ROUNDS]:
        bind(interpreter, node.target, item, frame)
        if complete and not any(isinstance(part, ast.Break | ast.Continue) for part in walk(node)):
            if not interpreter.execute(node.body, frame):
                return
        else:
            _branches(interpreter, [node.body, []], frame)
    interpreter.execute(node.orelse, frame)


def _try(interpreter: Interpreter, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
    before = dict(frame.names)
    caught = {
        name for handler in node.handlers if handler.type is not None for name in identifiers(handler.type)
    }
    opened = len(interpreter.pending)
    if any(handler.type is None for handler in node.handlers):
        caught.add("BaseException")
    done = _caught(interpreter, caught, node.body, frame)
    _emit_pending(interpreter, opened, node, frame)
    if done and node.orelse:
        done = interpreter.execute(node.orelse, frame)
    ended = [frame.names] if done else []
    for handler in node.handlers:
        if interpreter.on_loop and _asks_for_loop(handler, node.body):
            continue
        frame.names = _merged([before, dict(before), frame.names])
        if handler.name:
            frame.names[handler.name] = UNKNOWN
        with interpreter.perhaps():
            if interpreter.execute(handler.body, frame):
                ended.append(frame.names)
    frame.names = _merged(ended or [frame.names])
    finished = interpreter.execute(node.finalbody, frame)
    return finished and bool(ended)


def _asks_for_loop(handler: ast.ExceptHandler, body: Sequence[ast.stmt]) -> bool:
    """``try: get_running_loop() except RuntimeError``: where a loop runs the handler does not."""
    named = set(identifiers(handler.type)) if handler.type is not None else set()
    return named == {"RuntimeError"} and any(
        "get_running_loop" in set(identifiers(statement)) for statement in body
    )


def _caught(interpreter: Interpreter, names: set[str], body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Runs what stands below ``try``: who catches the very exception that a rule is about knows of it."""
    interpreter.caught.append(names)
    try:
        if "SynchronousOnlyOperation" in names:
            with interpreter.quiet():
                return interpreter.execute(body, frame)
        return interpreter.execute(body, frame)
    finally:
        interpreter.caught.pop()


def _with(interpreter: Interpreter, node: ast.With | ast.AsyncWith, frame: Frame) -> bool:
    opened = len(interpreter.pending)
    entered = []
    asynchronous = isinstance(node, ast.AsyncWith)
    for item in node.items:
        manager = interpreter.evaluate(item.context_expr, frame)
        given = enter(interpreter, manager, item.context_expr, frame, asynchronous=asynchronous)
        entered.append((manager, item.context_expr))
        if item.optional_vars is not None:
            bind(interpreter, item.optional_vars, given, frame)
    names = {
        given.name.rpartition(".")[2]
        for one, _ in entered
        if isinstance(one, External) and one.kind == "contextlib.suppress"
        for given in one.arguments
        if isinstance(given, Native)
    }
    done = _caught(interpreter, names, node.body, frame) or bool(names)
    if not all(isinstance(one, External) and one.kind.endswith("nullcontext") for one, _ in entered):
        _emit_pending(interpreter, opened, node, frame)
    for manager, place in reversed(entered):
        leave(interpreter, manager, place, frame, asynchronous=asynchronous)
    return done


def _emit_pending(interpreter: Interpreter, opened: int, node: ast.stmt, frame: Frame) -> None:
    """A block ends, and what a call in it gave was not awaited in it."""
    for value in interpreter.pending[opened:]:
        if not value.settled:
            interpreter.emit("left", value, node, frame)


def _emit_returned(interpreter: Interpreter, given: Value, node: ast.stmt, frame: Frame) -> None:
    """A coroutine is returned, or an object that nobody can await with one in it."""
    for one in alternatives(given):
        if isinstance(one, Coroutine):
            interpreter.emit("return", one, node, frame)
        if isinstance(one, Instance) and is_closed(interpreter, one.cls):
            held = [] if found_on(interpreter, one.cls, "__await__") else list(one.attributes.values())
        else:
            held = one.items if isinstance(one, Items) else []
        for inner in held:
            if isinstance(inner, Coroutine) and inner.response:
                interpreter.emit("wrapped", inner, node, frame)


def _match(interpreter: Interpreter, subject: Value, cases: list[ast.match_case], frame: Frame) -> bool:
    before, ended, covered = frame.names, [], False
    for case in cases:
        fit = fits(interpreter, case.pattern, subject, frame)
        if fit is False:
            continue
        frame.names = dict(before)
        capture(interpreter, case.pattern, subject, frame)
        with interpreter.perhaps():
            if case.guard is not None:
                truth(interpreter, interpreter.evaluate(case.guard, frame), case.guard, frame)
            if interpreter.execute(case.body, frame):
                ended.append(frame.names)
        if fit and case.guard is None:
            covered = True
            break
    if not covered:
        ended.append(before)
    frame.names = _merged(ended or [before])
    return bool(ended)
