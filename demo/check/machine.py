"""The machine before the race: power, load, memory, disk, the folder of takes, the network.

Measuring is one function, judging another. May import ``harness``, ``demo.options`` and its
neighbours.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from demo.check.result import CheckResult, fail, ok, warn
from demo.options import WORKER_BYTES
from harness import text
from harness.model import FOREIGN_CPU_LIMIT, is_disturbed
from harness.run import processes
from harness.run.plan import Plan
from harness.run.utilization import ForeignLoadMeter
from harness.show.terminal.lines import cut
from harness.text import printable

WATCH_S = 1.0
HEAVY = 0.2
SAFE_DISK_BYTES = 1_000_000_000
LEAST_DISK_BYTES = 100_000_000
_PROCESSES_BESIDE_WORKERS = 2  # the baseline's and the driver's
_LONGEST_NAME = 20
_MOST_NAMES = 3


class LoadWatch:
    """What other programs do on this machine; started early, so that the wait costs no time."""

    def __init__(self, before: processes.Snapshot, meter: ForeignLoadMeter, began: float) -> None:
        self._before = before
        self._meter = meter
        self._began = began

    @classmethod
    def start(cls) -> Self:
        """Begin to watch."""
        began = time.monotonic()
        return cls(processes.snapshot(), ForeignLoadMeter([os.getpid()]), began)

    def end(self) -> tuple[float, list[tuple[str, float]]]:
        """Return the share of all cores that others used, and the programs that used ``HEAVY``.

        Each program has a name and the fraction of one core that it used.
        """
        time.sleep(max(0.0, WATCH_S - (time.monotonic() - self._began)))
        foreign = self._meter.share()
        heavy = processes.busiest(
            self._before,
            processes.snapshot(),
            time.monotonic() - self._began,
            HEAVY,
            processes.process_tree(os.getpid()),
        )
        return foreign, heavy


def judge_power(on_mains: bool | None) -> CheckResult:
    """Judge what the machine runs on (None: unknown)."""
    match on_mains:
        case True:
            return ok("power", "on mains")
        case False:
            return warn("power", "on battery: the processor slows down to save power", "plug it in")
        case None:
            return ok("power", "unknown: this machine reports no battery")


def judge_load(average: float, foreign: float, cores: int) -> CheckResult:
    """Judge the load average of the last minute, and the share of all cores that others use now."""
    sentence = (
        f"{text.three_digits(average)} over the last minute on {text.number_of(cores, 'core')}; "
        f"other programs use {text.percent(foreign)} of them now"
    )
    if is_disturbed(foreign):
        limit = text.percent(FOREIGN_CPU_LIMIT)
        return warn("load", sentence, f"end other programs: above {limit} the slide mentions it")
    if average > cores:
        return warn("load", sentence, "end other programs, and wait a minute")
    return ok("load", sentence)


def judge_other_programs(heavy: Sequence[tuple[str, float]]) -> CheckResult:
    """Judge the other programs that use much of a core, by name and fraction of one core."""
    if not heavy:
        return ok("processes", f"no other program uses {text.percent(HEAVY)} of a core")
    programs = ", ".join(
        f"{cut(name, _LONGEST_NAME)} {text.percent(share)}" for name, share in heavy[:_MOST_NAMES]
    )
    more = len(heavy) - _MOST_NAMES
    others = f" and {text.count(more)} more" if more > 0 else ""
    use = "other program uses" if len(heavy) == 1 else "other programs use"
    return warn(
        "processes",
        f"{text.count(len(heavy))} {use} much of a core: {programs}{others}",
        "end them, or wait until they have finished",
    )


def needed_bytes(plan: Plan) -> int:
    """Return the most memory a session needs on this machine.

    Workers that are simulated, or run on a cluster, need none here.
    """
    elsewhere = plan.simulated or plan.spec.joined_cluster
    workers = 0 if elsewhere else plan.spec.scales[-1]
    return (workers + _PROCESSES_BESIDE_WORKERS) * WORKER_BYTES


def judge_memory(free_bytes: int, needed: int) -> CheckResult:
    """Judge the memory that new processes can get against what the session needs."""
    sentence = f"{text.size(free_bytes)} free, about {text.size(needed)} needed"
    if free_bytes < needed:
        return fail("memory", sentence, "end programs that use memory, or use fewer --workers")
    if free_bytes < 2 * needed:
        return warn(
            "memory", sentence, "end programs that use memory: swapping would distort the times"
        )
    return ok("memory", sentence)


def nearest_existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(
        (above for above in (folder, *folder.absolute().parents) if os.path.exists(above)),
        Path("/"),
    )


def free_disk_bytes(folder: Path) -> int:
    """Return the space that this user may still fill in an existing folder."""
    return shutil.disk_usage(folder).free


def judge_disk(free_bytes: int) -> CheckResult:
    """Judge the free space where takes are kept."""
    sentence = f"{text.size(free_bytes)} free where takes are kept"
    if free_bytes < LEAST_DISK_BYTES:
        return fail("disk", sentence, "make room, or name another folder with --out")
    if free_bytes < SAFE_DISK_BYTES:
        return warn("disk", sentence, f"make room: {text.size(SAFE_DISK_BYTES)} or more is safe")
    return ok("disk", sentence)


def why_not_writable(folder: Path) -> str | None:
    """Return why no file can be made in an existing folder (None: one can)."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def judge_folder(folder: Path, nearest: Path, problem: str | None) -> CheckResult:
    """Judge whether takes can be kept in a folder.

    ``nearest`` is the folder, or where it would be made; ``problem`` why nothing can be written
    there (None: it can).
    """
    name = printable(str(folder))
    exists = nearest == folder
    if problem is not None:
        where = name if exists else f"{printable(str(nearest))}, where {name} would be made"
        return fail(
            "folder",
            f"cannot write to {where}: {problem}",
            "name a folder that you may write to with --out",
        )
    return ok("folder", f"{name} is writable" if exists else f"{name} can be made")


def judge_network(loopback: bool, others_up: int, *, joined: bool) -> CheckResult:
    """Judge the network: only loopback is needed, unless a cluster is joined."""
    others = f"{text.number_of(others_up, 'other interface')} up"
    if not loopback:
        return fail(
            "network",
            f"the loopback interface is down, and both sides need it; {others}",
            "ip link set lo up",
        )
    if joined:
        return warn(
            "network",
            f"needed, because the cluster is on other machines; {others}",
            "without --address and RAY_ADDRESS no network is needed",
        )
    return ok("network", f"none needed, loopback is enough; {others}")
