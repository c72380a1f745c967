"""Runs ``runtests.py`` of Django's source, or a project's ``manage.py``, with bridgekit's handlers, and notes what became of each test.

Runs beside the tests, in their folder, and so is a script of its own: ``suite_shim.py VARIANT RESULTS SCRIPT [its arguments]``.
``bare`` leaves Django's handlers; ``broken`` puts a fault into bridgekit's, for the proof that the tests look at them; ``asgi-bridgekit`` and
``asgi-django`` have an ASGI handler answer the synchronous client, on a loop and in threads of its own.
"""

from __future__ import annotations

import json
import runpy
import sys
import unittest
from pathlib import Path
from typing import Any

met = 0
"""Requests that bridgekit's handlers have served so far."""

results: dict[str, dict[str, Any]] = {}


def meet() -> None:
    global met
    met += 1


def watched(cls: type, status: int) -> type:
    """``cls`` with each of its requests counted, and ``status`` added to each status."""

    def get_response(self: Any, request: Any) -> Any:
        global met
        met += 1
        response = super(sub, self).get_response(request)
        response.status_code += status
        return response

    async def get_response_async(self: Any, request: Any) -> Any:
        global met
        met += 1
        response = await super(sub, self).get_response_async(request)
        response.status_code += status
        return response

    # Its name stays: tests and log messages look at it.
    sub: Any = type(
        cls.__name__, (cls,), {"get_response": get_response, "get_response_async": get_response_async}
    )
    return sub


def replace_handlers(variant: str) -> None:
    """Wherever Django's handlers stand: before anything else of Django's is imported that takes them by name."""
    if variant.startswith("asgi-"):
        import over_asgi
        from django.core.handlers.asgi import ASGIHandler
        from django.test import client

        from bridgekit.django.handlers.asgi import PooledASGIHandler

        handler = ASGIHandler if variant == "asgi-django" else PooledASGIHandler
        vars(client)["ClientHandler"] = over_asgi.around(client.ClientHandler, handler, meet)
        return
    if variant == "round_trip":
        import through_adapters
        from django.test import client

        vars(client)["ClientHandler"] = through_adapters.around(client.ClientHandler, meet)
        return
    from django.core.handlers import asgi, wsgi

    from bridgekit.django.handlers.asgi import PooledASGIHandler
    from bridgekit.django.handlers.chain import PlannedChain
    from bridgekit.django.handlers.wsgi import AsyncOnLoop, OneLoopWSGIHandler

    def made(name: str, *bases: type) -> Any:
        return watched(type(name, bases, {}), 1 if variant == "broken" else 0)

    for module in list(sys.modules.values()):
        taken = [name for name in ("ASGIHandler", "WSGIHandler") if name in vars(module)]
        assert not taken or module.__name__.startswith(("django.core.handlers.", "bridgekit.")), module
    vars(asgi)["ASGIHandler"] = made("ASGIHandler", PooledASGIHandler)
    vars(wsgi)["WSGIHandler"] = made("WSGIHandler", OneLoopWSGIHandler)
    from django.test import client

    vars(client)["ClientHandler"] = made("ClientHandler", AsyncOnLoop, client.ClientHandler)
    vars(client)["AsyncClientHandler"] = made("AsyncClientHandler", PlannedChain, client.AsyncClientHandler)


class NotedResult(unittest.TextTestResult):
    """Notes the outcome of each test, and whether a handler of ours was met in it."""

    before = 0

    def startTest(self, test: Any) -> None:
        self.before = met
        super().startTest(test)

    def note(self, test: Any, outcome: str, message: str = "") -> None:
        # A subtest's failure stays, whatever follows; errors of setUpClass have an id of their own.
        name = test.id() if hasattr(test, "id") else str(test)
        if results.get(name, {}).get("outcome") != "failed":
            results[name] = {
                "outcome": outcome,
                "message": message,
                "touched": met > self.before,
                "websockets": False,
            }

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self.note(test, "passed")

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.note(test, "passed")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self.note(test, "skipped")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, "failed", f"{err[0].__name__}: {err[1]}"[:300])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.note(test, "failed", f"{err[0].__name__}: {err[1]}"[:300])

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.note(test, "failed", "an unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed", f"{subtest}: {err[0].__name__}: {err[1]}"[:300])


def main(variant: str, target: str, script: str, *arguments: str) -> None:
    if variant != "bare":
        replace_handlers(variant)
    from django.test.runner import DiscoverRunner

    runner: Any = DiscoverRunner
    runner.get_resultclass = lambda self: NotedResult
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(Path.cwd()))
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        Path(target).write_text(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
