"""The model of the chain against Django's own `BaseHandler.load_middleware`."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

pytest.importorskip("django")

from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.simulate import Chain, Crossing, crossing_between, simulate
from tests.middleware_chain import kinds
from tests.middleware_chain.kinds import KINDS, facts_of
from tests.middleware_chain.oracle import RecordingHandler, django_with

FACTS = {name: facts_of(path) for name, path in KINDS.items()}
#: The kinds whose flags, use or hooks make `load_middleware` do something different.
DECISIVE = ("SyncOnly", "AsyncOnly", "Both", "MixinBothHooks", "UnusedSyncOnly", "UnusedAsyncOnly")


def modelled(chain: Chain) -> list[tuple[bool, bool]]:
    """The model's (outer is async, inner is async) decisions, outermost first, for the layers that Django keeps."""
    mode = chain.server.mode
    decided: list[tuple[bool, bool]] = []
    for layer in reversed(chain.layers):
        if layer.used is Answer.YES:
            assert layer.mode is not None
            assert layer.crossing is crossing_between(layer.mode, mode)
            decided.append((layer.mode is Mode.ASYNC, mode is Mode.ASYNC))
            mode = layer.mode
    decided.append((chain.server.mode is Mode.ASYNC, mode is Mode.ASYNC))
    assert chain.top == {crossing_between(chain.server.mode, mode)}
    return list(reversed(decided))


@pytest.mark.parametrize("server", list(Server))
@pytest.mark.parametrize("length", range(6))
def test_every_chain_up_to_length_five_is_built_as_django_builds_it(server: Server, length: int) -> None:
    """django/core/handlers/base.py, BaseHandler.load_middleware, over every order of every decisive kind."""
    with django_with([]):
        for stack in product(DECISIVE, repeat=length):
            settings.MIDDLEWARE = [KINDS[name] for name in stack]
            recorded = RecordingHandler(server)
            kept = [
                decision
                for decision, name in zip(recorded.handlers, [*reversed(stack), "top"], strict=True)
                if "Unused" not in name
            ]
            chain = simulate([FACTS[name] for name in stack], server)
            assert modelled(chain) == list(reversed(kept)), stack


@pytest.mark.parametrize("server", list(Server))
def test_every_kind_in_every_pair_is_built_as_django_builds_it(server: Server) -> None:
    """The kinds that differ only in hooks or in being functions load like their flags say."""
    with django_with([]):
        for stack in product([name for name in KINDS if "Unused" not in name], repeat=2):
            settings.MIDDLEWARE = [KINDS[name] for name in stack]
            recorded = RecordingHandler(server)
            chain = simulate([FACTS[name] for name in stack], server)
            assert modelled(chain) == list(reversed(recorded.handlers)), stack


@pytest.mark.parametrize("server", list(Server))
def test_neither_sync_nor_async_is_refused_like_by_django(server: Server) -> None:
    """load_middleware raises RuntimeError before it calls the middleware, MiddlewareNotUsed or not."""
    neither = replace(FACTS["UnusedSyncOnly"], sync_capable=Claim.no(), async_capable=Claim.no())
    chain = simulate([FACTS["SyncOnly"], neither, FACTS["Both"]], server)
    assert chain.starts is Answer.NO
    assert chain.layers[1].refused is Answer.YES
    with django_with([KINDS["UnusedSyncOnly"]]), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds.UnusedSyncOnly, "sync_capable", False, raising=False)
        with pytest.raises(RuntimeError, match="must have at least one of"):
            RecordingHandler(server)


@pytest.mark.parametrize(
    ("stack", "held"),
    [
        (["Both", "MixinBothHooks"], Answer.NO),
        (["Both", "SyncOnly", "Both"], Answer.YES),
        (["AsyncOnly", "SyncOnly"], Answer.YES),
        (["UnusedSyncOnly", "Both"], Answer.NO),
    ],
)
def test_a_sync_layer_holds_a_thread_under_asgi(stack: list[str], held: Answer) -> None:
    """A sync layer waits in its thread for everything that it wraps."""
    assert simulate([FACTS[name] for name in stack], Server.ASGI).holds_thread is held
    assert simulate([FACTS[name] for name in stack], Server.WSGI).holds_thread is Answer.YES


def test_one_sync_only_layer_turns_all_outside_it_sync() -> None:
    """Sync is sticky outwards: only an async-only layer turns the chain back."""
    names = ["Both", "AsyncOnly", "MixinBothHooks", "SyncOnly", "Both"]
    chain = simulate([FACTS[name] for name in names])
    assert [layer.mode for layer in chain.layers] == [
        Mode.ASYNC,
        Mode.ASYNC,
        Mode.SYNC,
        Mode.SYNC,
        Mode.ASYNC,
    ]
    assert [layer.crossing for layer in chain.layers] == [
        Crossing.NONE,
        Crossing.TO_THREAD,
        Crossing.NONE,
        Crossing.TO_LOOP,
        Crossing.NONE,
    ]


claims = st.sampled_from([Claim(answer) for answer in Answer])
possible_facts = st.builds(
    MiddlewareFacts,
    st.just("x"),
    sync_capable=claims,
    async_capable=claims,
    mixin_acall=st.just(Claim.no()),
    marked_async=st.just(Claim.yes()),
    used=claims,
)


def completions(stack: list[MiddlewareFacts]) -> list[list[MiddlewareFacts]]:
    """Every way to settle the unknown facts of a stack."""
    choices = []
    for facts in stack:
        options = [
            [Answer.YES, Answer.NO] if claim.answer is Answer.UNKNOWN else [claim.answer]
            for claim in (facts.sync_capable, facts.async_capable, facts.used)
        ]
        choices.append(
            [
                replace(facts, sync_capable=Claim(a), async_capable=Claim(b), used=Claim(c))
                for a, b, c in product(*options)
            ]
        )
    return [list(completion) for completion in product(*choices)]


@hypothesis_settings(deadline=None)
@given(st.lists(possible_facts, max_size=3), st.sampled_from(Server))
def test_unknown_facts_give_what_holds_in_some_completion(
    stack: list[MiddlewareFacts], server: Server
) -> None:
    """Modes of a stack with unknowns are exactly those of its completions taken together."""
    settled = [simulate(completion, server) for completion in completions(stack)]
    chain = simulate(stack, server)
    for position, layer in enumerate(chain.layers):
        others = [other.layers[position] for other in settled]
        assert layer.modes == frozenset().union(*(other.modes for other in others))
        assert layer.crossings == frozenset().union(*(other.crossings for other in others))
    held = {other.holds_thread for other in settled}
    assert chain.holds_thread in {Answer.UNKNOWN, *held}
    assert len(held) == 1 or chain.holds_thread is Answer.UNKNOWN
    assert len({other.starts for other in settled}) == 1 or chain.starts is Answer.UNKNOWN
