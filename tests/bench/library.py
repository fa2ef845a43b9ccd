"""A baseline beside a library: both in one process of their own, by turns, on one core and thread.

May import ``harness`` and its neighbours in ``tests``.
"""

import os
import subprocess
from typing import TypeVar

import msgspec

from harness.model import Side
from harness.run.launch import environment
from harness.run.utilization import ForeignLoadMeter
from tests.terminals import PYTHON, ROOT, surroundings

T = TypeVar("T")

SPEED = "the baseline's speed on one thread ÷ that of"
QUALITY = "the baseline's quality and that of"
THREADS = 1


def measure_apart(module: str, *numbers: int, into: type[T]) -> tuple[T, float]:
    """Return what a module prints when run with a baseline's environment, and the foreign load."""
    meter = ForeignLoadMeter([os.getpid()])
    changes = {"RAYON_NUM_THREADS": str(THREADS)}
    ran = subprocess.run(
        [PYTHON, "-m", module, *map(str, numbers)],
        cwd=ROOT,
        env=environment(surroundings(changes), Side.BASELINE, THREADS, joined=False),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(ran.stdout, type=into), meter.share()
