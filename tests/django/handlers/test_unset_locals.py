"""What an asgiref `Local` holds here is told as the `Local` itself would tell it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.local import Local

from bridgekit.django.handlers.unset_locals import empty_in_thread, never_set, variable_of


def in_another_thread(function: Any, *args: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


def test_a_thread_critical_local_is_empty_until_something_is_put_into_it() -> None:
    local = Local(thread_critical=True)
    assert empty_in_thread(local)
    local.value = None
    assert not empty_in_thread(local)
    assert in_another_thread(empty_in_thread, local)
    del local.value
    assert empty_in_thread(local)


def test_what_a_loop_of_the_thread_has_put_there_counts() -> None:
    local = Local(thread_critical=True)

    async def puts() -> bool:
        local.value = 1
        return empty_in_thread(local)

    assert not asyncio.run(puts())
    assert not empty_in_thread(local)  # whether it was this context's is not looked at
    assert in_another_thread(empty_in_thread, local)


@pytest.mark.parametrize("local", [Local(), threading.local(), object(), None])
def test_of_anything_else_it_is_not_known(local: Any) -> None:
    assert not empty_in_thread(local)


def test_a_local_of_contexts_was_never_set_where_nothing_was_put_into_it() -> None:
    local = Local()
    assert never_set(variable_of(local))
    local.value = 1
    assert not never_set(variable_of(local))
    assert in_another_thread(lambda: never_set(variable_of(local)))
    assert not never_set(variable_of(Local(thread_critical=True)))
    assert not never_set(None)
