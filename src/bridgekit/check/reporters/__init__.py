"""One reporter a format; each turns a finished report into text."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridgekit.check.findings.report import Report

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "html")


def reporter(form: str) -> Callable[[Report], str]:
    """The ``render`` function of the format's module, imported when it is asked for."""
    if form not in FORMATS:
        raise ValueError(f"no reporter {form!r}; there are {', '.join(FORMATS)}")
    render: Callable[[Report], str] = import_module(f"bridgekit.check.reporters.{form}").render
    return render
