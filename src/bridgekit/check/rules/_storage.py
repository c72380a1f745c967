"""Where the settings say that sessions, caches and sites are kept."""

from __future__ import annotations

from bridgekit.check.findings.subject import Subject
from bridgekit.check.settings.result import Known

_DATABASE_SESSIONS = ("django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db")
_DATABASE_CACHE = "django.core.cache.backends.db.DatabaseCache"
_SMTP = "django.core.mail.backends.smtp.EmailBackend"


def session_uses_database(subject: Subject) -> bool:
    """Whether reading the session sends a query: only when that is certain. Django's default backend does."""
    engine = subject.variant.value("SESSION_ENGINE")
    if engine is None:
        return True
    return isinstance(engine, Known) and engine.value in _DATABASE_SESSIONS


def cache_is_in_database(subject: Subject) -> bool:
    """Whether the default cache is one that Django keeps in the database."""
    return "default" in caches_in_database(subject)


def caches_in_database(subject: Subject) -> list[str]:
    """Aliases of the caches that Django keeps in the database."""
    caches = subject.variant.value("CACHES")
    known = caches.value if isinstance(caches, Known) and isinstance(caches.value, dict) else {}
    return [
        str(alias)
        for alias, options in known.items()
        if isinstance(options, dict) and options.get("BACKEND") == _DATABASE_CACHE
    ]


def mail_blocks(subject: Subject) -> bool:
    """Whether mail goes to a server by SMTP, as it does by default: only when that is certain."""
    if subject.variant.value("MAILERS") is not None:
        return False
    backend = subject.variant.value("EMAIL_BACKEND")
    return backend is None or (isinstance(backend, Known) and backend.value == _SMTP)


def has_sites(subject: Subject) -> bool:
    """Whether ``get_current_site`` looks into the database (django/contrib/sites/shortcuts.py)."""
    apps = subject.variant.value("INSTALLED_APPS")
    return (
        isinstance(apps, Known)
        and isinstance(apps.value, list | tuple)
        and "django.contrib.sites" in apps.value
    )
