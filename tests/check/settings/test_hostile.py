"""Settings that would do harm or never end if they were executed: a clear answer, quickly, and nothing happens."""

from __future__ import annotations

import ast
import os
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from bridgekit.check.settings.slicing.slices import Slice

from .evaluating import evaluate, listed


@pytest.mark.parametrize(
    "source",
    [
        "while True:\n    pass\n",
        "def f():\n    return f()\nf()\n",
        "X = 'a'\nwhile True:\n    X = X + X\n",
        "X = []\nwhile True:\n    X.append(X)\n",
        "class A:\n    @property\n    def MIDDLEWARE(self):\n        return self.MIDDLEWARE\nMIDDLEWARE = A().MIDDLEWARE\n",
        "from itertools import count\nfor i in count():\n    MIDDLEWARE = [str(i)]\n",
        "x = " + "(" * 150 + ")" * 150 + "\nMIDDLEWARE = [" + "-" * 900 + "1]\n",
        "MIDDLEWARE = " + "+".join(["['a']"] * 3000) + "\n",
    ],
)
def test_what_never_ends_ends_here(tmp_path: Path, source: str) -> None:
    """The step budget, the call depth and Python's own recursion limit each end in an unknown with a place."""
    started = time.process_time()
    result = evaluate(tmp_path, settings=f"{source}MIDDLEWARE = locals().get('MIDDLEWARE', ['a'])\n")
    assert time.process_time() - started < 20
    assert result.default.middleware is None or listed(result.default) is not None
    if result.default.middleware is None:
        assert result.default.blocked[0].reason
        assert result.default.blocked[0].location.path.endswith("settings.py")


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 10**10",
        "[0] * 10**12",
        "10 ** 10 ** 10",
        "1 << 10**9",
        "'%999999999d' % 1",
        "'{:>999999999}'.format(1)",
        "f'{1:>999999999}'",
        "list(range(10**12))",
        "'a'.ljust(10**10)",
        "bytes(10**11)",
        "int('9' * 100000)",
        "'a'.replace('a', 'b' * 100000).replace('b', 'c' * 100000)",
        "sum(range(10**9))",
        "max(range(10**10))",
    ],
)
def test_huge_values_are_refused_and_the_rest_goes_on(tmp_path: Path, expression: str) -> None:
    """An allow-list with bounds: the value is unknown, MIDDLEWARE beside it is not."""
    started = time.process_time()
    result = evaluate(
        tmp_path, settings=f"MIDDLEWARE = ['a']\ntry:\n    X = {expression}\nexcept Exception:\n    pass\n"
    )
    assert time.process_time() - started < 5
    assert listed(result.default) == ["a"]


@pytest.mark.parametrize(
    "harm",
    [
        "import shutil\nshutil.rmtree(HERE)",
        "import os\nos.remove(os.path.join(HERE, 'victim'))",
        "import subprocess\nsubprocess.run(['touch', os.path.join(HERE, 'made')])",
        "import os\nos.system('rm -rf ' + HERE)",
        "open(os.path.join(HERE, 'made'), 'w').write('x')",
        "from pathlib import Path\nPath(HERE, 'made').write_text('x')\nPath(HERE, 'victim').unlink()",
        'exec("import shutil; shutil.rmtree(HERE)")',
        "__import__('shutil').rmtree(HERE)",
        "(lambda: getattr(__builtins__, 'exec')('1/0'))()",
        "import os\nos.environ['MADE'] = '1'",
    ],
)
def test_nothing_is_executed(tmp_path: Path, harm: str) -> None:
    """Files stay, none appears, the process's environment is not touched."""
    import os

    (tmp_path / "victim").write_text("here")
    evaluate(tmp_path, settings=f"import os\nHERE = os.path.dirname(__file__)\nMIDDLEWARE = ['a']\n{harm}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.py", "victim"]
    assert "MADE" not in os.environ


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """Syntax errors, other encodings, missing modules: the reason and the file."""
    for text, reason in (
        (b"MIDDLEWARE = [", "cannot be parsed"),
        (b"\xff\xfe\xfa = 1", ""),
        (b"x = '\x00'", ""),
    ):
        (tmp_path / "settings.py").write_bytes(text)
        result = evaluate(tmp_path)
        assert result.error
        assert reason in result.error
        assert result.default.middleware is None
    assert "missing" in evaluate(tmp_path, "missing").error


def test_a_broken_file_in_the_package_blocks_with_its_line(tmp_path: Path) -> None:
    """The blocking line is the syntax error's, in its own file."""
    result = evaluate(
        tmp_path, "pkg.main", pkg__main="from .base import *\n", pkg__base="A = 1\nMIDDLEWARE = [\n"
    )
    assert result.default.middleware is None
    place = result.default.blocked[0].location
    assert (Path(place.path).name, place.line) == ("base.py", 2)


def test_a_module_that_is_being_imported_is_what_it_is_so_far(tmp_path: Path) -> None:
    """A module that is being imported is what it is so far, as in Python."""
    result = evaluate(
        tmp_path,
        "pkg.one",
        pkg__one="MIDDLEWARE = ['a']\nfrom .two import *\nMIDDLEWARE = MIDDLEWARE + ['end']\n",
        pkg__two="from .one import MIDDLEWARE\nMIDDLEWARE = MIDDLEWARE + ['two']\n",
    )
    assert listed(result.default) == ["a", "two", "end"]


def test_a_ten_megabyte_file_is_not_read(tmp_path: Path) -> None:
    """Refused by size, said so."""
    (tmp_path / "settings.py").write_text("X = 1\n" * 1_800_000)
    assert "MiB" in evaluate(tmp_path).error


def test_pipes_and_endless_files_that_settings_read_do_not_hold_the_run(tmp_path: Path) -> None:
    """A named pipe would wait for its writer, a link to /dev/zero never ends."""
    os.mkfifo(tmp_path / "version.txt")
    (tmp_path / "endless.txt").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / ".env")
    result = evaluate(
        tmp_path,
        settings="""
        from pathlib import Path
        import environ
        environ.Env.read_env(Path(__file__).parent / ".env")
        BASE = Path(__file__).parent
        VERSION = (BASE / "version.txt").read_text()
        ENDLESS = open(BASE / "endless.txt").read()
        MIDDLEWARE = ["a.B", VERSION]
        """,
    )
    (variant,) = result.variants
    assert listed(variant) is None
    assert "version.txt is not a regular file" in variant.blocked[0].reason


def chain_of_elif(links: int) -> str:
    chain = "".join(f"elif os.environ.get('A') == '{i}': X = {i}\n" for i in range(links))
    return "import os\nif os.environ.get('A'): X = 0\n" + chain + 'MIDDLEWARE = ["a.B"]\n'


def calls_of_a_slice(source: str) -> int:
    """How many calls it takes to make the slice: the same on every machine."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    tree = ast.parse(source)
    sys.setprofile(count)
    try:
        sliced = Slice([tree], ["MIDDLEWARE"])
    finally:
        sys.setprofile(None)
    assert not sliced.matters(tree.body[1])
    return calls


def test_a_long_chain_of_elif_takes_no_longer_than_its_length(tmp_path: Path) -> None:
    """Each ``elif`` stands in the one before: walking every statement with all in it took a minute for 480."""
    assert calls_of_a_slice(chain_of_elif(400)) < 2.5 * calls_of_a_slice(chain_of_elif(200))
    assert listed(evaluate(tmp_path, settings=chain_of_elif(400)).default) == ["a.B"]


def test_source_deeper_than_the_stack_is_a_message(tmp_path: Path) -> None:
    """Python 3.13 and later parse what no recursive reader can follow."""
    result = evaluate(tmp_path, settings=f"X = a{'[0]' * 4000}\nMIDDLEWARE = []\n")
    assert "nested too deeply" in result.error


def test_loops_that_make_large_values_run_out_of_steps_before_memory(tmp_path: Path) -> None:
    """A step stands for some elements, too: this took a gigabyte."""
    source = "X = {(a, b): [a] * b for a in range(5000) for b in range(5000)}\nMIDDLEWARE = []\n"
    tracemalloc.start()
    try:
        result = evaluate(tmp_path, settings=source)
        assert tracemalloc.get_traced_memory()[1] < 120 * 2**20
    finally:
        tracemalloc.stop()
    assert "takes more than 400,000 steps" in result.default.blocked[0].reason
