"""Sends hostile requests to a server, and says what the two applications behind it have seen of them."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from tests.helpers import raw_http
from tests.helpers.raw_http import RawClient
from tests.helpers.server_process import ServerProcess
from tests.security.hostile_requests import HOSTILE, spelled

Seen = list[list[str]]
PATIENCE = 0.6
"""Seconds in which a server that answers at all does so. One that waits for the rest of a body does not."""


def exchange(server: ServerProcess, data: bytes) -> bytes:
    """Everything that the server answers to ``data``."""
    answer = b""
    with RawClient(server.address, timeout=PATIENCE) as client, contextlib.suppress(OSError):
        client.send(data)
        while piece := client.socket.recv(65536):
            answer += piece
    return answer


def seen_by_both(server: ServerProcess, name: str) -> tuple[Seen, Seen]:
    """The requests that the server's own application has seen, and those that came through the adapter."""
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda application: exchange(server, spelled(name, application)), ("native", "bridge")))
    seen = json.loads(raw_http.request(server.address, "GET", "/seen").body)
    return seen["/native"], seen["/bridge"]


BREAKS = {
    "a line": "a\r\nX-Injected: yes",
    "a line feed": "a\nX-Injected: yes",
    "a carriage return": "a\rX-Injected: yes",
    "the end of the head": "a\r\n\r\n<p>X-Injected: yes",
    "a folded line": "a\r\n X-Injected: yes",
    "a NUL": "a\x00X-Injected: yes",
}


def injections(server: ServerProcess, parts: tuple[str, ...]) -> dict[tuple[str, str], bytes]:
    """Every response head into which a client could write, by part and kind of text."""
    found = {}
    for part in parts:
        for kind, text in BREAKS.items():
            target = f"/bridge/reflect?{part}={quote(text)}"
            answer = exchange(
                server, f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
            )
            # uWSGI has no error page: it closes. A reason phrase has no place in ASGI, so nothing of it leaves.
            refused = not answer or answer.split()[1] == b"500" or part == "status"
            if not refused or b"X-Injected" in answer:
                found[part, kind] = answer
    return found


def not_the_servers(server: ServerProcess) -> dict[str, tuple[Seen, Seen]]:
    """What came through the adapter and not to the server's own application, by the name of the request.

    Asked again where it differs: on a busy machine a request may be written down after its client has lost patience, and among the next one's.
    """
    for path in ("/native", "/bridge", "/seen"):  # some servers load their application with the first request
        raw_http.request(server.address, "GET", path)
    names: list[str] = list(HOSTILE)
    differing: dict[str, tuple[Seen, Seen]] = {}
    for _ in range(3):
        found = {name: seen_by_both(server, name) for name in names}
        differing = {
            name: (native, bridged)
            for name, (native, bridged) in found.items()
            if not is_part_of(bridged, native)
        }
        names = list(differing)
    return differing


def is_part_of(some: Seen, all_of_them: Seen) -> bool:
    """Whether ``some`` stand in this order in ``all_of_them``, where others may lie between."""
    rest = iter(all_of_them)
    return all(each in rest for each in some)
