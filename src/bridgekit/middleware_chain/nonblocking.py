"""Django's own layers whose halves wait for nothing, and the settings on which that depends: what the checker and the handler both read.

It holds for a request with a safe method that leaves the session and the messages as they were: a session is then neither loaded nor saved by
the layer (django/contrib/sessions/middleware.py), a user is a lazy object, a message storage is not written. Whoever reads the
session or the user in a view reads it there, in the view's own thread or with its own ``await``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridgekit._dataclass import dataclass

DJANGOS_OWN = "Django's own, and its halves wait for nothing"
OTHERS = "only layers of Django's own that wait for nothing are run on the loop"
"""Why a layer is run on the loop where nothing is awaited, and why others are not."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A setting, its default in Django, and the values with which the layer waits for nothing; ``None``: what is false."""

    setting: str
    default: object
    allowed: frozenset[str] | None = None

    def met_by(self, value: object) -> bool:
        """Whether the layer waits for nothing where the setting has this value."""
        return not value if self.allowed is None else isinstance(value, str) and value in self.allowed


_SESSIONS = "django.contrib.sessions.backends."
_MESSAGES = "django.contrib.messages.storage."

NONBLOCKING: Mapping[str, tuple[Needs, ...]] = MappingProxyType(
    {
        "django.middleware.security.SecurityMiddleware": (),
        "django.contrib.sessions.middleware.SessionMiddleware": (
            Needs(
                "SESSION_ENGINE",
                f"{_SESSIONS}db",
                frozenset({f"{_SESSIONS}db", f"{_SESSIONS}signed_cookies"}),
            ),
            Needs("SESSION_SAVE_EVERY_REQUEST", False),
        ),
        "django.middleware.common.CommonMiddleware": (Needs("PREPEND_WWW", False),),
        "django.middleware.csrf.CsrfViewMiddleware": (Needs("CSRF_USE_SESSIONS", False),),
        "django.contrib.auth.middleware.AuthenticationMiddleware": (),
        "django.contrib.messages.middleware.MessageMiddleware": (
            Needs(
                "MESSAGE_STORAGE",
                f"{_MESSAGES}fallback.FallbackStorage",
                frozenset(
                    f"{_MESSAGES}{name}"
                    for name in ("fallback.FallbackStorage", "session.SessionStorage", "cookie.CookieStorage")
                ),
            ),
        ),
        "django.middleware.clickjacking.XFrameOptionsMiddleware": (),
    }
)
"""By the dotted path of the class itself; a subclass may do what it likes in its halves."""

DECIDING = frozenset(needs.setting for found in NONBLOCKING.values() for needs in found)
"""The settings that decide it."""
