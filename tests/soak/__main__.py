"""``python -m tests.soak [--requests 200000]``: all stacks in turns, with the figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.soaking import COUNTED, STACKS, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000, help="of all stacks together")
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    wrong = 0
    for stack in STACKS:
        with tempfile.TemporaryDirectory() as folder:
            told = soak(stack, -(-options.requests // len(STACKS)), Path(folder), options.seed)
        lines = [f"{stack}: {told.pop('requests')} requests in {told.pop('seconds')} s"]
        lines += [f"  {name}: {value}" for name, value in told.items()]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        grown = [name for name in COUNTED if told["after"][name] > told["before"][name]]
        wrong += len(told["wrong"]) + told["tasks_lost"] + told["tasks_wrong"] + len(grown)
    sys.stdout.write(f"{wrong} things are wrong\n" if wrong else "nothing was lost, mixed up or left\n")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
