"""A page over either protocol that shows the browser's own reading of its Server-Timing header.

The clock stands still but for the spans, so that durations can be compared exactly.
"""

from __future__ import annotations

from typing import Any

from bridgekit.timing import ASGITimingMiddleware, ServerTiming, WSGITimingMiddleware, span
from bridgekit.timing.server_timing import loopback

PAGE = b"""<!doctype html><title>timing</title><pre id="seen"></pre><script>
document.getElementById("seen").textContent =
  JSON.stringify(performance.getEntriesByType("navigation")[0].serverTiming);
</script>"""

HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Server-Timing", 'own;dur=7.5;desc="from the application"'),
]


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now

    def work(self) -> None:
        with span("db", 'say "hi" \\ back, x; y=1'):
            self.now += 12_345_000
        with span("GET /x/{id}"):
            self.now += 1_000_000
        with span("django.contrib.auth.middleware.AuthenticationMiddleware"):
            self.now += 50_000


clock = Clock()
OPTIONS: dict[str, Any] = {"server_timing": ServerTiming(allow=loopback), "clock": clock}


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    clock.work()
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    clock.work()
    start_response("200 OK", list(HEADERS))
    return [PAGE]


asgi_page = ASGITimingMiddleware(asgi_app, **OPTIONS)
wsgi_page = WSGITimingMiddleware(wsgi_app, **OPTIONS)
