"""The distributed side of a command pair: the same primes on several processes.

Yours may use Ray, Dask or Spark, and any language.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from twoclocks import ready
from mine_baseline import STEP, largest_gap, primes


def process_id(_: int) -> int:
    """Return this worker's process id, slowly, so that each worker answers once."""
    time.sleep(0.1)
    return os.getpid()


def time_primes(start: int, stop: int) -> tuple[list[int], int, float, float]:
    """Return a range's primes, the process that found them, its seconds and core-seconds."""
    began = time.perf_counter()
    cpu = time.process_time()
    numbers = primes(start, stop)
    return numbers, os.getpid(), time.perf_counter() - began, time.process_time() - cpu


def main(limit: int, workers: int, answer: Path) -> None:
    """Find the primes range by range, on ``workers`` processes."""
    numbers: list[int] = []
    starts = range(0, limit, STEP)
    stops = [min(start + STEP, limit) for start in starts]
    with ProcessPoolExecutor(workers) as pool:
        pids = sorted(set(pool.map(process_id, range(workers))))
        # one bar for each worker; the clock starts here
        race = ready(items=limit, unit="numbers", workers=pids)
        results = pool.map(time_primes, starts, stops)
        for stop, (some, pid, busy_s, cpu_s) in zip(stops, results, strict=True):
            numbers += some
            race.span(pids.index(pid) if pid in pids else 0, STEP, busy_s, cpu_s)
            print(f"{stop} of {limit}", flush=True)
    answer.write_text("\n".join(map(str, numbers)))
    print("largest gap", largest_gap(numbers))
    race.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
