"""The baseline of a pair: the gaps between primes, in one process. It runs alone as well: then ready() does nothing."""

import sys
from itertools import pairwise
from math import isqrt
from pathlib import Path

from harness.workload import ready

STEP = 50_000


def primes(start: int, stop: int) -> list[int]:
    """Return the primes of a range."""
    marks = bytearray([1]) * (stop - start)
    for number in range(2, isqrt(stop) + 1):
        first = max(number * number, (start + number - 1) // number * number)
        marks[first - start :: number] = bytes(len(range(first, stop, number)))
    return [start + place for place, mark in enumerate(marks) if mark and start + place > 1]


def gap(found: list[int]) -> int:
    """Return the largest distance between two primes that follow each other."""
    return max(later - earlier for earlier, later in pairwise(found))


def main(limit: int, answer: Path) -> None:
    """Find them range by range."""
    say = ready(items=limit, unit="numbers")  # the clock starts here
    found: list[int] = []
    for start in range(0, limit, STEP):
        found += primes(start, min(start + STEP, limit))
        print(f"{min(start + STEP, limit)} of {limit}", flush=True)
    answer.write_text("\n".join(map(str, found)))
    print("largest gap", gap(found))
    say.done()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
