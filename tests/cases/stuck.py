"""A simulated workload one part of which never ends, or leaves a daemon, at a moment of the race.

The environment says which: ``STUCK_AT`` names the part, ``STUCK_HOW`` what happens there, and the
pids of all that then runs are written to the file ``STUCK_PIDS``. Only the first process that comes
there is stuck. Imports ``harness.workload`` and the simulated workload.
"""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness.workload import Problem, Reporter
from workloads import simulated

STANDS_FOR_S = 600.0


def come_to(moment: str) -> None:
    """Be stuck if this is the moment at which it is to happen."""
    pids = Path(os.environ["STUCK_PIDS"])
    if os.environ["STUCK_AT"] != moment or pids.exists():
        return
    running = (os.getpid(), a_child(), a_daemon())
    written = pids.with_suffix(".part")
    written.write_text(" ".join(map(str, running)))
    written.rename(pids)
    until = time.monotonic() + STANDS_FOR_S
    match os.environ["STUCK_HOW"]:
        case "sleeps":
            time.sleep(STANDS_FOR_S)
        case "computes":
            while time.monotonic() < until:
                pass
        case "is stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "goes on":
            pass


def a_child() -> int:
    """Start a process that this one waits for; return its pid."""
    return subprocess.Popen(["sleep", str(STANDS_FOR_S)]).pid


def a_daemon() -> int:
    """Leave a process behind that has a session of its own and no parent; return its pid."""
    daemonize = (
        "import os, subprocess; os.setsid(); quiet = subprocess.DEVNULL; "
        f"print(subprocess.Popen(['sleep', '{STANDS_FOR_S}'], stdout=quiet, stderr=quiet).pid)"
    )
    done = subprocess.run([sys.executable, "-ISc", daemonize], capture_output=True, check=True)
    return int(done.stdout)


def load(settings: simulated.Settings) -> Problem[simulated.Schedule, float]:
    """Load the schedule, with a warm-up."""
    come_to("load")
    problem = simulated.load(settings)
    return dataclasses.replace(problem, warmup=(0.0,), warmup_items=1)


def baseline(schedule: simulated.Schedule, report: Reporter) -> simulated.Schedule:
    """Sleep through the schedule."""
    come_to("warm-up" if len(schedule) == 1 else "baseline")
    return simulated.baseline(schedule, report)


def distributed(schedule: simulated.Schedule, pool: Any, report: Reporter) -> simulated.Schedule:
    """Sleep through the schedule on a pool."""
    if len(schedule) > 1:
        come_to("distributed")
    return simulated.distributed(schedule, pool, report)


def quality(answer: simulated.Schedule, held_out: float) -> float:
    """Return the quality that the settings name."""
    come_to("scoring")
    return simulated.quality(answer, held_out)


come_to("description")

WORKLOAD = dataclasses.replace(
    simulated.WORKLOAD,
    params=simulated.Settings(seconds=0.5, chunks=4),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
