"""Python blocks of README and docs run as tests."""

from __future__ import annotations

import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
).pytest()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A document's blocks build on those above them: they run in that order, however pytest-randomly has shuffled tests."""
    places: dict[object, list[int]] = {}
    for place, item in enumerate(items):
        if isinstance(item, SybilItem):
            places.setdefault(item.path, []).append(place)
    for taken in places.values():
        blocks = sorted((items[place] for place in taken), key=lambda item: item.example.line)  # type: ignore[attr-defined]  # a SybilItem
        for place, block in zip(taken, blocks, strict=True):
            items[place] = block
