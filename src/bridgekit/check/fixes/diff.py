"""`--diff`: a patch that makes simple sync-only middleware sync-and-async, where nothing else changes."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from bridgekit.check.findings.flow import identifiers
from bridgekit.check.findings.report import Report
from bridgekit.check.fixes.rewriting import BOM, convert, split_lines
from bridgekit.check.fixes.verified import Convertible, find_convertible
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.parsing import parse_source
from bridgekit.check.modules.python_files import python_files
from bridgekit.check.python.tree import walk


def render_diff(report: Report) -> str:
    """A unified diff for every convertible middleware of the project; lines that begin with # say why others are not."""
    patches: list[str] = []
    reasons: list[str] = []
    by_file: dict[str, list[Convertible]] = {}
    for path, convertible in _candidates(report):
        if isinstance(convertible, str):
            reasons.append(f"# {path}: not changed, because {convertible}\n")
        else:
            by_file.setdefault(convertible.module.path, []).append(convertible)
    for file, found in sorted(by_file.items()):
        try:
            source = _source(read_bounded(file))
            changed = _checked(convert(source, found))
        except UnreadableError as error:
            reasons.append(f"# {report.shown(file)}: not changed, because the file {error}\n")
        else:
            patches += _patch(source, changed, report.shown(file))
    return "".join([*reasons, *patches])


def _source(content: bytes) -> str:
    """The text of a file, byte for byte what a patch can say; raises `UnreadableError` if a patch cannot."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    if encoding not in ("utf-8", "utf-8-sig") and not content.isascii():
        raise UnreadableError(f"is written in {encoding}, and a patch in UTF-8")
    if re.search(rb"\r(?!\n)", content):
        raise UnreadableError("has lines that end with a carriage return alone, which patches do not know")
    return content.decode("utf-8")


def _checked(source: str) -> str:
    """The last net: a patch that would break the file is not printed."""
    try:
        ast.parse(source.removeprefix(BOM))
    except (SyntaxError, ValueError) as error:
        raise UnreadableError(f"would not compile any more ({error})") from error
    return source


def _patch(source: str, changed: str, shown: str) -> Iterator[str]:
    """A unified diff that git and patch(1) take, for files without a last line end, too."""
    for line in difflib.unified_diff(split_lines(source), split_lines(changed), f"a/{shown}", f"b/{shown}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _candidates(report: Report) -> Iterator[tuple[str, Convertible | str]]:
    """Every sync-only middleware of the project's own, once."""
    seen: set[str] = set()
    for stack in report.stacks:
        for subject in stack.subjects:
            for checked in subject.middleware:
                definition = checked.definition
                if (
                    definition is None
                    or checked.dotted_path in seen
                    or not subject.project.owns(definition.location)
                ):
                    continue
                seen.add(checked.dotted_path)
                convertible = find_convertible(definition)
                if isinstance(convertible, Convertible) and isinstance(convertible.node, ast.ClassDef):
                    convertible = _may_be_derived_from(report, convertible.node.name) or convertible
                if convertible != "it is not known to be sync-only":
                    yield checked.dotted_path, convertible


def _may_be_derived_from(report: Report, name: str) -> str:
    """Which file of the project may derive from the class, and why that cannot be ruled out; empty if none does."""
    file, reason = _find_subclass(report, name)
    if report.bounds.reached:
        return f"{report.bounds.reached} before all files were searched for a subclass"
    return f"{report.shown(file)} {reason}" if reason else ""


def _find_subclass(report: Report, name: str) -> tuple[str, str]:
    for file in python_files(Path(report.root), report.bounds.is_over):
        try:
            content = read_bounded(file)
        except UnreadableError as error:
            return str(file), f"{error}, so that it may hold a subclass"
        if name.encode() not in content:
            continue
        tree, error_text, _ = parse_source(content)
        if tree is None:
            return str(file), f"{error_text}, so that it may hold a subclass"
        if _derives(tree, name):
            return str(file), "has a subclass, which would inherit the flag"
    return "", ""


def _derives(tree: ast.Module, name: str) -> bool:
    """Whether a class statement or a call of ``type`` names the class, or a name that it is given, among the bases."""
    names = {name}
    for node in walk(tree):
        if isinstance(node, ast.alias) and node.name == name and node.asname:
            names.add(node.asname)
        elif isinstance(node, ast.Assign) and names & set(identifiers(node.value)):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    bases = [base for node in walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    bases += [node.args[1] for node in walk(tree) if isinstance(node, ast.Call) and len(node.args) == 3]
    return any(names & set(identifiers(base)) for base in bases)
