"""What a call binds to the parameters of a function: arguments, defaults, and what is unknown where stars are not read."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Sequence as Sequences

from bridgekit.check.middleware.evaluation.atoms import UNREAD, Const
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import FunctionNode, FunctionValue, Sequence, Value
from bridgekit.check.python.arguments import bind_arguments


def bind_parameters(
    evaluator: Evaluator, function: FunctionValue, arguments: Sequences[Value], keywords: Mapping[str, Value]
) -> tuple[dict[str, Value], str]:
    """What the parameters of a call are bound to, and why the arguments do not fit them ("" if they do)."""
    spec = function.node.args
    names = parameters(function.node)
    unread = keywords.get(UNREAD)
    read = {name: value for name, value in keywords.items() if name != UNREAD}
    given = bind_arguments(spec, arguments, read)
    bound: dict[str, Value] = dict(given.values)
    defaults = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
    defaults.update(
        {
            argument.arg: default
            for argument, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if default
        }
    )
    for name in [*names, *(argument.arg for argument in spec.kwonlyargs)]:
        if name not in bound:
            default = defaults.get(name)
            bound[name] = (
                unread
                if unread is not None
                else evaluator.evaluate(default, function.frame, _position(function))
                if default is not None
                else function.frame.unknown(f"argument {name} is only known at run time", function.node)
            )
    if spec.vararg is not None:
        bound[spec.vararg.arg] = unread or Sequence(given.rest)
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = unread or Const(dict(given.named))
    return bound, given.fault


def parameters(node: FunctionNode) -> list[str]:
    """The names of the positional parameters."""
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]


def _position(function: FunctionValue) -> int | None:
    """Where a function was defined: its defaults are those of then."""
    node = function.node
    return None if isinstance(node, ast.Lambda) else function.frame.block.positions.get(node)
