"""Production on Django's own handlers: one line more in MIDDLEWARE, which spares it thread hops. Under bridgekit's it spares none."""

from __future__ import annotations

from .prod import *  # noqa: F403

MIDDLEWARE = [*MIDDLEWARE, "bridgekit.django.middleware.SingleHopMiddleware"]  # noqa: F405
