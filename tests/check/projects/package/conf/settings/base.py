import os

from .helpers import flag

DEBUG = flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "insecure")

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)

if flag("GZIP", "on"):
    MIDDLEWARE = ("django.middleware.gzip.GZipMiddleware", *MIDDLEWARE)

if not DEBUG and "HSTS" in os.environ:
    MIDDLEWARE += ("shop.middleware.Hsts",)
