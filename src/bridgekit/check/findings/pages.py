"""The page of each rule, the same file that the documentation shows: ``docs/rules/BRGNNN.md``."""

from __future__ import annotations

from pathlib import Path

from bridgekit.exceptions import ProjectError

#: In a wheel the pages lie in the package (see ``force-include`` in pyproject.toml); in a checkout they are in docs/.
_PLACES = (Path(__file__).parents[1] / "rule_pages", Path(__file__).parents[4] / "docs" / "rules")


def rule_page(code: str) -> str:
    """The Markdown page of a rule. Raises `ProjectError` for a code that does not exist."""
    name = f"{code.upper()}.md"
    for place in _PLACES:
        # Compared with the directory's entries, not joined: the code comes from the command line.
        if place.is_dir() and name in {page.name for page in place.iterdir()}:
            return (place / name).read_text("utf-8")
    raise ProjectError(f"there is no rule {code!r}; `bridgekit explain --list` names them all")
