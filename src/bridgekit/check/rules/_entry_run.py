"""What an entry point does while it is imported: by whom, in which order, and what it serves in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from bridgekit.check.findings.finding import Problem
from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import ModuleRun, run_module
from bridgekit.check.rules._entry_order import order_problems
from bridgekit.check.rules._entry_wrappers import application_kind, bound_last, wrapper_problems
from bridgekit.check.rules._walks import setting_of


def run_problems(module: SourceModule, subject: Subject) -> Iterator[Problem]:
    """What is wrong with it as it runs."""
    run = run_module(module, subject.project.load, subject.project.bounds, setting_of(subject))
    yield from order_problems(module, run)
    yield from wrapper_problems(module, run)
    yield from _served_problems(module, run)


def _served_problems(module: SourceModule, run: ModuleRun) -> Iterator[Problem]:
    """An ``application`` of the other protocol, however it was made."""
    name = PurePath(module.path).stem
    served = run.names.get("application")
    kind = application_kind(served) if served is not None else ""
    if name not in ("asgi", "wsgi") or kind in ("", name):
        return
    wrong = "get_wsgi_application" if name == "asgi" else "get_asgi_application"
    yield Problem(
        f"{name}.py serves {wrong}(): {'an ASGI' if name == 'asgi' else 'a WSGI'} server cannot call it",
        module.location_of(bound_last(module, "application")),
        f"Use get_{name}_application from django.core.{name}.",
        subject="application",
    )
