"""The API reference: what it names exists, is all that is public, and says of each argument what it is and what is raised."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from typing import Any

import pytest

from tests.helpers.manual import ROOT

PAGE = (ROOT / "docs/guides/api.md").read_text("utf-8")
NAMED = re.findall(r"^\.\. auto(?:class|function):: (\S+)", PAGE, re.MULTILINE)
MODULES = re.findall(r"^\.\. automodule:: (\S+)", PAGE, re.MULTILINE)
PUBLIC = [
    "bridgekit",
    "bridgekit.timing",
    "bridgekit.django",
    "bridgekit.django.middleware",
    "bridgekit.testing",
]
PUBLIC += ["bridgekit.timing.named_routes", "bridgekit.exceptions"]
PUBLIC += [
    f"bridgekit.timing.exporters.{path.stem}"
    for path in sorted((ROOT / "src/bridgekit/timing/exporters").glob("[!_]*.py"))
]


def found(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        pytest.skip(f"{module} needs an extra: {error}")


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_stands_there(module: str) -> None:
    try:
        names = importlib.import_module(module).__all__
    except ImportError as error:
        pytest.skip(f"{module} needs an extra: {error}")
    listed = {name.rpartition(".")[2] for name in NAMED if name.startswith("bridgekit.")}
    assert module in MODULES or set(names) - {"__version__"} <= listed


def documents(dotted: str) -> str:
    """What the page shows of it: the docstrings of the class and its constructor, or of the function."""
    public = found(dotted)
    texts = [inspect.getdoc(public)]
    if inspect.isclass(public) and public.__init__ is not object.__init__:
        texts.append(inspect.getdoc(public.__init__))
    return "\n".join(text or "" for text in texts)


@pytest.mark.parametrize("dotted", NAMED)
def test_every_argument_has_a_type_and_a_line(dotted: str) -> None:
    public = found(dotted)
    told = documents(dotted)
    assert told.strip()
    if inspect.isclass(public) and (issubclass(public, enum.Enum | tuple) or dotted.endswith("RequestView")):
        return  # made by bridgekit; members have lines of their own
    if dotted == "bridgekit.timing.RequestTiming":
        return  # its attributes say what the arguments are
    for parameter in inspect.signature(public).parameters.values():
        assert parameter.annotation is not parameter.empty, parameter
        if dotted not in (
            "bridgekit.timing.server_timing.everyone",
            "bridgekit.timing.server_timing.loopback",
        ):
            assert f":param {parameter.name}:" in told, f"{dotted} says nothing of {parameter.name}"


@pytest.mark.parametrize("dotted", NAMED)
def test_every_attribute_and_method_has_a_line(dotted: str) -> None:
    public = found(dotted)
    if not inspect.isclass(public) or "MetricExporter" in {base.__name__ for base in public.__mro__}:
        return
    own = {
        name: value
        for name, value in vars(public).items()
        if not name.startswith("_") and (isinstance(value, property) or inspect.isfunction(value))
    }
    assert [name for name, value in own.items() if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("dotted", NAMED)
def test_what_a_constructor_refuses_is_said(dotted: str) -> None:
    """Of those that refuse: their source raises, or has a function that judges."""
    public = found(dotted)
    if not inspect.isclass(public) or issubclass(public, enum.Enum | tuple):
        return
    judge = vars(public).get("__post_init__") or vars(public).get("__init__")  # a dataclass has both
    source = inspect.getsource(judge) if inspect.isfunction(judge) else ""
    if re.search(r"^ +raise |\bcheck_\w+\(", source, re.MULTILINE):
        assert re.search(r":raises \w+:", documents(dotted)), dotted


@pytest.mark.parametrize(
    ("dotted", "source"),
    [
        ("bridgekit.WSGIToASGI", "PEP 3333"),
        ("bridgekit.ASGIToWSGI", "PEP 3333"),
        ("bridgekit.timing.server_timing.ServerTiming", "W3C Server Timing"),
        ("bridgekit.django.get_asgi_application", "django/core/handlers/asgi.py"),
        ("bridgekit.django.get_wsgi_application", "django/core/handlers/wsgi.py"),
        ("bridgekit.django.middleware.SingleHopMiddleware", "django/core/handlers/base.py"),
        ("bridgekit.django.middleware.TimingMiddleware", "django/http/response.py"),
    ],
)
def test_what_it_rests_on_is_named(dotted: str, source: str) -> None:
    assert source in documents(dotted)
