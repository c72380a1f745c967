"""Machine instructions of a request through each adapter, in this tree and in another one: what a change costs.

    tox run -e benchmarks -- instructions --against OTHER_CHECKOUT [--rounds 3] [--only hello] [--assert 1.03]

Instructions do not depend on what else the machine does, as time does: a difference of one in a hundred shows. Counted by valgrind,
in user space, without the interpreter's start: a row is the difference between some requests and twice as many, in processes forked
from one that has imported everything. What the kernel does (waking threads, new pages) is not in it; `wsgi_to_asgi` and
`asgi_to_wsgi` have the time.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import asgi_to_wsgi
import wsgi_to_asgi

HERE = Path(__file__).resolve().parents[1]
NO_REPEATED = "x86_rep_movsb_threshold", "x86_rep_stosb_threshold"
"""Of glibc: from how many bytes on memory is copied and set by one instruction, which valgrind counts once for each byte."""

BODY = b"x" * wsgi_to_asgi.MIB


def to_asgi(app: Any, at_a_time: int, body: bytes, expected: int) -> Callable[[int], object]:
    from bridgekit import WSGIToASGI

    return wsgi_to_asgi.contestant(asyncio.new_event_loop(), WSGIToASGI(app), at_a_time, body, expected)


def to_wsgi(app: Any, threads: int) -> Callable[[int], object]:
    from bridgekit import ASGIToWSGI

    adapter = ASGIToWSGI(app)
    if threads == 1:
        return lambda calls: [asgi_to_wsgi.request(adapter) for _ in range(calls)]
    return partial(asgi_to_wsgi.in_threads, adapter, threads)


def upload(app: Any) -> Callable[[int], object]:
    from bridgekit import ASGIToWSGI

    adapter = ASGIToWSGI(app)

    def request() -> None:
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(BODY)), "wsgi.input": io.BytesIO(BODY)}
        pieces = adapter(asgi_to_wsgi.BASE | environ, asgi_to_wsgi.start_response)
        if sum(map(len, pieces)) != len(BODY):
            raise AssertionError("not all came back")

    return lambda calls: [request() for _ in range(calls)]


def rows() -> dict[str, tuple[Callable[[], Callable[[int], object]], int]]:
    """What is counted, by name, and how many requests at least."""
    found: dict[str, tuple[Callable[[], Callable[[int], object]], int]] = {}
    for name, wsgi_app, body, expected, calls in (
        ("hello", wsgi_to_asgi.hello, b"", 5, 192),
        ("stream of 100 x 1 KiB", wsgi_to_asgi.stream, b"", 100 * wsgi_to_asgi.KIB, 32),
        ("echo of 1 MiB", wsgi_to_asgi.echo, BODY, len(BODY), 32),
    ):
        for at_a_time in (1, 32):
            make = partial(to_asgi, wsgi_app, at_a_time, body, expected)
            found[f"WSGIToASGI, {name}, {at_a_time} at a time"] = make, calls
    for threads in (1, 10):
        found[f"ASGIToWSGI, hello, {threads} at a time"] = partial(to_wsgi, asgi_to_wsgi.hello, threads), 200
    found["ASGIToWSGI, stream of 100 x 1 KiB"] = partial(to_wsgi, asgi_to_wsgi.stream, 1), 32
    found["ASGIToWSGI, echo of 1 MiB"] = partial(upload, wsgi_to_asgi.plain_echo), 32
    return found


def run_rows(rounds: int, only: str) -> None:
    """Under valgrind: fork for each count, and print the process, the row and the requests."""
    import bridgekit

    tree = Path(bridgekit.__file__).resolve().parents[2]
    if tree != Path(os.environ["COUNTED_TREE"]):
        raise SystemExit(f"bridgekit was imported from {tree}")
    for make, _ in rows().values():  # imports what the adapters load when they are first made
        make()
    for name, module in list(sys.modules.items()):
        if name.startswith("bridgekit.concurrency.") and hasattr(module, "TICK"):
            module.TICK = 1e6  # or valgrind's slowness would start what long requests start
    sys.setswitchinterval(1000)  # threads take turns where they wait, not where time is up
    for _ in range(rounds):
        for name, (make, calls) in rows().items():
            if only not in name:
                continue
            for count in (calls, 2 * calls):
                pid = os.fork()
                if not pid:
                    code = 1
                    try:
                        run = make()
                        run(calls)  # warms up, in both alike
                        run(count)
                        code = 0
                    finally:
                        os._exit(code)
                print(pid, count, name, sep="\t", flush=True)
                if os.waitpid(pid, 0)[1]:
                    raise SystemExit(f"{name} failed")


def count(tree: Path, rounds: int, only: str) -> dict[str, float]:
    """Instructions of a request by row: medians over the rounds."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPATH"], environ["COUNTED_TREE"] = str(tree / "src"), str(tree)
    environ["PYTHONHASHSEED"] = "0"
    environ["GLIBC_TUNABLES"] = ":".join(f"glibc.cpu.{name}={1 << 30}" for name in NO_REPEATED)
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        command = [*valgrind, f"--log-file={folder}/%p", sys.executable, __file__, "--counted"]
        done = subprocess.run(
            [*command, "--rounds", str(rounds), "--only", only],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        taken: dict[str, list[float]] = {}
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        for (pid, calls, name), (pid_of_twice, _, _) in zip(lines[::2], lines[1::2], strict=True):
            more = counted(Path(folder, pid_of_twice)) - counted(Path(folder, pid))
            taken.setdefault(name, []).append(more / int(calls))
    return {name: statistics.median(values) for name, values in taken.items()}


def counted(log: Path) -> int:
    found = re.search(r"I +refs: +([\d,]+)", log.read_text("utf-8"))
    if found is None:
        raise SystemExit(f"valgrind counted nothing: {log.read_text('utf-8')}")
    return int(found[1].replace(",", ""))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", type=Path, default=HERE, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="TEXT", help="rows with this in their name")
    parser.add_argument(
        "--assert", dest="most", type=float, help="fail where a row has more than so many times"
    )
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.counted:
        run_rows(options.rounds, options.only)
        return 0
    if shutil.which("valgrind") is None:
        print("needs valgrind (Debian's package valgrind)", file=sys.stderr)
        return 2
    before = count(options.against.resolve(), options.rounds, options.only)
    after = count(HERE, options.rounds, options.only)
    print("| instructions of a request | there | here | here / there |\n| --- | ---: | ---: | ---: |")
    for name in before:
        print(f"| {name} | {before[name]:,.0f} | {after[name]:,.0f} | {after[name] / before[name]:.3f} |")
    most = max(after[name] / before[name] for name in before)
    return int(options.most is not None and most > options.most)


if __name__ == "__main__":
    sys.exit(main())
