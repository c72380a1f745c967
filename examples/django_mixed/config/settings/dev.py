"""What `manage.py` and the tests use."""

from __future__ import annotations

from .base import *  # noqa: F403

DEBUG = True
SECRET_KEY = "for development only: it signs nothing that matters"
ALLOWED_HOSTS = ["*"]
BRIDGEKIT_TIMING_SHOW = "bridgekit.timing.server_timing.everyone"
