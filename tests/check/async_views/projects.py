"""Projects of a few lines: a view or two, with everything around them filled in.

A project is text. It holds ``views.py``; further files follow lines ``# file: NAME``. Without a ``urls.py`` the view ``a``, or the
class ``A``, is routed, and ``b`` if there is one; without a ``settings.py`` the settings are those below. PACKAGE stands for the project's own package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PRELUDE = """\
import asyncio, contextlib, functools, os, socket, subprocess, time, urllib.request
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse, StreamingHttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control, cache_page, never_cache
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django.views.generic import TemplateView
"""
SETTINGS = """\
SECRET_KEY = "an example"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "PACKAGE.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "THE_FILE"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
"""
ENTRY = """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "PACKAGE.settings")
application = get_asgi_application()
"""


def package_of(name: str) -> str:
    """The package of the project with this title."""
    return "p_" + re.sub(r"\W+", "_", name)


def write_project(root: Path, name: str, text: str, database: str = ":memory:") -> str:
    """Write the project below ``root``, and return its package's name. ``root`` goes to ``sys.path``."""
    package = package_of(name)
    files = _files(text)
    folder = root / package
    for path, source in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for parent in [file.parent, *file.parent.parents]:
            if parent == root:
                break
            (parent / "__init__.py").touch()
        filled = source.replace("PACKAGE", package).replace("THE_FILE", database)
        if not (file.name == "__init__.py" and file.exists() and not filled):
            file.write_text(filled, "utf-8")
    return package


def _files(text: str) -> Mapping[str, str]:
    parts = re.split(r"^# file: (\S+)\n", text, flags=re.MULTILINE)
    files = {"views.py": PRELUDE + parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    view = "A.as_view()" if "class A(" in parts[0] else "a"
    more = 'path("b/", views.b)' if "def b(" in parts[0] else ""
    files.setdefault(
        "urls.py",
        f'from django.urls import path\nfrom PACKAGE import views\nurlpatterns = [path("a/", views.{view}), {more}]\n',
    )
    files["settings.py"] = SETTINGS + files.get("settings.py", "")
    files["asgi.py"] = ENTRY
    return files
