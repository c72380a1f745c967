"""From one variant of the settings to a subject for the rules: read each middleware, simulate, plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bridgekit.check.findings.nonblocking import as_set
from bridgekit.check.findings.released import released
from bridgekit.check.findings.subject import CheckedMiddleware, Project, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.settings.result import Blocked, MiddlewareEntry, Unknown, Variant
from bridgekit.middleware_chain.facts import Answer, Location, MiddlewareFacts
from bridgekit.middleware_chain.plan import ChangeKind, Proposal, plan
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.simulate import Layer, simulate
from bridgekit.middleware_chain.unmarked import as_run

MAX_LAYERS = 200
"""Longer lists are unknown: the longest of any project that we have seen has 40, and each layer takes milliseconds."""

ReadMiddleware = Callable[[str, Location], Definition]
"""Reads the middleware behind a dotted path; given where it is listed."""


MayBreak = Callable[[MiddlewareFacts, Definition | None, Mode], bool]
"""Whether a middleware may break in a mode that it does not run in today."""


def build_subject(
    project: Project,
    variant: Variant,
    read: ReadMiddleware,
    may_break: MayBreak = lambda facts, definition, mode: False,
) -> Subject:
    """The checked stack of one variant. A variant whose MIDDLEWARE is not known has an empty one.

    A change after which a layer runs in a mode in which it ``may_break`` is no proposal.
    """
    variant = _bounded(variant)
    entries = variant.middleware or ()
    definitions = [_definition(entry, read) for entry in entries]
    facts = [
        _unreadable(entry) if definition is None else _as_set(definition, entry, variant)
        for entry, definition in zip(entries, definitions, strict=True)
    ]
    facts = as_run(facts, project.server)
    chain = simulate(facts, project.server)
    middleware = tuple(
        CheckedMiddleware(position, entry.location, layer, definition)
        for position, (entry, layer, definition) in enumerate(
            zip(entries, chain.layers, definitions, strict=True)
        )
    )
    proposals, withheld = _safe(
        _proposals(facts, definitions, project), middleware, project.server, may_break
    )
    return Subject(project, variant, chain, middleware, proposals, withheld)


def _safe(
    proposals: list[Proposal],
    middleware: Sequence[CheckedMiddleware],
    server: Server,
    may_break: MayBreak,
) -> tuple[list[Proposal], dict[tuple[ChangeKind, int], tuple[str, ...]]]:
    """The proposals that break no layer; for each other change, the layers that it may break."""
    fragile = {
        id(checked.facts): {
            mode
            for mode in Mode
            if mode not in checked.layer.modes and may_break(checked.facts, checked.definition, mode)
        }
        for checked in middleware
    }
    unmarked = {id(checked.facts) for checked in middleware if _is_unmarked(checked)}
    if not unmarked and not any(fragile.values()):
        return proposals, {}
    were_async = {id(checked.facts) for checked in middleware if checked.may_run(Mode.ASYNC)}
    safe: list[Proposal] = []
    withheld: dict[tuple[ChangeKind, int], tuple[str, ...]] = {}
    for proposal in proposals:
        after = simulate(proposal.stack, server).layers
        broken = [layer for layer in after if not layer.modes.isdisjoint(fragile.get(id(layer.facts), ()))]
        broken += _newly_wrapped(after, unmarked, were_async)
        # What cannot be read is no reason to leave out what is said of a change that is not known to save anything.
        readable = any(layer.facts.async_capable.answer is not Answer.UNKNOWN for layer in broken)
        if broken and (readable or proposal.difference.saves):
            names = tuple(dict.fromkeys(layer.facts.dotted_path for layer in broken))
            withheld[proposal.change.kind, proposal.change.position] = names
        else:
            safe.append(proposal)
    return safe, withheld


def _is_unmarked(checked: CheckedMiddleware) -> bool:
    """Whether it may run async without being a coroutine function: an async layer around it takes it for a sync one."""
    return checked.may_run(Mode.ASYNC) and checked.facts.marked_async.answer is not Answer.YES


def _newly_wrapped(after: Sequence[Layer], unmarked: set[int], were_async: set[int]) -> list[Layer]:
    """Unmarked layers below one that is newly async: it would ask them for a response, and get a coroutine."""
    wrapped: list[Layer] = []
    newly = False
    for layer in after:
        if newly and id(layer.facts) in unmarked:
            wrapped.append(layer)
        newly = newly or (Mode.ASYNC in layer.modes and id(layer.facts) not in were_async)
    return wrapped


def _bounded(variant: Variant) -> Variant:
    """The variant; one with a list that no project has, as a variant that is not known."""
    entries = variant.middleware or ()
    if len(entries) <= MAX_LAYERS:
        return variant
    reason = f"MIDDLEWARE has {len(entries):,} entries; more than {MAX_LAYERS} are not looked at"
    return replace(variant, middleware=None, blocked=(Blocked(reason, entries[MAX_LAYERS].location),))


def _definition(entry: MiddlewareEntry, read: ReadMiddleware) -> Definition | None:
    return None if isinstance(entry.dotted_path, Unknown) else read(entry.dotted_path, entry.location)


def _as_set(definition: Definition, entry: MiddlewareEntry, variant: Variant) -> MiddlewareFacts:
    """The facts as the settings have them. The name in the list may be another than that of the class."""
    cls = definition.mro[0] if definition.mro else definition.dotted_path
    return as_set(released(replace(definition.facts, listed_at=entry.location), variant), cls, variant)


def _unreadable(entry: MiddlewareEntry) -> MiddlewareFacts:
    """The facts of an entry whose dotted path is itself unknown; it has no name to show."""
    assert isinstance(entry.dotted_path, Unknown)
    blocked = entry.dotted_path
    return replace(
        MiddlewareFacts.unreadable("(unknown)", blocked.reason, blocked.location), listed_at=entry.location
    )


def _proposals(
    facts: list[MiddlewareFacts], definitions: list[Definition | None], project: Project
) -> list[Proposal]:
    """All changes, tried on a request with an async view: a sync view adds the same hop before and after."""

    def may_swap(position: int) -> bool:
        one, other = definitions[position], definitions[position + 1]
        if one is None or other is None or not (one.was_read and other.was_read):
            return False
        from bridgekit.check.fixes.reorderable import reorderable  # only where there is source to prove it by

        return reorderable(one, other)

    return plan(facts, project.server, may_swap=may_swap) if facts else []
