"""The machine as it is before the race: power, load, memory, disk, the folder of takes, the network.

What is looked at is one function, judging it another. May import ``harness`` and its neighbours in ``demo``.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from demo.check.result import Finding, failure, warning, well
from demo.options import WORKER_BYTES
from harness import text
from harness.claims.rules.resources import FOREIGN_CPU_LIMIT
from harness.run import processes
from harness.run.plan import Plan
from harness.run.utilization import ForeignLoadMeter
from harness.show.terminal.lines import cut
from harness.text import printable

WATCHED_S = 1.0
HEAVY = 0.2
ENOUGH_DISK_BYTES, LEAST_DISK_BYTES = 1_000_000_000, 100_000_000
_OTHERS = 2  # processes beside the workers: the baseline's, and the driver's
_LONGEST_NAME = 20


class Watch:
    """What others do on this machine, seen over a while; begin it early, and what is checked meanwhile costs no time."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = processes.snapshot()
        self._ledger = ForeignLoadMeter([os.getpid()])

    def end(self) -> tuple[float, list[tuple[str, float]]]:
        """Return the share of all cores that others used, and who of them used ``HEAVY`` of a core or more."""
        time.sleep(max(0.0, WATCHED_S - (time.monotonic() - self._began)))
        foreign, after = self._ledger.share(), processes.snapshot()
        return foreign, processes.busiest(
            self._before,
            after,
            time.monotonic() - self._began,
            HEAVY,
            processes.process_tree(os.getpid()),
        )


def power(on_mains: bool | None) -> Finding:
    """Judge what the machine runs on; None: unknown."""
    match on_mains:
        case True:
            return well("power", "on mains")
        case False:
            return warning(
                "power",
                "on battery: the clock speed falls when it runs low, or to save it",
                "plug it in",
            )
        case None:
            return well("power", "not known: there is no battery to ask")


def load(average: float, foreign: float, cores: int) -> Finding:
    """Judge how busy the machine is: the load average of the last minute, and the share of all cores that others use now."""
    told = f"{text.three_digits(average)} over a minute on {text.number_of(cores, 'core')}; others use {text.percent(foreign)} of them now"
    if foreign > FOREIGN_CPU_LIMIT:
        return warning(
            "load",
            told,
            f"end what else runs: above {text.percent(FOREIGN_CPU_LIMIT)} the slide says so",
        )
    if average > cores:
        return warning("load", told, "wait a minute, and end what else runs")
    return well("load", told)


def others(heavy: Sequence[tuple[str, float]]) -> Finding:
    """Judge the processes of others that use much of a core, given by name and fraction of one."""
    if not heavy:
        return well("processes", f"none of the others uses {text.percent(HEAVY)} of a core")
    named = ", ".join(
        f"{cut(name, _LONGEST_NAME)} {text.percent(share)}" for name, share in heavy[:3]
    )
    more = f" and {text.count(len(heavy) - 3)} more" if len(heavy) > 3 else ""
    uses = "uses" if len(heavy) == 1 else "use"
    return warning(
        "processes",
        f"{text.count(len(heavy))} of the others {uses} much of a core: {named}{more}",
        "end them, or wait for them",
    )


def needed_bytes(asked: Plan) -> int:
    """Return how much memory a session needs at most; one that only pretends, or works elsewhere, has no workers here."""
    workers = 0 if asked.simulated or asked.spec.joined_cluster else asked.spec.scales[-1]
    return (workers + _OTHERS) * WORKER_BYTES


def memory(free_bytes: int, needed: int) -> Finding:
    """Judge the memory that can be given to new processes against what the session needs."""
    told = f"{text.size(free_bytes)} free, about {text.size(needed)} needed"
    if free_bytes < needed:
        return failure("memory", told, "end what else holds memory, or use fewer --workers")
    if free_bytes < 2 * needed:
        return warning(
            "memory", told, "end what else holds memory: a machine that swaps measures nothing"
        )
    return well("memory", told)


def existing(folder: Path) -> Path:
    """Return the folder, or where it would be made: the nearest one above it that exists."""
    return next(
        (above for above in (folder, *folder.absolute().parents) if os.path.exists(above)),
        Path("/"),
    )


def disk(free_bytes: int) -> Finding:
    """Judge the space where takes are kept."""
    told = f"{text.size(free_bytes)} free where takes are kept"
    if free_bytes < LEAST_DISK_BYTES:
        return failure("disk", told, "make room, or keep takes elsewhere with --out")
    if free_bytes < ENOUGH_DISK_BYTES:
        return warning("disk", told, f"make room: {text.size(ENOUGH_DISK_BYTES)} or more is safe")
    return well("disk", told)


def free_disk_bytes(folder: Path) -> int:
    """Return the space that is free for us in an existing folder."""
    return shutil.disk_usage(folder).free


def fault(folder: Path) -> str:
    """Return why no file can be made in an existing folder (empty: one can; it is gone again)."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def folder(asked: Path, nearest: Path, why_not: str) -> Finding:
    """Judge whether takes can be kept in a folder; ``nearest`` is it, or where it would be made, and ``why_not`` its fault."""
    name = printable(str(asked))
    if why_not:
        where = name if nearest == asked else f"{name}, to be made in {printable(str(nearest))},"
        return failure(
            "folder",
            f"{where} cannot be written to: {why_not}",
            "name a folder you may write to with --out",
        )
    return well(
        "folder", f"{name} can be written to" if nearest == asked else f"{name} can be made"
    )


def network(loopback: bool, others_up: int, *, joined: bool) -> Finding:
    """Judge the network: only loopback is needed, unless a cluster elsewhere is joined."""
    here = f"{text.number_of(others_up, 'other interface')} up"
    if not loopback:
        return failure(
            "network", f"loopback is down, and both sides talk over it; {here}", "ip link set lo up"
        )
    if joined:
        return warning(
            "network",
            f"needed: the cluster is elsewhere; {here}",
            "leave --address out and it runs with no network at all",
        )
    return well("network", f"none needed, loopback is enough; {here}")
