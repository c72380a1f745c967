"""Who names a project's settings module: entry points, Dockerfiles, test configuration, a bare settings file."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.boundary import is_below, parts_of
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.parsing import parse_file
from bridgekit.check.python.tree import walk

ENTRY_POINTS = ("asgi.py", "wsgi.py", "manage.py")
CONFIGURED = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")
_ASSIGNED = re.compile(r"""(?<![\w.])DJANGO_SETTINGS_MODULE["']?\s*[=:]\s*["']?([A-Za-z_][\w.]*)""")
_ENV = re.compile(r"""(?:^|\s)DJANGO_SETTINGS_MODULE(?:=|\s+)["']?([A-Za-z_][\w.]*)""")
"""``ENV NAME=value OTHER=value`` and, as of old, ``ENV NAME value``."""
_READERS = ("get", "getenv", "config", "env")
"""What reads a variable, with its default behind it."""
_ORDER = ("asgi.py", "wsgi.py", "manage.py", "Dockerfile", "configuration", "settings.py")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settings module and what names it: ``source`` is the kind of file, ``path`` the file."""

    module: str
    source: str
    path: str
    line: int = 1
    configuration: str = ""
    """The django-configurations class beside it (``DJANGO_CONFIGURATION``), if one is named."""


def candidates_in(
    files: list[Path], roots: tuple[str, ...], is_over: Callable[[Path], object] = lambda file: False
) -> list[Candidate]:
    """Every settings module that one of the files names, what is served first; no file is read once ``is_over`` says so."""
    return sorted(_candidates(files, roots, is_over), key=_preference)


def _preference(candidate: Candidate) -> tuple[int, int, str]:
    """asgi.py speaks for what is served; then wsgi.py, manage.py, a Dockerfile, test configuration, a bare file."""
    return (_ORDER.index(candidate.source), len(parts_of(candidate.path)), candidate.path)


def dotted(file: Path) -> tuple[str, str]:
    """The import root of a file and its dotted name: packages above it count as long as they have an ``__init__``."""
    parts = [] if file.stem == "__init__" else [file.stem]
    directory = file.parent
    while (directory / "__init__.py").is_file() and directory.parent != directory:
        parts.insert(0, directory.name)
        directory = directory.parent
    return str(directory), ".".join(parts)


def _candidates(
    files: list[Path], roots: tuple[str, ...], is_over: Callable[[Path], object]
) -> Iterator[Candidate]:
    for file in files:
        if is_over(file):
            return
        if file.name in ENTRY_POINTS:
            yield from _named_in_python(file)
        elif file.name.startswith("Dockerfile"):
            yield from _named_in_dockerfile(file)
        elif file.name in CONFIGURED:
            yield from _named_in_configuration(file)
    for file in files:
        if file.name == "settings.py" and not is_over(file) and _defines_middleware(file):
            yield Candidate(_module_below(file, roots), "settings.py", str(file))


def _module_below(file: Path, roots: tuple[str, ...]) -> str:
    home, module = dotted(file)
    for root in roots:
        if home != root and is_below(home, [root]) and module == file.stem:
            return ".".join([*Path(home).relative_to(root).parts, module])
    return module


def _named_in_python(file: Path) -> Iterator[Candidate]:
    """``os.environ.setdefault("DJANGO_SETTINGS_MODULE", "x.settings")`` and ``os.environ[...] = ...``."""
    tree = parse_file(str(file)).tree
    if tree is None:
        return
    constants = _only_values(tree)
    named: dict[str, tuple[str, int]] = {}
    for node in sorted(walk(tree), key=_is_for_a_command(tree)):
        for name, value, line in _environment_writes(node):
            text = _text_of(value, constants)
            if text is not None:
                named.setdefault(name, (text, line))
    if "DJANGO_SETTINGS_MODULE" in named:
        module, line = named["DJANGO_SETTINGS_MODULE"]
        configuration = named.get("DJANGO_CONFIGURATION", ("", 0))[0]
        yield Candidate(module, file.name, str(file), line, configuration)


def _is_for_a_command(tree: ast.Module) -> Callable[[ast.AST], bool]:
    """Whether a node stands below ``if "test" in sys.argv:``: it says nothing of what is served, so others come first."""
    chosen = {
        id(inner)
        for node in walk(tree)
        if isinstance(node, ast.If) and "argv" in ast.unparse(node.test)
        for statement in (node.orelse if _is_negated(node.test) else node.body)
        for inner in walk(statement)
    }
    return lambda node: id(node) in chosen


def _is_negated(test: ast.expr) -> bool:
    """Whether what stands under ``if "test" not in sys.argv:`` is for everything but the command, and its ``else`` for that."""
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.NotIn | ast.NotEq)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def named_by_expression(file: str) -> tuple[int, str] | None:
    """Line and text of an expression that an entry point names the settings by, where that is not read; else None."""
    tree = parse_file(file).tree
    constants = _only_values(tree) if tree is not None else {}
    for node in walk(tree) if tree is not None else ():
        for name, value, line in _environment_writes(node):
            if name == "DJANGO_SETTINGS_MODULE" and _text_of(value, constants) is None:
                return line, ast.unparse(value)[:80]
    return None


def unread_name(file: str) -> int:
    """The line on which an entry point speaks of ``DJANGO_SETTINGS_MODULE``; 0 where it does not, or what it says is read."""
    tree = parse_file(file).tree
    if any(_named_in_python(Path(file))):
        return 0
    lines = (
        node.lineno
        for node in (walk(tree) if tree is not None else ())
        if isinstance(node, ast.Constant) and node.value == "DJANGO_SETTINGS_MODULE"
    )
    return min(lines, default=0)


def _only_values(tree: ast.Module) -> dict[str, str]:
    """Names that are bound to one text wherever they are bound: of several, a run decides."""
    found: dict[str, set[str]] = {}
    for node in walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    is_read = not isinstance(node.value, ast.Call) or _called(node.value) in _READERS
                    found.setdefault(target.id, set()).add((is_read and _text_of(node.value, {})) or "")
    return {name: min(texts) for name, texts in found.items() if len(texts) == 1 and texts != {""}}


def _called(node: ast.Call) -> str:
    """The last part of what is called."""
    function = node.func
    return (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )


def _environment_writes(node: ast.AST) -> Iterator[tuple[str, ast.expr, int]]:
    """Name, value and line of each write to the environment."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 2:
        name = node.args[0]
        if node.func.attr == "setdefault" and isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value, node.args[1], node.lineno
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        yield from ((keyword.arg, keyword.value, node.lineno) for keyword in node.keywords if keyword.arg)
        given = node.args[0] if node.args else None
        for key, value in zip(given.keys, given.values, strict=True) if isinstance(given, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value, value.lineno
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        key = node.targets[0].slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, node.value, node.lineno


def _text_of(node: ast.expr, constants: dict[str, str]) -> str | None:
    """The text that is written: a literal, a constant of the module, or the default of ``os.environ.get``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.Call):
        named = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
        given = node.args[1:] if len(node.args) == 2 else named
        return _text_of(given[0], constants) if given else None
    if isinstance(node, ast.IfExp):
        return _text_of(node.orelse, constants)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return _text_of(node.values[-1], constants)
    if isinstance(node, ast.JoinedStr):
        parts = [_text_of(part, constants) for part in node.values]
        return None if None in parts else "".join(part for part in parts if part is not None)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        return _text_of(node.value, constants)
    return None


def _named_in_dockerfile(file: Path) -> Iterator[Candidate]:
    """What is set in the image that is built: the last stage's ``ENV``, that of stages it starts from included.

    Else what is set for one command, ``RUN DJANGO_SETTINGS_MODULE=x.settings ...``, which is how images collect static files.
    """
    stages: dict[str, tuple[str, int]] = {}
    current: tuple[str, int] | None = None
    stage, command = "", None
    for number, instruction, rest in _instructions(_read(file)):
        if instruction == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")]
            stage = words[2] if len(words) == 3 and words[1].upper() == "AS" else ""
            current = stages.get(words[0].lower()) if words else None
        elif instruction in ("ENV", "ARG"):
            named = _ENV.search(rest)
            current = (named[1], number) if named else current
        elif command is None and (named := _ASSIGNED.search(rest)):
            command = (named[1], number)
        if current is not None and stage:
            stages[stage.lower()] = current
    found = current or command
    if found is not None:
        yield Candidate(found[0], "Dockerfile", str(file), found[1])


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and arguments of each instruction, continued lines joined (Dockerfile reference, Format)."""
    started, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        started = started if parts else number
        parts.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\"):
            name, _, rest = " ".join(parts).strip().partition(" ")
            yield started, name.upper(), rest.strip()
            parts = []


def _named_in_text(file: Path, source: str) -> Iterator[Candidate]:
    """``DJANGO_SETTINGS_MODULE = x.settings`` in a line of its own or among others."""
    for number, line in enumerate(_read(file).splitlines(), 1):
        found = _ASSIGNED.search(line)
        if found and not line.lstrip().startswith(("#", ";")):
            yield Candidate(found[1], source, str(file), number)


def _named_in_configuration(file: Path) -> Iterator[Candidate]:
    """pytest-django's option and tox's ``setenv``; a pyproject.toml that is no TOML is passed over here."""
    text = _read(file)
    if "DJANGO_SETTINGS_MODULE" not in text:
        return
    named: object = None
    if file.name == "pyproject.toml":
        try:
            tool = tomllib.loads(text).get("tool", {})
            named = tool.get("pytest", {}).get("ini_options", {}).get("DJANGO_SETTINGS_MODULE")
        except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
            return
    else:
        named = _from_ini(text)
    if isinstance(named, str):
        yield Candidate(named, "configuration", str(file))
    else:
        yield from _named_in_text(file, "configuration")


def _from_ini(text: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    for section in ("pytest", "tool:pytest"):
        if parser.has_option(section, "DJANGO_SETTINGS_MODULE"):
            return parser.get(section, "DJANGO_SETTINGS_MODULE").strip()
    return None


def _defines_middleware(file: Path) -> bool:
    return "MIDDLEWARE" in _read(file)


def _read(file: Path) -> str:
    try:
        return read_bounded(file).decode("utf-8-sig", "replace")
    except UnreadableError:
        return ""
