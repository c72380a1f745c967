"""Projects made to harm whoever checks them: nothing of theirs runs or holds the run, and nothing outside of them is shown.

Each is laid out once and reported in five formats. What `test_nothing_outside` and `test_nothing_runs` have is not here again.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .test_command import run

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")

SECRET = "hunter2"
FORMATS = ("text", "json", "sarif", "github", "html")
STACK = f"MIDDLEWARE = ['{SECRET}.a']\n"


@dataclass(frozen=True)
class Place:
    """A project, a folder beside it that is none of its business, and code that leaves a trace where it runs."""

    project: Path
    outside: Path

    @property
    def trap(self) -> str:
        return f"open({str(self.outside / 'sprung')!r}, 'w').close()\n"

    def settings(self, text: str) -> None:
        head = "import os\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\n"
        (self.project / "site1/settings.py").write_text(head + text, "utf-8")

    def write(self, name: str, text: str) -> Path:
        return written(self.project / name, text)

    def beyond(self, name: str, text: str) -> Path:
        return written(self.outside / name, text)

    def link(self, name: str, target: str | Path) -> None:
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.symlink_to(target)

    def packages(self) -> Path:
        self.write(".venv/pyvenv.cfg", "version = 3.12.1\n")
        folder = self.project / ".venv/lib/python3.12/site-packages"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


Build = Callable[[Place], object]
READS = "MIDDLEWARE = [(BASE / 'e.txt').read_text()]\n"
VAULT = "from vault import KEY\nMIDDLEWARE = [KEY]\n"


def sparse(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(3 << 30)


def an_egg_link(place: Place) -> None:
    place.beyond("vault.py", f"KEY = '{SECRET}'\n")
    (place.packages() / "vault.egg-link").write_text(f"{place.outside}\n.", "utf-8")
    place.settings(VAULT)


def an_archive_among_the_packages(place: Place) -> None:
    with zipfile.ZipFile(place.packages() / "vault.egg", "w") as archive:
        archive.writestr("vault.py", f"KEY = '{SECRET}'\n{place.trap}")
    (place.packages() / "easy-install.pth").write_text("./vault.egg\n", "utf-8")
    place.settings(VAULT)


def a_direct_url(place: Place) -> None:
    place.beyond("vault.py", f"KEY = '{SECRET}'\n")
    folder = place.packages() / "vault-1.dist-info"
    written(folder / "METADATA", "Name: vault\nVersion: 1\n")
    written(
        folder / "direct_url.json",
        json.dumps({"url": place.outside.as_uri(), "dir_info": {"editable": True}}),
    )
    place.settings(VAULT)


def a_linked_environment(place: Place) -> None:
    written(place.outside / "home/pyvenv.cfg", "version = 3.12.1\n")
    written(place.outside / "home/lib/python3.12/site-packages/vault.py", f"KEY = '{SECRET}'\n")
    place.settings(VAULT)
    place.write("pyproject.toml", "[tool.bridgekit]\npython = 'env1'\n")
    place.link("env1", place.outside / "home")


def packages_of_another_home(place: Place) -> None:
    written(place.outside / "lib/python3.12/site-packages/vault.py", f"KEY = '{SECRET}'\n")
    place.packages()
    place.write(
        ".venv/pyvenv.cfg",
        f"home = {place.outside}/bin\nversion = 3.12.1\ninclude-system-site-packages = true\n",
    )
    place.settings(VAULT)


def lines_of_a_path_file(place: Place) -> None:
    text = f"import os; {place.trap}import sys; {place.trap}../../../../../outside\n"
    (place.packages() / "a.pth").write_text(text, "utf-8")
    place.beyond("vault.py", f"KEY = '{SECRET}'\n")
    place.settings(VAULT)


def modules_that_python_runs_at_its_start(place: Place) -> None:
    for name in ("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "noxfile.py"):
        place.write(name, place.trap)
        written(place.packages() / name, place.trap)


def modules_named_like_those_of_the_checker(place: Place) -> None:
    for name in ("ast.py", "json.py", "click.py", "bridgekit/__init__.py", "django/__init__.py", "rules.py"):
        place.write(name, place.trap)


def settings_that_act(place: Place) -> None:
    place.settings(
        f"{place.trap}os.system('touch {place.outside}/sprung')\neval({place.trap.strip()!r})\n{STACK[:12]} ['gone.a']\n"
    )


def a_middleware_that_acts(place: Place) -> None:
    place.write(
        "site1/layers.py", f"{place.trap}class Audit:\n    {place.trap}    def __init__(self, g): pass\n"
    )
    place.settings("MIDDLEWARE = ['site1.layers.Audit', 'gone.a']\n")


def git_that_acts(place: Place) -> None:
    place.write(".git/config", f"[core]\n\tfsmonitor = touch {place.outside}/sprung\n\thooksPath = .\n")
    place.write(".git/HEAD", "ref: refs/heads/main\n")


def version_managers_that_act(place: Place) -> None:
    program = place.write("shim", f"#!/bin/sh\ntouch '{place.outside}/sprung'\n")
    program.chmod(0o755)
    place.write(".pdm-python", str(program))
    place.write(".tool-versions", f"python path:{place.project}\n")
    place.write(".python-version", "../../shim\n")
    place.write("poetry.toml", f"[virtualenvs]\npath = '{place.project}'\n")


def an_environment_named_by_a_linked_file(place: Place) -> None:
    place.link(".venv", place.beyond("name", f"/home/{SECRET}"))


def a_version_named_by_a_linked_file(place: Place) -> None:
    place.link(".python-version", place.beyond("name", SECRET))
    place.link(".pdm-python", place.beyond("name2", f"/home/{SECRET}"))


def folders_of_the_process(place: Place) -> None:
    place.beyond("e.txt", SECRET)
    place.link("root", "/proc/self/root")
    place.link("here", "/proc/self/cwd")
    place.settings(f"MIDDLEWARE = [*open(BASE / 'root{place.outside}/e.txt'), *os.listdir(BASE / 'here')]\n")


def descriptors_of_the_process(place: Place) -> None:
    place.link("e.txt", "/proc/self/fd/0")
    place.settings(READS)


def cyclic_links(place: Place) -> None:
    place.link("a", "b")
    place.link("b", "a")
    place.link("e.txt", "e.txt")
    place.link("site1/again", "..")
    place.settings(READS.replace("e.txt", "site1/again/site1/again/e.txt"))


def a_linked_list_of_names(place: Place) -> None:
    place.link("bridgekit-baseline.json", place.beyond("b", json.dumps({"findings": [SECRET]})))
    place.write("pyproject.toml", "[tool.bridgekit]\nbaseline = 'bridgekit-baseline.json'\n")


def a_baseline_beyond_the_project(place: Place) -> None:
    place.beyond("b.json", SECRET)
    place.write("pyproject.toml", "[tool.bridgekit]\nbaseline = '../outside/b.json'\n")


def a_middleware_that_is_linked(place: Place) -> None:
    """Its names are those of a file outside: none of them is what may have been meant."""
    place.link("site1/layers.py", place.beyond("l.py", f"class {SECRET}:\n    pass\n"))
    place.settings("MIDDLEWARE = ['site1.layers.hunter']\n")


def a_linked_folder_of_settings(place: Place) -> None:
    place.beyond(f"{SECRET}/settings.py", "MIDDLEWARE = ['gone.a']\n")
    place.link("conf", place.outside)
    place.settings("DEBUG = True\n")


def a_linked_entry_point(place: Place) -> None:
    text = f"import os\nos.environ['DJANGO_SETTINGS_MODULE'] = '{SECRET}.settings'\n"
    place.link("site1/asgi.py", place.beyond("a.py", text))
    place.link("site1/wsgi.py", place.beyond("w.py", text))


def linked_tables_of_tools(place: Place) -> None:
    (place.project / "manage.py").unlink()
    for name in ("setup.cfg", "tox.ini", "pytest.ini"):
        section = "tool:pytest" if name == "setup.cfg" else "pytest"
        place.link(name, place.beyond(name, f"[{section}]\nDJANGO_SETTINGS_MODULE = {SECRET}.settings\n"))


def linked_urls_and_views(place: Place) -> None:
    place.link("site1/urls.py", place.beyond("u.py", f"import time\nasync def {SECRET}(r): time.sleep(1)\n"))
    place.settings("ROOT_URLCONF = 'site1.urls'\nATOMIC_REQUESTS = True\nMIDDLEWARE = ['gone.a']\n")


def linked_templates(place: Place) -> None:
    place.beyond("a.html", "{% for x in " + SECRET + ".all %}{% endfor %}")
    place.link("templates", place.outside)
    place.write(
        "site1/urls.py",
        "from django.shortcuts import render\nfrom django.urls import path\n"
        "async def view(request): return render(request, 'a.html')\nurlpatterns = [path('', view)]\n",
    )
    place.settings(
        "ROOT_URLCONF = 'site1.urls'\nTEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', "
        "'DIRS': [BASE / 'templates']}]\nMIDDLEWARE = ['gone.a']\n"
    )


def a_linked_module_that_cannot_be_parsed(place: Place) -> None:
    place.link("site1/local.py", place.beyond("l.py", f"KEY = '{SECRET}' +\n"))
    place.settings("from site1.local import *\nMIDDLEWARE = ['gone.a']\n")


def linked_data_that_cannot_be_parsed(place: Place) -> None:
    place.link("a.json", place.beyond("a.json", f'{{"{SECRET}" '))
    place.settings("import json\nMIDDLEWARE = json.load(open(BASE / 'a.json'))['x']\n")


def walks_that_lead_outside(place: Place) -> None:
    place.beyond(SECRET, "")
    place.link("conf", place.outside)
    place.settings(
        "MIDDLEWARE = ['gone.a', *[str(p) for p in BASE.rglob('conf/*')], *[f for d in os.walk(BASE / 'conf') for f in d[2]]]\n"
        "MIDDLEWARE += [e.name for e in os.scandir(BASE / 'conf')] + [p.name for p in (BASE / 'conf').iterdir()]\n"
    )


def a_home_folder(place: Place) -> None:
    place.beyond(".netrc", SECRET)
    place.settings(
        "MIDDLEWARE = [(Path.home() / '.netrc').read_text(), open(os.path.expanduser('~/.netrc')).read()]\n"
    )


def variables_of_the_process(place: Place) -> None:
    place.settings(
        "MIDDLEWARE = [os.environ['A_TOKEN'], os.getenv('A_TOKEN'), os.path.expandvars('$A_TOKEN'), *os.environ.values()]\n"
    )


def an_include_beyond_the_project(place: Place) -> None:
    place.beyond("l.py", STACK)
    place.settings(
        f"from split_settings.tools import include\ninclude('../../outside/l.py')\ninclude({str(place.outside / 'l.py')!r})\n"
    )


def a_name_in_capitals(place: Place) -> None:
    place.beyond("E.TXT", SECRET)
    place.link("CONF", place.outside)
    place.link("E.TXT", place.outside / "E.TXT")
    place.settings("MIDDLEWARE = [(BASE / 'e.txt').read_text(), (BASE / 'conf/E.TXT').read_text()]\n")


def control_sequences_in_names(place: Place) -> None:
    name = "site1/\x1b[31m\x1b]0;x\x07.py"
    place.write(name, "MIDDLEWARE = ['gone.a']\n")
    place.settings(
        "MIDDLEWARE = ['\\x1b[2J.a', 'a\\n::error::hit.b', '\\x9b31m.c', *os.listdir(BASE / 'site1')]\n"
    )


def a_name_with_a_line_in_it(place: Place) -> None:
    place.write("site1/a\n::error file=x::hit.py", "async def view(request): pass\n")
    place.settings("MIDDLEWARE = ['gone.a\\r\\n::warning::hit']\n")


def nesting_without_end(place: Place) -> None:
    place.write("deep.py", "x = " + "(" * 5000 + ")" * 5000 + "\n")
    place.write("/".join(["d"] * 200) + "/settings.py", "MIDDLEWARE = ['gone.a']\n")
    place.settings("from deep import *\nMIDDLEWARE = " + "[" * 90 + "'gone.a'" + "]" * 90 + "\n")


def numbers_without_end(place: Place) -> None:
    place.settings("MIDDLEWARE = ['gone.a' * (9 ** 9 ** 9), 'x' * 10 ** 12, str(1 << 10 ** 10)]\n")


def a_pattern_without_end(place: Place) -> None:
    place.settings("import re\nMIDDLEWARE = re.split('(a+)+$', 'a' * 60 + 'b')\n")


def a_loop_without_end(place: Place) -> None:
    place.write("pyproject.toml", "[tool.bridgekit]\ntimeout = 0.3\n")
    place.settings("MIDDLEWARE = ['gone.a']\nwhile True:\n    MIDDLEWARE.append('x.y')\n")


def a_module_that_imports_itself(place: Place) -> None:
    place.write("site1/one.py", "from site1.two import *\nfrom site1.settings import *\n")
    place.write("site1/two.py", "from site1.one import *\n")
    place.settings("from site1.one import *\nfrom .settings import *\nMIDDLEWARE = ['gone.a']\n")


def pipe(name: str) -> Build:
    def build(place: Place) -> None:
        file = place.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        os.mkfifo(file)
        if name == "e.txt":
            place.settings(READS)
        elif name == ".env":
            place.settings("from decouple import config\nMIDDLEWARE = [config('LAYER')]\n")

    return build


def endless(name: str) -> Build:
    def build(place: Place) -> None:
        place.link(name, "/dev/zero")
        if name == "e.txt":
            place.settings(READS)

    return build


def large(name: str) -> Build:
    def build(place: Place) -> None:
        sparse(place.project / name)
        if name == "e.txt":
            place.settings(READS)

    return build


def a_socket(place: Place) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(place.project)  # the name of a socket is short
        try:
            made.bind("e.txt")
        finally:
            os.chdir(here)
    place.settings(READS)


PIPES = (
    "site1/settings.py",
    "manage.py",
    "pyproject.toml",
    "e.txt",
    ".env",
    "site1/asgi.py",
    "Dockerfile",
    ".venv/pyvenv.cfg",
)
ENDLESS = ("site1/settings.py", "manage.py", "pyproject.toml", "e.txt")
LARGE = ("site1/settings.py", "manage.py", "pyproject.toml", "e.txt")
CASES: dict[str, Build] = {
    **{
        build.__name__: build
        for build in (
            an_egg_link,
            an_archive_among_the_packages,
            a_direct_url,
            a_linked_environment,
            packages_of_another_home,
            lines_of_a_path_file,
            modules_that_python_runs_at_its_start,
            modules_named_like_those_of_the_checker,
            settings_that_act,
            a_middleware_that_acts,
            git_that_acts,
            version_managers_that_act,
            an_environment_named_by_a_linked_file,
            a_version_named_by_a_linked_file,
            folders_of_the_process,
            descriptors_of_the_process,
            cyclic_links,
            a_linked_list_of_names,
            a_baseline_beyond_the_project,
            a_middleware_that_is_linked,
            a_linked_folder_of_settings,
            a_linked_entry_point,
            linked_tables_of_tools,
            linked_urls_and_views,
            linked_templates,
            a_linked_module_that_cannot_be_parsed,
            linked_data_that_cannot_be_parsed,
            walks_that_lead_outside,
            a_home_folder,
            variables_of_the_process,
            an_include_beyond_the_project,
            a_name_in_capitals,
            control_sequences_in_names,
            a_name_with_a_line_in_it,
            nesting_without_end,
            numbers_without_end,
            a_pattern_without_end,
            a_loop_without_end,
            a_module_that_imports_itself,
            a_socket,
        )
    },
    **{f"a pipe in place of {name}": pipe(name) for name in PIPES},
    **{f"an endless device in place of {name}": endless(name) for name in ENDLESS},
    **{f"{name} of three gibibytes": large(name) for name in LARGE},
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_project_harms_nobody(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path / "project", tmp_path / "outside")
    place.outside.mkdir()
    place.write("site1/__init__.py", "")
    place.settings("MIDDLEWARE = ['gone.a']\n")
    place.write("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n")
    CASES[case](place)
    monkeypatch.setenv("A_TOKEN", SECRET)
    monkeypatch.setenv("HOME", str(place.outside))
    monkeypatch.chdir(place.project)
    for form in FORMATS:
        result = run("check", str(place.project), "--format", form)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code in (1, 2), result.output
        assert SECRET not in result.output
        assert not {"\x1b", "\x9b", "\x07"} & set(result.output)
        assert "\n::error::hit" not in result.output
        assert not (place.outside / "sprung").exists()
