"""The evidence in a session: its complete pairs, and what follows from their times.

Also the shape of what is judged from it: a caveat is data, a key and a sentence that advises and holds no
measured number, with the measures behind it; how a number looks is decided where it is drawn.
May import ``model`` and ``scaling``.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from harness.claims import scaling
from harness.model import Kind, Process, Results, Side, Trial

_ROUNDING = 1e-9


class Unit(StrEnum):
    """What a measure counts, so that whoever draws it can word it."""

    COUNT = "count"
    FRACTION = "fraction"
    RATIO = "ratio"
    SECONDS = "seconds"
    QUALITY = "quality"


@dataclass(frozen=True)
class Measure:
    """A number behind a caveat; ``name`` says of what."""

    name: str
    value: float
    unit: Unit


@dataclass(frozen=True)
class Caveat:
    """Something that the room must be told, or a reason to claim nothing.

    The sentence says what is so and, after a semicolon, what to do about it.
    """

    key: str
    sentence: str
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class Pairs:
    """A session's complete pairs at one scale: baseline and distributed trials in step, one pair or more.

    ``scale`` is p, the number of workers of every distributed trial here.
    """

    results: Results
    scale: int
    baseline: tuple[Trial, ...]
    distributed: tuple[Trial, ...]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.baseline)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Return every trial of every pair, the baseline's first."""
        return (*self.baseline, *self.distributed)

    @property
    def walls(self) -> tuple[tuple[float, float], ...]:
        """Return the wall times of every pair, in seconds, the baseline's first."""
        return tuple(
            (one.wall_s, many.wall_s)
            for one, many in zip(self.baseline, self.distributed, strict=True)
        )

    @property
    def processes(self) -> tuple[Process, ...]:
        """Return every process that did work, the baseline's first."""
        return tuple(worker.process for trial in self.trials for worker in trial.workers_detail)

    @property
    def workers(self) -> tuple[Process, ...]:
        """Return the workers of the first distributed trial."""
        return tuple(worker.process for worker in self.distributed[0].workers_detail)

    @property
    def speedup(self) -> float:
        """Return S, from the median wall time of either side."""
        return scaling.speedup(
            median_of(self.baseline, lambda trial: trial.wall_s),
            median_of(self.distributed, lambda trial: trial.wall_s),
        )

    @property
    def efficiency(self) -> float:
        """Return E, counting cores where a worker or the baseline has more than one."""
        spec = self.results.spec
        return scaling.efficiency(
            self.speedup, self.scale * spec.cores_per_worker, spec.baseline_cores
        )

    @property
    def serial_fraction(self) -> float | None:
        """Return the f that S implies where the formula holds (None elsewhere): p > 1 equal shares against one of them, 0 ≤ f ≤ 1."""
        spec = self.results.spec
        if (
            self.scale < 2
            or spec.baseline_cores != spec.cores_per_worker
            or not 1 <= self.speedup <= self.scale
        ):
            return None
        return scaling.karp_flatt(self.speedup, self.scale)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the interval of S (None: too few pairs for one, or declared runs, of which nobody saw which were paired)."""
        if self.results.kind is Kind.DECLARED or len(self.walls) < scaling.FEWEST_PAIRS:
            return None
        return scaling.interval(self.walls)

    @property
    def oversubscribed(self) -> bool:
        """Return whether the workers of some host need more cores than they may use there; pretend work needs none."""
        if self.results.kind is Kind.SIMULATED:
            return False
        cores = {host.id: host.cores for host in self.results.hosts}
        homes = {process.host for process in self.workers}
        return any(
            self._crowd(home) > min(cores.get(home, math.inf), self._reach(home)) for home in homes
        )

    def _crowd(self, home: str) -> int:
        """Return how many cores the workers of a host need at once."""
        return self.results.spec.cores_per_worker * sum(
            process.host == home for process in self.workers
        )

    def _reach(self, home: str) -> float:
        """Return how many cores the workers of a host may run on; infinite where one of them does not say."""
        allowed = [process.affinity for process in self.workers if process.host == home]
        return len({core for cores in allowed for core in cores}) if all(allowed) else math.inf

    @property
    def answers_identical(self) -> bool:
        """Return whether every trial gave one and the same known answer, to the last bit."""
        return self.agree(lambda trial: trial.answer_sha256)

    @property
    def unlike_arithmetic(self) -> bool:
        """Return whether processes had other thread counts, or hosts other processors or BLAS kernels: their last bits may differ."""
        hosts = {
            (host.cpu_model, host.blas)
            for host in self.results.hosts
            if host.id in {process.host for process in self.processes}
        }
        return len(hosts) > 1 or len({process.threads for process in self.processes}) > 1

    @property
    def part_bytes(self) -> float | None:
        """Return the median size of what the workers handed over in a trial, in bytes (None: some trial does not know)."""
        sizes = [trial.part_bytes for trial in self.distributed if trial.part_bytes is not None]
        return median(sizes) if len(sizes) == len(self.distributed) else None

    def agree(self, digest: Callable[[Trial], str]) -> bool:
        """Return whether a digest is known and the same in every trial."""
        seen = {digest(trial) for trial in self.trials}
        return len(seen) == 1 and "" not in seen


def within_tolerance(change: float, tolerance: float) -> bool:
    """Return whether a change of quality stays within the tolerance, whichever way it goes."""
    return abs(change) <= tolerance + _ROUNDING


def complete_pairs(results: Results, scale: int | None = None) -> Pairs | None:
    """Return the complete pairs at a scale (None: the headline's, ``spec.workers``); None where there is none."""
    scale = results.spec.workers if scale is None else scale
    done = [trial for trial in results.trials if not trial.failure and trial.wall_s > 0]
    baseline = {trial.index: trial for trial in done if trial.side is Side.BASELINE}
    distributed = {
        trial.index: trial
        for trial in done
        if trial.side is Side.DISTRIBUTED and trial.workers == scale
    }
    both = sorted(baseline.keys() & distributed.keys())
    if not both:
        return None
    return Pairs(
        results,
        scale,
        tuple(baseline[index] for index in both),
        tuple(distributed[index] for index in both),
    )


def median_of(trials: Iterable[Trial], value: Callable[[Trial], float]) -> float:
    """Return the median over the trials of one of their facts."""
    return median([value(trial) for trial in trials])
