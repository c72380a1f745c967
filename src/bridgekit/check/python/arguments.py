"""Arguments to parameters, as the language does it (language reference, section 6.3.4)."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Generic, TypeVar

from bridgekit._dataclass import dataclass

V = TypeVar("V")


@dataclass(slots=True)
class Bound(Generic[V]):
    """What each parameter gets; ``missing`` are parameters that get their default, or nothing if they have none.

    ``rest`` and ``named`` are what ``*args`` and ``**kwargs`` collect; ``fault`` says why the call raises TypeError.
    """

    values: dict[str, V] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    rest: tuple[V, ...] = ()
    named: dict[str, V] = field(default_factory=dict)
    fault: str = ""


def bind_arguments(spec: ast.arguments, args: Sequence[V], kwargs: Mapping[str, V]) -> Bound[V]:
    """Positional and keyword arguments to the parameters of ``spec``."""
    bound: Bound[V] = Bound()
    only_positional = [parameter.arg for parameter in spec.posonlyargs]
    positional = only_positional + [parameter.arg for parameter in spec.args]
    keywords = {parameter.arg for parameter in (*spec.args, *spec.kwonlyargs)}
    bound.values.update(zip(positional, args, strict=False))
    bound.rest = tuple(args[len(positional) :])
    if bound.rest and spec.vararg is None:
        bound.fault = f"takes {len(positional)} positional arguments but {len(args)} are given"
    for name, value in kwargs.items():
        if name in keywords:
            if name in bound.values:
                bound.fault = bound.fault or f"gets multiple values for argument {name!r}"
            bound.values[name] = value
        elif spec.kwarg is not None:
            bound.named[name] = value
        else:
            bound.fault = bound.fault or f"gets an unexpected keyword argument {name!r}"
    names = [*positional, *(parameter.arg for parameter in spec.kwonlyargs)]
    bound.missing = [name for name in names if name not in bound.values]
    return bound
