"""What the environments of tox ran on: each writes its versions down, and all together are docs/supported.md.

``python -m tests.helpers.ran_on FOLDER`` prints the page; with ``--write`` it writes it.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "supported.md"

ROWS = {
    "Python": ("CPython",),
    "What bridgekit needs": ("anyio", "asgiref", "click"),
    "Django": ("Django",),
    "ASGI servers": ("uvicorn", "hypercorn", "daphne", "granian"),
    "WSGI servers": ("gunicorn", "pyuwsgi", "waitress", "cheroot", "werkzeug", "Apache"),
    "Loops": ("uvloop", "trio", "gevent"),
    "Frameworks": (
        "starlette",
        "fastapi",
        "litestar",
        "quart",
        "channels",
        "flask",
        "bottle",
        "pyramid",
        "falcon",
    ),
    "Databases of the Django handlers": ("PostgreSQL", "psycopg"),
    "Exporters": ("prometheus-client", "opentelemetry-sdk"),
}
UNTRIED = {"CPython": "3.14 is expected to work and was not tried: there was no interpreter"}

INTRODUCTION = """# What is supported

What bridgekit's tests ran on, all of them or the part that is about it, as one run of `tox run` wrote it down. Other versions from the lowest on that
`pip install` admits are expected to work.
"""


def note_versions(folder: Path, environment: str) -> None:
    """Write down what this process runs on."""
    found = {"CPython": platform.python_version(), **programs()}
    for name in {name for names in ROWS.values() for name in names}:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{environment}.json").write_text(json.dumps(found, indent=0))


def programs() -> dict[str, str]:
    """Servers that are no Python packages."""
    apache = "/usr/sbin/apache2"
    postgres = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"), default=shutil.which("postgres"))
    commands = {"Apache": [apache, "-v"], "PostgreSQL": [str(postgres), "--version"]}
    found = {}
    for name, command in commands.items():
        if Path(command[0]).exists():
            printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            if match := re.search(r"\d+(\.\d+)+", printed):
                found[name] = match[0]
    return found


def page(versions: list[dict[str, str]]) -> str:
    found: dict[str, set[str]] = defaultdict(set)
    for one in versions:
        for name, version in one.items():
            found[name].add(version)
    lines = [INTRODUCTION, "| what | versions |", "|---|---|"]
    for row, names in ROWS.items():
        told = [
            f"{name} {', '.join(sorted(found[name], key=numbers))}{remark(name)}"
            for name in names
            if name in found
        ]
        if told:
            lines.append(f"| {row} | {'; '.join(told)} |")
    return "\n".join([*lines, ""])


def remark(name: str) -> str:
    return f" ({UNTRIED[name]})" if name in UNTRIED else ""


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def versions_on(text: str, name: str) -> list[str]:
    """The versions that the page tells of something, without what is untried."""
    match = re.search(rf"(?:\| |; ){re.escape(name)} ([\d., a-z]+?)(?: \(|;| \|)", text)
    return match[1].split(", ") if match else []


def main(folder: str, *options: str) -> None:
    text = page([json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))])
    if "--write" in options:
        PAGE.write_text(text, "utf-8")
    sys.stdout.write(text)
    if text != PAGE.read_text("utf-8"):
        sys.stdout.write(f"{PAGE.name} was written by another run; --write writes this one's.\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
