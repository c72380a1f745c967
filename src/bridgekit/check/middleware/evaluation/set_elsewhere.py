"""Attributes of a class or function that are not what they will be in the end, or that a function of another module sets."""

from __future__ import annotations

import ast
from weakref import WeakKeyDictionary

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import MISSING, Native, Unknown
from bridgekit.check.middleware.evaluation.attribute_setters import attribute_target, texts_of
from bridgekit.check.middleware.evaluation.block import Call, Effect
from bridgekit.check.middleware.evaluation.hazards import last_name
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import BoundMethod, ClassValue, Frame, FunctionValue, Value
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk

_KEEPING = frozenset(
    ("getattr", "hasattr", "isinstance", "issubclass", "print", "repr", "super", "type", "vars")
)

_MAX_FOLLOWED = 100
"""Functions that a call is followed into, whose modules may be many: beyond them it is not known what it sets."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def set_later(
    evaluator: Evaluator, base: Value, node: ast.Attribute, frame: Frame, at: int | None
) -> Unknown | None:
    """Why ``Base.name``, read while its module runs, is not what the module leaves there: a statement behind sets it anew."""
    if frame.kind == "function" and not evaluator.calls.importing:
        return None  # what a request or a constructor reads
    for option in options(base):
        if isinstance(option, ClassValue):
            orders = evaluator.attributes.mros.of(option)
            definitions = [one for order in orders for one in order.classes if isinstance(one, ClassValue)]
        elif isinstance(option, FunctionValue) and not isinstance(option.node, ast.Lambda):
            return _behind(evaluator, option.frame, option.node, node, frame, at)
        else:
            continue
        for one in definitions:
            found = _behind(evaluator, one.frame, one.node, node, frame, at)
            if found is not None:
                return found
    return None


def _behind(
    evaluator: Evaluator,
    defining: Frame,
    definition: Definition,
    node: ast.Attribute,
    frame: Frame,
    at: int | None,
) -> Unknown | None:
    if not defining.block.attributes:
        return None
    reading = _position(defining, frame, at)
    if reading is None:
        return None
    for event in evaluator.attributes.assignments(defining, definition):
        if event.attribute == node.attr and event.index >= reading:
            return frame.unknown(f"{node.attr} is set anew behind the place that reads it", event.node)
    return None


def set_through_a_call(function: FunctionValue, name: str) -> Unknown | None:
    """``f = mark(f)`` followed by ``f.name = ...``: the call may have given the same object, whose attribute this is."""
    frame, defined = function.frame, getattr(function.node, "name", "")
    for bound, events in frame.block.attributes.items():
        made = [
            one.index
            for one in frame.block.names.get(bound, ())
            if isinstance(one.value, ast.Call) and _is_given(one.value, defined)
        ]
        for event in events:
            if event.attribute == name and any(index < event.index for index in made):
                return frame.unknown(f"{name} is set anew on what a call gave", event.node)
    return None


def _position(defining: Frame, frame: Frame, at: int | None) -> int | None:
    """The number of the statement of a block in which something inside it is read; None for what is outside, or behind its end."""
    if frame is defining:
        return at
    inner: Frame | None = frame
    while inner is not None:
        if inner.parent is defining:
            node = inner.cls.node if inner.cls is not None else inner.function and inner.function.node
            # A function runs when it is called: whenever that is in this module, it may be before.
            return 0 if inner.kind == "function" else defining.block.positions.get(node)  # type: ignore[arg-type]  # a statement
        inner = inner.parent
    return None


def set_by_a_function(
    evaluator: Evaluator, frame: Frame, definition: Definition, name: str
) -> Unknown | None:
    """Why an attribute of a class or function is not what its module says: a function of another one may be handed it, and set it.

    Which way it takes there (in a list, under another name, through a function between) is not followed: it is enough that the module
    hands it on somewhere, and names such a function.
    """
    if frame.module.tree is None or not _is_handed_on(frame.module.tree, definition):
        return None
    for step in frame.block.steps:
        if isinstance(step, Call | Effect):
            for call in walk(step.node):
                if isinstance(call, ast.Call) and _is_given(call, definition.name):
                    callee = evaluator.evaluate(call.func, frame, step.index)
                    if any(_may_set(option, name, frame, evaluator) for option in options(callee)):
                        return frame.unknown(f"{ast.unparse(call.func)[:40]}() may set {name}", call)
    around = frame
    while around.parent is not None:
        around = around.parent
    for whole in _imported_names(frame.module.tree):
        node = whole
        found = tuple(options(evaluator.evaluate(node, around)))
        while isinstance(node, ast.Attribute) and any(isinstance(option, Unknown) for option in found):
            node = node.value  # ``helpers.mark.__call__``
            found = tuple(options(evaluator.evaluate(node, around)))
        if any(_may_be_handed_it(option, name, frame, evaluator) for option in found):
            return frame.unknown(f"{ast.unparse(node)[:40]}() may set {name}", node)
    return None


def _may_be_handed_it(callee: Value, name: str, frame: Frame, evaluator: Evaluator) -> bool:
    while isinstance(callee, BoundMethod):
        callee = callee.function
    return isinstance(callee, FunctionValue | ClassValue) and _may_set(
        callee, name, frame, evaluator, seen_only=True
    )


_reads: WeakKeyDictionary[ast.Module, dict[str, list[ast.Name]]] = WeakKeyDictionary()
_imported: WeakKeyDictionary[ast.Module, list[ast.expr]] = WeakKeyDictionary()


def _is_handed_on(tree: ast.Module, definition: Definition) -> bool:
    """Whether a class or function is read outside of its own body, for more than to be called, derived from or asked for an attribute."""
    reads = _reads.get(tree)
    if reads is None:
        reads = _reads[tree] = {}
        followed: set[ast.AST] = set()  # parents are walked before what is in them
        for node in walk(tree):
            match node:
                case ast.Call():
                    followed.add(node.func)
                case ast.Attribute():
                    followed.add(node.value)
                case ast.ClassDef():
                    followed.update(node.bases)
                case ast.Name(ctx=ast.Load()) if node not in followed:
                    reads.setdefault(node.id, []).append(node)
    end = definition.end_lineno or definition.lineno
    return any(not definition.lineno <= node.lineno <= end for node in reads.get(definition.name, ()))


def _imported_names(tree: ast.Module) -> list[ast.expr]:
    """What is read of imported names, dotted ones whole, each once.

    Without decorators, whose argument is known, and without what stands before an attribute that is set: that is not called.
    """
    found = _imported.get(tree)
    if found is None:
        imports = {
            alias.asname or alias.name.partition(".")[0]
            for node in walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        passed_over: set[ast.AST] = set()  # parents are walked before what is in them
        dotted: dict[str, ast.expr] = {}
        for node in walk(tree):
            if isinstance(node, Definition):
                passed_over.update(part for one in node.decorator_list for part in walk(one))
            elif isinstance(node, ast.Name | ast.Attribute) and root_name(node) in imports:
                if isinstance(node, ast.Attribute):
                    passed_over.add(node.value)
                if isinstance(node.ctx, ast.Load) and node not in passed_over:
                    dotted.setdefault(ast.unparse(node), node)
        found = _imported[tree] = list(dotted.values())
    return found


def _is_given(call: ast.Call, name: str) -> bool:
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return last_name(call.func) not in _KEEPING and any(
        isinstance(part, ast.Name) and part.id == name for one in given for part in walk(one)
    )


def _may_set(
    callee: Value, name: str, frame: Frame, evaluator: Evaluator, *, seen_only: bool = False
) -> bool:
    while isinstance(callee, BoundMethod):
        callee = callee.function
    if isinstance(callee, Native):
        return False
    if isinstance(callee, FunctionValue | ClassValue):
        module = callee.frame.module
        return module is not frame.module and _sets(evaluator, module, callee.node, name, seen_only=seen_only)
    return True


def _sets(evaluator: Evaluator, module: SourceModule, called: ast.AST, name: str, *, seen_only: bool) -> bool:
    """Whether code that a call runs sets an attribute of that name, or of a computed one, on something that it was handed.

    Functions of other modules of the project that the code names are followed, too.

    :param seen_only: what the code imports where it runs, which is not followed, does not count.
    """
    waiting, seen = [(module, called)], {called}
    while waiting and len(seen) < _MAX_FOLLOWED:
        where, code = waiting.pop()
        if where.tree is None:
            return True
        texts = texts_of(where.tree)
        defined = {one.name: one for one in where.tree.body if isinstance(one, Definition)}
        for node in walk(code):
            found = attribute_target(node, texts)
            if found is not None and found[0] in (name, None) and root_name(found[1]) != "self":
                return True
            if not seen_only and isinstance(node, ast.ImportFrom | ast.Import):
                return True  # what it fetches where it runs is not followed
            own = defined.get(node.id) if isinstance(node, ast.Name) else None
            inner = (where, own) if own is not None else _imported_definition(evaluator, where, node)
            if inner is not None and inner[1] not in seen:
                seen.add(inner[1])
                waiting.append(inner)
    return bool(waiting)


def _imported_definition(
    evaluator: Evaluator, module: SourceModule, node: ast.AST
) -> tuple[SourceModule, Definition] | None:
    """The function or class of one of the project's modules that a name stands for by this module's imports."""
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    own = evaluator.finder.own
    last = node.attr if isinstance(node, ast.Attribute) else node.id
    if module.path not in own.naming(last):
        return None
    for option in options(evaluator.outside.imported(node, module) or MISSING):
        if isinstance(option, FunctionValue | ClassValue) and isinstance(option.node, Definition):
            found = option.frame.module
            return (found, option.node) if found.path in own.naming(option.node.name) else None
    return None
