"""Our handler beside Django's: the same project, the same request, the same answer and the same log."""

from __future__ import annotations

import logging
import re

import pytest

from tests.django.handlers import views
from tests.django.handlers.driver import Answer, both, project
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

LOCALE = "django.middleware.locale.LocaleMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"

STACKS = {
    "none": [],
    "startproject": list(STARTPROJECT),
    "startproject with languages": [*STARTPROJECT[:2], LOCALE, *STARTPROJECT[2:]],
    "sync-only last": [*STARTPROJECT, KINDS["SyncOnly"]],
    "sync-only first": [KINDS["SyncOnly"], *STARTPROJECT],
    "async-only between": [*STARTPROJECT[:3], KINDS["AsyncOnly"], *STARTPROJECT[3:]],
    "async-only outside of sync-only": [KINDS["AsyncOnly"], *STARTPROJECT, KINDS["SyncOnly"]],
    "sync-only outside of async-only": [*STARTPROJECT, KINDS["SyncOnly"], KINDS["AsyncOnly"]],
    "native first": [KINDS["Both"], *STARTPROJECT],
    "native last": [*STARTPROJECT, KINDS["Both"]],
    "native only": [KINDS["Both"], KINDS["AsyncOnly"]],
    "single hop": [*STARTPROJECT, "bridgekit.django.middleware.SingleHopMiddleware"],
    "timing": ["bridgekit.django.middleware.TimingMiddleware", *STARTPROJECT],
    "compressed": [GZIP, CONDITIONAL, *STARTPROJECT],
}
MULTIPART = b'--edge\r\nContent-Disposition: form-data; name="one"; filename="a.txt"\r\n\r\nof the file\r\n--edge--\r\n'
POSTED = {
    "method": "POST",
    "body": MULTIPART,
    "headers": [
        (b"content-type", b"multipart/form-data; boundary=edge"),
        (b"content-length", str(len(MULTIPART)).encode()),
    ],
}
URLS = [
    "plain/",
    "plain-async/",
    *[f"{name}/{kind}/" for name in ("fails", "fails-async") for kind in views.ERRORS],
    "template/",
    "template-async/",
    "stream-async/",
    "language/",
    "language-async/",
    "calls-async/",
    "class/",
    "nothing/",
    "nothing-async/",
    "plain",
    "nowhere/",
]

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")


def same(one: Answer, other: Answer) -> bool:
    def shown(answer: Answer) -> object:
        return answer.status, sorted(answer.headers), answer.body

    return shown(one) == shown(other)


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int, str]]:
    found = [
        (record.name, record.levelno, record.getMessage())
        for record in caplog.records
        if record.name.startswith("django")
    ]
    caplog.clear()
    return found


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", URLS)
def test_answers_and_logs_as_django(stack: str, url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "django")
    with project(views.__name__, STACKS[stack], USE_I18N=True, LANGUAGE_CODE="en"):
        stock, pooled = both("/" + url, headers=[(b"accept-language", b"de")])
    assert same(stock, pooled), (stock, pooled)
    found = lines(caplog)
    assert found[: len(found) // 2] == found[len(found) // 2 :]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", ["upload/", "upload-async/"])
def test_uploads_arrive(stack: str, url: str) -> None:
    with project(views.__name__, [path for path in STACKS[stack] if "Csrf" not in path]):
        stock, pooled = both("/" + url, **POSTED)
    assert pooled.body == b'{"one": "of the file"}'
    assert same(stock, pooled)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", ["stream/", "file/"])
def test_sync_streams_arrive_whole(stack: str, url: str) -> None:
    with project(views.__name__, STACKS[stack]):
        stock, pooled = both("/" + url)
    assert same(stock, pooled)


@pytest.mark.parametrize("stack", ["startproject", "sync-only last", "native first"])
@pytest.mark.parametrize("url", ["fails/500/", "fails-async/500/", "fails/404/", "fails-async/404/"])
def test_debug_pages_tell_the_same(stack: str, url: str) -> None:
    with project(views.__name__, STACKS[stack], DEBUG=True):
        stock, pooled = both("/" + url)

    def told(answer: Answer) -> list[str]:
        return re.findall(r"<h1>.*?</h1>|exception_value\">.*?<", answer.body.decode(), re.DOTALL)

    assert told(pooled)
    assert (stock.status, told(stock)) == (pooled.status, told(pooled))


@pytest.mark.parametrize("stack", ["startproject", "sync-only last"])
def test_the_user_is_asked_for_asynchronously(stack: str) -> None:
    with project(views.__name__, STACKS[stack]):
        stock, pooled = both("/user/")
    assert pooled.body == b"AnonymousUser"
    assert same(stock, pooled)
