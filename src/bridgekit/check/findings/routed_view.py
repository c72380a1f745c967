"""A view that a URLconf names: the function or class, what is wrapped around it, and what of it Django calls."""

from __future__ import annotations

import ast
from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import (
    FunctionNode,
    ReadFunction,
    dotted_name,
    imported_names,
    resolved_name,
)
from bridgekit.check.findings.visible_names import rebound_names
from bridgekit.check.middleware.definition import Definition, Method
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.middleware_chain.facts import Location

VERBS = ("get", "post", "put", "patch", "delete", "head", "trace")
"""Methods that make a class async (django/views/generic/base.py, View.view_is_async): ``options`` is left out there."""

VIEW = "django.views.generic.base.View"
ACTIONS = ("list", "create", "retrieve", "update", "partial_update", "destroy")
"""Methods of a view set that routers bind to verbs (rest_framework/routers.py, SimpleRouter.routes); adrf's also those with an a before."""
VIEW_SET = "rest_framework.viewsets.ViewSetMixin"
_ACTION = "rest_framework.decorators.action"
DRF, ADRF = "rest_framework.views.APIView", "adrf.views.APIView"


class Framework(Enum):
    """Who calls the view."""

    DJANGO = "Django"
    NINJA = "django-ninja"
    OTHER = "other"
    """A class whose own dispatch decides what runs where."""


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """An expression that is called with the view, and the module whose names it uses: a decorator, wherever it stands."""

    node: ast.expr
    module: SourceModule

    @property
    def name(self) -> str:
        """The dotted path of the decorator, or of what makes it: ``cache_page(60)`` is django's ``cache_page``.

        Empty where the module binds an imported name once more: which of the two it is is not known.
        """
        named = self.node.func if isinstance(self.node, ast.Call) else self.node
        if (
            dotted_name(named).partition(".")[0]
            in rebound_names(self.module) & imported_names(self.module).keys()
        ):
            return ""
        return resolved_name(named, imported_names(self.module))


def _is_action(method: Method) -> bool:
    """``@action(detail=True)`` of a view set."""
    imports = imported_names(method.module)
    return any(
        isinstance(decorator, ast.Call) and resolved_name(decorator.func, imports) == _ACTION
        for decorator in method.node.decorator_list
    )


@dataclass(frozen=True, slots=True, eq=False)
class RoutedView:
    """``wrappers`` stand outermost first: those of the URLconf, then those above the ``def``.

    ``definition`` gives the methods of a class, and other modules by name. ``node`` is the ``def`` or the ``class``.
    """

    name: str
    node: FunctionNode | ast.ClassDef
    module: SourceModule
    definition: Definition
    wrappers: tuple[Applied, ...] = ()
    framework: Framework = Framework.DJANGO

    @property
    def is_class(self) -> bool:
        """Whether it is a class, served by its ``as_view()``."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def location(self) -> Location:
        """Where it is defined."""
        return self.module.location_of(self.node)

    @property
    def handlers(self) -> tuple[ReadFunction, ...]:
        """What answers requests: the function itself, or the class's methods for HTTP's verbs, of a view set its actions."""
        if not isinstance(self.node, ast.ClassDef):
            return (ReadFunction(self.node, self.module),)
        methods = self.definition.methods
        names = [*VERBS]
        if VIEW_SET in self.definition.mro:
            names += [*ACTIONS, *(f"a{action}" for action in ACTIONS)]
            names += [name for name, method in methods.items() if _is_action(method)]
        known = (methods[name] for name in names if name in methods)
        return tuple(ReadFunction(m.node, m.module, m.owner) for m in known)

    @property
    def is_async(self) -> bool:
        """Whether a handler is written ``async def``."""
        return any(handler.is_async for handler in self.handlers)
