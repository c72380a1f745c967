"""Write settings into a directory and evaluate them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import Known, SettingsResult, Unknown, Variant, evaluate_settings


def evaluate(
    root: Path, module: str = "settings", environ: dict[str, str] | None = None, **files: str
) -> SettingsResult:
    """Files by dotted name (``pkg__base`` for ``pkg/base.py``); packages get their ``__init__``."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py") if name != "pkg" else root / "pkg/__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        if path.parent != root and not (path.parent / "__init__.py").exists():
            (path.parent / "__init__.py").write_text("", "utf-8")
    return evaluate_settings(ModuleFinder([root]), module, environ=environ)


def listed(variant: Variant) -> list[str] | None:
    """The dotted paths of a variant."""
    return None if variant.middleware is None else [str(entry.dotted_path) for entry in variant.middleware]


def by_name(result: SettingsResult) -> dict[str, list[str] | None]:
    """Every variant's list by its name; the default one is ``default`` when it has no condition."""
    return {variant.name: listed(variant) for variant in result.variants}


def value_of(root: Path, source: str) -> object:
    """``VALUE`` of a settings module as the evaluator has it: a `Known` or an `Unknown`."""
    return evaluate(root, settings=f"{dedent(source)}\nMIDDLEWARE = []\n").default.value("VALUE")


def run_by_python(root: Path, source: str) -> object:
    """``VALUE`` as Python has it."""
    names: dict[str, object] = {"__name__": "settings", "__file__": str(root / "settings.py")}
    exec(compile(dedent(source), "settings.py", "exec", dont_inherit=True), names)
    return names["VALUE"]


def same_as_python(root: Path, source: str) -> bool:
    """Whether the evaluator knows ``VALUE``, and has what Python makes of the same source."""
    found = value_of(root, source)
    return isinstance(found, Known) and found.value == run_by_python(root, source)


def unknown_line(root: Path, source: str) -> int | None:
    """The line that leaves ``VALUE`` unknown, of a program that Python runs to its end; None for what is said to be known."""
    run_by_python(root, source)
    found = value_of(root, source)
    return found.location.line if isinstance(found, Unknown) else None
