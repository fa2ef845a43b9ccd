"""From what was typed to what will be run: everything that can be known beforehand is checked here.

May import ``harness`` and its neighbours in ``demo``.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from demo.prices import read_prices
from harness.errors import BadRequest
from harness.model import Schedule, Spec
from harness.run import launch
from harness.run.host import usable_cores
from harness.run.schedule import Allotment, allot

PRETEND_WORKERS = 8
MOST_WORKERS = 10_000


@dataclass(frozen=True)
class Asked:
    """The options of a race, as typed.

    ``workers`` None: one per core there is. ``baseline_cores``: a number, ``all``, or empty: as many as a worker has.
    """

    workload: str
    workers: int | None
    cores_per_worker: int
    baseline_cores: str
    schedule: str
    trials: int
    settings: tuple[str, ...]
    address: str
    prices: Path | None


@dataclass(frozen=True)
class Request:
    """A race that can be run: the spec, the workload's name, where the cluster is, and who gets which cores."""

    spec: Spec
    workload: str
    address: str
    allotment: Allotment
    simulated: bool


def request(asked: Asked) -> Request:
    """Return the race that was asked for; raise ``BadRequest`` with one sentence and one hint if it cannot be."""
    prices = read_prices(asked.prices)
    address = _address(asked.address)
    described = launch.describe(asked.workload, list(asked.settings))
    cores = usable_cores()
    joined = bool(address) and not described.simulated
    spec = Spec(
        workload=described.words,
        params=described.params,
        workers=_workers(asked, len(cores), joined=joined, simulated=described.simulated),
        cores_per_worker=asked.cores_per_worker,
        baseline_cores=_baseline_cores(asked.baseline_cores or str(asked.cores_per_worker), len(cores)),
        schedule=Schedule(asked.schedule),
        trials=asked.trials,
        prices=prices,
        joined_cluster=joined,
    )
    allotment = allot(spec, cores, pretend=described.simulated)
    if joined:
        launch.require_reachable(address)
    return Request(spec, asked.workload, address if joined else "", allotment, described.simulated)


def _address(asked: str) -> str:
    """Return the cluster's address: the option's, else RAY_ADDRESS; empty for a local cluster."""
    address = asked or os.environ.get("RAY_ADDRESS", "")
    return "" if address == "local" else address


def _workers(asked: Asked, cores: int, *, joined: bool, simulated: bool) -> int:
    if asked.workers is not None:
        if asked.workers > MOST_WORKERS:
            raise BadRequest(f"{asked.workers:,} workers are more than the panel can follow", f"use --workers {MOST_WORKERS:,} or fewer")
        return asked.workers
    if joined:
        raise BadRequest("the number of workers on a cluster is yours to say", "add --workers N")
    return PRETEND_WORKERS if simulated else max(1, cores // asked.cores_per_worker)


def _baseline_cores(asked: str, cores: int) -> int:
    if asked == "all":
        return cores
    if not asked.isdecimal() or int(asked) < 1:
        raise BadRequest(
            f"--baseline-cores {asked} is neither a number of cores nor all", "use --baseline-cores 1, or all for the whole machine"
        )
    return int(asked)
