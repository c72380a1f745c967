"""The stack as rows from the server to the view: what the text and the HTML report draw."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.wording import hook_names, hops_text
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.hops import layer_hops, own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Mode, Server
from bridgekit.middleware_chain.simulate import Chain, Crossing, Layer


class RowKind(StrEnum):
    """What a row stands for."""

    SERVER = "server"
    CROSSING = "crossing"
    LAYER = "layer"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the picture. ``mode`` is empty where there is none to show; ``hops`` is empty for none."""

    kind: RowKind
    label: str
    mode: str = ""
    hops: str = ""
    detail: str = ""
    number: int = 0


def draw(chain: Chain) -> Iterator[Row]:
    """Rows from the outside to the inside, crossings between the layers that they part."""
    yield Row(RowKind.SERVER, f"{chain.server.upper()} server", chain.server.mode)
    yield from _crossing(chain.top, chain.server)
    for position, layer in enumerate(chain.layers, start=1):
        yield Row(
            RowKind.LAYER,
            layer.facts.dotted_path,
            _mode(layer),
            _hops(layer, chain.server),
            _detail(layer, chain.server),
            position,
        )
        yield from _crossing(layer.crossings, chain.server)
    yield Row(
        RowKind.VIEW,
        "view",
        "",
        detail="a sync view costs 1 hop more" if chain.server is Server.ASGI else "",
    )


def _crossing(crossings: Collection[Crossing], server: Server) -> Iterator[Row]:
    possible = sorted(crossing for crossing in crossings if crossing is not Crossing.NONE)
    if not possible:
        return
    sure = Crossing.NONE not in crossings and len(possible) == 1
    hop = Crossing.TO_THREAD if server is Server.ASGI else Crossing.TO_LOOP
    cost = Range(int(sure and possible[0] is hop), int(hop in possible))
    yield Row(
        RowKind.CROSSING,
        " or ".join(possible),
        hops=hops_text(cost) if cost.high else "",
        detail="" if sure else "not known",
    )


def _mode(layer: Layer) -> str:
    if layer.used is Answer.NO:
        return "unused"
    return layer.mode if layer.mode is not None else "unknown"


def _hops(layer: Layer, server: Server) -> str:
    costs = [layer_hops(layer.facts, mode, server, ASYNC_VIEW).hops(server) for mode in layer.modes]
    if not costs:
        return ""
    total = Range.hull(costs if layer.used is Answer.YES else [*costs, Range.exactly(0)])
    return "" if total == Range.exactly(0) else hops_text(total)


def _detail(layer: Layer, server: Server) -> str:
    """Why it costs what it costs, in a few words."""
    facts = layer.facts
    parts = []
    if layer.refused is Answer.YES:
        return "Django refuses to start: neither sync_capable nor async_capable"
    if layer.used is Answer.UNKNOWN and layer.mode is not None:
        parts.append("may take itself out")
    if layer.modes == {Mode.SYNC} and server is Server.ASGI:
        parts.append(
            "blocks the thread" + ("" if facts.async_capable.answer is Answer.YES else ", sync-only")
        )
    if Mode.ASYNC in layer.modes and own_hops(facts).high != 0:
        parts.append(_own_reason(facts))
        parts.append(_deciding_line(facts))
    hook = facts.hooks.get("process_view")
    if (
        hook is not None
        and hook.exists.answer is Answer.YES
        and hook.is_async.answer is Answer.NO
        and server is Server.ASGI
    ):
        parts.append("process_view in a thread")
    if layer.mode is None and layer.used is not Answer.NO:
        parts.append(_blocked(facts))
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _own_reason(facts: MiddlewareFacts) -> str:
    if facts.mixin_acall.answer is Answer.YES:
        return f"{hook_names(facts)} in a thread"
    return "calls sync_to_async itself" if facts.own_hops.low else ""


def _deciding_line(facts: MiddlewareFacts) -> str:
    """What decides how often it hops, where that is not one number, and the line."""
    own = facts.own_hops
    if own.is_exact or not own.reason:
        return ""
    return (
        f"{own.reason} ({Path(own.location.path).name}:{own.location.line})" if own.location else own.reason
    )


def _blocked(facts: MiddlewareFacts) -> str:
    claims = (facts.sync_capable, facts.async_capable)
    return next(
        (claim.reason for claim in claims if claim.answer is Answer.UNKNOWN),
        "depends on what stands inside it",
    )
