"""How long `bridgekit check` takes, and how much memory, on projects of different size.

    python benchmarks/check_speed.py [--files 100 1000 4000] [--rounds 5] [--assert]

Each figure is a process of its own, from start to exit, on a project that is written to a temporary folder: a settings
package, applications with models, views and URLs, ten of them with an async view, and a stack of Django's middleware and the project's own. The sizes take turns
within each round, so a busy machine slows all of them alike. With --assert the exit code is 1 when the project of
1,000 files takes a second or 150 MiB or more (the median over the rounds, the greatest memory).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

SECONDS, MEBIBYTES, ASSERTED_FILES = 1.0, 150, 1000
ASYNC_APPS = 10
"""Applications that route an async view, beside the sync one that each routes."""

SETTINGS = """
import os
from .apps import INSTALLED_APPS

SECRET_KEY = os.environ.get("SECRET_KEY", "s")
ROOT_URLCONF = "shop.urls"
DEBUG = os.environ.get("DEBUG", "") == "1"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE += [f"shop.app{number}.middleware.audit" for number in range(10)]
if DEBUG:
    MIDDLEWARE.insert(0, "shop.app1.middleware.audit")
"""
MIDDLEWARE = """
def audit(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-App"] = "{name}"
        return response
    return middleware
"""
VIEWS = """
from django.http import HttpResponse

def listed(request):
    return HttpResponse("listed")
"""
URLS = """
from django.urls import path
from . import views{imported}

urlpatterns = [path("", views.listed){routed}]
"""
MODULE = '''
"""Module {number} of the application {name}."""

from django.db import models


class Record{number}(models.Model):
    name = models.CharField(max_length=100)
    created = models.DateTimeField(auto_now_add=True)

    def total(self, orders):
        return sum(order.price * order.count for order in orders if order.record_id == self.pk)


async def show(request, pk):
    return await Record{number}.objects.aget(pk=pk)
''' + "\n".join(f"def helper_{i}(value):\n    return [value, value + {i}, str(value)]\n" for i in range(30))


def write_project(root: Path, files: int) -> None:
    """A project with about ``files`` Python files, some tens of which matter to the checker."""
    shop = root / "shop"
    (shop / "settings").mkdir(parents=True)
    (root / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n', "utf-8"
    )
    (shop / "asgi.py").write_text(
        "import os\nfrom django.core.asgi import get_asgi_application\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_asgi_application()\n',
        "utf-8",
    )
    (shop / "__init__.py").write_text("", "utf-8")
    (shop / "settings" / "__init__.py").write_text(SETTINGS, "utf-8")
    apps = max(10, files // 25)
    names = ", ".join(f'"shop.app{number}"' for number in range(apps))
    (shop / "settings" / "apps.py").write_text(f"INSTALLED_APPS = [{names}]\n", "utf-8")
    for number in range(apps):
        folder = shop / f"app{number}"
        folder.mkdir()
        (folder / "__init__.py").write_text("", "utf-8")
        (folder / "middleware.py").write_text(MIDDLEWARE.format(name=number), "utf-8")
        (folder / "views.py").write_text(VIEWS, "utf-8")
        is_async = number < ASYNC_APPS
        imported, routed = (
            (f", module{number}", f', path("<int:pk>/", module{number}.show)') if is_async else ("", "")
        )
        (folder / "urls.py").write_text(URLS.format(imported=imported, routed=routed), "utf-8")
    included = ", ".join(f'path("{number}/", include("shop.app{number}.urls"))' for number in range(apps))
    (shop / "urls.py").write_text(
        f"from django.urls import include, path\nurlpatterns = [{included}]\n", "utf-8"
    )
    for number in range(files - 4 * apps - 6):
        (shop / f"app{number % apps}" / f"module{number}.py").write_text(
            MODULE.format(name=number % apps, number=number), "utf-8"
        )


def measure(root: Path) -> tuple[float, float]:
    """Seconds and mebibytes of one run; raises if the checker did not find what it has to."""
    command = [sys.executable, "-m", "bridgekit", "check", str(root), "--format", "github"]
    # Bytecode is written in the first round, as installers do: an installed bridgekit is not compiled at each start.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        pid = os.posix_spawn(
            command[0], command, environ, file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)]
        )
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - started
        output.seek(0)
        said = output.read()
    if os.waitstatus_to_exitcode(status) != 1 or said.count(b"BRG002") != 10:
        raise RuntimeError(f"unexpected result on {root}: {said.decode()}")
    return seconds, usage.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=[100, 1000, 4000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--assert", dest="asserted", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bridgekit-check-"))
    try:
        found: dict[int, list[tuple[float, float]]] = {files: [] for files in options.files}
        for files in found:
            write_project(folder / str(files), files)
        measure(folder / str(options.files[0]))
        for _ in range(options.rounds):
            for files, figures in found.items():
                figures.append(measure(folder / str(files)))
    finally:
        shutil.rmtree(folder)
    print("files   seconds: least  median   MiB: greatest")
    for files, figures in found.items():
        seconds = [second for second, _ in figures]
        print(
            f"{files:<7} {min(seconds):>14.2f} {statistics.median(seconds):>7.2f} {max(m for _, m in figures):>15.0f}"
        )
    figures = found.get(ASSERTED_FILES, [])
    median = statistics.median(second for second, _ in figures) if figures else 0.0
    memory = max((mebibytes for _, mebibytes in figures), default=0.0)
    return int(options.asserted and (median >= SECONDS or memory >= MEBIBYTES))


if __name__ == "__main__":
    sys.exit(main())
