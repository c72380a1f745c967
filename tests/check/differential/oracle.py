"""What Python makes of small programs, and what the two readers say of the same text.

A program is a few statements; its last line is an expression whose truth is asked twice: as the one entry of MIDDLEWARE
of a settings module, and as ``async_capable`` of a middleware. A reader may say that it does not know, and nothing else
than Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.environment import TargetEnvironment, current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import evaluate_settings

PROGRAMS = Path(__file__).with_name("programs")

IMPORTS = """\
import os, sys, json, copy, textwrap, enum, re, glob, functools, itertools, collections, platform, ast, contextlib
import io, posixpath, types, dataclasses, importlib, importlib.util, warnings, logging, urllib.parse, typing, inspect
import string, math, operator, shlex, fnmatch, html, base64, datetime, decimal, bisect, heapq, random, pprint
import tomllib
from pathlib import Path, PurePosixPath
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from functools import partial, reduce, lru_cache
from contextlib import suppress, contextmanager
HERE = Path(__file__).resolve().parent
"""
FLAG = """
class Layer:
    sync_capable = True
    async_capable = True if ANSWER else False
    def __init__(self, get_response): pass
    def __call__(self, request): pass
"""
FILES = {
    "texts/unix.txt": b"one.One\ntwo.Two\n",
    "texts/dos.txt": b"one.One\r\ntwo.Two\r\n",
    "texts/mac.txt": b"one.One\rtwo.Two",
    "texts/marked.txt": b"\xef\xbb\xbfone.One\n",
    "texts/latin.txt": b"caf\xe9\n",
    "texts/list.json": b'{"list": ["one.One"], "on": true}',
    "texts/empty/.keep": b"",
}
_RUN = f"""
{IMPORTS.rpartition("HERE")[0]}
for folder in json.load(sys.stdin):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        answer = b"?"
        try:
            sys.stdout = sys.stderr = open(os.devnull, "w")
            os.chdir(folder)
            sys.path.insert(0, folder)
            import settings
            answer = b"1" if settings.MIDDLEWARE == ["yes"] else b"0"
        except BaseException:
            pass
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    print(os.read(reading, 1).decode(), flush=True)
    os.close(reading)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One program: Python's answer (None: it raises) and those of the readers (None: not known)."""

    program: str
    truth: bool | None
    settings: bool | None
    middleware: bool | None
    error: str = ""
    """Why the settings evaluator says that the settings raise."""

    @property
    def faults(self) -> list[str]:
        """What is wrong about it, in words."""
        found: list[str] = []
        if self.truth is None:
            return found if self.settings is None else ["settings: known, but Python raises"]
        if self.settings is not None and self.settings is not self.truth:
            found.append(f"settings: {self.settings}, Python says {self.truth}")
        if self.error:
            found.append(f"settings: {self.error!r}, but Python does not raise")
        if self.middleware is not None and self.middleware is not self.truth:
            found.append(f"middleware: {self.middleware}, Python says {self.truth}")
        return found


def programs_of(name: str) -> list[str]:
    """The programs of one file, parted by lines of three hyphens."""
    text = (PROGRAMS / f"{name}.txt").read_text("utf-8")
    return [program.strip("\n") for program in text.split("\n---\n") if program.strip()]


def judge(programs: Sequence[str]) -> list[Verdict]:
    """Run the programs by Python, each in a process of its own, and read them."""
    with tempfile.TemporaryDirectory() as root:
        folders = [_write(Path(root).resolve() / str(number), text) for number, text in enumerate(programs)]
        truths = _run(folders)
        return [
            _read(program, truth, folder)
            for program, truth, folder in zip(programs, truths, folders, strict=True)
        ]


def _write(folder: Path, program: str) -> Path:
    *body, last = program.strip("\n").split("\n")
    core = f"{IMPORTS}{chr(10).join(body)}\nANSWER = {last}\n"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "settings.py").write_text(f"{core}MIDDLEWARE = ['yes' if ANSWER else 'no']\n", "utf-8")
    (folder / "layers.py").write_text(core + FLAG, "utf-8")
    return folder


def _run(folders: Iterable[Path]) -> list[bool | None]:
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": "/home/somebody", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUN],
        input=json.dumps([str(folder) for folder in folders]),
        capture_output=True,
        text=True,
        env=environ,
        check=True,
        timeout=120,
    )
    return [{"1": True, "0": False}.get(line) for line in done.stdout.split()]


_environment: TargetEnvironment | None = None


def _read(program: str, truth: bool | None, folder: Path) -> Verdict:
    global _environment
    _environment = _environment or current_environment()
    result = evaluate_settings(ModuleFinder([folder]), "settings")
    default = next((variant for variant in result.variants if variant.is_default), None)
    known: bool | None = None
    error = ""
    if default is not None and default.middleware is not None:
        known = str(default.middleware[0].dotted_path) == "yes"
        others = {
            str(variant.middleware[0].dotted_path) == "yes"
            for variant in result.variants
            if variant.middleware
        }
        # What hangs on an input has an answer for each of its values, this machine's among them.
        known = known if len(others) == 1 else None
    elif result.error is not None:
        error = str(result.error)
    facts = SourceReader(ModuleFinder([folder], _environment)).read("layers.Layer").facts
    flag = {"YES": True, "NO": False}.get(facts.async_capable.answer.name)
    return Verdict(program, truth, known, flag, error)
