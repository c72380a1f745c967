"""What a template of the project's certainly makes of its context: which names it prints, asks and loops over, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.reach import Event
from bridgekit.check.reach.values import Const, External, Value
from bridgekit.check.rules._blocking_events import Blocked, Kind
from bridgekit.check.rules._template_nodes import looked_up
from bridgekit.check.settings.result import Known

_BACKEND = "django.template.backends.django.DjangoTemplates"
_QUERIES = frozenset({"", "all", "count", "exists", "first", "last"})
"""What is asked of a query set, to no avail without a query; empty for itself."""


def rendered(event: Event, subject: Subject) -> Blocked | None:
    """What rendering a value on the loop queries: a user that nobody has read, a query set that was not fetched."""
    value, name = event.value, event.arguments[0] if event.arguments else None
    if not isinstance(value, External) or not isinstance(name, Const):
        return None
    engine = _engine(subject)
    if engine is None or (len(event.arguments) > 1 and not _processes(engine, event.arguments[1])):
        return None
    for one in looked_up(event.name, partial(_source, engine=engine, subject=subject)):
        if one.path != name.value and not one.path.startswith(f"{name.value}."):
            continue
        place = one.template if one.template == event.name else f"{one.template}, of {event.name}"
        if value.kind == "@user":
            what = f"request.user as {{{{ {one.written} }}}} in {place}"
            return Blocked(
                what, one.template, "await request.auser() before, and give the template that", Kind.LAZY
            )
        if value.kind == "@queryset" and one.path[len(str(name.value)) + 1 :] in _QUERIES:
            return Blocked(
                f"a query set as {one.written} in {place}",
                one.template,
                "a list that async for has made",
                Kind.QUERY,
            )
    return None


def _engine(subject: Subject) -> dict[str, object] | None:
    """The first entry of TEMPLATES, if it is Django's own language with its own loaders."""
    setting = subject.variant.value("TEMPLATES")
    engines = setting.value if isinstance(setting, Known) else None
    first = engines[0] if isinstance(engines, list | tuple) and engines else None
    if not isinstance(first, dict) or first.get("BACKEND") != _BACKEND:
        return None
    options = first.get("OPTIONS", {})
    return first if isinstance(options, dict) and "loaders" not in options else None


def _processes(engine: dict[str, object], processor: Value) -> bool:
    """Whether a context processor is among those of the engine."""
    options = engine.get("OPTIONS")
    processors = options.get("context_processors") if isinstance(options, dict) else None
    if not isinstance(processors, list | tuple) or not isinstance(processor, Const):
        return False
    return processor.value in processors


def _source(name: str, *, engine: dict[str, object], subject: Subject) -> str | None:
    """The text of the first template of that name, if it is the project's own."""
    root = Path(subject.project.root).resolve()
    for folder in _folders(engine, subject):
        file = (folder / name).resolve()
        if file.is_file():
            if not file.is_relative_to(root):
                return None
            try:
                return read_bounded(file).decode("utf-8", "replace")
            except UnreadableError:
                return None
    return None


def _folders(engine: dict[str, object], subject: Subject) -> Iterator[Path]:
    directories = engine.get("DIRS")
    for directory in directories if isinstance(directories, list | tuple) else ():
        if not isinstance(directory, str | Path) or not Path(directory).is_absolute():
            return  # It may hold any template, and nothing is known of those behind it.
        yield Path(directory)
    apps = subject.variant.value("INSTALLED_APPS")
    if engine.get("APP_DIRS") is not True or not isinstance(apps, Known):
        return
    for app in apps.value if isinstance(apps.value, list | tuple) else ():
        package = _package(app, subject) if isinstance(app, str) else None
        if package is None:
            return  # as above
        yield package / "templates"


def _package(app: str, subject: Subject) -> Path | None:
    """The folder of an entry of INSTALLED_APPS, whoever brings it: a package, or a configuration in one of its modules."""
    around = app.rpartition(".")[0].rpartition(".")[0]
    for name in filter(None, (app, around)):
        module = subject.project.load_any(name)
        if module is not None and module.tree is not None:
            return Path(module.path).parent
    return None
