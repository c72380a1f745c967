"""As ``startproject`` writes them, with what the environment adds."""

from __future__ import annotations

import os
from pathlib import Path

from tests.middleware_chain.kinds import STARTPROJECT

WITH = os.environ.get("LIBRARY_WITH", "").split()
HERE = Path(__file__).parent
PACKAGE = __package__

SECRET_KEY = "for tests only: " + "s" * 50
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = f"{PACKAGE}.urls"
ASGI_APPLICATION = f"{PACKAGE}.asgi.application"
WSGI_APPLICATION = f"{PACKAGE}.wsgi.application"
INSTALLED_APPS = [
    *(["daphne"] if "daphne" in WITH else []),
    *(["whitenoise.runserver_nostatic"] if "whitenoise" in WITH else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    STARTPROJECT[0],
    *(["whitenoise.middleware.WhiteNoiseMiddleware"] if "whitenoise" in WITH else []),
    *STARTPROJECT[1:],
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("LIBRARY_DATABASE", ":memory:"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
STATICFILES_DIRS = [HERE / "static"]
USE_TZ = True
