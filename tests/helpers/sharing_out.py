"""How pytest-xdist shares tests of servers out to its processes: those of one module and one server go together."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

from tests.servers.matrix import server_of


class ByServer(LoadScopeScheduling):
    """A module's tests of one server share its process, and those of another server may run beside them.

    By modules alone, as ``--dist loadscope`` has it, one process may end long after the other: ten servers that send a gibibyte each
    are one module of few tests, and few tests come last.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """The module, or class, and the server where the test's id names one."""
    # A parameter may have "::" in it, as an address of IPv6 has.
    tests, bracket, _ = nodeid.partition("[")
    server = server_of(nodeid) if bracket else None
    return f"{tests.rpartition('::')[0]}[{server or ''}]"


def scheduler(config: Any, log: Any) -> ByServer | None:
    """What pytest-xdist asks its hook for: another way than ``loadscope`` stays as it is."""
    return ByServer(config, log) if config.getoption("dist") == "loadscope" else None
