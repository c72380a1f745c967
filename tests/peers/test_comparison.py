"""The manual's comparison says what the battery finds, cell by cell."""

from __future__ import annotations

import importlib.metadata
import logging
import warnings
from collections.abc import Callable

import pytest

from bridgekit import WSGIToASGI
from tests.helpers.server_process import ROOT
from tests.peers.battery import QUESTIONS, Adapter

YES, NO = "yes", "no"


def columns() -> dict[str, Adapter]:
    """The adapters by their heading in the table; skips in an environment with other versions."""
    import a2wsgi
    from asgiref.wsgi import WsgiToAsgi

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # starlette's is deprecated
        from starlette.middleware.wsgi import WSGIMiddleware

    peers: dict[str, Adapter] = {
        "a2wsgi": a2wsgi.WSGIMiddleware,
        "asgiref": WsgiToAsgi,
        "starlette": WSGIMiddleware,
    }
    return {"bridgekit": WSGIToASGI} | {f"{p} {importlib.metadata.version(p)}": a for p, a in peers.items()}


def comparison() -> dict[str, dict[str, str]]:
    """The table of docs/wsgi_to_asgi.md: question to heading to cell."""
    table = (ROOT / "docs/wsgi_to_asgi.md").read_text().partition("| What an application needs |")
    lines = "".join(table[1:]).partition("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heading, _, *body = rows
    return {row[0]: dict(zip(heading[1:], row[1:], strict=True)) for row in body}


def cell(question: Callable[[Adapter], bool], adapter: Adapter) -> str:
    """An adapter that raises, or does not come to an end, has given its answer, too."""
    logging.disable(logging.CRITICAL)
    try:
        return YES if question(adapter) else NO
    except Exception:  # whatever it is, the application does not get what it needs
        return NO
    finally:
        logging.disable(logging.NOTSET)


def test_the_table_asks_what_the_battery_asks() -> None:
    assert list(comparison()) == list(QUESTIONS)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_cell_is_what_the_adapter_does(name: str) -> None:
    found = columns()
    told = comparison()[name]
    if set(told) != set(found):
        pytest.skip(f"the table speaks of {', '.join(told)}")
    assert {heading: cell(QUESTIONS[name], adapter) for heading, adapter in found.items()} == told


@pytest.mark.parametrize("name", QUESTIONS)
def test_bridgekit_does_all_that_is_asked(name: str) -> None:
    assert QUESTIONS[name](WSGIToASGI)
