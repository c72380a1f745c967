"""bridgekit as a Django application: put ``"bridgekit.django"`` into INSTALLED_APPS.

`get_asgi_application` and `get_wsgi_application` need no application: they are for ``asgi.py`` and ``wsgi.py``, in place of Django's
functions of these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridgekit.django.handlers.asgi import PooledASGIHandler
    from bridgekit.django.handlers.wsgi import OneLoopWSGIHandler

__all__ = ["get_asgi_application", "get_wsgi_application"]


def get_asgi_application() -> PooledASGIHandler:
    """Django's ASGI application, as `django.core.asgi.get_asgi_application` gives it, with fewer crossings to threads.

    It is a subclass of Django's ``ASGIHandler`` (django/core/handlers/asgi.py), and loads the middleware by Django's ``load_middleware``
    (django/core/handlers/base.py).

    :raises ImproperlyConfigured: for settings that cannot be used.
    :raises ImportError: where asgiref lacks what is needed.
    """
    # Importing this package is what INSTALLED_APPS does in every process, and only servers want the handler.
    import django.core.handlers.asgi  # before the applications, or their receivers would be called before Django's

    django.setup(set_prefix=False)
    from bridgekit.django.handlers.asgi import PooledASGIHandler

    return PooledASGIHandler()


def get_wsgi_application() -> OneLoopWSGIHandler:
    """Django's WSGI application, as `django.core.wsgi.get_wsgi_application` gives it, with one event loop for all async code.

    It is a subclass of Django's ``WSGIHandler`` (django/core/handlers/wsgi.py).

    :raises ImproperlyConfigured: for settings that cannot be used.
    """
    import django.core.handlers.wsgi  # before the applications, or their receivers would be called before Django's

    django.setup(set_prefix=False)
    from bridgekit.django.handlers.wsgi import OneLoopWSGIHandler

    return OneLoopWSGIHandler()
