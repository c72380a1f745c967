"""All targets by name: functions of bytes that raise where something is wrong."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import bodies, requests, sources

TARGETS: dict[str, Callable[[bytes], None]] = {
    "scope": requests.scope,
    "environ": requests.environ,
    "response-headers": requests.response_headers,
    "django-requests": requests.django_requests,
    "chunks": bodies.chunks,
    "settings": sources.settings,
    "middleware": sources.middleware,
}
