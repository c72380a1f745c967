"""Which modules say what they export: those that the manual names, and no others."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
INSIDE = {"architecture.md", "design.md", "draw_architecture.py"}
"""Pages about how bridgekit is built, not about how it is used."""


@cache
def trees() -> dict[str, ast.Module]:
    """The modules of bridgekit by their names."""
    return {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text("utf-8")
        )
        for path in SOURCE.rglob("*.py")
    }


def all_of(tree: ast.Module) -> list[str] | None:
    """``__all__`` of a module, or None for one without."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            assert isinstance(node, ast.Assign), "__all__ has no type but that of its names"
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def module_of(dotted: str) -> str | None:
    """The longest beginning of a dotted name that is a module."""
    while dotted not in trees() and dotted:
        dotted = dotted.rpartition(".")[0]
    return dotted or None


def named_modules() -> set[str]:
    """Modules in the README, the manual, the examples and the type checker's tests."""
    pages = [ROOT / "README.md"]
    for folder in ("docs", "examples", "typing_tests"):
        pages += [
            page
            for page in (ROOT / folder).rglob("*")
            if page.suffix in (".md", ".py") and page.name not in INSIDE
        ]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    found = {module_of(dotted) for dotted in re.findall(r"\bbridgekit(?:\.\w+)*", text)}
    return {name for name in found if name is not None}


def test_modules_that_the_manual_names_say_what_they_export_and_no_others_do() -> None:
    """A module without names of its own (a package's beginning, a logger's name) has nothing to say."""
    empty = {
        name
        for name, tree in trees().items()
        if not any(
            isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.If | ast.ImportFrom
            )
            and getattr(node, "module", "") != "__future__"
            for node in tree.body
        )
    }
    with_all = {name for name, tree in trees().items() if all_of(tree) is not None}
    assert with_all == named_modules() - empty
