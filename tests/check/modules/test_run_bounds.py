"""The bounds of a whole run: reached at a place, told, and never silently clean. Clocks are injected: one second a look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from bridgekit._plural import plural
from bridgekit.check import pipeline
from bridgekit.check.findings.report import Report
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.parsing import SourceModule, parse_file
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.pipeline import run
from bridgekit.check.project import named_settings, notes
from bridgekit.check.project.config import Options, read_config
from bridgekit.check.settings import evaluate_settings
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Answer, Location


def ticking() -> Callable[[], float]:
    """A clock on which every look takes a second."""
    return map(float, count()).__next__


def project(root: Path) -> Path:
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
        "settings.py": """
            import os
            NUMBERS = [number * number for number in range(3000)]
            MIDDLEWARE = ["mw.plain"]
            if os.environ.get("EXTRA"):
                MIDDLEWARE += ["mw.plain"]
            """,
        "mw.py": """
            from asgiref.sync import iscoroutinefunction
            from django.utils.decorators import sync_and_async_middleware
            @sync_and_async_middleware
            def plain(get_response):
                if iscoroutinefunction(get_response):
                    async def middleware(request):
                        return await get_response(request)
                else:
                    def middleware(request):
                        return get_response(request)
                return middleware
            """,
        "views.py": "async def index(request): ...\n",
    }
    for name, text in files.items():
        (root / name).write_text(dedent(text), "utf-8")
    return root


def test_a_run_without_time_is_never_clean_and_says_where_it_ended(tmp_path: Path) -> None:
    """Whichever look at the clock is the last one: the report has the bound with a file and a line, or there is no report."""
    project(tmp_path)
    calm = run(Options(tmp_path))
    assert calm.findings == []
    ended = 0
    for seconds in range(1, 400):
        report = _ran(tmp_path, seconds)
        if report is None:
            assert not ended  # with more time there is no less to report
            continue
        ended += 1
        if report.findings == []:
            break
        finding = report.findings[-1]
        assert finding.message.startswith(f"the run's bound of {plural(seconds, 'second')} was reached")
        assert finding.location.path.startswith(str(tmp_path)) or "site-packages" in finding.location.path
        assert "--timeout" in finding.fix
    else:
        pytest.fail("the run ends in 400 looks at the clock")
    assert ended > 5
    assert report.stacks[0].subjects[0].middleware[0].facts == calm.stacks[0].subjects[0].middleware[0].facts


def _ran(root: Path, seconds: int) -> Report | None:
    """The report; None where the run ended before there was anything to report, and said so."""
    try:
        return run(Options(root, timeout=seconds), clock=ticking())
    except ProjectError as error:
        told = str(error)
    assert f"bound of {plural(seconds, 'second')} was reached" in told
    return None


def test_what_is_selected_ignored_or_accepted_does_not_hide_it(tmp_path: Path) -> None:
    options = Options(project(tmp_path), ignore=("BRG",), timeout=6)
    report = run(options, clock=ticking())
    assert [finding.subject for finding in report.findings] == ["run"]


def test_settings_are_unknown_at_the_line_where_the_steps_of_the_run_end(tmp_path: Path) -> None:
    project(tmp_path)
    result = evaluate_settings(ModuleFinder([tmp_path], bounds=RunBounds(steps=2_000)), "settings")
    (blocked,) = result.variants[0].blocked
    assert blocked.reason.endswith("steps was reached")
    assert blocked.location.path == str(tmp_path / "settings.py")
    assert blocked.location.line == 3


def test_the_steps_of_all_middleware_count_together(tmp_path: Path) -> None:
    """Each of them is small; the first are read, and from some one on they are unknown for that reason."""
    one = "class M{0}:\n    async_capable = 1 == 1\n    def __init__(self, get_response): ...\n    def __call__(self, request): ...\n"
    (tmp_path / "many.py").write_text("".join(one.format(number) for number in range(300)), "utf-8")
    reader = SourceReader(ModuleFinder([tmp_path], current_environment(), RunBounds(steps=500)))
    claims = [reader.read(f"many.M{number}").facts.async_capable for number in range(300)]
    assert claims[0].answer is Answer.YES
    assert claims[-1].answer is Answer.UNKNOWN
    assert "steps was reached" in claims[-1].reason
    turns = sum(one.answer is not other.answer for one, other in pairwise(claims))
    assert turns == 1


def test_folders_without_a_file_to_read_take_time_as_well(tmp_path: Path) -> None:
    """`check /` walked the whole disk for settings, however little time it had: the clock was looked at for Python files alone."""
    for number in range(100):
        (tmp_path / f"folder{number}" / "inner").mkdir(parents=True)
    looks = count()
    with pytest.raises(
        ProjectError,
        match=r"not all of the folder was searched.*bound of 250 seconds was reached.*--settings",
    ):
        run(Options(tmp_path, timeout=250), clock=lambda: float(next(looks)))
    assert next(looks) < 300


def test_entry_points_are_not_read_beyond_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be as long as a file may be at all, and they were read three times over."""
    for number in range(50):
        folder = tmp_path / f"site{number}"
        folder.mkdir()
        (folder / "asgi.py").write_text("import os\nos.environ['DJANGO_SETTINGS_MODULE'] = name()\n", "utf-8")
    read: list[str] = []

    def parse(path: str) -> SourceModule:
        read.append(path)
        return parse_file(path)

    monkeypatch.setattr(named_settings, "parse_file", parse)
    monkeypatch.setattr(notes, "parse_file", parse)
    with pytest.raises(ProjectError, match="bound of 70 seconds was reached"):
        run(Options(tmp_path, timeout=70), clock=ticking())
    assert 0 < len(read) < 20
    with pytest.raises(ProjectError, match="computes its name"):
        run(Options(tmp_path, timeout=1000), clock=ticking())


def test_a_loaded_project_has_what_is_left_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had two minutes of its own."""
    given: list[float] = []

    def load(*args: object, **options: object) -> None:
        given.append(float(str(args[5])))
        raise ProjectError("loaded")

    monkeypatch.setattr(pipeline, "load_live", load)
    with pytest.raises(ProjectError, match="loaded"):
        run(Options(project(tmp_path), live=True, timeout=300), clock=ticking())
    assert 0 < given[0] < 290


def test_the_first_bound_that_is_reached_stays(tmp_path: Path) -> None:
    bounds = RunBounds(2, clock=ticking())
    assert bounds.spend(0, lambda: Location("a.py", 1)) == ""
    assert "2 seconds" in bounds.spend(0, lambda: Location("b.py", 7))
    bounds.end("something else", Location("c.py", 1))
    assert (bounds.location, "2 seconds" in bounds.reached) == (Location("b.py", 7), True)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(ProjectError, match="--timeout"):
        Options(tmp_path, timeout=seconds)


@pytest.mark.parametrize("written", ["0", "true", '"60"', "inf", "nan"])
def test_a_configured_time_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.bridgekit]\ntimeout = 2.5\n", "utf-8")
    assert read_config(tmp_path)[0] == {"timeout": 2.5}
    file.write_text(f"[tool.bridgekit]\ntimeout = {written}\n", "utf-8")
    with pytest.raises(ProjectError, match="timeout must be a number of seconds"):
        read_config(tmp_path)
