"""The baseline of a command pair: the gaps between primes, in one process.

It runs alone as well; then ``ready()`` does nothing.
"""

import sys
from itertools import pairwise
from math import isqrt
from pathlib import Path

from twoclocks import ready

STEP = 50_000


def primes(start: int, stop: int) -> list[int]:
    """Return the primes of a range."""
    marks = bytearray([1]) * (stop - start)
    for number in range(2, isqrt(stop) + 1):
        first = max(number * number, (start + number - 1) // number * number)
        marks[first - start :: number] = bytes(len(range(first, stop, number)))
    return [start + place for place, mark in enumerate(marks) if mark and start + place > 1]


def largest_gap(numbers: list[int]) -> int:
    """Return the largest difference between two consecutive primes."""
    return max(later - earlier for earlier, later in pairwise(numbers))


def main(limit: int, answer: Path) -> None:
    """Find the primes range by range."""
    race = ready(items=limit, unit="numbers")  # the clock starts here
    numbers: list[int] = []
    for start in range(0, limit, STEP):
        numbers += primes(start, min(start + STEP, limit))
        print(f"{min(start + STEP, limit)} of {limit}", flush=True)
    answer.write_text("\n".join(map(str, numbers)))
    print("largest gap", largest_gap(numbers))
    race.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
