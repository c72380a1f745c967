"""Links that lead out of the project: what they lead to is in no report, in no format, and nothing ends clean for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bridgekit.check.reporters import FORMATS

from .test_command import run

pytest.importorskip("django")

SECRET = "hunter2"
Build = Callable[[Path, Path], None]


def settings(project: Path, text: str) -> None:
    (project / "site1/settings.py").write_text(
        "import os\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\n" + text, "utf-8"
    )


def outside_file(outside: Path, name: str, text: str) -> Path:
    file = outside / name
    file.write_text(text, "utf-8")
    return file


def linked_text(project: Path, outside: Path) -> None:
    (project / "e.txt").symlink_to(outside_file(outside, "e", SECRET))
    settings(project, "MIDDLEWARE = [(BASE / 'e.txt').read_text()]\n")


def linked_text_opened(project: Path, outside: Path) -> None:
    (project / "e.txt").symlink_to(outside_file(outside, "e", SECRET))
    settings(project, "with open(BASE / 'e.txt') as stream:\n    MIDDLEWARE = [stream.read()]\n")


def link_to_a_link(project: Path, outside: Path) -> None:
    (outside / "second").symlink_to(outside_file(outside, "e", SECRET))
    (project / "e.txt").symlink_to(outside / "second")
    settings(project, "MIDDLEWARE = open(os.path.join(BASE, 'e.txt')).read().split()\n")


def relative_link(project: Path, outside: Path) -> None:
    outside_file(outside, "e", SECRET)
    (project / "e.txt").symlink_to(os.path.relpath(outside / "e", project))
    settings(project, "MIDDLEWARE = [(BASE / 'e.txt').read_text().strip()]\n")


def linked_folder(project: Path, outside: Path) -> None:
    outside_file(outside, "e.txt", SECRET)
    (project / "conf").symlink_to(outside, target_is_directory=True)
    settings(project, "MIDDLEWARE = [(BASE / 'conf' / 'e.txt').read_text()]\n")


def above_the_project(project: Path, outside: Path) -> None:
    outside_file(outside, "e.txt", SECRET)
    settings(project, f"MIDDLEWARE = [(BASE / '../{outside.name}/e.txt').read_text()]\n")


def of_the_process(project: Path, outside: Path) -> None:
    (project / "e.txt").symlink_to("/proc/self/environ")
    settings(project, "MIDDLEWARE = (BASE / 'e.txt').read_text().split(chr(0))\n")


def ini_file(project: Path, outside: Path) -> None:
    (project / "a.ini").symlink_to(outside_file(outside, "a.ini", f"[a]\nlayer = {SECRET}\n"))
    settings(
        project,
        "import configparser\nc = configparser.ConfigParser()\nc.read(BASE / 'a.ini')\nMIDDLEWARE = [c['a']['layer']]\n",
    )


def json_file(project: Path, outside: Path) -> None:
    (project / "a.json").symlink_to(outside_file(outside, "a.json", f'{{"layers": ["{SECRET}"]}}'))
    settings(project, "import json\nMIDDLEWARE = json.loads((BASE / 'a.json').read_text())['layers']\n")


def decouple_ini(project: Path, outside: Path) -> None:
    (project / "settings.ini").symlink_to(outside_file(outside, "s.ini", f"[settings]\nLAYER = {SECRET}\n"))
    settings(project, "from decouple import config\nMIDDLEWARE = [config('LAYER')]\n")


def decouple_env(project: Path, outside: Path) -> None:
    (project / ".env").symlink_to(outside_file(outside, "env", f"LAYER={SECRET}\n"))
    settings(project, "from decouple import config\nMIDDLEWARE = [config('LAYER')]\n")


def dotenv(project: Path, outside: Path) -> None:
    (project / ".env").symlink_to(outside_file(outside, "env", f"LAYER={SECRET}\n"))
    settings(
        project,
        "from dotenv import load_dotenv\nload_dotenv(BASE / '.env')\nMIDDLEWARE = [os.environ['LAYER']]\n",
    )


def django_environ(project: Path, outside: Path) -> None:
    (project / ".env").symlink_to(outside_file(outside, "env", f"LAYER={SECRET}\n"))
    settings(
        project,
        "import environ\nenv = environ.Env()\nenviron.Env.read_env(BASE / '.env')\nMIDDLEWARE = [env('LAYER')]\n",
    )


def included(project: Path, outside: Path) -> None:
    (project / "site1/local.py").symlink_to(outside_file(outside, "l.py", f"MIDDLEWARE = ['{SECRET}.a']\n"))
    settings(project, "from split_settings.tools import include\ninclude('local.py')\n")


def included_by_pattern(project: Path, outside: Path) -> None:
    outside_file(outside, "l.py", f"MIDDLEWARE = ['{SECRET}.a']\n")
    (project / "site1/parts").symlink_to(outside, target_is_directory=True)
    settings(
        project, "from split_settings.tools import include\nMIDDLEWARE = ['gone.a']\ninclude('parts/*.py')\n"
    )


def executed(project: Path, outside: Path) -> None:
    (project / "site1/local.py").symlink_to(outside_file(outside, "l.py", f"MIDDLEWARE = ['{SECRET}.a']\n"))
    settings(project, "exec(open(BASE / 'site1/local.py').read())\n")


def imported(project: Path, outside: Path) -> None:
    (project / "site1/local.py").symlink_to(outside_file(outside, "l.py", f"MIDDLEWARE = ['{SECRET}.a']\n"))
    settings(project, "from site1.local import *\n")


def imported_from_a_linked_package(project: Path, outside: Path) -> None:
    outside_file(outside, "__init__.py", f"KEY = '{SECRET}'\n")
    (project / "vault").symlink_to(outside, target_is_directory=True)
    settings(project, "from vault import KEY\nMIDDLEWARE = [KEY]\n")


def linked_settings(project: Path, outside: Path) -> None:
    (project / "site1/settings.py").unlink()
    (project / "site1/settings.py").symlink_to(
        outside_file(outside, "s.py", f"MIDDLEWARE = ['{SECRET}.a']\n")
    )


def listed(project: Path, outside: Path) -> None:
    outside_file(outside, SECRET, "")
    (project / "conf").symlink_to(outside, target_is_directory=True)
    settings(project, "MIDDLEWARE = os.listdir(BASE / 'conf')\n")


def globbed(project: Path, outside: Path) -> None:
    outside_file(outside, SECRET, "")
    (project / "conf").symlink_to(outside, target_is_directory=True)
    settings(project, "import glob\nMIDDLEWARE = ['gone.a', *glob.glob(os.path.join(BASE, 'con*', '*'))]\n")


def named_by_a_linked_manage(project: Path, outside: Path) -> None:
    text = f"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{SECRET}.settings')\n"
    (project / "manage.py").unlink()
    (project / "manage.py").symlink_to(outside_file(outside, "manage.py", text))
    (project / "site1/settings.py").unlink()


def named_by_a_linked_dockerfile(project: Path, outside: Path) -> None:
    text = f"ENV DJANGO_SETTINGS_MODULE={SECRET}.settings\n"
    (project / "manage.py").unlink()
    (project / "Dockerfile").symlink_to(outside_file(outside, "e", text))
    (project / "site1/settings.py").unlink()


def configured_by_a_link(project: Path, outside: Path) -> None:
    (project / "pyproject.toml").symlink_to(
        outside_file(outside, "p.toml", f"[tool.bridgekit]\n{SECRET} = 1\n")
    )


def in_the_folder_of_packages(project: Path, outside: Path) -> None:
    outside_file(outside, "vault.py", f"KEY = '{SECRET}'\n")
    packages = environment(project) / "lib/python3.12"
    packages.mkdir(parents=True)
    (packages / "site-packages").symlink_to(outside, target_is_directory=True)
    settings(project, "from vault import KEY\nMIDDLEWARE = [KEY]\n")


def named_by_a_path_file(project: Path, outside: Path) -> None:
    outside_file(outside, "vault.py", f"KEY = '{SECRET}'\n")
    packages = environment(project) / "lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "a.pth").write_text(f"{outside}\n", "utf-8")
    settings(project, "from vault import KEY\nMIDDLEWARE = [KEY]\n")


def named_by_an_editable_finder(project: Path, outside: Path) -> None:
    file = outside_file(outside, "vault.py", f"KEY = '{SECRET}'\n")
    packages = environment(project) / "lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "__editable___a_finder.py").write_text(f"MAPPING = {{'vault': '{file}'}}\n", "utf-8")
    settings(project, "from vault import KEY\nMIDDLEWARE = [KEY]\n")


def linked_module_of_a_package(project: Path, outside: Path) -> None:
    packages = environment(project) / "lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "vault.py").symlink_to(outside_file(outside, "v.py", f"KEY = '{SECRET}'\n"))
    settings(project, "from vault import KEY\nMIDDLEWARE = [KEY]\n")


def environment(project: Path) -> Path:
    home = project / ".venv"
    home.mkdir()
    (home / "pyvenv.cfg").write_text("version = 3.12.1\n", "utf-8")
    return home


CASES: list[Build] = [
    linked_text,
    linked_text_opened,
    link_to_a_link,
    relative_link,
    linked_folder,
    above_the_project,
    of_the_process,
    ini_file,
    json_file,
    decouple_ini,
    decouple_env,
    dotenv,
    django_environ,
    included,
    included_by_pattern,
    executed,
    imported,
    imported_from_a_linked_package,
    linked_settings,
    listed,
    globbed,
    named_by_a_linked_manage,
    named_by_a_linked_dockerfile,
    configured_by_a_link,
    in_the_folder_of_packages,
    named_by_a_path_file,
    named_by_an_editable_finder,
    linked_module_of_a_package,
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("build", CASES, ids=lambda build: str(build.__name__))
def test_what_a_link_leads_to_is_not_shown(
    build: Build, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    outside.mkdir()
    (project / "site1").mkdir(parents=True)
    (project / "site1/__init__.py").touch()
    settings(project, "MIDDLEWARE = ['gone.a']\n")
    (project / "manage.py").write_text(
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n", "utf-8"
    )
    build(project, outside)
    monkeypatch.setenv("A_TOKEN", SECRET)
    result = run("check", str(project), "--format", form)
    assert SECRET not in result.output
    assert result.exit_code in (1, 2), result.output
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)


def test_a_link_within_the_project_is_followed(tmp_path: Path) -> None:
    (tmp_path / "site1").mkdir()
    (tmp_path / "site1/base.py").write_text("MIDDLEWARE = ['gone.a']\n", "utf-8")
    (tmp_path / "site1/settings.py").symlink_to("base.py")
    assert "gone.a" in run("check", str(tmp_path), "--settings", "site1.settings").output


def test_a_project_reached_through_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/settings.py").write_text("MIDDLEWARE = ['gone.a']\n", "utf-8")
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    assert "gone.a" in run("check", str(tmp_path / "link")).output
