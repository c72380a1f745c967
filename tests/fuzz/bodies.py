"""Bodies cut anyhow, with a length or in chunks, read anyhow: what `io.BytesIO` gives."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, StartResponse
from tests.fuzz.drawing import Draw
from tests.helpers.asgi_driver import LOOPS, Connection, body_events, upload_scope


def chunks(data: bytes) -> None:
    draw = Draw(data)
    options: dict[str, Any] = {
        "prebuffer": draw.one_of((1 << 20, 0, 10)),
        "buffer_chunked": bool(draw.number(1)),
    }
    pieces = [draw.bytes(30) for _ in range(draw.number(6))]
    whole = b"".join(pieces)
    declared = draw.one_of((None, len(whole)))
    calls = [
        (draw.one_of(("read", "readline", "readlines")), draw.number(20) - 1) for _ in range(draw.number(8))
    ]
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.extend(getattr(environ["wsgi.input"], name)(size) for name, size in calls)
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b""]

    adapter = WSGIToASGI(app, **options)
    LOOPS[0].serve(adapter, Connection(upload_scope(declared), body_events(*(pieces or [b""]))))
    adapter.pool.shutdown(wait_seconds=10)
    right = io.BytesIO(whole)
    assert seen == [*(getattr(right, name)(size) for name, size in calls), right.read()]
