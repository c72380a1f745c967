"""Callbacks for a loop, where waking it does not come to its end."""

from __future__ import annotations

import pytest

from bridgekit.concurrency.callbacks import Callback, CallbackQueue, LoopGone


class Alarm(BaseException):
    """What a signal's handler raises, in the middle of whatever the main thread does."""


@pytest.mark.parametrize(("raised", "told"), [(Alarm(), Alarm), (RuntimeError("closed"), LoopGone)])
def test_the_next_callback_wakes_the_loop_again(raised: BaseException, told: type[BaseException]) -> None:
    """Otherwise no request of the process would ever be answered again."""
    woken: list[Callback] = []
    failures = [raised]

    def wake_up(run: Callback) -> None:
        if failures:
            raise failures.pop()
        woken.append(run)

    ran: list[int] = []
    queue = CallbackQueue(wake_up)
    with pytest.raises(told):
        queue.put(lambda: ran.append(1))
    queue.put(lambda: ran.append(2))
    assert len(woken) == 1
    woken[0]()
    assert ran == [1, 2]
