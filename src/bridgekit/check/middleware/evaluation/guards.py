"""Decide whether a guarded statement runs: ``if`` tests, and which part of a ``try`` an import ends in."""

from __future__ import annotations

import ast
import builtins

from bridgekit.check.middleware.evaluation import natives
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Missing, Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.block import Guard, Guards, TryNode
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import Choice, Frame, InstanceValue, TryOutcome, Value
from bridgekit.check.python.cause import Cause
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Answer

YES = Outcome(Answer.YES)
NO = Outcome(Answer.NO)
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_BROAD = frozenset({"Exception", "BaseException"})


def holds(evaluator: Evaluator, guards: Guards, frame: Frame) -> Outcome:
    """Whether all of ``guards`` let their statement run; NO wins over UNKNOWN."""
    blocked: Outcome | None = None
    for guard in guards:
        outcome = frame.truths.get(guard)
        if outcome is None:
            outcome = _holds(evaluator, guard, frame)
            if evaluator.exhausted is None:
                frame.truths[guard] = outcome
        if outcome.answer is Answer.NO:
            return outcome
        if outcome.answer is Answer.UNKNOWN and blocked is None:
            blocked = outcome
    return blocked or YES


def _holds(evaluator: Evaluator, guard: Guard, frame: Frame) -> Outcome:
    node = guard.node
    if guard.part == "maybe":
        return Outcome.blocked(frame.unknown("only decided while the loop or match runs", node))
    if isinstance(node, ast.If):
        outcome = truth_of_test(evaluator, node.test, frame, guard.index)
        return outcome if guard.part == "true" else outcome.inverted()
    if isinstance(node, ast.Try | ast.TryStar):
        return _part_of_try(guard, node, _outcome_of_try(evaluator, node, frame, guard.index))
    return YES


def truth_of_test(evaluator: Evaluator, test: ast.expr, frame: Frame, at: int | None) -> Outcome:
    """The truth of a condition; a cycle through it is unknown."""
    if test in frame.open:
        return Outcome.blocked(frame.unknown("the condition depends on itself", test))
    frame.open.add(test)
    try:
        value = evaluator.evaluate(test, frame, at)
    finally:
        frame.open.discard(test)
    outcome = evaluator.truth(value)
    if outcome.answer is Answer.UNKNOWN and outcome.location is None:
        return Outcome.blocked(frame.unknown(outcome.reason, test))
    return outcome


def _part_of_try(guard: Guard, node: TryNode, outcome: TryOutcome) -> Outcome:
    if guard.part == "body":
        reached = outcome.at < 0 or guard.number < outcome.at
        return YES if reached else _undecided(outcome, NO)
    if guard.part == "else":
        return YES if outcome.at < 0 else _undecided(outcome, NO)
    if outcome.at < 0:
        return NO
    answer = _catching(node, outcome.error, guard.number)
    if answer is None and outcome.maybe is None:
        return Outcome(
            Answer.UNKNOWN, f"whether {outcome.error or 'an exception'} is caught here is not known"
        )
    return _undecided(outcome, YES) if answer is not False else NO


def _undecided(outcome: TryOutcome, otherwise: Outcome) -> Outcome:
    return Outcome.blocked(outcome.maybe) if outcome.maybe is not None else otherwise


def _catching(node: TryNode, error: str, position: int) -> bool | None:
    """Whether the handler ``position`` is the one that catches ``error``; None where that cannot be told from the names."""
    unsure = False
    for number, handler in enumerate(node.handlers):
        answer = _catches(handler, error)
        if answer is False:
            continue
        if number == position:
            return None if unsure or answer is None else True
        if answer:
            return None if unsure else False
        unsure = True
    return False


def _catches(handler: ast.ExceptHandler, error: str) -> bool | None:
    names = caught_names(handler)
    if not names or "BaseException" in names or error in names:
        return True
    if error == "":
        return None
    kind = _exception(error)
    kinds = [_exception(name) for name in names]
    if kind is not None and any(one is not None and issubclass(kind, one) for one in kinds):
        return True
    if kind is None and "Exception" in names:
        return True  # what is raised on purpose derives from it
    return False if kind is not None and None not in kinds else None


def _exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def caught_names(handler: ast.ExceptHandler) -> frozenset[str]:
    """The names of the exceptions that a handler catches; empty for a bare ``except``."""
    if handler.type is None:
        return frozenset()
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(
        part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else "?"
        for part in types
    )


def _outcome_of_try(evaluator: Evaluator, node: TryNode, frame: Frame, at: int) -> TryOutcome:
    known = frame.tries.get(node)
    if known is not None:
        return known
    # While it is being decided, the body is taken to complete: its own imports may lead back here.
    frame.tries[node] = TryOutcome()
    caught = frozenset[str]().union(*(caught_names(handler) or _BROAD for handler in node.handlers))
    outcome = TryOutcome()
    for number, statement in enumerate(node.body):
        failure = _fails(evaluator, statement, frame, frame.block.positions.get(statement, at), caught)
        if failure is not None:
            outcome = TryOutcome(number, failure.error, failure.maybe)
            break
    if evaluator.exhausted is None:
        frame.tries[node] = outcome
    else:
        del frame.tries[node]
    return outcome


def _fails(
    evaluator: Evaluator, statement: ast.stmt, frame: Frame, at: int, caught: frozenset[str]
) -> TryOutcome | None:
    """How a statement of a ``try`` body raises something that is caught; None if it completes."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return _failed_import(evaluator, statement, frame)
        case ast.Raise():
            exc = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            return TryOutcome(0, exc.id if isinstance(exc, ast.Name) else "")
        case ast.Assert(test=test):
            outcome = truth_of_test(evaluator, test, frame, at)
            maybe = Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
            return None if outcome.answer is Answer.YES else TryOutcome(0, "AssertionError", maybe)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) | ast.Expr(value=value):
            failed = _failed_expression(evaluator, value, frame, at, caught)
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if failed is None and not all(_is_simple(target) for target in targets):
                return _unsure(statement, frame, caught)
            return failed
        case ast.If(test=test) if not _inner_try(statement):
            outcome = truth_of_test(evaluator, test, frame, at)
            branches = {Answer.YES: [statement.body], Answer.NO: [statement.orelse]}.get(
                outcome.answer, [statement.body, statement.orelse]
            )
            failures = [
                failure
                for branch in branches
                for inner in branch
                if (failure := _fails(evaluator, inner, frame, at, caught)) is not None
            ]
            if failures and len(branches) > 1:
                return TryOutcome(0, failures[0].error, Unknown(outcome.reason, outcome.location))
            return failures[0] if failures else None
        case ast.Pass() | ast.Global() | ast.Nonlocal() | ast.Return() | ast.Break() | ast.Continue():
            return None
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if not statement.decorator_list:
            bases = statement.bases if isinstance(statement, ast.ClassDef) else []
            return _unsure(statement, frame, caught) if bases else None
        case _:
            return _unsure(statement, frame, caught)


def _is_simple(target: ast.expr) -> bool:
    """A name, or an attribute of ``self``: what binding it raises is nothing."""
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    )


def _inner_try(statement: ast.stmt) -> bool:
    return any(isinstance(part, ast.Try | ast.TryStar) for part in walk(statement))


def _unsure(statement: ast.AST, frame: Frame, caught: frozenset[str]) -> TryOutcome | None:
    """A statement that is not followed may raise anything but what only an import raises."""
    if caught <= _IMPORT_ERRORS:
        return None
    return TryOutcome(
        0, "", frame.unknown("depends on an exception that is only known at run time", statement)
    )


def _failed_import(
    evaluator: Evaluator, statement: ast.Import | ast.ImportFrom, frame: Frame
) -> TryOutcome | None:
    outcome = evaluator.imports.completes(statement, frame)
    if outcome.answer is Answer.YES:
        return None
    maybe = Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
    return TryOutcome(
        0, "ModuleNotFoundError" if outcome.cause is Cause.NOT_INSTALLED else "ImportError", maybe
    )


def _failed_expression(
    evaluator: Evaluator, value: ast.expr, frame: Frame, at: int, caught: frozenset[str]
) -> TryOutcome | None:
    computed = [node for node in walk(value) if isinstance(node, ast.Call | ast.Subscript)]
    operators = (
        ast.BinOp
        | ast.Compare
        | ast.UnaryOp
        | ast.Starred
        | ast.DictComp
        | ast.SetComp
        | ast.ListComp
        | ast.Set
        | ast.Dict
    )
    risky = any(isinstance(node, operators | ast.Attribute) for node in walk(value))
    if not computed and not risky and not isinstance(value, ast.Name):
        return None
    by_name = _imports_by_name(computed)
    if computed and caught <= _IMPORT_ERRORS and not by_name:
        return None
    if computed and frame.kind == "function" and not by_name:
        # What a request meets is not decided here, and following it would lead through half of a library.
        return TryOutcome(
            0, "", frame.unknown("depends on an exception that is only known at run time", value)
        )
    found = list(options(evaluator.evaluate(value, frame, at)))
    missing = next((option for option in found if isinstance(option, Missing)), None)
    if missing is not None:
        error = _error_of_missing(value, caught)
        maybe = frame.unknown(missing.reason or "may be missing", value) if len(found) > 1 else None
        return TryOutcome(0, error, maybe)
    if caught <= _IMPORT_ERRORS:
        unsure = None
    else:
        unsure = next((option for option in found if _may_not_be(option, computed=bool(computed))), None)
    if unsure is not None:
        return _unsure(value, frame, caught)
    unknown = next((option for option in found if isinstance(option, Unknown | Choice)), None)
    if isinstance(unknown, Unknown) and (computed or not caught <= _IMPORT_ERRORS):
        return TryOutcome(0, "", unknown)
    return None


def _may_not_be(option: Value, *, computed: bool) -> bool:
    """Whether a value is one only if nothing was raised: an object whose constructor was not looked at, a modelled name."""
    if isinstance(option, InstanceValue):
        return computed
    return isinstance(option, Native) and not natives.is_object(option.name)


def _imports_by_name(computed: list[ast.Call | ast.Subscript]) -> bool:
    """Whether one of the calls is ``import_module`` or its kin, which raise ImportError like a statement."""
    for node in computed:
        if isinstance(node, ast.Call):
            func = node.func
            name = (
                func.attr
                if isinstance(func, ast.Attribute)
                else func.id
                if isinstance(func, ast.Name)
                else ""
            )
            if name in {"import_module", "import_string", "__import__"}:
                return True
    return False


def _error_of_missing(value: ast.expr, caught: frozenset[str]) -> str:
    if isinstance(value, ast.Name):
        return "NameError"
    if isinstance(value, ast.Attribute):
        return "AttributeError"
    return "ImportError" if caught & _IMPORT_ERRORS else ""
