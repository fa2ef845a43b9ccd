"""Fuzzes the program: ``python -m tests.fuzz [TARGET …] [--count N] [--seed N] [--out FOLDER]``.

Every target runs in a process of its own, whose death is a finding, too. What is found is written
to a folder as a case, and said; without ``--seed`` another seed is drawn each time, and printed.
"""

import argparse
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.runner import TARGETS
from tests.fuzz.worker import Report

COUNT = 12_000
WEIGHTS = {
    **{"settings": 3.0, "model": 2.0, "cast": 0.6, "journal": 0.4, "corpus": 0.5},
    **{"followed": 0.2, "stream": 0.3, "ratings": 0.15, "words": 0.03},
}
"""Of targets whose examples take long fewer are tried, of others more (left out: 1)."""


def shares(names: list[str], count: int) -> dict[str, int]:
    """Return how many of so many examples each target gets."""
    weights = {name: WEIGHTS.get(name, 1.0) for name in names}
    whole = sum(weights.values())
    return {name: max(1, round(count * weight / whole)) for name, weight in weights.items()}


def fuzz(name: str, seed: int, count: int, out: Path) -> Report:
    """Try so many examples of a target from a seed on; return what was seen.

    Where an example ends the process, the next ones are tried in another.
    """
    whole, tried = Report(), 0
    while tried < count:
        arguments = [name, str(seed + tried), str(count - tried), str(out)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            part = Report.read(process.stdout)
        tried += part.examples
        if process.returncode != 0:
            tried += 1
            part = part.with_death(name, seed + tried - 1, process.returncode)
        whole += part
    return whole


def main() -> int:
    """Fuzz as the command line asks; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    parser.add_argument("--count", type=int, default=COUNT, help="examples over all targets")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--out", type=Path, default=Path(".fuzz"), help="where cases are written")
    asked = parser.parse_args()
    print(f"seed {asked.seed}; again with --seed {asked.seed}", flush=True)
    whole = Report()
    print(
        f"{'target':10} {'examples':>8} {'programs':>8} {'CPU s':>7} {'wall s':>7} {'MB':>6} found"
    )
    for name, count in shares(asked.targets or [*TARGETS], asked.count).items():
        began = time.monotonic()
        seen = fuzz(name, asked.seed, count, asked.out)
        print(seen.line(name, time.monotonic() - began), flush=True)
        whole += seen
    print(whole.line("all", time.monotonic() - whole.began))
    for finding in whole.findings:
        print(finding)
    return min(1, len(whole.findings))


if __name__ == "__main__":
    os.environ.pop("RAY_ADDRESS", None)
    sys.exit(main())
