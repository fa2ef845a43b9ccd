"""A baseline that crowds itself out: a daemon that nobody counts takes its core while it works.

``python -m tests.dishonest.crowding_baseline`` becomes that daemon, and ends by itself.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray

WARMUP = honest.load(honest.Settings()).warmup
DAEMONS, SECONDS = 3, 6.0


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Start the daemons, which inherit the baseline's core, and add up the chunks."""
    if given != WARMUP:
        for _ in range(DAEMONS):
            subprocess.run([sys.executable, "-m", "tests.dishonest.crowding_baseline"], check=True)
    return honest.baseline(given, report)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)

if __name__ == "__main__":
    if os.fork():
        sys.exit()
    os.setsid()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        pass
