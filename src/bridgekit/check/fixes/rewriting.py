"""Rewrite convertible middleware as sync and async, by moving and adding lines: everything else stays byte for byte."""

from __future__ import annotations

import ast
import codecs
import io
from collections.abc import Iterable

from bridgekit.check.fixes.verified import Convertible

BOM = codecs.BOM_UTF8.decode()


def split_lines(source: str) -> list[str]:
    """The lines that the tokenizer counts, ends kept. `str.splitlines` would also part them at form feeds and the like."""
    return io.StringIO(source, newline="").readlines()


def convert(source: str, found: Iterable[Convertible]) -> str:
    """The file with these middleware rewritten and the imports they need added."""
    bom, source = (BOM, source[1:]) if source.startswith(BOM) else ("", source)
    lines = split_lines(source)
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    convertibles = sorted(found, key=lambda each: each.node.lineno, reverse=True)
    for each in convertibles:
        start, end = each.node.lineno - 1, each.node.end_lineno or each.node.lineno
        rewrite = _class if isinstance(each.node, ast.ClassDef) else _factory
        text = rewrite(each, [line.rstrip("\r\n") for line in lines])
        lines[start:end] = [line + newline for line in text]
    names = {"class" if isinstance(each.node, ast.ClassDef) else "function" for each in convertibles}
    at = _import_line(convertibles[0])
    apart = [] if _has_imports(convertibles[0]) else ["", ""]
    lines[at:at] = [line + newline for line in [*_imports(names), *apart]]
    return bom + "".join(lines)


def _has_imports(each: Convertible) -> bool:
    return any(
        isinstance(node, (ast.Import, ast.ImportFrom))
        for node in (each.module.tree.body if each.module.tree else ())
    )


def _imports(kinds: set[str]) -> list[str]:
    """Only the names that the rewritten code uses."""
    names = ["iscoroutinefunction", *(["markcoroutinefunction"] if "class" in kinds else [])]
    lines = [f"from asgiref.sync import {', '.join(names)}"]
    if "function" in kinds:
        lines.append("from django.utils.decorators import sync_and_async_middleware")
    return lines


def _import_line(each: Convertible) -> int:
    """After the docstring and the last of the imports that stand first; at the first statement if there are none."""
    body = each.module.tree.body if each.module.tree else []
    at = 0
    for statement in body:
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) and not is_docstring:
            break
        at = statement.end_lineno or statement.lineno
    # Comments before the first statement stay first: an encoding is declared in the first two lines.
    return at or min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", ()))]) - 1


def _awaiting(each: Convertible, lines: list[str]) -> list[str]:
    """The handler's lines as ``async def``, its one call awaited."""
    first, last = each.handler.lineno - 1, each.handler.end_lineno or each.handler.lineno
    row, column = each.call.lineno - 1, _column(lines[each.call.lineno - 1], each.call.col_offset)
    changed = [
        line[:column] + "await " + line[column:] if number == row else line
        for number, line in enumerate(lines[first:last], start=first)
    ]
    changed[0] = changed[0].replace("def ", "async def ", 1)
    return changed


def _column(line: str, offset: int) -> int:
    """`ast` counts columns in UTF-8 bytes."""
    return len(line.encode()[:offset].decode())


def _factory(each: Convertible, lines: list[str]) -> list[str]:
    first, last = each.handler.lineno - 1, each.handler.end_lineno or each.handler.lineno
    get_response = each.node.args.args[0].arg if isinstance(each.node, ast.FunctionDef) else ""
    plain = lines[first:last]
    here = _leading(plain[0])
    return [
        "@sync_and_async_middleware",
        *lines[each.node.lineno - 1 : first],
        f"{here}if iscoroutinefunction({get_response}):",
        "",
        *_deeper(_awaiting(each, lines)),
        "",
        f"{here}else:",
        "",
        *_deeper(plain),
        *([""] if lines[last].strip() else []),
        *lines[last : each.node.end_lineno],
    ]


def _class(each: Convertible, lines: list[str]) -> list[str]:
    assert isinstance(each.node, ast.ClassDef)
    init = next(s for s in each.node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__")
    first_method = min(s.lineno for s in each.node.body if isinstance(s, ast.FunctionDef))
    here = _leading(lines[first_method - 1])
    body = _leading(lines[init.body[0].lineno - 1])
    request = each.handler.args.args[-1].arg
    flags = [f"{here}sync_capable = True", f"{here}async_capable = True", ""]
    mark = [f"{body}self.async_mode = iscoroutinefunction(get_response)", f"{body}if self.async_mode:"]
    mark.append(f"{body}{_unit(body)}markcoroutinefunction(self)")
    dispatch = [f"{body}if self.async_mode:", f"{body}{_unit(body)}return self.__acall__({request})"]
    acall = ["", *_awaiting(each, lines)]
    acall[1] = acall[1].replace("__call__", "__acall__", 1)
    inserts = {
        first_method - 1: flags,
        init.end_lineno or init.lineno: mark,
        _first_body_line(each.handler): dispatch,
        each.handler.end_lineno or each.handler.lineno: acall,
    }
    result: list[str] = []
    for number in range(each.node.lineno - 1, (each.node.end_lineno or each.node.lineno) + 1):
        result += inserts.get(number, [])
        if number < (each.node.end_lineno or each.node.lineno):
            result.append(lines[number])
    return result


def _first_body_line(function: ast.FunctionDef) -> int:
    """Index of the line on which the body starts, its docstring left out."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or first.lineno) if is_docstring else first.lineno - 1


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _unit(indentation: str) -> str:
    """One step of indentation in a file that indents like this: tabs and spaces do not mix."""
    return "\t" if indentation.startswith("\t") else "    "


def _deeper(lines: list[str]) -> list[str]:
    return [_unit(_leading(line)) + line if line.strip() else line for line in lines]
