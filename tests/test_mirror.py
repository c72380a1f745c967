"""``pytest tests/check/settings/methods`` runs something for ``src/bridgekit/check/settings/methods``, and so on for each folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "bridgekit"


def test_each_folder_of_the_source_has_tests_of_its_own() -> None:
    folders = {path.parent.relative_to(SOURCE) for path in SOURCE.rglob("*.py")}
    assert len(folders) > 30
    without = {str(folder) for folder in folders if not any((ROOT / "tests" / folder).rglob("test_*.py"))}
    assert without == set()
