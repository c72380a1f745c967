"""What a TARGET such as ``shop.wsgi:create_app("prod")`` says, before anything is imported."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from bridgekit.exceptions import ProjectError

_DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/])")


@dataclass(frozen=True)
class Call:
    """The arguments with which a factory is called."""

    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Target:
    """Where an application is: a module, an attribute in it, and how to call that if it is a factory.

    `attribute` is None where only a module was named; `call` is None where no parentheses were written.
    """

    text: str
    module: str
    attribute: str | None = None
    call: Call | None = None


def parse_target(text: str) -> Target:
    """Read ``module``, ``module:attribute``, ``module:attribute.of.it`` or ``module:factory(literals)``.

    Arguments of a factory are literals, as in gunicorn's and Flask's targets: nothing is evaluated.

    Raises `ProjectError` when `text` is none of these.
    """
    drive = text[:2] if _DRIVE.match(text) else ""
    module, colon, expression = text[len(drive) :].partition(":")
    module = drive + module
    if module.endswith(".py") or "/" in module or "\\" in module:
        raise ProjectError(
            f"'{text}' names a path; name the module instead{_module_guess(module, expression)}"
        )
    if not all(part.isidentifier() for part in module.split(".")):
        raise ProjectError(f"{text!r}: {module!r} is not a module name; write it as package.module:attribute")
    if not colon:
        return Target(text, module)
    if not expression:
        raise ProjectError(f"{text!r} names nothing after the colon; write it as {module}:attribute")
    return _parse_attribute(text, module, expression)


def _parse_attribute(text: str, module: str, expression: str) -> Target:
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError:
        node = None
    call = None
    if isinstance(node, ast.Call):
        call = _parse_call(text, node)
        node = node.func
    attribute = _dotted(node)
    if attribute is None:
        raise ProjectError(
            f"{text!r}: {expression!r} is neither an attribute nor a call such as create_app()"
        )
    return Target(text, module, attribute, call)


def _parse_call(text: str, node: ast.Call) -> Call:
    try:
        args = tuple(ast.literal_eval(arg) for arg in node.args)
        kwargs = tuple((str(word.arg), ast.literal_eval(word.value)) for word in node.keywords if word.arg)
    except ValueError:
        args, kwargs = (), ()
    if len(args) + len(kwargs) < len(node.args) + len(node.keywords):
        raise ProjectError(f"{text!r}: only literals (text, numbers, True, None, lists) can be arguments")
    return Call(args, kwargs)


def _dotted(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)) is not None:
        return f"{owner}.{node.attr}"
    return None


def _module_guess(path: str, attribute: str) -> str:
    """A path that leads elsewhere is shown as far as it can be imported: its end, and from where."""
    folder, _, name = path.replace("\\", "/").removesuffix(".py").rpartition("/")
    folder = folder.removeprefix("./") if folder != "." else ""
    within = folder.split("/") if folder else []
    if all(part.isidentifier() for part in within):
        folder, name = "", ".".join([*within, name])
    if not all(part.isidentifier() for part in name.split(".")):
        return ""
    return f", for example {name}:{attribute or 'app'}" + (f" with --app-dir '{folder}'" if folder else "")
