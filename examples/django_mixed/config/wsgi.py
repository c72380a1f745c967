"""For WSGI servers: the same URLs."""

from __future__ import annotations

import os

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bridgekit import ASGIToWSGI
from bridgekit.django import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django_application = get_wsgi_application()

from shop.legacy import legacy  # noqa: E402  # Django must be set up first
from shop.live import live  # noqa: E402


def beside(django_application):
    """Django with what is mounted beside it."""
    return DispatcherMiddleware(django_application, {"/legacy": legacy, "/live": ASGIToWSGI(live)})


application = beside(django_application)
