"""``python -m tests.fuzz [TARGET ...] [--seconds 30]``: each target for so long, with atheris where it is installed.

atheris is guided by what of bridgekit a run has reached; without it Hypothesis throws the bytes. A failing input is printed with its
traceback, and written to a file that ``--input FILE`` runs again.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAMES = ("scope", "environ", "response-headers", "django-requests", "chunks", "settings", "middleware")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--input", type=Path, help="a file that failed, for one target")
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in NAMES]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    if options.input is not None:
        if len(options.targets) != 1:
            parser.error("--input wants one target")
        target_of(options.targets[0])(options.input.read_bytes())
        return 0
    if options.within:
        return fuzz(options.targets[0], options.seconds)
    # Each in a process of its own: atheris ends the one that it runs in.
    failed = []
    for name in options.targets or NAMES:
        sys.stdout.write(f"{name}:\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "tests.fuzz", name, "--within", "--seconds", str(options.seconds)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "nothing was found\n")
    return int(bool(failed))


def target_of(name: str):  # type: ignore[no-untyped-def] # what is instrumented must be imported late
    from tests.fuzz.targets import TARGETS

    return TARGETS[name]


def fuzz(name: str, seconds: int) -> int:
    if importlib.util.find_spec("atheris") is None:
        return with_hypothesis(name, seconds)
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["bridgekit"]):
        target = target_of(name)
    folder = Path(tempfile.gettempdir(), "bridgekit-fuzz", name)
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        "-max_len=400",
        "-rss_limit_mb=2048",
        "-timeout=30",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, target)
    atheris.Fuzz()
    return 0


def with_hypothesis(name: str, seconds: int) -> int:
    from hypothesis import HealthCheck, given
    from hypothesis import settings as options
    from hypothesis import strategies as st

    target, ends, tried = target_of(name), time.monotonic() + seconds, 0

    @options(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=400))
    def once(data: bytes) -> None:
        nonlocal tried
        tried += 1
        target(data)

    while time.monotonic() < ends:
        once()
    sys.stdout.write(f"{tried} inputs by Hypothesis\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
