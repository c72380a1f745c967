"""All views that a URLconf routes and that can be read."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator

from bridgekit.check.findings.flow import FunctionNode, identifiers, imported_names, resolved_name
from bridgekit.check.findings.routed_view import ADRF, DRF, VERBS, VIEW, Applied, Framework, RoutedView
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.views.lookup import Defined, Load, absolute, defined
from bridgekit.check.views.routers import ninja_operations, registered_classes
from bridgekit.check.views.urlconf import Route, routes_below
from bridgekit.middleware_chain.facts import MiddlewareFacts

ReadClass = Callable[[str], Definition]
_MAX_WRAPPERS = 20


def find_views(
    root: str,
    load: Load,
    load_views: Load,
    load_any: Callable[[str], SourceModule],
    read_class: ReadClass,
    leads: Callable[[str], bool] = lambda name: False,
) -> list[RoutedView]:
    """Each view once for each way it is routed.

    ``load`` gives modules of the project, ``load_views`` those of them that may hold async views, ``load_any`` those of packages
    as well. ``leads`` says whether a module imports one in which ``async def`` stands.
    """
    finder = _Finder(load, load_views, load_any, read_class, leads)
    found = [view for route in routes_below(root, load) for view in finder.views_of(route)]
    return list({_key(view): view for view in found}.values())


def _key(view: RoutedView) -> tuple[int, tuple[int, ...]]:
    return id(view.node), tuple(id(wrapper.node) for wrapper in view.wrappers)


class _Finder:
    def __init__(
        self,
        load: Load,
        load_views: Load,
        load_any: Callable[[str], SourceModule],
        read_class: ReadClass,
        leads: Callable[[str], bool],
    ) -> None:
        self.load = load
        self.load_views = load_views
        self.load_any = load_any
        self.read_class = read_class
        self.leads = leads
        self.classes: dict[str, Definition] = {}

    def views_of(self, route: Route) -> Iterator[RoutedView]:
        """What one entry of a URLconf routes; nothing where that is not known."""
        if route.is_router:
            for node, module in ninja_operations(absolute(route.node, route.module), self.load, route.module):
                yield self._function(node, module, (), Framework.NINJA)
            for given, module in registered_classes(
                absolute(route.node, route.module), self.load, route.module
            ):
                view = self._class(absolute(given, module), module, ())
                if view is not None:
                    yield view
            return
        view = self._unwrapped(route.node, route.module)
        if view is not None:
            yield view

    def _unwrapped(self, node: ast.expr, module: SourceModule) -> RoutedView | None:
        """``login_required(A.as_view())``: ``A``, and its wrapper."""
        wrappers: list[Applied] = []
        for _ in range(_MAX_WRAPPERS):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute) and node.func.attr == "as_view":
                    return self._class(absolute(node.func.value, module), module, tuple(wrappers))
                if not node.args:
                    return None
                if resolved_name(node.func, imported_names(module)) != "functools.partial":
                    wrappers.append(Applied(node.func, module))
                node = node.args[0]
                continue
            found = self._defined(absolute(node, module), module)
            if found is None:
                return None
            statement, module = found
            if isinstance(statement, FunctionNode):
                return self._function(statement, module, tuple(wrappers), Framework.DJANGO)
            if not isinstance(statement, ast.Assign):
                return None
            node = statement.value
        return None

    def _defined(self, path: str, home: SourceModule) -> tuple[Defined, SourceModule] | None:
        """What stands in the URLconf itself is parsed already."""
        return defined(path, lambda name: home if name == home.name else self.load_views(name))

    def _function(
        self,
        node: FunctionNode,
        module: SourceModule,
        wrappers: tuple[Applied, ...],
        framework: Framework,
    ) -> RoutedView:
        name = f"{module.name}.{node.name}"
        definition = Definition(
            name,
            MiddlewareFacts.unreadable(name, "it is a view", None),
            DefinitionKind.FUNCTION,
            module,
            node,
            load=self.load_any,
        )
        own = [] if framework is Framework.NINJA else [Applied(d, module) for d in node.decorator_list]
        return RoutedView(name, node, module, definition, (*wrappers, *own), framework)

    def _class(self, path: str, home: SourceModule, wrappers: tuple[Applied, ...]) -> RoutedView | None:
        found = self._defined(path, home)
        if found is None:
            return None
        statement, module = found
        if not isinstance(statement, ast.ClassDef):
            return None
        name = f"{module.name}.{statement.name}"
        if not self._may_be_async(statement, module) and not self._may_be_given_coroutines(statement, module):
            return None
        definition = self.classes.get(name)
        if definition is None:
            definition = self.classes[name] = self.read_class(name)
        if definition.node is not statement:
            return None
        own = VIEW in definition.mro and not {DRF, ADRF} & set(definition.mro)
        framework = Framework.DJANGO if own else Framework.OTHER
        return RoutedView(name, statement, module, definition, wrappers, framework)

    def _may_be_given_coroutines(self, node: ast.ClassDef, module: SourceModule) -> bool:
        """Whether its handlers name what a module in which ``async def`` stands may have given to this one."""
        if not any(isinstance(part, ast.FunctionDef) and part.name in VERBS for part in node.body):
            return False
        names = {
            name
            for name, path in imported_names(module).items()
            if path.partition(".")[0] not in ("django", *sys.stdlib_module_names)
        }
        return not names.isdisjoint(identifiers(node)) and self.leads(module.name)

    def _may_be_async(self, node: ast.ClassDef, module: SourceModule, depth: int = 4) -> bool:
        """Whether the class or one of its bases in the project has an ``async def``: others need not be read."""
        if any(isinstance(part, ast.AsyncFunctionDef) for part in node.body):
            return True
        for base in node.bases if depth else ():
            found = self._defined(absolute(base, module), module)
            if found is None:
                continue
            statement, home = found
            if isinstance(statement, ast.ClassDef) and self._may_be_async(statement, home, depth - 1):
                return True
        return False
