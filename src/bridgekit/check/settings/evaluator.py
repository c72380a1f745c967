"""Evaluate a Django settings module from its source: every variant of MIDDLEWARE, and what else rules ask for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.settings.exploring.alternatives import open_questions, settings_of, with_alternatives
from bridgekit.check.settings.exploring.decisions import condition_of
from bridgekit.check.settings.exploring.run import Outcome, Task, configuration_classes, run_settings
from bridgekit.check.settings.exploring.variants import Explored, Explorer
from bridgekit.check.settings.interpreter.questions import Assignment, Decision
from bridgekit.check.settings.result import Blocked, Condition, Note, SettingsResult, Variant
from bridgekit.check.settings.slicing.slices import Slice
from bridgekit.middleware_chain.facts import Location

_SEEDS = ("MIDDLEWARE",)
_HOOKS = ("pre_setup", "setup", "post_setup")
"""What django-configurations runs for a class, reaching its attributes by no name that a statement shows."""
_MAX_OPENED = 3


def evaluate_settings(
    finder: ModuleFinder,
    module: str,
    *,
    environ: Mapping[str, str] | None = None,
    configuration: str | None = None,
) -> SettingsResult:
    """Evaluate ``module`` (a dotted name) as ``DJANGO_SETTINGS_MODULE`` would load it; never raises for its content.

    ``environ`` holds the environment variables that are given; every other one is unset, and the settings' default
    holds. ``configuration`` names the django-configurations class where the environment does not
    (``DJANGO_CONFIGURATION``); without either, each class that the module defines is a variant.
    """
    given = dict(environ or {})
    found = finder.find(module)
    if found.kind is not ModuleKind.SOURCE:
        return SettingsResult.failed(
            module, found.path, found.reason or f"the settings module {module} is not found"
        )
    source = finder.load(module)
    if source.tree is None:
        return SettingsResult.failed(module, source.path, f"{source.path} {source.error}", source.error_line)
    task = Task(finder, module, given, given.get("DJANGO_CONFIGURATION") or configuration)
    try:
        return _evaluated(task, source.path)
    except RecursionError:
        return SettingsResult.failed(
            module, source.path, f"{source.path} is nested too deeply to be followed"
        )


def _evaluated(task: Task, path: str) -> SettingsResult:
    if task.configuration is not None:
        missing = _no_such_configuration(task)
        if missing:
            return SettingsResult.failed(task.module, path, missing)
    task, first = _open_packages(task, run_settings(task, Assignment()))
    if task.configuration is None and not first.failure:
        classes = configuration_classes(first.namespace, task.module)
        if classes:
            return _configurations(task, classes, path)
    return _explored(task, first, path)


def _no_such_configuration(task: Task) -> str:
    """Why the class that is named is certainly not in the module; empty if it is, or may be."""
    outcome = run_settings(replace(task, configuration=None), Assignment())
    name, namespace = task.configuration, outcome.namespace
    if outcome.failure or name is None or name in namespace or namespace.unseen is not None:
        return ""
    classes = configuration_classes(namespace, task.module)
    known = f"it defines {', '.join(classes)}" if classes else "it defines none"
    near = get_close_matches(name, classes, 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"DJANGO_CONFIGURATION={name} names no configuration of {task.module}{meant}: {known}"


def _open_packages(task: Task, first: Outcome) -> tuple[Task, Outcome]:
    """Where an installed package that was not read blocks MIDDLEWARE, read it: as long as that leads anywhere."""
    for _ in range(_MAX_OPENED):
        unread = {
            name
            for name in first.interpreter.unread_packages
            if name not in task.opened
            and task.finder.find(name).kind is ModuleKind.SOURCE
            and name != "django"
        }
        if first.middleware is not None or not unread or first.failure:
            break
        blocking = {name for name in unread if any(name in blocked.reason for blocked in first.blocked)}
        if not blocking:
            break
        opened = replace(task, opened=task.opened | blocking)
        again = run_settings(opened, Assignment())
        if again.failure:
            break
        task, first = opened, again
    return task, first


def _configurations(task: Task, classes: list[str], path: str) -> SettingsResult:
    """One result over all configuration classes; none of them is the default unless there is only one."""
    variants: list[Variant] = []
    parts: list[SettingsResult] = []
    for name in classes:
        one = replace(task, configuration=name)
        part = _explored(one, run_settings(one, Assignment()), path)
        parts.append(part)
        chosen = Condition(f"DJANGO_CONFIGURATION={name}", environ=("DJANGO_CONFIGURATION", name))
        variants += [
            replace(variant, conditions=(chosen, *variant.conditions), is_default=False)
            for variant in part.variants
        ]
    if len(classes) == 1:
        variants[0] = replace(variants[0], is_default=True)
    else:
        reason = f"DJANGO_CONFIGURATION is not given; the module defines {', '.join(classes)}"
        variants.insert(0, Variant((), True, None, (Blocked(reason, Location(path, 1)),)))
    files = tuple(dict.fromkeys(file for part in parts for file in part.files_read))
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return SettingsResult(
        task.module, path, files, tuple(variants), next((p.cut for p in parts if p.cut), ""), "", notes
    )


def _explored(task: Task, first: Outcome, path: str) -> SettingsResult:
    seeds = _SEEDS if task.configuration is None else (*_SEEDS, *_HOOKS)
    sliced = Slice(_trees(task.finder, first), seeds)
    # Setup hooks and properties of a class reach everything in it: no statement is left out then.
    skipping = sliced if task.configuration is None else None

    def run(assignment: Assignment) -> Outcome:
        outcome = run_settings(task, assignment, skipping)
        asked = {decision.key for decision in outcome.interpreter.decisions}
        if skipping is not None and not asked.issuperset(key for key, _ in assignment.forced):
            # What was left out is what asks: its answer is known only from a run of everything.
            return run_settings(task, assignment)
        return outcome

    explorer = Explorer(run, sliced, lambda: task.finder.bounds.reached)
    found = explorer.explore(first)
    variants = list(_variants(task, found, explorer))
    base = found[0].outcome
    # What is merely not followed is no error: it is what blocks the default variant.
    error = base.failure if base.is_dead or base.is_unreadable else ""
    notes: dict[Note, None] = {}
    for one in found:
        notes.update(one.outcome.interpreter.notes)
    files = dict.fromkeys(file for one in found for file in one.outcome.interpreter.files)
    return SettingsResult(task.module, path, tuple(files), tuple(variants), explorer.cut, error, tuple(notes))


def _trees(finder: ModuleFinder, outcome: Outcome) -> Iterator[ast.Module]:
    read = [finder.load(name) for name in outcome.interpreter.modules]
    named = {source.path for source in read}
    read += [
        finder.load_file(path)
        for path in outcome.interpreter.files
        if path.endswith(".py") and path not in named
    ]
    yield from (source.tree for source in read if source.tree is not None)


def _variants(task: Task, found: list[Explored], explorer: Explorer) -> Iterator[Variant]:
    base, *rest = found
    asked = {decision.key for decision in base.outcome.interpreter.decisions}
    undecided = [decision for key, decision in explorer.undecided.items() if key in asked]
    if undecided:
        blocked = tuple(Blocked(_question(decision), decision.location) for decision in undecided)
        yield _variant(task, base, explorer, is_default=True, blocked=blocked)
        yield _variant(task, base, explorer, is_default=False)
    else:
        yield _variant(task, base, explorer, is_default=True)
    for one in rest:
        yield _variant(task, one, explorer, is_default=False)


def _question(decision: Decision) -> str:
    text = decision.text if decision.node is None else f"whether `{decision.text}` holds is not known"
    return f"{text}: {decision.reason}" if decision.reason and decision.reason != text else text


def _variant(
    task: Task, one: Explored, explorer: Explorer, *, is_default: bool, blocked: tuple[Blocked, ...] = ()
) -> Variant:
    outcome = one.outcome
    if outcome.interpreter.slice is not None:
        outcome = run_settings(task, one.assignment)
    conditions = one.conditions
    if not blocked:
        conditions = (*conditions, *_answered(one, explorer))
    middleware = outcome.middleware if not blocked else None
    settings, everything_else = settings_of(outcome)
    questions = open_questions(outcome, one.assignment)
    if questions and not outcome.failure:
        words = {question.key: _question(question) for question in questions}
        settings = with_alternatives(task, one.assignment, settings, questions, words)
    reasons = blocked or outcome.blocked
    return Variant(
        conditions if not is_default or one.conditions else (),
        is_default,
        middleware,
        reasons,
        settings,
        everything_else,
    )


def _answered(one: Explored, explorer: Explorer) -> Iterator[Condition]:
    """Questions without a natural answer, as this variant answers them."""
    forced = {key for key, _ in one.assignment.forced}
    asked: set[str] = set()
    for decision in one.outcome.interpreter.decisions:
        if decision.key in explorer.undecided and decision.key not in forced and decision.key not in asked:
            asked.add(decision.key)
            if decision.natural is None:
                yield condition_of(decision, decision.outcome)
