"""``python -m tests.soak.forking COUNT SEED``: forks in many moments of a process that serves in every way, whose children serve as well.

Prints how many children served and ended as they should.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bridgekit import ASGIToWSGI, WSGIToASGI
from tests.conftest import speaks_of_more_than_time
from tests.django.handlers.driver import ask
from tests.helpers.wsgi_apps import answers
from tests.helpers.wsgi_client import get

SECONDS = 30
"""After which a child that hangs is ended by the system, and counts as lost."""


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("", view)]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


to_asgi = WSGIToASGI(answers(b"he", b"llo"))
to_wsgi = ASGIToWSGI(hello)


def over_asgi(app: Any) -> bytes:
    async def several() -> bytes:
        return (await asyncio.gather(*(ask(app, "/") for _ in range(3))))[0].body

    return asyncio.run(several())


def ways() -> list[Callable[[], bytes]]:
    from bridgekit.django import get_asgi_application

    handler = get_asgi_application()
    return [lambda: over_asgi(to_asgi), lambda: get(to_wsgi).body, lambda: over_asgi(handler)]


def main(count: int, seed: int) -> int:
    logging.getLogger("asyncio").addFilter(speaks_of_more_than_time)
    settings.configure(
        ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None, ROOT_URLCONF=__name__, SECRET_KEY="s" * 50, DATABASES={}
    )
    served, over, chance = ways(), threading.Event(), random.Random(seed)

    def work(way: Callable[[], bytes]) -> None:
        for _ in itertools.takewhile(lambda _: not over.is_set(), itertools.count()):
            assert way() == b"hello"

    threads = [threading.Thread(target=work, args=(way,)) for way in served for _ in range(2)]
    for thread in threads:
        thread.start()
    good = 0
    for _ in range(count):
        over.wait(chance.random() * 0.01)  # any moment of theirs
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            sys.exit(
                0 if all(way() == b"hello" for way in served) else 3
            )  # with all that runs at the end of a process
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            sys.stderr.write(f"a child ended with {code}\n")
        good += code == 0
    over.set()
    for thread in threads:
        thread.join(SECONDS)
        if thread.is_alive():
            sys.stderr.write("the parent serves no more\n")
            return 1
    sys.stdout.write(f"{good}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
