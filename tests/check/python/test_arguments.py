"""Arguments to parameters, by what `inspect.signature` binds."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from bridgekit.check.python.arguments import bind_arguments

SIGNATURES = ["a, b", "a, b=2", "a, /, b", "*, a", "a, *rest", "a, **named", "a, *, b=1, **named", ""]
CALLS: list[tuple[tuple[int, ...], dict[str, int]]] = [
    ((), {}), ((1,), {}), ((1, 2), {}), ((1, 2, 3), {}), ((), {"a": 1}), ((1,), {"b": 2}), ((1,), {"a": 2}), ((1,), {"c": 3}),
]  # fmt: skip


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize(("args", "kwargs"), CALLS)
def test_a_call_is_bound_as_python_binds_it(
    signature: str, args: tuple[int, ...], kwargs: dict[str, int]
) -> None:
    names: dict[str, Any] = {}
    exec(f"def function({signature}): pass", names)
    parsed = ast.parse(f"def function({signature}): pass").body[0]
    assert isinstance(parsed, ast.FunctionDef)
    bound = bind_arguments(parsed.args, args, kwargs)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(names["function"]).parameters.items()
        if parameter.default is not parameter.empty
    }
    lacking = [name for name in bound.missing if name not in defaults]
    try:
        expected = inspect.signature(names["function"]).bind(*args, **kwargs).arguments
    except TypeError:
        assert bound.fault or lacking
        return
    assert not bound.fault
    assert not lacking
    collected: dict[str, Any] = dict(bound.values)
    if bound.rest:
        collected["rest"] = bound.rest
    if bound.named:
        collected["named"] = bound.named
    assert collected == expected
