"""The other side of a pair: the same primes on several processes. Yours may as well be on Ray, Dask or Spark, and in any language."""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from harness.workload import ready
from mine_baseline import STEP, gap, primes


def pid(_: int) -> int:
    """Return which process this is; long enough for each worker to answer once."""
    time.sleep(0.1)
    return os.getpid()


def timed(start: int, stop: int) -> tuple[list[int], int, float, float]:
    """Return a range's primes, which process found them, its seconds and its core-seconds."""
    began, cpu = time.perf_counter(), time.process_time()
    found = primes(start, stop)
    return found, os.getpid(), time.perf_counter() - began, time.process_time() - cpu


def main(limit: int, workers: int, answer: Path) -> None:
    """Find them range by range, on as many processes."""
    found: list[int] = []
    starts = range(0, limit, STEP)
    with ProcessPoolExecutor(workers) as pool:
        pids = sorted(set(pool.map(pid, range(workers))))
        say = ready(
            items=limit, unit="numbers", workers=pids
        )  # a bar for each of them; the clock starts here
        for start, (some, who, busy_s, cpu_s) in zip(
            starts, pool.map(timed, starts, [min(s + STEP, limit) for s in starts]), strict=True
        ):
            found += some
            say.span(pids.index(who) if who in pids else 0, STEP, busy_s, cpu_s)
            print(f"{min(start + STEP, limit)} of {limit}", flush=True)
    answer.write_text("\n".join(map(str, found)))
    print("largest gap", gap(found))
    say.done()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
