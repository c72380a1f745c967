"""What a template of the project's certainly makes of its context: which names it prints, asks and loops over, whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.reach import Event
from bridgekit.check.reach.values import Const, Thing
from bridgekit.check.rules._blocking_events import Blocked, Kind
from bridgekit.check.settings.result import Known

_BACKEND = "django.template.backends.django.DjangoTemplates"
_USER_PROCESSOR = "django.contrib.auth.context_processors.auth"
_TAG = re.compile(r"{%\s*(\w+)\s*(.*?)\s*%}|{{\s*(.*?)\s*}}|{#.*?#}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_ALWAYS = frozenset(
    {"autoescape", "block", "blocktrans", "blocktranslate", "filter", "localize", "localtime", "spaceless"}
)
"""Tags with an end whose inside is rendered in any case, and with the same context."""
_QUERIES = frozenset({"", "all", "count", "exists", "first", "last"})
"""What is asked of a query set, to no avail without a query; empty for itself."""


def rendered(event: Event, subject: Subject) -> Blocked | None:
    """What rendering a value on the loop queries: a user that nobody has read, a query set that was not fetched."""
    value, name = event.value, event.arguments[0] if event.arguments else None
    if not isinstance(value, Thing) or not isinstance(name, Const):
        return None
    engine = _engine(subject)
    if engine is None or (len(event.arguments) > 1 and not _gives_user(engine)):
        return None
    text = _source(event.name, engine, subject)
    for path in _evaluated(text) if text is not None else ():
        first, _, rest = path.partition(".")
        if first != name.value:
            continue
        if value.kind == "@user":
            what = f"request.user as {{{{ {path} }}}} in {event.name}"
            return Blocked(
                what, event.name, "await request.auser() before, and give the template that", Kind.LAZY
            )
        if value.kind == "@queryset" and rest in _QUERIES:
            return Blocked(
                f"a query set as {path} in {event.name}",
                event.name,
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


def _gives_user(engine: dict[str, object]) -> bool:
    options = engine.get("OPTIONS")
    processors = options.get("context_processors") if isinstance(options, dict) else None
    return isinstance(processors, list | tuple) and _USER_PROCESSOR in processors


def _source(name: str, engine: dict[str, object], subject: Subject) -> str | None:
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


def _evaluated(text: str) -> Iterator[str]:
    """Names, with what is asked of them, that are looked up whenever the template is rendered; none where it extends another."""
    ends = set(re.findall(r"{%\s*end(\w+)", text))
    depth = 0
    for tag, rest, variable in _TAG.findall(text):
        if tag == "extends":
            return
        if tag.startswith("end") and tag[3:] in ends - _ALWAYS:
            depth -= 1
            continue
        if depth == 0:
            asked = (
                variable
                if not tag
                else rest
                if tag == "if"
                else rest.partition(" in ")[2]
                if tag == "for"
                else ""
            )
            found = _NAME.match(asked.removeprefix("not ").strip())
            if found is not None:
                yield found.group()
        if tag in ends and tag not in _ALWAYS:
            depth += 1
