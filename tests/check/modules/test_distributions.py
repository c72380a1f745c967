"""Installed versions by directory names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.modules.distributions import installed_versions, release


def test_the_first_hit_on_the_path_wins(tmp_path: Path) -> None:
    """As importlib.metadata has it; names are normalised, other distributions left out."""
    first, second = tmp_path / "a", tmp_path / "b"
    for directory, names in (
        (first, ["asgiref-3.7.2.dist-info"]),
        (second, ["asgiref-3.9.dist-info", "Django_X-1.0.dist-info", "rest-2.egg-info"]),
    ):
        directory.mkdir()
        for name in names:
            (directory / name).mkdir()
    found = installed_versions([str(tmp_path / "none"), str(first), str(second)], ["asgiref", "django-x"])
    assert found == {"asgiref": (3, 7, 2), "django-x": (1, 0)}


@pytest.mark.parametrize(("text", "numbers"), [("3.8.1", (3, 8, 1)), ("3.8rc1", (3, 8)), ("x", ())])
def test_a_release_is_its_leading_numbers(text: str, numbers: tuple[int, ...]) -> None:
    """Suffixes do not count."""
    assert release(text) == numbers
