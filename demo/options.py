"""From what was typed to what will be run: everything that can be known beforehand is checked here.

May import ``harness`` and its neighbours in ``demo``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from demo.prices import read_prices
from harness.command_pair import in_json
from harness.errors import BadRequest
from harness.files.results import MOST_TRIALS
from harness.model import Parameters, Schedule, Spec
from harness.run import launch
from harness.run.baseline_variants import VariantPlan, variant_plan
from harness.run.describe import WorkloadFacts
from harness.run.host import free_memory_bytes, usable_cores
from harness.run.schedule import CoreShares, share_cores

PRETEND_WORKERS = 8
MOST_WORKERS = 10_000
WORKER_BYTES = 256 << 20  # of memory: a Ray worker with its numeric libraries


@dataclass(frozen=True)
class Asked:
    """The options of a race or a sweep, as typed.

    ``workers`` None: one per core there is. ``baseline_cores``: a number, ``all``, or empty: as many as a worker has.
    ``points`` are the scales of a sweep with commas between, empty: 1, 2, 4, … up to the cores (None: it is a race).
    """

    workload: str
    cores_per_worker: int
    baseline_cores: str
    schedule: str
    trials: int
    settings: tuple[str, ...]
    address: str
    prices: Path | None
    prove_baseline: bool = False
    workers: int | None = None
    points: str | None = None
    oversubscribe: bool = False


@dataclass(frozen=True)
class Request:
    """A session that can be run: the spec, the workload's name, where the cluster is, who gets which cores, what proves the baseline.

    ``user_modules_sha256`` is the digest of the workload's file (empty: it is one of ours). ``params`` are those that the sides
    are given; the spec tells them without anybody's home folder (None: the spec's).
    """

    spec: Spec
    workload: str
    address: str
    core_shares: CoreShares
    simulated: bool
    variant_plan: VariantPlan
    user_modules_sha256: str = ""
    params: Parameters | None = None


def request(asked: Asked) -> Request:
    """Return the session that was asked for; raise ``BadRequest`` with one sentence and one hint if it cannot be."""
    prices = read_prices(asked.prices)
    address = _address(asked.address)
    described = launch.describe(asked.workload, list(asked.settings))
    cores = usable_cores()
    joined = bool(address) and not described.simulated
    room = None if joined or described.simulated else len(cores) // asked.cores_per_worker
    scales = _scales(asked, room, joined=joined)
    spec = Spec(
        workload=described.words,
        params=told(described.params, Path.home()),
        workers=_headlined(scales, room),
        cores_per_worker=asked.cores_per_worker,
        baseline_cores=_baseline_cores(
            asked.baseline_cores or str(asked.cores_per_worker), len(cores)
        ),
        schedule=_schedule(asked),
        trials=asked.trials,
        prices=prices,
        joined_cluster=joined,
        points=() if asked.points is None else scales,
        oversubscribe=asked.oversubscribe,
        prove_baseline=asked.prove_baseline
        and not (described.commands is not None and described.commands.says_ready),
        commands=described.commands,
    )
    core_shares = share_cores(spec, cores, pretend=described.simulated)
    _require_sane(spec, simulated=described.simulated)
    if joined:
        launch.require_reachable(address)
    _require_separable(asked, described)
    proof = variant_plan(described.studies, spec, () if described.simulated else cores)
    where = asked.workload, address if joined else "", core_shares
    return Request(
        spec, *where, described.simulated, proof, described.user_modules_sha256, described.params
    )


def told(params: Parameters, home: Path) -> Parameters:
    """Return parameters as they may be published: a path in the presenter's home folder begins with a tilde."""
    folder = re.compile(
        "|".join(
            rf"(?<![\w./-]){re.escape(str(path))}(?![\w.-])" for path in {home, home.resolve()}
        )
    )
    return {
        key: folder.sub("~", value) if isinstance(value, str) else value
        for key, value in params.items()
    }


def _require_separable(asked: Asked, described: WorkloadFacts) -> None:
    """Raise ``BadRequest`` for two programs that could not be told apart, or whose start-up could not be told from their work."""
    commands = described.commands
    if commands is None:
        return
    found = in_json(str(described.params["quality"]))
    written = str(described.params["answer"]) or (found[0] if found else "")
    if asked.schedule == Schedule.TOGETHER and written not in ("", "{answer}"):
        raise BadRequest(
            f"together both programs would write {written} at once",
            "write {answer} in both commands instead",
        )
    if asked.prove_baseline and asked.points is None and commands.says_ready:
        raise BadRequest(
            "a proof of the baseline would time the start-up of programs that say they are ready",
            "leave --prove-baseline out",
        )


def _address(asked: str) -> str:
    """Return the cluster's address: the option's, else RAY_ADDRESS; empty for a local cluster."""
    address = asked or os.environ.get("RAY_ADDRESS", "")
    return "" if address == "local" else address


def _scales(asked: Asked, room: int | None, *, joined: bool) -> tuple[int, ...]:
    """Return every number of workers that is to be measured, ascending; ``room`` is how many fit the cores (None: any number does)."""
    usual = PRETEND_WORKERS if room is None else max(1, room)
    if joined and not (asked.workers or asked.points):
        raise BadRequest(
            "the number of workers on a cluster is yours to say",
            f"add --workers {'N' if asked.points is None else '1,2,4'}",
        )
    match asked.points:
        case None:
            scales: tuple[int, ...] = (asked.workers or usual,)
        case "":
            scales = doubled(usual)
        case typed:
            scales = listed(typed)
    if scales[-1] > MOST_WORKERS:
        raise BadRequest(
            f"{scales[-1]:,} workers are more than the panel can follow",
            f"use --workers {MOST_WORKERS:,} or fewer",
        )
    return scales


def listed(typed: str) -> tuple[int, ...]:
    """Return numbers of workers typed with commas between; raise ``BadRequest`` unless they ascend from 1 or more."""
    words = [word.strip() for word in typed.split(",")]
    numbers = [int(word) if word.isdecimal() and len(word) < 10 else 0 for word in words]
    if numbers[0] < 1 or numbers != sorted(set(numbers)):
        raise BadRequest(
            f"--workers {typed} is no list of numbers, each more than the one before",
            "write it as --workers 1,2,4,8",
        )
    return tuple(numbers)


def doubled(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4, … up to ``most``, which is the last of them whether or not it is a power of two."""
    return tuple(sorted({*(1 << power for power in range(most.bit_length())), most}))


def _headlined(scales: tuple[int, ...], room: int | None) -> int:
    """Return the scale that the headline is about: the largest that fits the cores, or the smallest of all where none does."""
    return next((scale for scale in reversed(scales) if room is None or scale <= room), scales[0])


def _schedule(asked: Asked) -> Schedule:
    """Return when the sides run: those of a sweep always in turn, lest one scale be measured under the load of another."""
    if asked.points is None:
        return Schedule(asked.schedule)
    if asked.schedule == Schedule.TOGETHER:
        raise BadRequest(
            "a sweep runs one thing at a time, never together",
            "leave --schedule out, or race at one number of workers",
        )
    return Schedule.IN_TURN


def _require_sane(spec: Spec, *, simulated: bool) -> None:
    """Raise ``BadRequest`` for what could be tried, but would come to a bad end after a long time."""
    a_round, most, held = (
        1 + len(spec.scales),
        spec.scales[-1],
        max(spec.workers, free_memory_bytes() // WORKER_BYTES),
    )
    if (trials := spec.trials * a_round) > MOST_TRIALS:
        raise BadRequest(
            f"{trials:,} trials are more than a results file can hold",
            f"use --trials {MOST_TRIALS // a_round} or fewer",
        )
    if spec.oversubscribe and spec.joined_cluster:
        raise BadRequest(
            "--oversubscribe is about this machine's cores, not a cluster's", "leave it out"
        )
    if spec.oversubscribe and not simulated and most > held:
        raise BadRequest(
            f"{most:,} workers are more than this machine's free memory can hold",
            f"leave out what is above --workers {held:,}",
        )


def _baseline_cores(asked: str, cores: int) -> int:
    if asked == "all":
        return cores
    if not asked.isdecimal() or int(asked) < 1:
        raise BadRequest(
            f"--baseline-cores {asked} is neither a number of cores nor all",
            "use --baseline-cores 1, or all for the whole machine",
        )
    return int(asked)
