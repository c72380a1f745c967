"""The project that every case becomes a part of: settings, models, and the case's own package."""

from __future__ import annotations

import re
from pathlib import Path

SETTINGS = """
SECRET_KEY = "s" * 50
ALLOWED_HOSTS = ["*"]
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "case.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.sites", "shop",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
HOOK = "case.helpers.look"
HOOKS = ["case.helpers.look"]
"""
MIDDLEWARE = """
MIDDLEWARE = [
    "shop.touch.Touch",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "case.mw.M",
]
"""
MODELS = """
from django.conf import settings
from django.db import models


class NoteQuerySet(models.QuerySet):
    def titles(self):
        return [note.title for note in self.filter(title="a")]

    def published(self):
        return self.filter(title="a")


class Recent(models.Manager):
    def titles(self):
        return [note.title for note in self.get_queryset()]

    def fresh(self):
        return self.filter(title="a")


class Tag(models.Model):
    name = models.CharField(max_length=9)


class Author(models.Model):
    name = models.CharField(max_length=9)


class Note(models.Model):
    title = models.CharField(max_length=9)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)
    objects = models.Manager()
    recent = Recent()
    sets = NoteQuerySet.as_manager()

    @classmethod
    def first_title(cls):
        return cls.objects.first().title

    def publish(self):
        self.title = "b"
        self.save()

    def shout(self):
        return self.title.upper()
"""
TOUCH = """
from django.utils.deprecation import MiddlewareMixin


class Touch(MiddlewareMixin):
    def process_response(self, request, response):
        response["X-Touch"] = "1"
        return response
"""
URLS = """
from django.urls import path
from case import views

urlpatterns = [path("x", views.view)]
"""
VIEWS = """
from django.http import HttpResponse
from shop.log import log


async def view(request):
    log("view")
    return HttpResponse("hello")
"""
LOG = """
LINES = []


def log(text):
    LINES.append(text)
"""


def files_of(source: str) -> dict[str, str]:
    """The files of one case: ``mw.py``, and each that a line ``# file: name.py`` begins; ``settings.py`` is added to the project's."""
    parts = re.split(r"(?m)^# file: (\S+)\n", source)
    files = {"mw.py": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    more = files.pop("settings.py", "")
    return {
        "case/__init__.py": "",
        "case/urls.py": URLS,
        "case/views.py": VIEWS,
        **{f"case/{name}": text for name, text in files.items()},
        "more_settings.py": more,
    }


def common_files() -> dict[str, str]:
    """What all cases share."""
    return {
        "manage.py": "",
        "site1/__init__.py": "",
        "site1/settings.py": SETTINGS + MIDDLEWARE + "from more_settings import *\n",
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/touch.py": TOUCH,
        "shop/log.py": LOG,
    }


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
