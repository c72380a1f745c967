"""One reporter a format; each turns a finished report into text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridgekit.check.report import Report
from bridgekit.check.reporters import github, html, json, sarif, text

__all__ = ["REPORTERS"]

REPORTERS: Mapping[str, Callable[[Report], str]] = {
    "text": text.render,
    "json": json.render,
    "sarif": sarif.render,
    "github": github.render,
    "html": html.render,
}
