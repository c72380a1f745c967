"""A project as ``startproject`` makes it, with one package more."""

from __future__ import annotations

from pathlib import Path

from tests.django.third_party.packages import Package
from tests.middleware_chain.kinds import STARTPROJECT

CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
VIEWS = """
from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
import importlib.util


def plain(request):
    return HttpResponse("<html><body>plain</body></html>")


async def plain_async(request):
    return HttpResponse("<html><body>plain async</body></html>")


def template(request):
    return TemplateResponse(request, engines["django"].from_string("template {{ request.path }}"))


async def template_async(request):
    return TemplateResponse(request, engines["django"].from_string("template {{ request.path }}"))


def fails(request):
    raise LookupError("as planned")


async def fails_async(request):
    raise LookupError("as planned")


async def gone_async(request):
    return HttpResponse("gone", status=410)


async def stream_async(request):
    async def parts():
        yield b"one "
        yield b"two"

    return StreamingHttpResponse(parts(), content_type="text/plain")


urlpatterns = [
    path("plain/", plain), path("plain-async/", plain_async), path("template/", template),
    path("template-async/", template_async), path("fails/", fails), path("fails-async/", fails_async),
    path("gone-async/", gone_async), path("stream-async/", stream_async),
]
MORE = %r
for module in MORE:
    urlpatterns.append(path(f"{module.split('.')[0]}/", include(module)))
"""
HOSTS = """
from django_hosts import host, patterns
host_patterns = patterns("", host(r"www", "shop.views", name="www"), host(r".*", "shop.views", name="any"))
"""
URLS = {
    "debug_toolbar": ["debug_toolbar.urls"],
    "allauth": ["allauth.urls"],
    "silk": ["silk.urls"],
    "impersonate": ["impersonate.urls"],
    "maintenance_mode": ["maintenance_mode.urls"],
}


def write_project(folder: Path, package: Package | None) -> list[str]:
    """Its MIDDLEWARE, outermost first."""
    middleware = list(STARTPROJECT)
    more: dict[str, object] = {}
    apps = [f"django.contrib.{name}" for name in CONTRIB]
    if package is not None:
        middleware.insert(len(middleware) if package.place is None else package.place, package.path)
        more = package.settings
        apps += package.apps
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}
    options = {
        "context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ]
    }
    settings = {
        "SECRET_KEY": "s" * 50,
        "DEBUG": False,
        "ALLOWED_HOSTS": ["*"],
        "INSTALLED_APPS": apps,
        "MIDDLEWARE": middleware,
        "ROOT_URLCONF": "shop.views",
        "DATABASES": {"default": engine},
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": options,
            }
        ],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "STATIC_URL": "static/",
        "STATIC_ROOT": str(folder / "static"),
        "USE_TZ": True,
        **more,
    }
    (folder / "shop").mkdir()
    (folder / "static").mkdir()
    lines = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    urls = URLS.get("" if package is None else package.module, [])
    files = {"__init__": "", "settings": lines, "views": VIEWS % (urls,), "hosts": HOSTS}
    for name, text in files.items():
        (folder / "shop" / f"{name}.py").write_text(text, "utf-8")
    return middleware
