"""Run by the project's own interpreter: load the project and write down its middleware as JSON.

`bridgekit.django.inspection` calls `describe_middleware` within the running project.

Bridgekit need not be installed where this file runs, so it uses the standard library and the project's Django alone.
The answer goes to a file, because projects print.

Usage: python child.py SETTINGS_MODULE asgi|wsgi ROOTS CONFIGURATION ASKED ANSWER_FILE

ROOTS is a JSON list of the directories where the project's imports start; CONFIGURATION may be empty; ASKED is a JSON list of settings, of which
the values are told.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
import types
from pathlib import Path
from typing import Any

HOOKS = (
    "process_request",
    "process_view",
    "process_exception",
    "process_template_response",
    "process_response",
)


def search_project(roots: list[str]) -> None:
    """The project in front, as ``manage.py`` has it, and this file's folder nowhere: a project may have a module ``rules``."""
    own = os.path.realpath(Path(__file__).parent)
    sys.path[:] = [*roots, *(entry for entry in sys.path if os.path.realpath(entry or ".") != own)]


def describe(settings_module: str, server: str, configuration: str, asked: list[str]) -> dict[str, Any]:
    """Set the project up as its server would and read what `BaseHandler.load_middleware` would read."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    if configuration:
        os.environ["DJANGO_CONFIGURATION"] = configuration
    # Not an import statement: within bridgekit, only bridgekit.django imports Django. django-configurations sets Django up, too.
    importlib.import_module("configurations" if configuration else "django").setup()
    settings = importlib.import_module("django.conf").settings
    return {
        "settings_file": getattr(sys.modules.get(settings_module), "__file__", "") or "",
        "middleware": [describe_middleware(path, server) for path in settings.MIDDLEWARE],
        "settings": {name: plain_value(getattr(settings, name, None)) for name in asked},
    }


def plain_value(value: Any) -> str | bool | None:
    """A text, or whether it is anything at all: as Django asks of a switch."""
    return str(value) if isinstance(value, str) else None if value is None else bool(value)


def describe_middleware(path: str, server: str, *, with_line: bool = True) -> dict[str, Any]:
    """Flags of the class or factory, hooks and mark of an instance made for this server.

    ``with_line=False``: its file without the line, for which `inspect` reads and parses that file.
    """
    found: dict[str, Any] = {"path": path, "error": "", "hooks": {}, "used": None, "marked_async": None}
    try:
        loaded = importlib.import_module("django.utils.module_loading").import_string(path)
    except Exception as error:  # a project's import may raise anything
        return {**found, "error": f"cannot be imported: {error!r}"}
    mixin = importlib.import_module("django.utils.deprecation").MiddlewareMixin
    found["sync_capable"] = bool(getattr(loaded, "sync_capable", True))
    found["async_capable"] = bool(getattr(loaded, "async_capable", False))
    found["mixin_acall"] = getattr(loaded, "__acall__", None) is mixin.__acall__
    # A class: what its instances are called by. A function's own __call__ is none of that.
    found["mixin_call"] = isinstance(loaded, type) and loaded.__call__ is mixin.__call__
    found["keeps_thread"] = not releases_thread(loaded)
    found["as_written"] = written_as(loaded)
    found["file"], found["line"] = place_of(loaded) if with_line else (file_of(loaded), 1)
    runs_async = found["async_capable"] and (server == "asgi" or not found["sync_capable"])
    instance = make_instance(loaded, found, runs_async=runs_async)
    holder = loaded if instance is None else instance
    # Django asks asgiref before 6.1 and inspect after; from Python 3.12 on the two are one.
    is_coroutine = importlib.import_module("asgiref.sync").iscoroutinefunction
    found["hooks"] = {name: is_coroutine(getattr(holder, name)) for name in HOOKS if hasattr(holder, name)}
    return found


def releases_thread(loaded: Any) -> bool:
    """What `bridgekit.django.handlers.chain` asks: nothing is lost if the halves run in two threads."""
    if getattr(loaded, "bridgekit_releases_thread", False):
        return True
    bases = [base for base in getattr(loaded, "__mro__", (loaded,)) if base is not object]
    return all(base.__module__.partition(".")[0] == "django" for base in bases)


def written_as(loaded: Any) -> str:
    """What `bridgekit.django.handlers.nonblocking` asks: a class's own name, if nobody's function is in the place of one of its own."""
    if not isinstance(loaded, type):
        return ""
    own = getattr(sys.modules.get(loaded.__module__), "__dict__", None)
    as_written = all(
        value.__globals__ is own if isinstance(value, types.FunctionType) else not name.startswith("process_")
        for name, value in vars(loaded).items()
    )
    return f"{loaded.__module__}.{loaded.__qualname__}" if as_written else ""


def make_instance(loaded: Any, found: dict[str, Any], *, runs_async: bool) -> Any:
    """Build the middleware as Django does at start-up; note whether it takes itself out and whether it is marked."""
    not_used = importlib.import_module("django.core.exceptions").MiddlewareNotUsed

    async def get_response_async(request: object) -> object:
        raise NotImplementedError

    def get_response(request: object) -> object:
        raise NotImplementedError

    try:
        instance = loaded(get_response_async if runs_async else get_response)
    except not_used:
        found["used"] = False
        return None
    except Exception as error:  # a project's constructor may raise anything
        found["error"] = f"cannot be built: {error!r}"
        return None
    found["used"] = True
    if runs_async:
        found["marked_async"] = importlib.import_module("asgiref.sync").iscoroutinefunction(instance)
    return instance


def place_of(loaded: Any) -> tuple[str, int]:
    """File and line of the definition; empty for C code."""
    try:
        target = inspect.unwrap(loaded)
        return inspect.getsourcefile(target) or "", inspect.getsourcelines(target)[1]
    except (OSError, TypeError, ValueError):
        return "", 1


def file_of(loaded: Any) -> str:
    """File of the definition; empty for C code."""
    module = sys.modules.get(getattr(loaded, "__module__", ""))
    return getattr(module, "__file__", None) or ""


def main() -> None:
    """Write the answer, or the project's own traceback, to the file."""
    settings_module, server, roots, configuration, asked, answer_file = sys.argv[1:]
    search_project(json.loads(roots))
    if importlib.util.find_spec("django") is None:
        answer = {"without_django": sys.executable}
    else:
        answer = described(settings_module, server, configuration, json.loads(asked))
    Path(answer_file).write_text(json.dumps(answer), "utf-8")


def described(settings_module: str, server: str, configuration: str, asked: list[str]) -> dict[str, Any]:
    """What `describe` gives, or the traceback of what the project raised."""
    try:
        return describe(settings_module, server, configuration, asked)
    except BaseException:  # SystemExit too: settings call sys.exit
        return {"error": traceback.format_exc()}


if __name__ == "__main__":
    main()
