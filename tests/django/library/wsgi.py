"""The entry point for WSGI servers."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.django.library.settings")

if os.environ.get("LIBRARY_HANDLERS") == "django":
    from django.core.wsgi import get_wsgi_application
else:
    from bridgekit.django import get_wsgi_application

application = get_wsgi_application()
