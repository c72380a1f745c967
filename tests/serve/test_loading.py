from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from wsgiref.simple_server import demo_app

import pytest

from bridgekit.exceptions import ProjectError
from bridgekit.serve.loading import find, interface_of, make_app, user_traceback
from bridgekit.serve.target import parse_target

unique = itertools.count()

WriteModule = Callable[[str], str]


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModule:
    """Write a module of a name not used before into `tmp_path` and return that name; sys.path is put back."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(source: str) -> str:
        name = f"served_module_{next(unique)}"
        tmp_path.joinpath(f"{name}.py").write_text(source)
        return name

    return write


WSGI = "def {name}(environ, start_response): ...\n"


def load(text: str, folder: Path) -> object:
    target = parse_target(text)
    return make_app(target, find(target, str(folder)))


def failure(text: str, folder: Path) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        load(text, folder)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_attribute_is_found(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module(WSGI.format(name="app"))
    assert load(f"{name}:app", tmp_path) is sys.modules[name].app


def test_a_nested_attribute_is_found(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("class site:\n  def app(environ, start_response): ...")
    assert load(f"{name}:site.app", tmp_path) is sys.modules[name].site.app


@pytest.mark.parametrize("attribute", ["application", "app"])
def test_a_module_alone_is_searched_for_the_usual_names(
    attribute: str, write_module: WriteModule, tmp_path: Path
) -> None:
    name = write_module(WSGI.format(name=attribute))
    assert load(name, tmp_path) is getattr(sys.modules[name], attribute)


@pytest.mark.parametrize("call", ["make", "make()", "make('a')", "make(label='a')"])
def test_a_factory_is_called_once(call: str, write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module(
        "calls = []\ndef make(label=None):\n  calls.append(label)\n  return lambda environ, start: label"
    )
    app = load(f"{name}:{call}", tmp_path)
    assert callable(app)
    assert app(1, 2) == (None if call in ("make", "make()") else "a")
    assert len(sys.modules[name].calls) == 1


def test_an_application_is_not_called(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("def app(environ, start_response): raise AssertionError")
    assert load(f"{name}:app", tmp_path) is sys.modules[name].app


def test_a_missing_module_names_the_folder_and_the_remedy(tmp_path: Path) -> None:
    message = str(failure("nowhere_to_be_found:app", tmp_path))
    assert message.startswith(f"no module named 'nowhere_to_be_found' in {tmp_path}")
    assert "--app-dir" in message


def test_a_missing_submodule_is_missing_too(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("")
    assert f"no module named '{name}.sub'" in str(failure(f"{name}.sub:app", tmp_path))


def test_a_missing_attribute_names_a_near_one(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module(WSGI.format(name="application"))
    error = failure(f"{name}:aplicazione", tmp_path)
    assert str(error) == f"the module {name!r} has no attribute 'aplicazione'; did you mean 'application'?"


def test_a_missing_attribute_names_no_import_that_is_near(write_module: WriteModule, tmp_path: Path) -> None:
    """What is served is made in the module, or has one of the two usual names."""
    name = write_module(
        "from textwrap import shorten\nfrom string import Template\n" + WSGI.format(name="web")
    )
    for misspelt in ("shortn", "templated", "annotation"):
        message = str(failure(f"{name}:{misspelt}", tmp_path))
        assert message.endswith(f"has no attribute '{misspelt}'; name one that it has: {name}:web")
    name = write_module("from wsgiref.simple_server import demo_app as application")
    assert str(failure(f"{name}:aplicazione", tmp_path)).endswith("did you mean 'application'?")


def test_a_missing_attribute_names_an_object_that_is_called_like_a_function(
    write_module: WriteModule, tmp_path: Path
) -> None:
    """Flask's and Starlette's applications are objects of a class from elsewhere."""
    name = write_module(
        "from functools import partial\nfrom wsgiref.simple_server import demo_app\nshop = partial(demo_app)"
    )
    assert str(failure(f"{name}:shp", tmp_path)).endswith("did you mean 'shop'?")


def test_a_missing_attribute_names_what_there_is(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module(WSGI.format(name="web"))
    assert str(failure(f"{name}:zzz", tmp_path)).endswith(f"name one that it has: {name}:web")


def test_a_missing_attribute_names_the_application_before_what_was_imported(
    write_module: WriteModule, tmp_path: Path
) -> None:
    name = write_module("from textwrap import dedent\n" + WSGI.format(name="app"))
    assert str(failure(f"{name}:zzz", tmp_path)).endswith(f"name one that it has: {name}:app")


def test_an_application_is_shown_before_what_only_can_be_called(
    write_module: WriteModule, tmp_path: Path
) -> None:
    """Among imports there may be objects that fail at any question, as Flask's ``request`` does outside of one."""
    name = write_module(
        "class Proxy:\n"
        "    def __getattr__(self, name): raise RuntimeError('outside of a request')\n"
        "    def __call__(self, *args): ...\n"
        "request = Proxy()\n"
        "def helper(): ...\n"
        "def site(environ, start_response): ..."
    )
    assert str(failure(name, tmp_path)).endswith(f"name the attribute: {name}:site")


def test_an_attribute_after_a_dot_is_shown_after_a_colon(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("def site(environ, start_response): ...")
    assert str(failure(f"{name}.site", tmp_path)).endswith(f"write {name}:site")
    assert "no module named" in str(failure(f"{name}.other", tmp_path))


def test_a_missing_variable_is_told_at_the_projects_own_line(
    write_module: WriteModule, tmp_path: Path
) -> None:
    name = write_module("import os\nos.environ['BRIDGEKIT_TEST_SET_BY_NOBODY']")
    assert str(failure(f"{name}:app", tmp_path)).endswith(f"({tmp_path / name}.py, line 2)")


def test_a_missing_inner_attribute_names_its_owner(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("class Site: ...\nsite = Site()")
    assert f"the Site in '{name}:site.app' has no attribute 'app'" in str(
        failure(f"{name}:site.app", tmp_path)
    )


def test_a_module_without_the_usual_names_asks_for_one(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module(WSGI.format(name="web"))
    assert f"has neither 'application' nor 'app'; name the attribute: {name}:web" in str(
        failure(name, tmp_path)
    )


def test_what_cannot_be_called_is_refused(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("app = 3")
    assert "is of type int, not an application" in str(failure(f"{name}:app", tmp_path))


def test_a_factory_of_nothing_is_refused(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("def make(): return None")
    assert "returned an object of type NoneType" in str(failure(f"{name}:make", tmp_path))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (
            "x = 1\nimport not_installed_anywhere",
            "ModuleNotFoundError: No module named 'not_installed_anywhere'",
        ),
        ("x = 1\nfrom os import no_such_name", "ImportError: cannot import name 'no_such_name'"),
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero"),
        ("x = 1\nraise SystemExit('usage: app')", "SystemExit: usage: app"),
        ("x = 1\ndef broken(:", "SyntaxError"),
    ],
)
def test_a_module_that_fails_tells_what_and_where(
    source: str, what: str, write_module: WriteModule, tmp_path: Path
) -> None:
    name = write_module(source)
    error = failure(f"{name}:app", tmp_path)
    assert str(error).startswith(f"importing {name!r} failed: {what}")
    assert str(error).endswith(f"({tmp_path / name}.py, line 2)")
    assert error.__cause__ is not None


def test_an_import_that_fails_deeper_names_the_deeper_file(write_module: WriteModule, tmp_path: Path) -> None:
    """A missing module of the project's own dependencies is not a missing target."""
    inner = write_module("\n\nimport not_installed_anywhere")
    outer = write_module(f"import {inner}")
    error = failure(f"{outer}:app", tmp_path)
    assert f"({tmp_path / inner}.py, line 3)" in str(error)


def test_a_failing_factory_tells_what_and_where(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("def make():\n  raise LookupError('no database')")
    error = failure(f"{name}:make()", tmp_path)
    assert "failed: LookupError: no database" in str(error)
    assert str(error).endswith(f"({tmp_path / name}.py, line 2)")


def test_a_factory_that_needs_more_arguments_is_told(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("def make(config): ...")
    assert "missing 1 required positional argument: 'config'" in str(failure(f"{name}:make()", tmp_path))


def test_the_traceback_begins_in_the_projects_own_code(write_module: WriteModule, tmp_path: Path) -> None:
    name = write_module("1 / 0")
    cause = failure(f"{name}:app", tmp_path).__cause__
    assert cause is not None
    shown = user_traceback(cause)
    assert shown.splitlines()[1].strip() == f'File "{tmp_path / name}.py", line 1, in <module>'
    assert "importlib" not in shown


def test_an_ambiguous_application_asks_for_the_interface() -> None:
    def app(*args: object) -> None: ...

    with pytest.raises(ProjectError, match=r"takes .*args.*--interface wsgi or --interface asgi"):
        interface_of(parse_target("shop:app"), app)
    assert interface_of(parse_target("shop:app"), demo_app) == "wsgi"
