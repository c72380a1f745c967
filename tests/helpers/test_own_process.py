from __future__ import annotations

from tests.helpers.own_process import beside_time


def test_how_long_a_callback_took_is_no_fault_and_all_else_is() -> None:
    slow = "Executing <Task finished name='Task-1' coro=<work() done> created at loops.py:166> took 0.141 seconds\n"
    assert beside_time(slow) == ""
    assert (
        beside_time(f"{slow}Task was destroyed but it is pending!\n")
        == "Task was destroyed but it is pending!\n"
    )
