"""What an entry point does too early or too late: models before Django is set up, settings named after they were read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import ModuleRun, Step
from bridgekit.check.reach.values import Class, Const, Table, Value

_SETS_UP = frozenset(
    {
        "django.setup",
        "django.core.asgi.get_asgi_application",
        "django.core.wsgi.get_wsgi_application",
        "bridgekit.django.get_asgi_application",
        "bridgekit.django.get_wsgi_application",
        "configurations.setup",
        "configurations.asgi.get_asgi_application",
        "configurations.wsgi.get_wsgi_application",
    }
)
_READS_MODELS = frozenset({"django.contrib.auth.get_user_model", "django.apps.apps.get_model"})
OF_DJANGO = {
    "admin": ["forms", "models"],
    "auth": [
        "admin", "backends", "base_user", "forms", "handlers.modwsgi", "middleware", "mixins", "models", "urls", "views",
    ],
    "contenttypes": ["admin", "fields", "forms", "models", "views"],
    "flatpages": ["admin", "forms", "middleware", "models", "templatetags.flatpages", "urls", "views"],
    "redirects": ["admin", "middleware", "models"],
    "sessions": ["base_session", "models"],
    "sites": ["admin", "models"],
}  # fmt: skip
"""Modules of django.contrib that define models or ask for some while they are imported."""
_OF_DJANGO = tuple(f"django.contrib.{app}.{name}" for app, names in OF_DJANGO.items() for name in names)
_DEFAULT = "channels.routing.get_default_application"
_VARIABLE = "DJANGO_SETTINGS_MODULE"
_NAMES_SETTINGS = frozenset({"os.environ.setdefault", "os.putenv", "os.environ.update"})


def order_problems(module: SourceModule, run: ModuleRun) -> Iterator[Problem]:
    """What happens while the module is imported, in the order in which it does."""
    ready = named = None
    early = False
    for step in run.steps:
        event = step.event
        if event.verb == "call" and event.name == _DEFAULT and ready is None:
            yield Problem(
                "get_default_application() imports the routing, and with it consumers and models, before Django is set up",
                module.location_of(step.node),
                "Call django.setup() before it.",
                subject="get_default_application",
            )
        elif event.verb == "call" and event.name in _SETS_UP:
            ready = ready or step
        elif _names_settings(step):
            if ready is not None and named is None:
                yield _late(module, step, ready)
            named = named or step
        elif ready is None and not early and _sets_up_later(run, step) and _needs_registry(step, run):
            early = True
            yield _early(module, step)


def _late(module: SourceModule, step: Step, ready: Step) -> Problem:
    return Problem(
        "DJANGO_SETTINGS_MODULE is set after Django was set up: that has read the settings already, or failed to find them",
        module.location_of(step.node),
        "Set it before the application is made.",
        subject="DJANGO_SETTINGS_MODULE:late",
        related=(Related(module.location_of(ready.node), "Django is set up here"),),
    )


def _early(module: SourceModule, step: Step) -> Problem:
    what = " > ".join(step.modules) or f"{step.event.name.rpartition('.')[2]} here"
    does = "needs models, and is imported" if step.modules else "needs models, and comes"
    return Problem(
        f"{what} {does} before Django is set up: AppRegistryNotReady at start-up",
        module.location_of(step.node),
        "Import it below the line that calls get_asgi_application().",
        subject=f"{step.modules[0] if step.modules else what}:early",
    )


def _sets_up_later(run: ModuleRun, step: Step) -> bool:
    """Else the module is no entry point that works by itself: somebody else sets Django up."""
    at = run.steps.index(step)
    return any(after.event.verb == "call" and after.event.name in _SETS_UP for after in run.steps[at:])


def _needs_registry(step: Step, run: ModuleRun) -> bool:
    """Whether it certainly asks for models: it defines one, imports Django's, or looks one up."""
    event = step.event
    if not event.certain:
        return False
    if event.verb == "import":
        return any(f"{event.name}.".startswith(f"{name}.") for name in _OF_DJANGO)
    if event.verb == "class" and isinstance(event.value, Class):
        names = run.bases(event.value)
        return any(re.search(r"\bmodels(\.base)?\.Model$", name) for name in names)
    return event.verb == "call" and event.name in _READS_MODELS


def _names_settings(step: Step) -> bool:
    event = step.event
    if event.verb == "store item":
        return event.name == _VARIABLE
    if event.verb != "call" or event.name not in _NAMES_SETTINGS or not event.arguments:
        return False
    return _is_variable(event.arguments[0])


def _is_variable(value: Value) -> bool:
    if isinstance(value, Table):
        return _VARIABLE in value.entries
    return isinstance(value, Const) and value.value == _VARIABLE
