"""What a report says of a project beside its findings: which settings and packages were read, what stands beside Django."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bridgekit.check.findings.shown import base_of, shown_from
from bridgekit.check.modules.environment import TargetEnvironment
from bridgekit.check.modules.parsing import SourceModule, parse_file
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.project.config import Options
from bridgekit.check.project.discovery import IN_ENVIRONMENT, FoundProject
from bridgekit.check.project.entry_points import adapted_applications
from bridgekit.check.project.named_settings import ENTRY_POINTS, named_by_expression, unread_name
from bridgekit.check.settings.result import Variant
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.requests import Server


def naming_notes(options: Options, found: FoundProject, bounds: RunBounds) -> Iterator[str]:
    """Settings modules that were not checked, and what an environment variable has to do with the one that was."""
    for other in found.others:
        yield (
            f"{shown_from(base_of(found.root), other.path)} names the settings module {other.module}, which was not checked: "
            f"name it with --settings {other.module}"
        )
    if any(candidate.source == IN_ENVIRONMENT for candidate in found.candidates) and not options.settings:
        yield f"the environment variable {IN_ENVIRONMENT} chose {found.settings_modules[0]}"
    if not options.settings and not Path(options.path).is_file():
        yield from _unread_names(found, bounds)
    if found.absent:
        yield (
            f"the environment variable {IN_ENVIRONMENT} names {found.absent}, which this project does not have: "
            f"{found.settings_modules[0]} was checked"
        )


def _unread_names(found: FoundProject, bounds: RunBounds) -> Iterator[str]:
    """Entry points that speak for nothing, where something else did."""
    if any(one.source in (*ENTRY_POINTS, IN_ENVIRONMENT) for one in found.candidates[:1]):
        return
    for path in found.entry_points:
        line = 0 if bounds.is_over(path) else unread_name(path)
        if line and found.settings_modules:
            yield (
                f"{shown_from(base_of(found.root), path)}:{line} sets {IN_ENVIRONMENT} in a way that is not read: "
                f"{found.settings_modules[0]} was checked; name another one with --settings"
            )


def why_none(found: FoundProject, bounds: RunBounds) -> str:
    """Why no settings module is named: an entry point may compute its name, or be broken."""
    for path in found.entry_points:
        if bounds.is_over(path):
            break
        broken = parse_file(path).error
        if broken:
            return f"{shown_from(base_of(found.root), path)} {broken}"
        computed = named_by_expression(path)
        if computed is not None:
            place = shown_from(base_of(found.root), path)
            return f"{place}:{computed[0]} computes its name, {computed[1]}"
    return (
        "not all of the folder was searched"
        if bounds.reached
        else "no manage.py, asgi.py or wsgi.py names one"
    )


def headline(environment: TargetEnvironment, *, is_known: bool) -> str:
    """Said where Django is not in reach: what follows is unknown for this one reason. Empty where Django ``is_known``."""
    if is_known:
        return ""
    own = f": {environment.found_by}, as no other was found" if environment.is_own else ""
    return (
        f"Django is not among the packages of {environment.python}, which were read{own}; "
        "name the project's interpreter or virtual environment with --python PATH"
    )


def packages_note(options: Options, environment: TargetEnvironment, root: str) -> Iterator[str]:
    """Which interpreter's packages were read, wherever that was not named and is not bridgekit's own."""
    if options.python is None and not environment.is_own:
        version = ".".join(map(str, environment.python_version))
        yield (
            f"Packages were read from {shown_from(base_of(root), environment.python)} "
            f"(Python {version}), {environment.found_by}"
        )


def beside_notes(entry_points: Sequence[SourceModule], server: Server, root: str) -> Iterator[str]:
    """A mount is no layer: the picture leaves it out, and says so."""
    cost = "each holds a thread" if server is Server.ASGI else "each runs on an event loop of its own"
    for module in entry_points:
        for found in adapted_applications(module, server):
            place = shown_from(base_of(root), str(found.location))
            yield (
                f"{place} serves {found.text} beside Django: its requests pass none of this MIDDLEWARE, and {cost}"
            )


def inserted_notes(live: tuple[MiddlewareFacts, ...], default: Variant) -> Iterator[str]:
    """What is in the loaded list and not in the source, and the other way round (instrumentation does such things)."""
    if default.middleware is None:
        return
    source = [entry.dotted_path for entry in default.middleware if isinstance(entry.dotted_path, str)]
    loaded = [facts.dotted_path for facts in live]
    for position, path in enumerate(loaded, start=1):
        if path not in source:
            yield f"{path} was inserted at run time at position {position}: the source does not list it"
    for path in source:
        if path not in loaded:
            yield f"{path} is listed in the source, but not in the loaded project"
