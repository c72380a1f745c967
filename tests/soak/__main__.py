"""``python -m tests.soak [--requests 200000] [--stack NAME]``: all stacks in turns, with the figures.

As many requests go to each: three middleware stacks of the Django handler, four ways through the adapters. A fifth as many come
before, to warm it up. It ends with 1 where anything was lost, mixed up or left.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.soak.site import STACKS
from tests.soak.soaking import BRIDGED_STACKS, HOUR, grown, soak, soak_bridged


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000, help="of all stacks together")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=HOUR, help="for the requests of one stack, at most")
    parser.add_argument("--stack", action="append", choices=[*STACKS, *BRIDGED_STACKS], help="only this one")
    options = parser.parse_args()
    stacks = options.stack or [*STACKS, *BRIDGED_STACKS]
    share = -(-options.requests // len(stacks))
    wrong = 0
    for stack in stacks:
        if stack in STACKS:
            with tempfile.TemporaryDirectory() as folder:
                told = soak(stack, share, Path(folder), options.seed, options.seconds)
            wrong += told["tasks_lost"] + told["tasks_wrong"]
        else:
            told = soak_bridged(stack, share, options.seed, options.seconds)
            wrong += told["untimed"] + told["foreign"]
        wrong += len(told["wrong"]) + len(grown(told["before"], told["after"]))
        show(stack, told)
    sys.stdout.write(f"{wrong} things are wrong\n" if wrong else "nothing was lost, mixed up or left\n")
    return int(bool(wrong))


def show(stack: str, told: dict[str, Any]) -> None:
    lines = [f"{stack}: {told.pop('requests')} requests in {told.pop('seconds')} s"]
    lines += [f"  {name}: {value}" for name, value in told.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
