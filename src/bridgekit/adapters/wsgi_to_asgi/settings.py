"""What `WSGIToASGI` was constructed with, as far as a request needs it."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.adapters.wsgi_to_asgi.body_intake import Limits
from bridgekit.adapters.wsgi_to_asgi.rate_limited_log import RateLimitedLog
from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.typing import WSGIApp


@dataclass(frozen=True, slots=True)
class Settings:
    """What `WSGIToASGI` was constructed with, as far as a request needs it."""

    app: WSGIApp
    pool: WorkerPool
    limits: Limits
    window: int
    queue_timeout: float | None
    retry_after: int
    allow_underscores: bool
    saturation: RateLimitedLog
