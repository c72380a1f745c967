"""What rules look at: one variant of the settings with its middleware, as read, simulated and planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.settings.result import Variant
from bridgekit.middleware_chain.facts import Answer, Location, MiddlewareFacts
from bridgekit.middleware_chain.plan import ChangeKind, Proposal
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.simulate import Chain, Layer

if TYPE_CHECKING:
    from bridgekit.check.findings.flow import ReadFunction
    from bridgekit.check.findings.routed_view import RoutedView


@dataclass(frozen=True, slots=True)
class AsyncView:
    """An ``async def`` view of the project. ``non_atomic``: it was taken out of ATOMIC_REQUESTS by its decorator."""

    location: Location
    function: ReadFunction
    non_atomic: bool = False


def _no_views() -> Sequence[AsyncView]:
    return ()


def no_routed_views(root: str) -> Sequence[RoutedView]:
    """Of a project whose views are not read."""
    return ()


def _no_module(name: str) -> SourceModule | None:
    return None


@dataclass(frozen=True, slots=True)
class Project:
    """What is known of the project beside its settings.

    ``versions`` holds the installed versions of distributions by normalised name; ``entry_points`` the parsed ``asgi.py`` and
    ``wsgi.py`` files. ``async_views()`` gives the ``async def`` views that were seen; they are looked for when first asked for.
    """

    root: str
    server: Server = Server.ASGI
    python_version: tuple[int, ...] = ()
    versions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    entry_points: tuple[SourceModule, ...] = ()
    async_views: Callable[[], Sequence[AsyncView]] = _no_views
    routed_views: Callable[[str], Sequence[RoutedView]] = no_routed_views
    """The views that a URLconf routes, by the dotted name of its module, of modules in which ``async def`` stands."""
    load: Callable[[str], SourceModule | None] = _no_module
    """The module of a dotted name if it is the project's own and could be parsed."""
    load_any: Callable[[str], SourceModule | None] = _no_module
    """The module of a dotted name, whoever brings it."""
    allows_async_unsafe: bool = False
    """Whether its entry points or settings name DJANGO_ALLOW_ASYNC_UNSAFE, with which Django lets queries run on the event loop."""
    has_django: bool = True
    """Whether Django is among the packages that are read."""
    bounds: RunBounds = field(default_factory=RunBounds)
    """What the run may take."""

    def owns(self, location: Location | None) -> bool:
        """Whether the place is in the project's own files, which its developers can edit."""
        if location is None or not location.path.startswith(f"{self.root}/"):
            return False
        inside = location.path[len(self.root) :]
        return "/site-packages/" not in inside and "/dist-packages/" not in inside


@dataclass(frozen=True, slots=True)
class CheckedMiddleware:
    """One entry of MIDDLEWARE with everything known about it. ``definition`` is None if there is no source of it."""

    position: int
    listed_at: Location
    layer: Layer
    definition: Definition | None = None

    @property
    def facts(self) -> MiddlewareFacts:
        """What the chain model was given."""
        return self.layer.facts

    @property
    def dotted_path(self) -> str:
        """As it stands in MIDDLEWARE."""
        return self.facts.dotted_path

    def may_run(self, mode: Mode) -> bool:
        """Whether this mode is possible; see `runs` for certain."""
        return mode in self.layer.modes

    def runs(self, mode: Mode) -> bool:
        """Whether it certainly runs in this mode, if it is used at all."""
        return self.layer.modes == {mode}

    @property
    def accepts_async(self) -> bool:
        """Whether async mode is possible and the middleware certainly says that it can do it."""
        return self.may_run(Mode.ASYNC) and self.facts.async_capable.answer is Answer.YES

    @property
    def certainly_not_used(self) -> bool:
        """Whether it always takes itself out of the chain."""
        return self.layer.used is Answer.NO


@dataclass(frozen=True, slots=True)
class Subject:
    """One variant of the settings under check. Rules read it and nothing else."""

    project: Project
    variant: Variant
    chain: Chain
    middleware: Sequence[CheckedMiddleware] = ()
    proposals: Sequence[Proposal] = ()
    withheld: Mapping[tuple[ChangeKind, int], tuple[str, ...]] = field(default_factory=dict)
    """Changes, by kind and position, that are no proposals, with the layers that may break under each."""
    walks: dict[object, object] = field(default_factory=dict)
    """What following the code of a middleware came to, kept for the rules that ask for it again (`rules._walks`)."""

    @property
    def conditions(self) -> frozenset[str]:
        """What must hold for this variant."""
        return frozenset(condition.text for condition in self.variant.conditions)

    def read_middleware(self) -> Iterator[tuple[CheckedMiddleware, Definition]]:
        """The middleware whose source was read and that may be in use, each with its definition."""
        for checked in self.middleware:
            if checked.definition is not None and not checked.certainly_not_used:
                yield checked, checked.definition

    def shown_at(self, checked: CheckedMiddleware, place: Location | None) -> Location:
        """Where a problem of this middleware is shown: at ``place`` if that is in the project's own files, else where listed."""
        return place if place is not None and self.project.owns(place) else checked.listed_at

    def location_of(self, checked: CheckedMiddleware) -> Location:
        """Where a problem of this middleware as a whole is shown."""
        return self.shown_at(checked, checked.facts.defined_at)
