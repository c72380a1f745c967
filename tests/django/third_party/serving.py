"""Run in a project's folder: ask both handlers for every URL; print, as JSON, what came back and what it crossed.

Usage: python -m tests.django.third_party.serving URL ...
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler
from django.core.management import call_command

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.testing import count_hops
from tests.django.handlers.driver import ask

HANDLERS = {"stock": ASGIHandler, "ours": PooledASGIHandler}


async def asked(app: Any, url: str) -> dict[str, Any]:
    with count_hops() as hops:
        answer = await ask(app, url, headers=[(b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)")])
    headers = [[name.decode().lower(), value.decode()] for name, value in answer.headers]
    return {
        "status": answer.status,
        "headers": sorted(headers),
        "body": answer.body.decode("latin-1"),
        "hops": hops.hops,
        "listed": str(hops),
    }


def main(*urls: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    warnings.simplefilter("ignore")  # what packages deprecate is not the subject
    django.setup()
    logging.disable()
    call_command("migrate", verbosity=0)
    answers: dict[str, dict[str, Any]] = {}
    for name, handler in HANDLERS.items():
        app = handler()
        for url in urls:
            asyncio.run(asked(app, url))  # packages fill caches and tables on the way
            answers.setdefault(url, {})[name] = asyncio.run(asked(app, url))
    sys.stdout.write("\n" + json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
