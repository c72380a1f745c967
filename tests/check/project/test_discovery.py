"""Project discovery: which settings module, which roots, and clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.check.project.discovery import MAX_DIRECTORIES, find_project
from bridgekit.exceptions import ProjectError

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_startprojects_settings_are_found(tmp_path: Path) -> None:
    """What `django-admin startproject` writes."""
    write(
        tmp_path,
        {
            "manage.py": "def main():\n    "
            + MANAGE.format("mysite.settings").replace("\n", "\n    ")
            + "\n",
            "mysite/__init__.py": "",
            "mysite/asgi.py": MANAGE.format("mysite.settings"),
            "mysite/wsgi.py": MANAGE.format("mysite.settings"),
            "mysite/settings.py": "MIDDLEWARE = []\n",
        },
    )
    found = find_project(tmp_path)
    assert found.settings_modules == ("mysite.settings",)
    assert found.roots[0] == str(tmp_path)
    assert [Path(path).name for path in found.entry_points] == ["manage.py", "asgi.py", "wsgi.py"]
    assert found.others == ()


def test_asgi_is_preferred_and_the_others_are_reported(tmp_path: Path) -> None:
    """Served under ASGI is what the check is about; manage.py often names the development settings."""
    write(
        tmp_path,
        {
            "manage.py": MANAGE.format("site.settings.dev"),
            "site/asgi.py": MANAGE.format("site.settings.production"),
            "site/__init__.py": "",
            "Dockerfile": "FROM python\nENV DJANGO_SETTINGS_MODULE=site.settings.docker\n# ENV DJANGO_SETTINGS_MODULE=no\n",
            "pyproject.toml": '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "site.settings.test"\n',
            "tox.ini": "[testenv]\nsetenv =\n    DJANGO_SETTINGS_MODULE=site.settings.tox\n",
        },
    )
    found = find_project(tmp_path)
    assert found.settings_modules == ("site.settings.production",)
    assert {(other.module, other.source) for other in found.others} == {
        ("site.settings.dev", "manage.py"),
        ("site.settings.docker", "Dockerfile"),
        ("site.settings.test", "configuration"),
        ("site.settings.tox", "configuration"),
    }
    assert find_project(tmp_path, ("x.y",)).settings_modules == ("x.y",)


@pytest.mark.parametrize(
    "statement",
    [
        'os.environ["DJANGO_SETTINGS_MODULE"] = "a.settings"',
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ.get("X", "a.settings"))',
        'NAME = "a.settings"\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", NAME)',
        'if "DJANGO_SETTINGS_MODULE" not in os.environ:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "a.settings"',
    ],
)
def test_ways_to_name_the_settings(tmp_path: Path, statement: str) -> None:
    """Every form in which entry points write the variable."""
    write(tmp_path, {"a/__init__.py": "", "a/asgi.py": f"import os\n{statement}\n"})
    assert find_project(tmp_path).settings_modules == ("a.settings",)


def test_the_configuration_class_is_named_beside_the_settings(tmp_path: Path) -> None:
    """django-configurations: manage.py and asgi.py set DJANGO_CONFIGURATION too."""
    text = MANAGE.format("a.settings") + 'os.environ.setdefault("DJANGO_CONFIGURATION", "Production")\n'
    write(tmp_path, {"a/__init__.py": "", "a/asgi.py": text})
    assert find_project(tmp_path).configuration == "Production"


def test_nested_and_src_layouts_give_their_roots(tmp_path: Path) -> None:
    """The project may be below the given directory; imports start beside its manage.py."""
    write(
        tmp_path,
        {"backend/manage.py": MANAGE.format("p.settings"), "src/p/__init__.py": "", "src/p/asgi.py": ""},
    )
    found = find_project(tmp_path)
    assert found.roots == (str(tmp_path / "backend"), str(tmp_path / "src"), str(tmp_path))


def test_a_settings_file_can_be_given_itself(tmp_path: Path) -> None:
    """``bridgekit check mysite/settings/production.py``."""
    write(
        tmp_path,
        {"manage.py": "", "m/__init__.py": "", "m/settings/__init__.py": "", "m/settings/prod.py": ""},
    )
    found = find_project(tmp_path / "m/settings/prod.py")
    assert (found.settings_modules, found.root) == (("m.settings.prod",), str(tmp_path))


def test_a_bare_settings_file_is_found_when_nothing_names_it(tmp_path: Path) -> None:
    """A package without entry points still has its settings.py."""
    write(
        tmp_path,
        {"shop/__init__.py": "", "shop/settings.py": "MIDDLEWARE = []\n", "other/settings.py": "X = 1\n"},
    )
    assert find_project(tmp_path).settings_modules == ("shop.settings",)


def test_no_settings_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(ProjectError, match=r"no Django settings module found .* with --settings"):
        run(Options(tmp_path))
    with pytest.raises(ProjectError, match="no such file or directory"):
        find_project(tmp_path / "missing")


def test_a_computed_name_is_told_with_its_place(tmp_path: Path) -> None:
    """Which of several texts a name stands for only a run decides; the message says where it is computed."""
    for value in ('f"shop.settings.{place}"', "place"):
        manage = f"""import os
place = "production"
if os.environ.get("DEBUG"):
    place = "development"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", {value})
"""
        write(tmp_path, {"manage.py": manage, "shop/settings/production.py": "MIDDLEWARE = []\n"})
        assert find_project(tmp_path).settings_modules == ()
        with pytest.raises(
            ProjectError, match=r"manage\.py:5 computes its name, .*shop\.settings\.production"
        ):
            run(Options(tmp_path))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("FROM python\nENV DJANGO_SETTINGS_MODULE=a.settings\n", "a.settings"),
        ("FROM python\nENV DJANGO_SETTINGS_MODULE a.settings\n", "a.settings"),
        ('FROM python\nENV PORT=1 DJANGO_SETTINGS_MODULE="a.settings" X=y\n', "a.settings"),
        (
            "FROM python\nENV PORT=1 \\\n    # a comment\n    DJANGO_SETTINGS_MODULE=a.settings\n",
            "a.settings",
        ),
        (
            "FROM python AS build\nENV DJANGO_SETTINGS_MODULE=a.build\nFROM python\nENV DJANGO_SETTINGS_MODULE=a.settings\n",
            "a.settings",
        ),
        ("FROM python AS base\nENV DJANGO_SETTINGS_MODULE=a.base\nFROM base AS last\nRUN true\n", "a.base"),
        ("FROM python AS build\nENV DJANGO_SETTINGS_MODULE=a.build\nFROM python\nRUN true\n", None),
        ("FROM python\nRUN DJANGO_SETTINGS_MODULE=a.static ./manage.py collectstatic\n", "a.static"),
        ("FROM python\nRUN env -u DJANGO_SETTINGS_MODULE django-admin compilemessages\n", None),
        ("FROM python\nRUN unset DJANGO_SETTINGS_MODULE; python -m x\n", None),
        ("FROM python\nENV DJANGO_SETTINGS_MODULE=${WHICH}\n", None),
    ],
)
def test_what_a_dockerfile_sets_for_its_last_stage_counts(
    tmp_path: Path, text: str, named: str | None
) -> None:
    write(tmp_path, {"Dockerfile": text})
    assert find_project(tmp_path).settings_modules == ((named,) if named else ())


def test_environments_and_broken_files_are_passed_over(tmp_path: Path) -> None:
    """Virtual environments by any name, unparsable entry points, links in a circle, bad TOML: no traceback."""
    write(
        tmp_path,
        {
            "manage.py": "def (:\n",
            "pyproject.toml": "DJANGO_SETTINGS_MODULE = [",
            "myenv/pyvenv.cfg": "",
            "myenv/lib/x/asgi.py": MANAGE.format("wrong.settings"),
            "node_modules/x/asgi.py": MANAGE.format("wrong.settings"),
            "p/asgi.py": MANAGE.format("p.settings"),
        },
    )
    (tmp_path / "p" / "loop").symlink_to(tmp_path)
    (tmp_path / "wsgi.py").write_bytes(b"\xff\xfe\x00 not text")
    assert find_project(tmp_path).settings_modules == ("p.settings",)


def test_the_number_of_directories_listed_is_bounded(tmp_path: Path) -> None:
    """Discovery does not grow with the tree."""
    for number in range(MAX_DIRECTORIES // 40):
        for inner in range(50):
            (tmp_path / f"d{number}" / f"e{inner}").mkdir(parents=True)
    write(tmp_path, {"manage.py": MANAGE.format("p.settings")})
    assert find_project(tmp_path).settings_modules == ("p.settings",)


def test_the_environment_variable_wins_if_the_project_has_its_module(tmp_path: Path) -> None:
    """As before Django's ``setdefault``; the variable of another project's shell is none of this one's."""
    write(
        tmp_path,
        {
            "manage.py": MANAGE.format("p.settings"),
            "p/__init__.py": "",
            "p/settings.py": "MIDDLEWARE = []\n",
            "p/dev/__init__.py": "MIDDLEWARE = []\n",
        },
    )
    assert find_project(tmp_path, (), "p.dev").settings_modules == ("p.dev",)
    assert [other.module for other in find_project(tmp_path, (), "p.dev").others] == ["p.settings"]
    assert find_project(tmp_path, (), "other.settings").settings_modules == ("p.settings",)
    assert find_project(tmp_path, ("p.settings",), "p.dev").settings_modules == ("p.settings",)
