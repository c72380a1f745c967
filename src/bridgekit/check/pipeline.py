"""One run of the checker: path, project, settings, source, facts, chain, rules, findings, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bridgekit.check.findings.baseline import load_baseline, split_known
from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.findings.shown import base_of, shown_from
from bridgekit.check.findings.subject import AsyncView, Project, Subject
from bridgekit.check.findings.suppress import split_silenced
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.live.parent import LiveStack, load_live, with_source
from bridgekit.check.middleware import SourceReader
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.distributions import installed_versions
from bridgekit.check.modules.environment import TargetEnvironment, find_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.project.agreed_settings import agreed_settings
from bridgekit.check.project.async_views import find_async_views
from bridgekit.check.project.config import Options
from bridgekit.check.project.discovery import FoundProject, find_project
from bridgekit.check.project.notes import (
    beside_notes,
    headline,
    inserted_notes,
    naming_notes,
    packages_note,
    why_none,
)
from bridgekit.check.project.suggestions import instead_of, without_middleware
from bridgekit.check.rules._modes import may_break
from bridgekit.check.rules.engine import run_rules, selected
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.check.settings import evaluate_settings
from bridgekit.check.settings.result import Known, MiddlewareEntry, SettingsResult
from bridgekit.check.views.async_modules import AsyncModules
from bridgekit.check.views.finder import find_views
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Answer, Location

Progress = Callable[[str, int, int], None]
"""Told what is about to be read, how many middleware have been read, and how many there are (0: not known yet)."""


def configuration_of(options: Options, found: FoundProject) -> str:
    """The class of django-configurations: what the environment is said to hold wins over what an entry point sets."""
    return options.env.get("DJANGO_CONFIGURATION") or found.configuration or ""


def run(
    options: Options,
    progress: Progress = lambda name, done, total: None,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Check a project. Raises `ProjectError` when it cannot be checked at all; all else is in the report."""
    bounds = RunBounds(options.timeout, clock=clock)
    found = find_project(options.path, options.settings, options.settings_in_environment, bounds.is_over)
    environment = find_environment(
        Path(found.root), options.python, named_in=options.python_named_in, is_over=bounds.is_over
    )
    accepted = load_baseline(options.baseline) if options.baseline is not None else None
    checker = _Checker(options, found, environment, progress, bounds)
    stacks = [checker.check(module) for module in found.settings_modules]
    if len(checker.errors) == len(stacks):
        raise ProjectError("; ".join(checker.errors))
    subjects = [subject for stack in stacks for subject in stack.subjects]
    rules = selected(ALL_RULES, options.select, options.ignore, options.severity)
    standing, silenced = split_silenced(run_rules(rules, subjects, checker.is_over))
    known: list[Finding] = []
    if accepted is not None:
        standing, known = split_known(standing, accepted, Path(found.root))
    if bounds.reached:
        standing = [*standing, _ended_early(bounds, found.root)]
    return Report(
        found.root,
        options.server,
        stacks,
        standing,
        silenced,
        known,
        options.live,
        tuple(checker.notes),
        checker.headline,
        environment=environment,
        base=base_of(found.root),
        bounds=bounds,
    )


class _Checker:
    """What one run shares between settings modules: parsed files, read middleware, the project's description."""

    def __init__(
        self,
        options: Options,
        found: FoundProject,
        environment: TargetEnvironment,
        progress: Progress,
        bounds: RunBounds,
    ) -> None:
        self.options = options
        self.found = found
        self.environment = environment
        self.progress = progress
        self.finder = ModuleFinder(found.roots, environment, bounds)
        if not found.settings_modules:
            suggested = instead_of("", found, self.finder)
            raise ProjectError(
                f"{options.path}: no Django settings module found ({why_none(found, bounds)}); {suggested}"
            )
        self.notes = [*options.notes, *naming_notes(options, found, bounds)]
        self.headline = headline(environment, is_known=self._has_django() or bool(options.live))
        if not self.headline:
            self.notes += packages_note(options, environment, found.root)
        self.errors: list[str] = []
        """Why settings could not be evaluated at all, for each module of which that is so."""
        self._total = 0
        self._reader = SourceReader(self.finder)
        self._read: dict[str, Definition] = {}
        self._views: Sequence[AsyncView] | None = None
        self._routed: dict[str, Sequence[RoutedView]] = {}
        self._async_modules = AsyncModules(self._content)
        self._project = Project(
            found.root,
            options.server,
            environment.python_version,
            installed_versions(environment.search_path, ("asgiref", "django")),
            tuple(
                self.finder.load_file(path) for path in found.entry_points if not path.endswith("manage.py")
            ),
            self._async_views,
            self._routed_views,
            self._load_own,
            self.finder.load,
            allows_async_unsafe=self._allows_async_unsafe(),
            has_django=self._has_django(),
            bounds=bounds,
        )
        self.notes += beside_notes(self._project.entry_points, options.server, found.root)

    def _has_django(self) -> bool:
        return self.finder.find("django").importable is not Answer.NO

    def _say(self, name: str) -> None:
        self.progress(name, len(self._read), self._total)

    def check(self, module: str) -> StackReport:
        """Every variant of one settings module."""
        self._say(module)
        result = evaluate_settings(
            self.finder, module, environ=self.options.env, configuration=self.found.configuration
        )
        live = self._live(module) if self.options.live else None
        result = self._explained(module, result, live)
        # What a middleware is may depend on settings: what was read under other settings does not count.
        self._reader = SourceReader(self.finder, agreed_settings(result))
        self._read = {}
        self._routed = {}
        self._async_modules = AsyncModules(self._content)
        self._total = len(
            {
                entry.dotted_path
                for variant in result.variants
                for entry in variant.middleware or ()
                if isinstance(entry.dotted_path, str)
            }
        )
        project = self._project
        if live is not None:
            subjects = [self._live_subject(project, result, live)]
        else:
            subjects = [build_subject(project, variant, self.read, may_break) for variant in result.variants]
        configuration = configuration_of(self.options, self.found)
        cut = "" if live else result.cut
        return StackReport(module, result.path, subjects, result.notes, cut, configuration)

    def _explained(self, module: str, result: SettingsResult, live: LiveStack | None) -> SettingsResult:
        """Settings that cannot be evaluated, and those without MIDDLEWARE, are reported with what to name instead."""
        lacking = "" if live is not None and live.middleware else without_middleware(result)
        if lacking:
            place = shown_from(base_of(self.found.root), result.path)
            suggested = instead_of(module, self.found, self.finder)
            reason = f"{module} ({place}) {lacking}, so that there is no stack to check; {suggested}"
            self.errors.append(reason)
            return SettingsResult.failed(module, result.path, reason)
        if result.error:
            missing = self.finder.find(module).kind is ModuleKind.MISSING
            suggested = f"; {instead_of(module, self.found, self.finder)}" if missing else ""
            self.errors.append(f"the settings {module} cannot be evaluated: {result.error}{suggested}")
        return result

    def read(self, dotted_path: str, listed_at: Location) -> Definition:
        """Read a middleware once, however many variants list it."""
        definition = self._read.get(dotted_path)
        if definition is None:
            self._say(dotted_path)
            definition = self._read[dotted_path] = self._reader.read(dotted_path, listed_at)
        return definition

    def _async_views(self) -> Sequence[AsyncView]:
        """Looked for once, and only where a rule asks: that reads the project's files."""
        if self._views is None:
            self._say("async views")
            self._views = find_async_views(
                Path(self.found.root), self.finder.load_file, self.is_over, self.finder.own.read
            )
        return self._views

    def _allows_async_unsafe(self) -> bool:
        """Whether the variable that turns Django's own check off is named where a project sets its environment."""
        settings = (self.finder.find(name).path for name in self.found.settings_modules)
        for path in (*self.found.entry_points, *filter(None, settings)):
            try:
                if b"DJANGO_ALLOW_ASYNC_UNSAFE" in read_bounded(path):
                    return True
            except UnreadableError:
                continue
        return False

    def _routed_views(self, root: str) -> Sequence[RoutedView]:
        """Looked for once for each URLconf: that reads the modules of all views in which ``async def`` stands, or that lead to it."""
        if root not in self._routed:
            self._say("views")
            found = find_views(
                root,
                self._load_own,
                self._load_views,
                self.finder.load,
                lambda name: self._reader.read(name),
                self._async_modules.lead_from,
            )
            self._routed[root] = found
        return self._routed[root]

    def _load_views(self, name: str) -> SourceModule | None:
        """A module of the project's own that may hold async views, or views that are given coroutines: others with functions or
        classes are not parsed."""
        read = self._content(name)
        if read is None:
            return None
        content = read[0]
        is_wanted = any(word in content for word in (b"async def", b"StreamingHttpResponse"))
        is_wanted = is_wanted or not (b"def " in content or b"class " in content)
        return self._load_own(name) if is_wanted or self._async_modules.lead_from(name) else None

    def _content(self, name: str) -> tuple[bytes, bool] | None:
        """The bytes of a module of the project's own, and whether it is a package."""
        found = self.finder.find(name)
        if found.kind is not ModuleKind.SOURCE or not self._project.owns(Location(found.path, 1)):
            return None
        try:
            return read_bounded(found.path), Path(found.path).name == "__init__.py"
        except UnreadableError:
            return None

    def _load_own(self, name: str) -> SourceModule | None:
        """A module of the project's own by its name: what packages bring is not followed."""
        found = self.finder.find(name)
        if found.kind is not ModuleKind.SOURCE or not self._project.owns(Location(found.path, 1)):
            return None
        module = self.finder.load(name)
        return module if module.tree is not None else None

    def is_over(self, at: Path | None = None) -> bool:
        """Whether a bound of the whole run is reached."""
        return self.finder.bounds.is_over(at or self.found.root)

    def _live(self, module: str) -> LiveStack:
        """``--live``: loaded in a process of its own; nothing of the project is imported here."""
        self._say(f"{module} (loading it)")
        return load_live(
            module,
            self.options.server,
            Path(self.found.root),
            self.environment.python,
            self.options.env,
            self.finder.bounds.seconds_left,
            roots=self.found.roots,
            configuration=configuration_of(self.options, self.found),
        )

    def _live_subject(self, project: Project, result: SettingsResult, live: LiveStack) -> Subject:
        """The loaded stack in the place of the default variant; its places are those of the source where it lists them."""
        default = result.variants[0]
        listed = {
            entry.dotted_path: entry.location
            for variant in result.variants
            for entry in variant.middleware or ()
            if isinstance(entry.dotted_path, str)
        }
        elsewhere = Location(live.settings_file or result.path, 1)
        entries = tuple(
            MiddlewareEntry(facts.dotted_path, listed.get(facts.dotted_path, elsewhere))
            for facts in live.middleware
        )
        self.notes += inserted_notes(live.middleware, default)
        loaded = {facts.dotted_path: facts for facts in live.middleware}

        def read(dotted_path: str, listed_at: Location) -> Definition:
            definition = self.read(dotted_path, listed_at)
            return replace(definition, facts=with_source(loaded[dotted_path], definition.facts))

        variant = replace(
            default,
            conditions=(),
            is_default=True,
            middleware=entries,
            blocked=(),
            settings={**default.settings, **{name: Known(value) for name, value in live.settings.items()}},
        )
        return build_subject(project, variant, read, may_break)


def _ended_early(bounds: RunBounds, root: str) -> Finding:
    """A run that ended early is never clean, whatever was selected, ignored or accepted: this is no rule's finding."""
    return Finding(
        "BRG000",
        Severity.NOTE,
        f"{bounds.reached}: what was not looked at by then is not known",
        bounds.location or Location(root, 1),
        "Give the run more time with --timeout SECONDS, or name fewer settings modules.",
        subject="run",
    )
