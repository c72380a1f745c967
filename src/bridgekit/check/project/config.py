"""What the user asked for: options of the command line over ``[tool.bridgekit]`` of the project's pyproject.toml."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from difflib import get_close_matches
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.finding import Severity
from bridgekit.check.modules.boundary import is_below, real, real_folder
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.requests import Server


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides a run of the checker. Empty means: not given.

    ``settings`` are dotted module names; ``env`` the environment variables to assume; ``baseline`` and ``python`` are
    relative to the working directory (on the command line) or to pyproject.toml (in it).
    """

    path: Path = Path()
    settings: tuple[str, ...] = ()
    server: Server = Server.ASGI
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity = Severity.NOTE
    """The least that counts: findings below it are left out."""
    baseline: Path | None = None
    python: str | None = None
    python_named_in: str = "--python"
    """What named ``python``: what the project's own files name is read, and never run."""
    env: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    timeout: float = 60.0
    """Seconds that the run may take: what is not known by then is unknown."""
    settings_in_environment: str = ""
    """What DJANGO_SETTINGS_MODULE says, for projects that have such a module."""
    notes: tuple[str, ...] = ()
    """What was noticed about the configuration, for the report to say."""

    def __post_init__(self) -> None:
        """Raises `ProjectError` for a time that is none."""
        if not 0 < self.timeout < math.inf:
            raise ProjectError(f"--timeout must be a number of seconds above 0, not {self.timeout!r}")


_LISTS = ("settings", "select", "ignore")
_KEYS = (*_LISTS, "server", "severity", "baseline", "python", "env", "timeout")


def read_config(path: Path) -> tuple[dict[str, object], Path | None]:
    """The ``[tool.bridgekit]`` table that governs ``path``, and the file it stands in.

    The nearest pyproject.toml at or above ``path`` is taken, as other tools do. A table whose name is nearly ours is reported under
    ``notes``. Raises `ProjectError` when the file cannot be parsed or holds a key that means nothing.
    """
    start = path.absolute()
    for directory in (start, *start.parents):
        file = directory / "pyproject.toml"
        if file.is_file():
            if not is_below(real(file), [real(directory), real_folder(path)]):
                raise ProjectError(f"{file} is a link that leads out of the project, and is not read")
            return _table(file), file
    return {}, None


def _table(file: Path) -> dict[str, object]:
    import tomllib  # for the projects that have such a file

    try:
        # Editors on Windows begin a file with a byte order mark, which TOML 1.0 does not know.
        document = tomllib.loads(read_bounded(file).decode("utf-8-sig"))
    except UnreadableError as error:
        raise ProjectError(f"{file} {error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(f"{file} cannot be read as TOML: {error}") from error
    except RecursionError:
        raise ProjectError(f"{file} cannot be read as TOML: it is nested too deeply") from None
    tool = document.get("tool")
    tables = tool if isinstance(tool, dict) else {}
    table = tables.get("bridgekit", {})
    if not isinstance(table, dict):
        raise ProjectError(f"{file}: tool.bridgekit is not a table")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        near = get_close_matches(unknown[0], _KEYS, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ProjectError(
            f"{file}: [tool.bridgekit] has no key {unknown[0]!r}; {meant}it knows {', '.join(sorted(_KEYS))}"
        )
    notes = _nearly_ours(file, ["bridgekit"] if "bridgekit" in document else [], tables)
    typed = {key: _typed(file, key, value) for key, value in table.items()}
    return {**typed, "notes": notes} if notes else typed


def _nearly_ours(file: Path, beside: Iterable[str], tables: Iterable[str]) -> tuple[str, ...]:
    """A note on each table that may have been meant for bridgekit: what stands in it does not count."""
    spelt = {name: re.sub(r"[\W_]", "", name).lower() for name in tables if name != "bridgekit"}
    near = [f"tool.{name}" for name in spelt if get_close_matches(spelt[name], ["bridgekit"], 1, 0.85)]
    return tuple(
        f"{file.name}: [{name}] is not read: did you mean [tool.bridgekit]?" for name in [*beside, *near]
    )


def _typed(file: Path, key: str, value: object) -> object:
    """The value in the type of its option, or an error that names what was expected."""
    if value == "" or (isinstance(value, list) and "" in value):
        raise ProjectError(f"{file}: tool.bridgekit.{key} is empty: give it a value, or leave the key out")
    if key in _LISTS:
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return tuple(texts)
        raise ProjectError(f"{file}: tool.bridgekit.{key} must be a string or a list of strings")
    if key == "env":
        if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
            return value
        raise ProjectError(f"{file}: tool.bridgekit.env must be a table of strings")
    if key == "timeout":
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        raise ProjectError(
            f"{file}: tool.bridgekit.timeout must be a number of seconds above 0, not {value!r}"
        )
    if not isinstance(value, str):
        raise ProjectError(f"{file}: tool.bridgekit.{key} must be a string")
    if key == "server":
        return _server(file, value)
    if key == "severity":
        return _severity(file, value)
    if key == "python" and (file.parent / value).exists():
        return str(file.parent / value)  # a virtual environment beside the file, not a command on the PATH
    return file.parent / value if key == "baseline" else value


def _server(file: Path, value: str) -> Server:
    try:
        return Server(value)
    except ValueError:
        raise ProjectError(f'{file}: tool.bridgekit.server must be "asgi" or "wsgi", not {value!r}') from None


def _severity(file: Path, value: str) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        known = ", ".join(f'"{severity}"' for severity in Severity)
        raise ProjectError(f"{file}: tool.bridgekit.severity must be one of {known}, not {value!r}") from None


def merge_config(given: Options, explicit: Sequence[str], config: Mapping[str, object]) -> Options:
    """``given`` with the configuration filled in where the command line (``explicit`` names its options) was silent."""
    names = {option.name for option in fields(Options)}
    filled = {key: value for key, value in config.items() if key in names and key not in explicit}
    if "python" in filled:
        filled["python_named_in"] = "tool.bridgekit.python"
    if "env" in config and isinstance(config["env"], Mapping):
        filled["env"] = {**config["env"], **given.env}
    return replace(given, **filled)  # type: ignore[arg-type]  # the values were typed by read_config
