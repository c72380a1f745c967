"""What asgi.py and wsgi.py serve: one line more in MIDDLEWARE, which spares thread hops."""

from __future__ import annotations

import os

from .base import *  # noqa: F403

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "set SECRET_KEY in the environment of a real project" * 2)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
MIDDLEWARE = [*MIDDLEWARE, "bridgekit.django.middleware.SingleHopMiddleware"]  # noqa: F405
