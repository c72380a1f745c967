"""What asgi.py and wsgi.py serve."""

from __future__ import annotations

import os

from .base import *  # noqa: F403

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "set SECRET_KEY in the environment of a real project" * 2)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
# Durations tell outsiders things. Behind a proxy on the same machine every client looks like this one: ask for a header then.
BRIDGEKIT_TIMING_SHOW = "bridgekit.timing.server_timing.loopback"
