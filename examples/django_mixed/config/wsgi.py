"""For WSGI servers: the same URLs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bridgekit import ASGIToWSGI

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django_application = get_wsgi_application()

from shop.legacy import legacy  # noqa: E402  # Django must be set up first
from shop.live import live  # noqa: E402

application = DispatcherMiddleware(django_application, {"/legacy": legacy, "/live": ASGIToWSGI(live)})
