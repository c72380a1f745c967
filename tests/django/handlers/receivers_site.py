"""Who is called when a request ends, in a project whose application listens: `python -m ... asgi|wsgi stock|pooled`."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.signals import request_finished, request_started


def receiver_of_an_application(**named: Any) -> None:
    pass


class ListeningConfig(AppConfig):
    name = "tests.django.handlers"

    def ready(self) -> None:
        request_started.connect(receiver_of_an_application)
        request_finished.connect(receiver_of_an_application)


def main(interface: str, handler: str) -> None:
    module = __import__(
        f"django.core.{interface}" if handler == "stock" else "bridgekit.django", fromlist="*"
    )
    settings.configure(
        INSTALLED_APPS=["tests.django.handlers.receivers_site.ListeningConfig"], ALLOWED_HOSTS=["*"]
    )
    application = getattr(module, f"get_{interface}_application")()
    found = [
        [getattr(receiver, "__name__", "?") for receiver in signal._live_receivers(type(application))[0]]
        for signal in (request_started, request_finished)
    ]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
