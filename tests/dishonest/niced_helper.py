"""A baseline that hands its work to a nicer process, which is there to stay."""

import atexit
import subprocess
import sys
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray

WARMUP = honest.load(honest.Settings()).warmup


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks, with a process beside it to which everybody else is preferred."""
    if given != WARMUP:
        idle = "import os, sys; os.nice(5); sys.stdin.read()"
        helper = subprocess.Popen([sys.executable, "-c", idle], stdin=subprocess.PIPE)
        atexit.register(helper.kill)
    return honest.baseline(given, report)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
