"""`bridgekit check` as people run it: on whole projects, by options, exit codes and files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridgekit import cli
from bridgekit.check.reporters import FORMATS
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.cli import FORMATS as OFFERED
from bridgekit.cli import main

pytest.importorskip("django")

ROOT = Path(__file__).parents[2]
SETTINGS = """
import os
SECRET_KEY = "s"
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "shop.middleware.audit",
]
if os.environ.get("STAGE") == "prod":
    MIDDLEWARE += ["shop.middleware.extra"]
"""
MIDDLEWARE = """
def audit(get_response):
    def middleware(request):
        return get_response(request)
    return middleware

def extra(get_response):
    return get_response
"""
MANAGE = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
"""
ASGI = (
    MANAGE
    + """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").write_text("", "utf-8")
    (shop / "settings.py").write_text(SETTINGS, "utf-8")
    (shop / "middleware.py").write_text(MIDDLEWARE, "utf-8")
    (shop / "asgi.py").write_text(ASGI, "utf-8")
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command with stdout and stderr apart, which click 8.1 does only when asked."""
    apart: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
    return CliRunner(**apart).invoke(main, list(arguments))


def check(project: Path, *options: str) -> Result:
    return run("check", str(project), *options)


def codes(project: Path, *options: str) -> list[str]:
    result = check(project, "--format", "json", *options)
    return [finding["code"] for finding in json.loads(result.stdout)["findings"]]


def test_findings_are_exit_code_one(project: Path) -> None:
    """With the picture before them."""
    result = check(project)
    assert result.exit_code == 1, result.output
    assert "shop.settings (shop/settings.py), MIDDLEWARE under ASGI, from source" in result.stdout
    assert "shop/middleware.py:2:1 BRG002 shop.middleware.audit is sync-only" in result.stdout


def test_a_clean_project_is_exit_code_zero(project: Path) -> None:
    """Under WSGI this one is."""
    result = check(project, "--server", "wsgi")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Found nothing to report.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--settings", "no.such.settings"], "no.such.settings"),
        (["--baseline", "missing.json"], "baseline missing.json does not exist"),
        (["--env", "NOTHING"], "--env NOTHING: give it as NAME=VALUE"),
        (["--select", "BRG9"], "no rule's code begins with 'BRG9'"),
        (["--python", "/no/such/python"], "--python /no/such/python: no such file"),
        (["--output", "/no/such/folder/x"], "/no/such/folder/x cannot be written"),
    ],
)
def test_what_keeps_the_project_from_being_checked_is_exit_code_two(
    project: Path, options: list[str], said: str
) -> None:
    """One message that names the cause, never a traceback."""
    result = check(project, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("path", ["no-such-folder", "shop/settings.py"])
def test_a_path_that_is_no_project_says_so(project: Path, path: str) -> None:
    """A missing folder or a file without a project around it: exit code two or a report, never a traceback."""
    result = check(project / path)
    assert result.exit_code in {1, 2}
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_every_format_is_offered_and_rendered(project: Path) -> None:
    """The command line knows the reporters' names without importing them."""
    assert OFFERED == FORMATS
    for form in FORMATS:
        result = check(project, "--format", form)
        assert result.exit_code == 1
        assert "BRG002" in result.stdout


def test_a_report_can_go_to_a_file(project: Path, tmp_path: Path) -> None:
    """Then only the count is told, on stderr."""
    result = check(project, "--format", "html", "--output", str(tmp_path / "report.html"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "findings written to" in result.stderr
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_one_finding_is_not_told_as_several(project: Path, tmp_path: Path) -> None:
    """In the line on stderr and in the report's own."""
    (project / "shop" / "settings.py").write_text(SETTINGS.partition("if ")[0], "utf-8")
    result = check(project, "--select", "BRG002", "--output", str(tmp_path / "report.txt"))
    assert result.stderr.startswith("1 finding written to")
    assert "Found 1 finding" in (tmp_path / "report.txt").read_text("utf-8")
    accepted = check(project, "--select", "BRG002", "--write-baseline", str(tmp_path / "known.json"))
    assert accepted.stderr.startswith("1 finding accepted in")


def test_select_and_ignore_take_lists(project: Path) -> None:
    """Several values in one, or the option several times, in any case."""
    assert set(codes(project)) == {"BRG002"}
    assert codes(project, "--ignore", "brg001,brg002") == []
    assert codes(project, "--select", "BRG001", "--select", "BRG003") == []


def test_a_comment_silences_its_line_and_its_code(project: Path) -> None:
    """Where the finding stands: the project's own middleware at its definition."""
    text = MIDDLEWARE.replace("def audit(get_response):", "def audit(get_response):  # noqa: BRG002")
    (project / "shop" / "middleware.py").write_text(text, "utf-8")
    result = check(project, "--env", "STAGE=test")
    assert "(1 silenced by noqa)" in result.stdout


def test_a_baseline_accepts_what_was_there(project: Path, tmp_path: Path) -> None:
    """Written once, it makes the project clean until something new comes."""
    baseline = tmp_path / "baseline.json"
    written = check(project, "--write-baseline", str(baseline))
    assert (written.exit_code, written.stdout) == (0, "")
    assert check(project, "--baseline", str(baseline)).exit_code == 0
    more = MIDDLEWARE + "def more(get_response):\n    return get_response\n"
    (project / "shop" / "middleware.py").write_text("\n\n" + more, "utf-8")
    settings = SETTINGS.replace(
        '"shop.middleware.audit",', '"shop.middleware.audit", "shop.middleware.more",'
    )
    (project / "shop" / "settings.py").write_text(settings, "utf-8")
    document = json.loads(check(project, "--baseline", str(baseline), "--format", "json").stdout)
    assert [finding["subject"] for finding in document["findings"]] == ["shop.middleware.more"]


def test_a_baseline_that_is_named_and_broken_can_be_written_anew(project: Path) -> None:
    """The message says to; the old file must not stand in the way."""
    (project / "pyproject.toml").write_text('[tool.bridgekit]\nbaseline = "old.json"\n', "utf-8")
    (project / "old.json").write_text("broken", "utf-8")
    refused = check(project)
    assert (refused.exit_code, "write it anew with --write-baseline" in refused.stderr) == (2, True)
    assert check(project, "--write-baseline", str(project / "old.json")).exit_code == 0
    assert check(project).exit_code == 0


def test_a_baseline_is_written_in_the_place_of_a_report(project: Path) -> None:
    """``--output`` was passed over: no file, and no word of it."""
    refused = check(
        project, "--write-baseline", str(project / "known.json"), "--output", str(project / "report.txt")
    )
    assert (refused.exit_code, "--write-baseline writes no report" in refused.stderr) == (2, True)
    assert not (project / "known.json").exists()
    assert not (project / "report.txt").exists()


@pytest.mark.parametrize("option", ["--settings", "--select", "--ignore", "--python"])
def test_an_option_without_a_value_is_refused(project: Path, option: str) -> None:
    """An unset variable of a script would check something else than what was meant."""
    result = check(project, option, "")
    assert (result.exit_code, f"{option} is given without a value" in result.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--baseline", "--write-baseline", "--output"])
def test_an_empty_path_is_refused(project: Path, option: str) -> None:
    """An empty path would be the working directory."""
    result = check(project, option, "")
    assert (result.exit_code, "the path is empty" in result.stderr) == (2, True)
    assert run("check", "").exit_code == 2


def test_a_misspelt_table_of_options_is_told(project: Path) -> None:
    """Its options would be dropped in silence; the table of another tool is nobody's business."""
    pyproject = project / "pyproject.toml"
    pyproject.write_text('[tool.bridgkit]\nserver = "wsgi"\n[tool.black]\n', "utf-8")
    said = "[tool.bridgkit] is not read: did you mean [tool.bridgekit]?"
    assert any(said in note for note in json.loads(check(project, "--format", "json").stdout)["notes"])
    assert said in check(project, "--show-settings").stdout
    pyproject.write_text('[tool.bridgekit]\nsevrity = "note"\n', "utf-8")
    assert "did you mean severity?" in check(project).stderr
    pyproject.write_text("[tool.bridgekit]\nsettings = ''\n", "utf-8")
    assert "tool.bridgekit.settings is empty" in check(project).stderr
    pyproject.write_text("[tool.bridge]\na = 1\n[tool.brigadier]\nb = 1\n", "utf-8")
    assert not any(
        "did you mean" in note for note in json.loads(check(project, "--format", "json").stdout)["notes"]
    )


@pytest.mark.parametrize("options", [[], ["--settings", "shop.settings"]])
def test_an_entry_point_that_cannot_be_parsed_is_told(project: Path, options: list[str]) -> None:
    """What it serves is not known: nothing ends clean because of it."""
    (project / "shop/asgi.py").write_text("import os\nos.environ.setdefault(\n", "utf-8")
    found = json.loads(check(project, "--format", "json", *options).stdout)["findings"]
    (told,) = [finding for finding in found if "entry point" in finding["message"]]
    assert (told["code"], told["location"]["line"]) == ("BRG000", 2)
    (project / "manage.py").write_text("import (\n", "utf-8")
    (project / "shop/settings.py").rename(project / "shop/conf.py")
    assert "manage.py cannot be parsed by Python" in check(project).stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("name", ["settings.py", "views.py", "asgi.py", "middleware.py", "urls.py"])
def test_named_pipes_and_devices_hold_nothing_up(project: Path, name: str) -> None:
    """Nobody writes into them: a plain open() would wait for ever, a plain read() never end."""
    file = project / "shop" / name
    command = [sys.executable, "-m", "bridgekit", "check", str(project)]
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert subprocess.run(command, capture_output=True, timeout=60).returncode in (1, 2)
    file.unlink()
    file.symlink_to("/dev/zero")
    assert subprocess.run(command, capture_output=True, timeout=60).returncode in (1, 2)


def test_the_configuration_is_read_and_the_command_line_wins(project: Path) -> None:
    """[tool.bridgekit] of the project's pyproject.toml."""
    (project / "pyproject.toml").write_text('[tool.bridgekit]\nserver = "wsgi"\n', "utf-8")
    assert check(project).exit_code == 0
    assert check(project, "--server", "asgi").exit_code == 1
    (project / "pyproject.toml").write_text("[tool.bridgekit]\nserver = 3\n", "utf-8")
    assert check(project).exit_code == 2


def test_an_environment_variable_settles_a_condition(project: Path) -> None:
    """Without it both branches are shown; with it one list is left."""
    document = json.loads(check(project, "--format", "json").stdout)
    variants = document["stacks"][0]["variants"]
    assert [len(variant["middleware"]) for variant in variants] == [2, 3]
    document = json.loads(check(project, "--format", "json", "--env", "STAGE=prod").stdout)
    (variant,) = document["stacks"][0]["variants"]
    assert variant["middleware"][-1] == "shop.middleware.extra"


def test_live_shows_what_was_inserted_at_run_time(project: Path) -> None:
    """Instrumentation changes settings.MIDDLEWARE while the project starts; the source does not show it."""
    package = project / "shop" / "__init__.py"
    settings = SETTINGS + "\nINSTALLED_APPS = ['shop.instrument']\n"
    (project / "shop" / "settings.py").write_text(settings, "utf-8")
    package.write_text("", "utf-8")
    (project / "shop" / "instrument.py").write_text(
        "from django.conf import settings\nsettings.MIDDLEWARE.insert(0, 'shop.middleware.extra')\n", "utf-8"
    )
    result = check(project, "--live")
    assert result.exit_code == 1, result.output
    assert "MIDDLEWARE under ASGI, as loaded" in result.stdout
    assert "note: shop.middleware.extra was inserted at run time at position 1" in result.stdout


def test_diff_prints_a_patch_that_applies(project: Path) -> None:
    """To the file as it is, by git."""
    patch = check(project, "--diff").stdout
    subprocess.run(["git", "apply", "--check", "-"], cwd=project, input=patch.encode(), check=True)
    assert "+@sync_and_async_middleware" in patch


HOSTILE = """
import os, shutil, subprocess
MIDDLEWARE = []
open({sentinel!r}, "w").write("executed")
os.system("touch {sentinel}")
subprocess.run(["touch", {sentinel!r}])
shutil.rmtree(".", ignore_errors=True)
"""


def test_neither_the_project_nor_django_is_imported(project: Path, tmp_path: Path) -> None:
    """Settings that would write and delete files do not get to."""
    sentinel = tmp_path / "executed"
    (project / "shop" / "settings.py").write_text(HOSTILE.format(sentinel=str(sentinel)), "utf-8")
    code = (
        "import sys\nfrom bridgekit.cli import main\n"
        f"try:\n    main(['check', {str(project)!r}])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'shop')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    assert shown.stdout.splitlines()[-1] == "[]", shown.stdout
    assert not sentinel.exists()
    assert (project / "shop" / "settings.py").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"MIDDLEWARE = [",
        b"\xff\xfe\x00M",
        b"# coding: nonsense\n",
        b"",
        b"x = (" * 3000,
        b"#" * 2_000_000,
        b"\x00",
    ],
    ids=["syntax", "bytes", "coding", "empty", "nested", "large", "null"],
)
def test_hostile_settings_are_a_message_and_never_a_traceback(project: Path, content: bytes) -> None:
    """Exit code two, or findings."""
    (project / "shop" / "settings.py").write_bytes(content)
    result = check(project)
    assert result.exit_code in {0, 1, 2}
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "content", [b"def audit(", b"\xff\xfe\x00M", b"from shop.middleware import audit\n", b"x" * 2_000_000]
)
def test_hostile_middleware_is_unknown(project: Path, content: bytes) -> None:
    """Syntax errors, cyclic imports, wrong encodings and large files are BRG000."""
    (project / "shop" / "middleware.py").write_bytes(content)
    assert "BRG000" in codes(project)


def test_loops_of_symbolic_links_end(project: Path) -> None:
    """A folder that contains itself."""
    (project / "shop" / "loop").symlink_to(project)
    assert check(project).exit_code == 1


def test_djangos_own_startproject_costs_fifteen_hops(tmp_path: Path) -> None:
    """The seven default middleware all say async_capable; one pass-through placed last makes fifteen hops four."""
    command = [sys.executable, "-m", "django", "startproject", "mysite", str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": ""})
    (variant,) = json.loads(check(tmp_path, "--format", "json").stdout)["stacks"][0]["variants"]
    assert variant["hops"]["async_view"]["to_thread"] == {"low": 15, "high": 15}
    assert variant["hops"]["sync_view"]["to_thread"] == {"low": 16, "high": 16}
    best = variant["proposals"][0]
    assert (best["change"], best["position"], best["after"]["to_thread"]["high"]) == (
        "add-pass-through",
        7,
        4,
    )
    text = check(tmp_path).stdout
    assert (
        "  today:    15 hops with an async view, 16 with a sync view; 1 idle thread for each waiting request and each open stream\n"
        "  one line: Place bridgekit.django.middleware.SingleHopMiddleware (a sync-only pass-through) last in MIDDLEWARE\n"
        "  after:    4 hops with an async view, 5 with a sync view; 1 thread for each waiting request (blocked by bridgekit.django.middleware.SingleHopMiddleware) and each open stream (idle)\n"
        "  handler:  0 hops with an async view, 1 with a sync view (2 and 1 for a POST, at most that where the session or messages change);"
        " no thread for a waiting request or an open stream\n"
    ) in text
    assert check(tmp_path, "--server", "wsgi").exit_code == 0
    live = json.loads(check(tmp_path, "--live", "--format", "json").stdout)["stacks"][0]["variants"][0]
    assert (live["hops"], live["handler"]["hops"]) == (variant["hops"], variant["handler"]["hops"])


def test_settings_decide_whether_djangos_own_layers_need_a_thread(tmp_path: Path) -> None:
    """What rests on the environment is not known from source; the loaded project tells, and so does --env."""
    command = [sys.executable, "-m", "django", "startproject", "mysite", str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": ""})
    with (tmp_path / "mysite" / "settings.py").open("a") as settings:
        settings.write("import os\nCSRF_USE_SESSIONS = os.environ.get('TOKENS') == 'session'\n")

    def hops(*options: str) -> tuple[int, int]:
        (variant,) = json.loads(check(tmp_path, "--format", "json", *options).stdout)["stacks"][0]["variants"]
        found = variant["handler"]["hops"]["async_view"]
        assert variant["handler"]["hops_of_unsafe_method"]["async_view"] == {"low": 2, "high": 2}
        return found["low"], found["high"]

    assert hops() == (0, 2)
    assert hops("--env", "TOKENS=session") == (2, 2)
    assert hops("--env", "TOKENS=cookie") == hops("--live") == (0, 0)
    assert hops("--live", "--env", "TOKENS=session") == (2, 2)
    handler = next(line for line in check(tmp_path).stdout.splitlines() if line.startswith("  handler:"))
    assert "not known: CSRF_USE_SESSIONS rests on the default of TOKENS (" in handler


def test_a_terminal_without_unicode_gets_plain_lines(project: Path) -> None:
    """Windows consoles and C locales: never a UnicodeEncodeError instead of the report."""
    command = [sys.executable, "-m", "bridgekit", "check", str(project)]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"+ ASGI server" in done.stdout
    assert b"BRG002" in done.stdout


def progress_on(columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written to a terminal of that many columns while three modules are read."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    monkeypatch.setattr(cli, "SECONDS_BEFORE_PROGRESS", 0)
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with cli.progress_on_stderr() as show:
            show("shop.settings", 0, 0)
            show(f"shop.middleware.{'audit' * 40}", 1, 2)
            show("shop.middleware.last", 2, 2)
        terminal.write("\nend")
        terminal.flush()
        written = b""
        while not written.endswith(b"end"):
            written += os.read(ours, 4096)
    os.close(ours)
    return written.decode().removesuffix("\r\nend")


@pytest.mark.parametrize("columns", [30, 39, 60, 200])
def test_progress_fits_the_terminal_and_is_wiped_after(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """click's bar with what is being read. A line that wraps would stay where it is when the next is drawn over it."""
    monkeypatch.setenv("TERM", "xterm")
    written = progress_on(columns, monkeypatch)
    drawn = [re.sub(r"\033\[[?\w]*", "", line) for line in written.split("\r")]
    assert max(map(len, drawn)) < columns
    assert drawn[1].endswith("] 0 shop.settings")
    width = min(20, columns // 3)
    assert drawn[2].startswith(f"[{'#' * (width // 2):-<{width}}] 1/2 shop.middl")
    assert f"[{'#' * width}] 2/2 shop" in drawn[3]
    # Wiped, the cursor is shown again, and stands where it stood.
    assert written.endswith("\r\033[K\033[?25h\r\n\033[A")


def test_no_progress_is_drawn_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress_on(29, monkeypatch) == ""


def test_no_progress_is_drawn_where_the_cursor_cannot_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert progress_on(80, monkeypatch) == ""


def test_no_progress_is_written_where_stderr_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "SECONDS_BEFORE_PROGRESS", 0)
    with cli.progress_on_stderr() as show:
        show("shop.middleware.audit", 0, 2)
    assert capsys.readouterr() == ("", "")


def test_paths_are_those_of_the_working_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository holds the project in a folder: annotations and editors start from the repository."""
    monkeypatch.chdir(project.parent)
    annotations = check(project, "--format", "github").stdout
    assert f"file={project.name}/shop/middleware.py," in annotations
    document = json.loads(check(project, "--format", "json").stdout)
    assert document["findings"][0]["location"]["path"] == "shop/middleware.py"


def test_as_a_git_hook_it_stops_a_commit(project: Path) -> None:
    """What a pre-commit hook runs, in a real repository: the commit is refused while findings stand."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments],
            cwd=project,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    git("init", "-q")
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m bridgekit check\n", "utf-8")
    hook.chmod(0o755)
    git("add", ".")
    refused = git("commit", "-m", "first")
    assert refused.returncode == 1
    assert "BRG002" in refused.stdout + refused.stderr
    (project / "pyproject.toml").write_text('[tool.bridgekit]\nignore = ["BRG"]\n', "utf-8")
    assert git("commit", "-m", "first").returncode == 0


def test_explain_prints_a_page_and_lists_the_rules() -> None:
    """In any case of letters; an unknown code is exit code two."""
    page = run("explain", "brg003")
    assert page.stdout.startswith("# BRG003: ")
    assert run("explain", "coroutine-as-response").stdout == page.stdout
    listed = run("explain", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == [rule.code for rule in ALL_RULES]
    assert run("explain", "BRG999").exit_code == 2
    assert run("explain").exit_code == 2


def test_a_file_for_a_module_and_a_form_for_a_patch_are_told(project: Path) -> None:
    """The message says what was meant."""
    result = check(project, "--settings", "./shop/settings.py")
    assert result.exit_code == 2
    assert "a dotted module name, such as shop.settings, not the file" in result.stderr
    result = check(project, "--diff", "--format", "json")
    assert (result.exit_code, "leave --format out" in result.stderr) == (2, True)
    assert check(project, "--python", "/bin/false").stderr.endswith("Python 3 interpreter (exit code 1)\n")


def test_a_patch_of_nothing_says_so(project: Path) -> None:
    """Silence could be taken for a failure; stdout stays a patch."""
    (project / "shop" / "settings.py").write_text("MIDDLEWARE = []\n", "utf-8")
    result = check(project, "--diff")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing to patch" in result.stderr


def test_packages_without_django_are_told_with_the_remedy(project: Path) -> None:
    """The first run of who installs the checker apart from the project: seven unknown middleware, and why."""
    packages = project / ".venv" / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (project / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1\n", "utf-8")
    text = check(project).stdout
    assert text.startswith(f"Django is not among the packages of {project / '.venv'}")
    assert "with --python PATH" in text


def test_notes_name_files_as_findings_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the working directory, so that a terminal can open them."""
    (project / "manage.py").write_text(MANAGE.replace("shop.settings", "shop.dev"), "utf-8")
    monkeypatch.chdir(project)
    text = run("check").stdout
    assert "note: manage.py names the settings module shop.dev, which was not checked" in text


def test_the_settings_of_the_environment_are_chosen_and_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with manage.py; --env says it for one run, and --settings wins over both."""
    (project / "shop" / "dev.py").write_text("MIDDLEWARE = []\n", "utf-8")
    assert check(project, "--env", "DJANGO_SETTINGS_MODULE=shop.dev").stdout.startswith("shop.dev (")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.dev")
    text = check(project).stdout
    assert text.startswith("shop.dev (")
    assert "note: the environment variable DJANGO_SETTINGS_MODULE chose shop.dev" in text
    assert check(project, "--settings", "shop.settings").stdout.startswith("shop.settings (")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sets no MIDDLEWARE"),
        ("DEBUG = True\nfrom os.path import *\n", "sets no MIDDLEWARE"),
        ("MIDDLEWARE_CLASSES = []\n", "MIDDLEWARE_CLASSES, which Django ignores"),
    ],
)
def test_settings_without_middleware_are_no_clean_project(project: Path, text: str, said: str) -> None:
    """The module that was named may be an empty package, or an old one: say which modules have the list."""
    (project / "shop/settings_base.py").write_text(SETTINGS, "utf-8")
    (project / "shop/settings.py").write_text(text, "utf-8")
    result = check(project)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "--settings shop.settings_base" in result.stderr
    both = check(project, "--settings", "shop.settings_base", "--settings", "shop.settings")
    assert both.exit_code == 1
    assert said in both.stdout


def test_an_empty_list_is_an_answer(project: Path) -> None:
    (project / "shop/settings.py").write_text("MIDDLEWARE = []\n", "utf-8")
    assert check(project).exit_code == 0


@pytest.mark.parametrize("name", ["views.py", "README.md"])
def test_a_path_to_something_else_is_no_clean_project(project: Path, name: str) -> None:
    (project / name).write_text("\n", "utf-8")
    result = run("check", str(project / name))
    assert result.exit_code == 2
    assert "sets no MIDDLEWARE" in result.stderr or "not a Python file" in result.stderr


def test_a_misspelt_settings_module_gets_the_one_that_is_meant(project: Path) -> None:
    (project / "shop/settings_base.py").write_text(SETTINGS, "utf-8")
    result = check(project, "--settings", "shop.settings_bse")
    assert result.exit_code == 2
    assert "did you mean shop.settings_base?" in result.stderr


def test_settings_that_the_environment_names_and_the_project_lacks_are_noted(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other.settings")
    assert (
        "other.settings, which this project does not have: shop.settings was checked" in check(project).stdout
    )


CONFIGURED = """
from configurations import Configuration

class Base(Configuration):
    MIDDLEWARE = ["shop.middleware.audit"]

class Quiet(Base):
    MIDDLEWARE = []
"""


@pytest.fixture
def configured(project: Path) -> Path:
    (project / "shop/settings.py").write_text(CONFIGURED, "utf-8")
    (project / "manage.py").write_text(
        MANAGE + 'os.environ.setdefault("DJANGO_CONFIGURATION", "Base")\n', "utf-8"
    )
    (project / "shop/asgi.py").unlink()
    return project


def test_the_configuration_that_is_asked_for_wins_and_is_shown(configured: Path) -> None:
    """As in a process: the entry point's ``setdefault`` gives way to the variable."""
    assert "DJANGO_CONFIGURATION=Base" in check(configured).stdout
    asked = check(configured, "--env", "DJANGO_CONFIGURATION=Quiet")
    assert (asked.exit_code, "shop.middleware.audit" in asked.stdout) == (0, False)
    assert "DJANGO_CONFIGURATION=Quiet" in asked.stdout
    (configured / "pyproject.toml").write_text(
        '[tool.bridgekit.env]\nDJANGO_CONFIGURATION = "Quiet"\n', "utf-8"
    )
    assert json.loads(check(configured, "--format", "json").stdout)["stacks"][0]["configuration"] == "Quiet"


def test_a_configuration_that_does_not_exist_is_an_error(configured: Path) -> None:
    result = check(configured, "--env", "DJANGO_CONFIGURATION=quiet")
    assert result.exit_code == 2
    assert "did you mean Quiet?" in result.stderr


SWITCHES = """
import os
MIDDLEWARE = ["shop.middleware.audit"]
if os.environ.get("A") == "1":
    MIDDLEWARE.append("shop.middleware.extra")
if os.environ.get("B") == "1":
    MIDDLEWARE.append("shop.middleware.more")
if os.environ.get("C") == "1":
    MIDDLEWARE.insert(0, "shop.middleware.first")
"""


def test_switches_are_shown_each_on_its_own(project: Path) -> None:
    """Three of them are eight stacks: what they change together is what each changes."""
    (project / "shop/settings.py").write_text(SWITCHES, "utf-8")
    text = check(project).stdout
    assert [line for line in text.splitlines() if line.startswith("  if ")] == [
        "  if A=1:",
        "  if B=1:",
        "  if C=1:",
    ]
    assert "4 combinations of these change nothing further" in text
    assert "(if A=1)" in text
    annotations = check(project, "--format", "github").stdout
    assert "(if A=1)" in annotations
    assert "(if A=1)" in check(project, "--format", "sarif").stdout


def test_where_the_default_is_not_known_both_answers_are_drawn(project: Path) -> None:
    (project / "shop/settings.py").write_text(
        "import unread\nif unread.flag():\n    MIDDLEWARE = ['shop.middleware.audit']\n"
        "else:\n    MIDDLEWARE = ['shop.middleware.extra']\n",
        "utf-8",
    )
    text = check(project).stdout
    assert text.count("ASGI server") == 2
    assert text.count("one line:") == 2


def test_the_same_hint_is_referred_to_only_right_below_itself(project: Path) -> None:
    """BRG010 and BRG002 alternate: what "above" would mean is not the line above."""
    (project / "shop/middleware.py").write_text(
        "class Hook:\n"
        "    def __init__(self, get_response):\n        self.get_response = get_response\n"
        "    def __call__(self, request):\n        return self.get_response(request)\n"
        "    def process_view(self, request, view, args, kwargs):\n        return None\n"
        "class Other(Hook):\n"
        "    def process_view(self, request, view, args, kwargs):\n        return None\n",
        "utf-8",
    )
    (project / "shop/settings.py").write_text(
        "MIDDLEWARE = ['shop.middleware.Hook', 'shop.middleware.Other']\n", "utf-8"
    )
    lines = check(project).stdout.splitlines()
    for number, line in enumerate(lines):
        if line == "    fix: as above":
            assert lines[number - 2].startswith("    fix:")


def test_costs_and_mistakes_are_told_apart(project: Path) -> None:
    (project / "shop/middleware.py").write_text(
        MIDDLEWARE + "from django.utils.deprecation import MiddlewareMixin\nclass Broken(MiddlewareMixin):\n"
        "    def __call__(self, request):\n        response = self.get_response(request)\n"
        "        response['X'] = '1'\n        return response\n",
        "utf-8",
    )
    (project / "shop/settings.py").write_text(
        "MIDDLEWARE = ['shop.middleware.audit', 'shop.middleware.Broken']\n", "utf-8"
    )
    text = check(project).stdout
    assert (
        text.index("What breaks or may break:") < text.index("BRG003") < text.index("What works and costs:")
    )
    assert {
        (f["code"], f["group"]) for f in json.loads(check(project, "--format", "json").stdout)["findings"]
    } == {
        ("BRG002", "cost"),
        ("BRG003", "mistake"),
    }
    assert codes(project, "--severity", "error") == ["BRG003"]
    assert check(project, "--severity", "error").exit_code == 1
    assert check(project, "--exit-zero").exit_code == 0
    (project / "pyproject.toml").write_text("[tool.bridgekit]\nseverity = 'error'\n", "utf-8")
    assert codes(project) == ["BRG003"]
    assert len(codes(project, "--severity", "note")) == 2


def test_what_could_not_be_read_is_told_at_every_severity(project: Path) -> None:
    (project / "shop/settings.py").write_text("import unread\nMIDDLEWARE = unread.LIST\n", "utf-8")
    assert codes(project, "--severity", "error") == ["BRG000"]


def test_a_project_without_django_in_reach_gets_one_sentence(project: Path, tmp_path: Path) -> None:
    """Not one finding for each middleware of Django's."""
    home = project / "empty"
    (home / "lib/python3.12/site-packages").mkdir(parents=True)
    (home / "pyvenv.cfg").write_text("version = 3.12.1\n", "utf-8")
    (project / "shop/settings.py").write_text(
        "MIDDLEWARE = ['django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware']\n",
        "utf-8",
    )
    result = check(project, "--python", str(home))
    assert result.stdout.startswith("Django is not among the packages of")
    assert result.stdout.count("BRG000") == 2  # the finding, and the page that explains it
    assert "2 of 2 middleware cannot be read" in result.stdout


def test_startproject_with_the_proposed_line_is_clean(tmp_path: Path) -> None:
    """Django's own middleware, which nobody can edit, gives no warning."""
    (tmp_path / "settings.py").write_text(
        "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware', 'django.middleware.csrf.CsrfViewMiddleware',"
        " 'bridgekit.django.middleware.SingleHopMiddleware']\n",
        "utf-8",
    )
    result = run("check", str(tmp_path))
    assert (result.exit_code, "Found nothing to report" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    ("listed", "meant"),
    [
        ("shop.middleware.adit", "shop.middleware.audit"),
        ("shop.midleware.audit", "shop.middleware.audit"),
        ("shpo.middleware.audit", None),
        ("django.middleware.common.CommonMidleware", "django.middleware.common.CommonMiddleware"),
        ("django.middleware.commons.CommonMiddleware", "django.middleware.common.CommonMiddleware"),
        ("shop.middleware.something_else", None),
    ],
)
def test_a_misspelt_middleware_gets_the_one_that_is_meant(
    project: Path, listed: str, meant: str | None
) -> None:
    (project / "shop/settings.py").write_text(f"MIDDLEWARE = [{listed!r}]\n", "utf-8")
    text = check(project).stdout
    assert (f"(did you mean {meant}?)" in text) if meant else ("did you mean" not in text)


def test_quiet_prints_the_findings_alone(project: Path) -> None:
    done = check(project, "--quiet")
    assert done.exit_code == 1
    assert done.stdout
    whole = check(project).stdout
    assert all(line in whole.splitlines() for line in done.stdout.splitlines())
    assert "├" not in done.stdout
    assert check(project, "--quiet", "--ignore", "BRG").stdout == ""


def test_statistics_count_what_json_lists(project: Path) -> None:
    done = check(project, "--statistics")
    found = [finding["code"] for finding in json.loads(check(project, "--format", "json").stdout)["findings"]]
    counted = {line.split()[1]: int(line.split()[0]) for line in done.stdout.splitlines()}
    assert done.exit_code == 1
    assert counted == {code: found.count(code) for code in found}


@pytest.mark.parametrize("other", [["--statistics"], ["--format", "json"], ["--diff"]])
def test_two_reports_at_once_are_refused(project: Path, other: list[str]) -> None:
    done = check(project, "--quiet", *other)
    assert done.exit_code == 2
    assert "are two reports: give one of them" in done.stderr


def test_the_settings_of_a_run_go_where_its_output_goes(project: Path) -> None:
    file = project / "options.txt"
    done = check(project, "--show-settings", "--output-file", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"written to {file}" in done.stderr
    assert file.read_text("utf-8").strip() == check(project, "--show-settings").stdout.strip()
    refused = check(project, "--show-settings", "--output-file", str(project / "absent" / "options.txt"))
    assert (refused.exit_code, "cannot be written" in refused.stderr) == (2, True)


def test_the_settings_of_a_run_are_shown(project: Path) -> None:
    project.joinpath("pyproject.toml").write_text(
        '[tool.bridgekit]\nignore = ["BRG010"]\nenv = { STAGE = "prod" }\n'
    )
    done = check(project, "--show-settings", "--server", "wsgi")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert {"server = wsgi", "ignore = BRG010", "env = STAGE=prod", "settings: shop.settings"} <= set(lines)
    assert f"pyproject.toml: {project / 'pyproject.toml'}" in lines
