"""Evaluates expressions, and reports what each does with what it meets."""

from __future__ import annotations

import ast
import re

from bridgekit.check.findings.flow import identifiers
from bridgekit.check.python.scopes import local_names
from bridgekit.check.reach.assignment import bind
from bridgekit.check.reach.comparisons import contains, is_equal, is_same
from bridgekit.check.reach.defaults import defaults_of
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.operations import awaited, doubt, elements, item, truth, use
from bridgekit.check.reach.statements import ASYNC_WORDS
from bridgekit.check.reach.values import (
    UNKNOWN,
    Const,
    External,
    Frame,
    Function,
    Generator,
    Instance,
    Items,
    Native,
    Table,
    Value,
    alternatives,
    either,
)

_LOADS = re.compile(r"user|session|auth", re.IGNORECASE)
"""What is awaited under such a name may load the session, if it is not known what it does."""


def evaluate(interpreter: Interpreter, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression."""
    interpreter.step(node, frame.namespace)
    match node:
        case ast.Constant(value=constant):
            return Const(constant)
        case ast.Name(id=name):
            return _name(interpreter, name, frame)
        case ast.Attribute(value=owner, attr=name):
            return interpreter.attribute(evaluate(interpreter, owner, frame), name, node, frame)
        case ast.Call():
            return _call(interpreter, node, frame)
        case ast.Await():
            return _await(interpreter, node, frame)
        case ast.NamedExpr():
            return _named(interpreter, node, frame)
        case ast.IfExp():
            return _if(interpreter, node, frame)
        case ast.BoolOp():
            return _bool(interpreter, node, frame)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = truth(interpreter, evaluate(interpreter, operand, frame), node, frame)
            return UNKNOWN if known is None else Const(not known)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return Const(-number)
        case ast.Compare():
            return _compare(interpreter, node, frame)
        case ast.BinOp():
            return _operation(interpreter, node, frame)
        case ast.Subscript(value=holder, slice=key):
            held = evaluate(interpreter, holder, frame)
            return item(interpreter, held, evaluate(interpreter, key, frame), node, frame)
        case ast.Slice():
            parts = [part for part in (node.lower, node.upper, node.step) if part is not None]
            _several(interpreter, parts, frame)
            return Const("slice")
        case ast.Lambda():
            return Function(node, frame.namespace, frame, defaults=defaults_of(interpreter, node, frame))
        case ast.JoinedStr(values=values):
            _several(interpreter, values, frame)
            return UNKNOWN
        case ast.FormattedValue(value=inner):
            _text(interpreter, evaluate(interpreter, inner, frame), node, frame)
            return UNKNOWN
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return Items(_several(interpreter, parts, frame), type(node).__name__.lower())
        case ast.Dict():
            return _dict(interpreter, node, frame)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(interpreter, node, frame)
        case ast.Yield():
            return _yield(interpreter, node, frame)
        case ast.YieldFrom(value=inner):
            frame.yielded += elements(interpreter, evaluate(interpreter, inner, frame), node, frame)[0]
            return UNKNOWN
        case ast.Starred(value=inner):
            return evaluate(interpreter, inner, frame)
        case _:
            return UNKNOWN


def _yield(interpreter: Interpreter, node: ast.Yield, frame: Frame) -> Value:
    value = evaluate(interpreter, node.value, frame) if node.value is not None else Const(None)
    frame.yielded.append(value)
    if interpreter.buffers and frame.in_block:
        interpreter.buffers[-1] = interpreter.buffers[-1] or []
    return UNKNOWN


def _await(interpreter: Interpreter, node: ast.Await, frame: Frame) -> Value:
    value = evaluate(interpreter, node.value, frame)
    if value is UNKNOWN and any(_LOADS.search(name) for name in identifiers(node.value)):
        interpreter.settled.add("session")
    return awaited(interpreter, value, node, frame)


def _named(interpreter: Interpreter, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(interpreter, node.value, frame)
    around = frame
    while around.outer is not None and around.returned is around.outer.returned:
        around = around.outer  # a comprehension's names are its own, but for these
    bind(interpreter, node.target, value, around)
    return value


def _name(interpreter: Interpreter, name: str, frame: Frame) -> Value:
    found = frame.look_up(name) if name not in frame.globals else None
    if found is None and _is_local(name, frame):
        return UNKNOWN  # UnboundLocalError, unless a way that was not taken here binds it
    if found is None:
        found = frame.namespace.look_up(name, interpreter.module_value)
    return found if found is not None else Native(name)


def _is_local(name: str, frame: Frame) -> bool:
    """Whether a function around binds the name somewhere (language reference, section 4.2.2)."""
    around: Frame | None = frame
    while around is not None:
        node = around.function.node if around.function is not None else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name in local_names(node):
            return True
        around = around.outer
    return False


def _several(interpreter: Interpreter, parts: list[ast.expr], frame: Frame) -> list[Value]:
    found: list[Value] = []
    for part in parts:
        if isinstance(part, ast.Starred):
            found += elements(interpreter, evaluate(interpreter, part.value, frame), part, frame)[0]
        else:
            found.append(evaluate(interpreter, part, frame))
    return found


def _call(interpreter: Interpreter, node: ast.Call, frame: Frame) -> Value:
    function = evaluate(interpreter, node.func, frame)
    arguments = _several(interpreter, node.args, frame)
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = evaluate(interpreter, keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, Table):
            keywords.update({key: inner for key, inner in value.entries.items() if isinstance(key, str)})
        else:
            keywords["**"] = value
    return interpreter.call(function, arguments, keywords, node, frame)


def _if(interpreter: Interpreter, node: ast.IfExp, frame: Frame) -> Value:
    doubts = interpreter.doubts
    known = truth(interpreter, evaluate(interpreter, node.test, frame), node.test, frame)
    if known is not None:
        return evaluate(interpreter, node.body if known else node.orelse, frame)
    if interpreter.doubts > doubts or _asks_for_async(node.test):
        with interpreter.quiet():
            evaluate(interpreter, node.body, frame)
            evaluate(interpreter, node.orelse, frame)
        return UNKNOWN
    with interpreter.perhaps():
        return either(evaluate(interpreter, node.body, frame), evaluate(interpreter, node.orelse, frame))


def _asks_for_async(node: ast.expr) -> bool:
    return any(ASYNC_WORDS.search(name) for name in identifiers(node))


def _bool(interpreter: Interpreter, node: ast.BoolOp, frame: Frame) -> Value:
    continues_on = isinstance(node.op, ast.And)
    found: list[Value] = []
    silent = False
    doubts = interpreter.doubts
    for number, part in enumerate(node.values):
        if silent:
            with interpreter.quiet():
                evaluate(interpreter, part, frame)
            continue
        value = evaluate(interpreter, part, frame)
        if number == len(node.values) - 1:
            found.append(value)
            break
        known = truth(interpreter, value, part, frame)
        if known is None:
            # ``x or y`` gives x only where that is true.
            found += [
                one
                for one in alternatives(value)
                if not (isinstance(one, Const) and bool(one.value) is continues_on)
            ]
            silent = interpreter.doubts > doubts or _asks_for_async(part)
        elif known is not continues_on:
            return either(*found, value)
    last = found[-1] if found else UNKNOWN
    if isinstance(last, Const) and last.value is not continues_on and isinstance(last.value, bool):
        return last  # ``x and False`` is false, whatever x is
    return UNKNOWN if silent else either(*found)


def _compare(interpreter: Interpreter, node: ast.Compare, frame: Frame) -> Value:
    left = evaluate(interpreter, node.left, frame)
    answer: bool | None = None
    for operator, part in zip(node.ops, node.comparators, strict=True):
        right = evaluate(interpreter, part, frame)
        doubt(interpreter, left)
        doubt(interpreter, right)
        if isinstance(operator, ast.Is | ast.IsNot):
            same = is_same(left, right)
            answer = None if same is None else same is isinstance(operator, ast.Is)
        elif isinstance(operator, ast.In | ast.NotIn):
            answer = contains(interpreter, operator, left, right, node, frame)
        else:
            use(interpreter, "compare", left, node, frame)
            use(interpreter, "compare", right, node, frame)
            answer = is_equal(operator, left, right)
        left = right
    return Const(answer) if answer is not None and len(node.ops) == 1 else UNKNOWN


def _operation(interpreter: Interpreter, node: ast.BinOp, frame: Frame) -> Value:
    left, right = evaluate(interpreter, node.left, frame), evaluate(interpreter, node.right, frame)
    if isinstance(node.op, ast.Mod):
        for one in right.items if isinstance(right, Items) else alternatives(right):
            _text(interpreter, one, node, frame)
    if isinstance(node.op, ast.Add):
        if isinstance(left, Const) and isinstance(right, Const):
            texts = isinstance(left.value, str) and isinstance(right.value, str)
            return Const(f"{left.value}{right.value}") if texts else UNKNOWN
        if isinstance(left, Items) and isinstance(right, Items):
            return Items([*left.items, *right.items], left.kind)
    if isinstance(node.op, ast.BitOr):
        if isinstance(left, External) and left.kind == "@queryset":
            return left
        if isinstance(left, Table) and isinstance(right, Table):
            return Table({**left.entries, **right.entries}, [*left.others, *right.others])
    for one in (left, right):
        use(interpreter, "operate", one, node, frame)
    return UNKNOWN


def _text(interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame) -> None:
    use(interpreter, "text", value, node, frame)
    if isinstance(value, Instance):
        for name in ("__format__", "__str__", "__repr__"):
            method = interpreter.attribute(value, name, node, frame)
            if isinstance(method, Function):
                interpreter.call(method, [UNKNOWN] if name == "__format__" else [], {}, node, frame)
                return


def _dict(interpreter: Interpreter, node: ast.Dict, frame: Frame) -> Value:
    table = Table()
    for key, part in zip(node.keys, node.values, strict=True):
        value = evaluate(interpreter, part, frame)
        if key is None:
            if isinstance(value, Table):
                table.entries.update(value.entries)
                table.others += value.others
            else:
                use(interpreter, "iterate", value, node, frame)
                table.others.append(UNKNOWN)
            continue
        known = evaluate(interpreter, key, frame)
        if isinstance(known, Const) and not isinstance(known.value, list | dict | set):
            table.entries[known.value] = value
        else:
            table.others.append(value)
            table.by_thread = table.by_thread or (isinstance(known, External) and known.kind == "@thread id")
    return table


def _comprehension(
    interpreter: Interpreter, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> Value:
    inner = Frame(frame.namespace, frame.function, {}, frame, frame.returned, frame.yielded)

    def run() -> list[Value]:
        return _rounds(interpreter, node, 0, inner)

    if isinstance(node, ast.GeneratorExp):
        # The outermost iterable is evaluated at once, and iterated over later.
        return Generator(run, any(part.is_async for part in node.generators))
    found = run()
    return Table({}, found) if isinstance(node, ast.DictComp) else Items(found)


def _rounds(
    interpreter: Interpreter,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    depth: int,
    frame: Frame,
) -> list[Value]:
    if depth == len(node.generators):
        if isinstance(node, ast.DictComp):
            evaluate(interpreter, node.key, frame)
            return [evaluate(interpreter, node.value, frame)]
        return [evaluate(interpreter, node.elt, frame)]
    part = node.generators[depth]
    source = evaluate(interpreter, part.iter, frame)
    items, _ = elements(interpreter, source, part.iter, frame, asynchronous=bool(part.is_async))
    found: list[Value] = []
    for value in items[:4]:
        bind(interpreter, part.target, value, frame)
        known: bool | None = True
        for condition in part.ifs:
            known = truth(interpreter, evaluate(interpreter, condition, frame), condition, frame)
            if known is False:
                break
        if known is not False:
            with interpreter.perhaps():
                found += _rounds(interpreter, node, depth + 1, frame)
    return found
