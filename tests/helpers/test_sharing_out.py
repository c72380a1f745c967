from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.helpers.sharing_out import ByServer, scheduler, scope_of

MODULE = "tests/servers/test_requests.py"


def test_tests_of_a_module_and_a_server_go_together() -> None:
    one = scope_of(f"{MODULE}::test_a_body[1-uvicorn-h11]")
    assert scope_of(f"{MODULE}::test_another[uvicorn-h11-20]") == one
    assert scope_of(f"{MODULE}::test_another[uvicorn-h11-uvloop]") != one
    assert scope_of("tests/servers/test_memory.py::test_a_body[uvicorn-h11]") != one


@pytest.mark.parametrize("test", ["test_a_body", "test_a_body[no server]", "test_a_body[::1]"])
def test_others_go_by_their_module_or_class(test: str) -> None:
    assert scope_of(f"{MODULE}::{test}") == scope_of(f"{MODULE}::test_others")
    assert scope_of(f"{MODULE}::TestA::{test}") == scope_of(f"{MODULE}::TestA::test_others")
    assert scope_of(f"{MODULE}::TestA::{test}") != scope_of(f"{MODULE}::test_others")


@pytest.mark.parametrize("way", ["load", "loadfile", "no"])
def test_another_way_of_sharing_out_stays(way: str) -> None:
    assert scheduler(SimpleNamespace(getoption={"dist": way}.get), None) is None


def test_scopes_are_shared_out_by_server(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest-xdist asks its scheduler by this name."""
    monkeypatch.setattr(pytestconfig.option, "dist", "loadscope")
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen"])
    made = pytestconfig.hook.pytest_xdist_make_scheduler(config=pytestconfig, log=None)
    assert isinstance(made, ByServer)
