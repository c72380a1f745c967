"""The running project as the checker's engine takes it: its middleware, its settings, its entry points."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bridgekit.check.findings.released import SETTING
from bridgekit.check.findings.subject import AsyncView, Project, Subject
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.live.child import describe_middleware
from bridgekit.check.live.parent import facts_as_loaded
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.distributions import installed_versions
from bridgekit.check.modules.parsing import SourceModule, parse_file
from bridgekit.check.rules._modes import may_break
from bridgekit.check.settings.result import Known, MiddlewareEntry, Variant
from bridgekit.django import conf
from bridgekit.django._places import SettingsPlaces
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Answer, Count, Location
from bridgekit.middleware_chain.nonblocking import DECIDING
from bridgekit.middleware_chain.requests import Server

if TYPE_CHECKING:
    from bridgekit.django._sources import Sources


DJANGOS, OURS = "django.", "bridgekit.django."
"""What is loaded tells all of theirs that there is to know (tested against the source reader): ours make no hops, and Django's make those of
`MiddlewareMixin`, unless they bring an ``__acall__`` of their own. Reading source is what costs a process its time."""

DATABASE_OPTIONS = ("ATOMIC_REQUESTS", "CONN_MAX_AGE", "ENGINE")


class LoadedProject:
    """This process' project. Raises `ProjectError` where its settings come from no module."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.root = project_root()
        self._file = _settings_file()
        self._places = SettingsPlaces(self._file, self.root)
        self._sources: Sources | None = None

    @property
    def place(self) -> Location:
        """Where MIDDLEWARE is set."""
        return self._places.of_setting("MIDDLEWARE")

    @property
    def reads_source(self) -> bool:
        """Whether the source of any layer was read: known once the `subject` is built."""
        return self._sources is not None

    def subject(self) -> Subject:
        """``settings.MIDDLEWARE`` as it is now, each read off its loaded class or factory, outermost first.

        Each one is built once, as Django's handlers do at start-up (`BaseHandler.load_middleware`), to see what its instance is.
        """
        paths = list(settings.MIDDLEWARE)
        places = self._places.of_texts(paths)
        entries = tuple(MiddlewareEntry(path, places[path]) for path in paths)
        asked = {"DATABASES": self._databases(), SETTING: Known(_released())}
        asked |= {name: Known(getattr(settings, name)) for name in DECIDING}
        variant = Variant((), True, entries, settings=asked)
        return build_subject(self._project(), variant, self._definition, may_break)

    def _definition(self, path: str, listed_at: Location) -> Definition:
        brought = path.startswith((DJANGOS, OURS))
        facts = facts_as_loaded(describe_middleware(path, self.server.value, with_line=not brought))
        if path.startswith(OURS) or (brought and facts.mixin_acall.answer is Answer.YES):
            return Definition(path, replace(facts, own_hops=Count()))
        if self._sources is None:
            from bridgekit.django._sources import Sources

            self._sources = Sources(self.root)
        return self._sources.completed(path, listed_at, facts)

    def _project(self) -> Project:
        return Project(
            str(self.root),
            self.server,
            sys.version_info[:3],
            installed_versions([entry for entry in sys.path if entry], ("asgiref", "django")),
            tuple(parse_file(str(file)) for file in self._entry_points()),
            self._async_views,
        )

    def _entry_points(self) -> list[Path]:
        """``asgi.py`` and ``wsgi.py`` beside the settings and above, up to the root, and where the settings say that they are."""
        folders = [Path(self._file).parent, *Path(self._file).parents]
        files = [
            folder / name
            for folder in folders
            if folder.is_relative_to(self.root)
            for name in ("asgi.py", "wsgi.py")
        ]
        for setting in ("ASGI_APPLICATION", "WSGI_APPLICATION"):
            module = str(getattr(settings, setting, None) or "").rpartition(".")[0]
            if module:
                files.append(self.root.joinpath(*module.split(".")).with_suffix(".py"))
        return [file for file in dict.fromkeys(files) if file.is_file()]

    def _async_views(self) -> list[AsyncView]:
        """Asked for where a rule needs them: that reads the project's files."""
        from bridgekit.check.project.async_views import find_async_views

        return list(find_async_views(self.root, self._load_view_file))

    def _load_view_file(self, path: Path) -> SourceModule:
        """A file under the name that it has from the project's folder: URLconfs name views by it."""
        name = ".".join(path.relative_to(self.root).with_suffix("").parts)
        return parse_file(str(path), name.removesuffix(".__init__"))

    def _databases(self) -> Known:
        """What rules ask of DATABASES, and nothing else of it: it holds passwords."""
        databases = {
            alias: {
                **{name: options[name] for name in DATABASE_OPTIONS if name in options},
                "OPTIONS": {"pool": bool((options.get("OPTIONS") or {}).get("pool"))},
            }
            for alias, options in settings.DATABASES.items()
        }
        return Known(databases, self._places.of_setting("DATABASES"))


def _released() -> list[str]:
    try:
        return conf.released_threads()
    except ImproperlyConfigured:
        return []  # check_settings says so


def settings_module() -> str:
    """The dotted name of the settings in use. Raises `ProjectError` where they are no module (``settings.configure()``)."""
    name = getattr(settings, "SETTINGS_MODULE", None)
    if not isinstance(name, str):
        raise ProjectError(
            "the settings come from settings.configure(), not from a module that could be read"
        )
    return name


def project_root() -> Path:
    """The directory from which the settings module is imported. Raises `ProjectError` where there is none."""
    file = Path(_settings_file()).absolute()
    depth = settings_module().count(".") + (file.name == "__init__.py")
    return file.parents[depth]


def _settings_file() -> str:
    module = importlib.import_module(settings_module())
    if not module.__file__:
        raise ProjectError(f"the settings module {module.__name__} has no file that could be read")
    return module.__file__
