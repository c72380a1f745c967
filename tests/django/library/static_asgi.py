"""Django's handler for static files around the entry point, as its manual shows for development on other servers."""

from __future__ import annotations

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from tests.django.library.asgi import application as inner

application = ASGIStaticFilesHandler(inner)
