"""What stands at the end of a dotted path: a class with its effective methods, or a factory function.

Rules read these trees; they never look for a class themselves. Everything here is a finished value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.middleware_chain.facts import Claim, Location, MiddlewareFacts


class DefinitionKind(Enum):
    """What kind of object Django would call with ``get_response``."""

    CLASS = "class"
    FUNCTION = "function"
    """A middleware factory: a function that takes ``get_response`` and returns a callable."""
    UNKNOWN = "unknown"
    """It could not be read, is no middleware's shape (a list, a module), or is only known at run time."""


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One function as the instance would find it: the one that wins in the MRO, assignments after the class included.

    ``owner`` is the dotted path of the class that defines it (``django.utils.deprecation.MiddlewareMixin``), so that a
    rule can distinguish inherited from own code; ``module`` the file whose imports and globals its body sees. ``is_async``
    is what `inspect.iscoroutinefunction` would say of it: ``async def`` without a wrapper that hides it, or a wrapper
    that marks it (``sync_to_async``).
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: str
    module: SourceModule
    is_async: bool
    location: Location


def _nowhere(name: str) -> SourceModule:
    return SourceModule(name, "", None, "not looked for")


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A middleware as read from source by `SourceReader(finder).read(dotted_path, listed_at)`.

    - ``facts``: what the chain model needs, each answer with its evidence.
    - ``kind``, ``module``, ``node``: what was found and where. ``node`` is the ``class`` or ``def`` statement; for
      ``X = factory()`` that of what the factory returns. All three say "unknown" or None when nothing could be read.
    - ``mro``: dotted paths of the classes in method resolution order, the class itself first, ``builtins.object``
      left out. A base that could not be read ends it and ``mro_complete`` is then no or unknown with the reason.
    - ``methods``: effective methods by name, for a class; for a factory the functions defined directly in its body.
    - ``inner``: for a factory, the nested functions (or the lambda's module-level function) that it may return as the
      middleware, in source order: usually one sync and one async.
    - ``attributes``: class attributes that are not functions, by name: the expression that wins in the MRO.
    - ``is_middleware``: whether it has the shape of one: takes ``get_response`` and gives something callable. No for
      mixins, panels and pre-1.10 classes that ``MIDDLEWARE`` cannot instantiate.
    - ``load``: gives other modules of the project and its packages by name, for rules that follow calls into them.
    - ``bounds``: what the run in which it was read may take, for those who follow it further.
    """

    dotted_path: str
    facts: MiddlewareFacts
    kind: DefinitionKind = DefinitionKind.UNKNOWN
    module: SourceModule | None = None
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None = None
    mro: tuple[str, ...] = ()
    mro_complete: Claim = field(default_factory=Claim.yes)
    methods: Mapping[str, Method] = field(default_factory=dict)
    attributes: Mapping[str, ast.expr] = field(default_factory=dict)
    inner: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...] = ()
    is_middleware: Claim = field(default_factory=Claim.yes)
    load: Callable[[str], SourceModule] = field(default=_nowhere, repr=False)
    bounds: RunBounds = field(default_factory=RunBounds, repr=False)

    @property
    def was_read(self) -> bool:
        """Whether its source was looked for; the facts of a loaded layer may be known without."""
        return self.load is not _nowhere

    @property
    def location(self) -> Location | None:
        """Where it is defined."""
        return self.facts.defined_at
