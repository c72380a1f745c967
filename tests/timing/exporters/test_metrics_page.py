from __future__ import annotations

import asyncio
import io
from typing import Any
from wsgiref.validate import validator

import pytest

pytest.importorskip("prometheus_client")

from prometheus_client import CollectorRegistry, Counter

from bridgekit.timing.exporters.metrics_page import asgi_metrics, wsgi_metrics
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("orders", "Orders.", registry=registry).inc(3)
    return registry


def asked_by_asgi(registry: CollectorRegistry, method: str, accept: str) -> tuple[int, dict[str, str], bytes]:
    client = ASGIClient(FakeClock())
    client.call(asgi_metrics(registry), scope_of(method, "/metrics", [("accept", accept)]))
    start, *bodies = client.sent
    return start["status"], dict(client.headers), b"".join(body["body"] for body in bodies)


def asked_by_wsgi(registry: CollectorRegistry, method: str, accept: str) -> tuple[int, dict[str, str], bytes]:
    client = WSGIClient(FakeClock())
    client.call(
        validator(wsgi_metrics(registry)), environ_of(method, "/metrics", HTTP_ACCEPT=accept, QUERY_STRING="")
    )
    return int(client.started[0][0][:3]), dict(client.headers), b"".join(client.chunks)


@pytest.mark.parametrize("ask", [asked_by_asgi, asked_by_wsgi])
def test_metrics_are_served_in_the_format_that_is_asked_for(ask: Any, registry: CollectorRegistry) -> None:
    status, headers, body = ask(registry, "GET", "")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert b"orders_total 3.0" in body
    assert headers["content-length"] == str(len(body))
    _, headers, body = ask(registry, "GET", "application/openmetrics-text; version=1.0.0")
    assert headers["content-type"].startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


@pytest.mark.parametrize("ask", [asked_by_asgi, asked_by_wsgi])
def test_nothing_but_reading_is_allowed(ask: Any, registry: CollectorRegistry) -> None:
    status, headers, body = ask(registry, "HEAD", "")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0
    status, headers, _ = ask(registry, "POST", "")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_it_can_be_served_by_itself(registry: CollectorRegistry) -> None:
    """A server runs its lifespan then."""
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(asgi_metrics(registry)({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("make", [asgi_metrics, wsgi_metrics])
def test_its_registry_is_judged_when_it_is_made(make: Any) -> None:
    with pytest.raises(TypeError, match="must be a CollectorRegistry"):
        make(io.StringIO())
