"""What stands around the handler or brings layers of its own: static files, WhiteNoise, Channels."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from tests.django.handlers import views
from tests.django.handlers.driver import HANDLERS, Answer, ask, project
from tests.middleware_chain.kinds import STARTPROJECT

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")


def shown(answer: Answer) -> tuple[int, list[Any], bytes]:
    changing = (b"Date", b"Expires")
    return (
        answer.status,
        sorted(header for header in answer.headers if header[0] not in changing),
        answer.body,
    )


@pytest.mark.parametrize("url", ["/static/some.css", "/static/missing.css", "/plain/", "/plain-async/"])
def test_static_files_are_served_in_development(url: str, tmp_path: Path) -> None:
    (tmp_path / "some.css").write_text("body {}")
    found = []
    with project(
        views.__name__, STARTPROJECT, DEBUG=True, STATIC_URL="/static/", STATICFILES_DIRS=[str(tmp_path)]
    ):
        for handler in HANDLERS.values():
            answer = asyncio.run(ask(ASGIStaticFilesHandler(handler()), url))
            found.append((answer.status, answer.body if answer.status == 200 else b""))
    assert found[0] == found[1]


@pytest.mark.parametrize("url", ["/static/some.css", "/static/missing.css", "/plain/", "/plain-async/"])
def test_whitenoise_serves_its_files_and_lets_the_rest_pass(url: str, tmp_path: Path) -> None:
    pytest.importorskip("whitenoise")
    (tmp_path / "some.css").write_text("body {}")
    stack = [STARTPROJECT[0], "whitenoise.middleware.WhiteNoiseMiddleware", *STARTPROJECT[1:]]
    found = []
    with project(views.__name__, stack, STATIC_URL="/static/", STATIC_ROOT=str(tmp_path)):
        found = [shown(asyncio.run(ask(handler(), url))) for handler in HANDLERS.values()]
    assert found[0] == found[1]
    assert found[1][0] == (404 if "missing" in url else 200)


@pytest.mark.parametrize("url", ["/plain/", "/plain-async/", "/fails/500/"])
def test_channels_routes_http_to_it(url: str) -> None:
    routing = pytest.importorskip("channels.routing")
    with project(views.__name__, STARTPROJECT):
        found = [
            shown(asyncio.run(ask(routing.ProtocolTypeRouter({"http": handler()}), url)))
            for handler in HANDLERS.values()
        ]
    assert found[0] == found[1]


def test_other_protocols_are_refused_as_django_refuses_them() -> None:
    async def main(handler: Any) -> str:
        with pytest.raises(ValueError, match="Django can only handle ASGI/HTTP connections") as caught:
            await handler()({"type": "websocket"}, None, None)
        return str(caught.value)

    with project(views.__name__):
        stock, pooled = (asyncio.run(main(handler)) for handler in HANDLERS.values())
    assert stock == pooled
