"""The pairs of a session, a baseline and a distributed trial each, and what follows from them.

May import ``model``, ``scaling`` and ``serving``.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from harness.claims import scaling
from harness.claims.serving import between_rungs
from harness.model import Kind, Process, Results, Side, Trial

TOO_SHORT_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """A session's complete pairs at one scale: trial i of both sides forms pair i.

    There is at least one pair. ``scale`` is p, the number of workers of every distributed trial
    here.
    """

    results: Results
    scale: int
    baseline: tuple[Trial, ...]
    distributed: tuple[Trial, ...]

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.baseline)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Return every trial of every pair, the baseline's first."""
        return (*self.baseline, *self.distributed)

    @property
    def wall_times(self) -> tuple[tuple[float, float], ...]:
        """Return the wall times of every pair, in seconds, the baseline's first."""
        pairs = zip(self.baseline, self.distributed, strict=True)
        return tuple((one.wall_s, many.wall_s) for one, many in pairs)

    @property
    def processes(self) -> tuple[Process, ...]:
        """Return every process that did work, the baseline's first."""
        return processes_of(self.trials)

    @property
    def workers(self) -> tuple[Process, ...]:
        """Return the workers of the first distributed trial."""
        return processes_of(self.distributed[:1])

    @property
    def shortest_s(self) -> float:
        """Return the shortest wall time."""
        return min(map(min, self.wall_times))

    @property
    def is_too_short(self) -> bool:
        """Return whether a run was over before it could be told from its process's start."""
        return self.results.kind is Kind.MEASURED and self.shortest_s < TOO_SHORT_S

    @property
    def baseline_s(self) -> float:
        """Return the median wall time of the baseline."""
        return median_of(self.baseline, lambda trial: trial.wall_s)

    @property
    def distributed_s(self) -> float:
        """Return the median wall time of the distributed side."""
        return median_of(self.distributed, lambda trial: trial.wall_s)

    @property
    def speedup(self) -> float:
        """Return S, from the median wall time of either side."""
        return scaling.speedup(self.baseline_s, self.distributed_s)

    @property
    def efficiency(self) -> float:
        """Return E, counting cores where a worker or the baseline has more than one."""
        spec = self.results.spec
        cores = self.scale * spec.cores_per_worker
        return scaling.efficiency(self.speedup, cores, spec.baseline_cores)

    @property
    def statistical_efficiency(self) -> float | None:
        """Return the baseline's items over the distributed side's, both until the same result.

        None: the workload does a fixed amount of work, or the items are not known. See Qiao et al.,
        OSDI 2021 (Pollux).
        """
        before = median_of(self.baseline, lambda trial: trial.items)
        after = median_of(self.distributed, lambda trial: trial.items)
        if not self.results.spec.workload.until or not (before and after):
            return None
        return before / after

    @property
    def hardware_efficiency(self) -> float | None:
        """Return how much of the added hardware's rate, in items per second, was gained.

        Times the statistical efficiency it is E. None where that is not known.
        """
        statistical = self.statistical_efficiency
        return None if statistical is None else self.efficiency / statistical

    @property
    def serial_fraction(self) -> float | None:
        """Return the f that S implies (None: the formula does not hold).

        It holds for p > 1 workers that each have the baseline's cores, where f lies between 0 and
        1.
        """
        spec = self.results.spec
        like_for_like = spec.baseline_cores == spec.cores_per_worker
        if self.scale < 2 or not like_for_like or not 1 <= self.speedup <= self.scale:
            return None
        return scaling.karp_flatt(self.speedup, self.scale)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the interval of S, widened by what a search for the sides' rates leaves open.

        None: too few pairs, or declared runs, whose pairs are not known.
        """
        if self.results.kind is Kind.DECLARED or len(self) < scaling.FEWEST_PAIRS:
            return None
        low, high = scaling.interval(self.wall_times)
        less, more = between_rungs(self.results)
        return low * less, high * more

    @property
    def quality_change(self) -> float:
        """Return the largest change of quality of any pair: distributed minus baseline."""
        pairs = zip(self.baseline, self.distributed, strict=True)
        return max((many.quality - one.quality for one, many in pairs), key=abs)

    @property
    def quality_tolerated(self) -> bool:
        """Return whether the quality of every pair stayed within the tolerance."""
        return self.results.spec.workload.tolerates(self.quality_change)

    @property
    def oversubscribed(self) -> bool:
        """Return whether the workers of some host need more cores than they may use.

        Simulated work needs none.
        """
        if self.results.kind is Kind.SIMULATED:
            return False
        cores = {host.id: host.cores for host in self.results.hosts}
        return any(
            self._cores_needed(home) > min(cores.get(home, math.inf), self._cores_allowed(home))
            for home in hosts_of(self.distributed[:1])
        )

    def _cores_needed(self, home: str) -> int:
        """Return how many cores the workers of a host need at once."""
        workers = sum(process.host == home for process in self.workers)
        return self.results.spec.cores_per_worker * workers

    def _cores_allowed(self, home: str) -> float:
        """Return how many cores the workers of a host may run on; infinite where one is silent."""
        allowed = [process.affinity for process in self.workers if process.host == home]
        return len({core for cores in allowed for core in cores}) if all(allowed) else math.inf

    @property
    def answers_identical(self) -> bool:
        """Return whether every trial gave one and the same known answer, to the last bit.

        Two programs of which only the quality is compared have no known answer.
        """
        commands = self.results.spec.commands
        if commands is not None and not commands.compared:
            return False
        answers = {trial.answer_sha256 for trial in self.trials}
        return len(answers) == 1 and "" not in answers

    @property
    def arithmetic_may_differ(self) -> bool:
        """Return whether thread counts, processors or BLAS differ, so that last bits may too."""
        homes = hosts_of(self.trials)
        hosts = {(host.cpu_model, host.blas) for host in self.results.hosts if host.id in homes}
        return len(hosts) > 1 or len({process.threads for process in self.processes}) > 1

    @property
    def part_bytes(self) -> float | None:
        """Return the median size of what workers handed over in a trial (None: not known)."""
        sizes = [trial.part_bytes for trial in self.distributed if trial.part_bytes is not None]
        return median(sizes) if len(sizes) == len(self.distributed) else None


def complete_pairs(results: Results, scale: int | None = None) -> Pairs | None:
    """Return the complete pairs at a scale (None: there is none).

    ``scale`` is None for the headline's, ``spec.workers``.
    """
    scale = results.spec.workers if scale is None else scale
    done = finished_trials(results)
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
        results=results,
        scale=scale,
        baseline=tuple(baseline[index] for index in both),
        distributed=tuple(distributed[index] for index in both),
    )


def pairs_by_scale(results: Results) -> tuple[Pairs, ...]:
    """Return the pairs of each scale that has any, in the order of the scales."""
    every = (complete_pairs(results, scale) for scale in results.spec.scales)
    return tuple(pairs for pairs in every if pairs is not None)


def finished_trials(results: Results) -> tuple[Trial, ...]:
    """Return every trial that came to its end, at every scale."""
    return tuple(trial for trial in results.trials if not trial.failure and trial.wall_s > 0)


def processes_of(trials: Iterable[Trial]) -> tuple[Process, ...]:
    """Return every process that worked in these trials."""
    return tuple(process for trial in trials for process in trial.processes)


def hosts_of(trials: Iterable[Trial]) -> set[str]:
    """Return the label of every host that worked in these trials."""
    return {process.host for process in processes_of(trials)}


def one_worker_ratio(results: Results) -> float | None:
    """Return the time of one worker alone over the baseline's.

    None: it was not measured, or that worker had more cores than the baseline.
    """
    alone = complete_pairs(results, 1)
    if alone is None or results.spec.cores_per_worker > results.spec.baseline_cores:
        return None
    return 1 / alone.speedup


def framework_tax(results: Results) -> float | None:
    """Return T_ray(1) over T_baseline.

    None: p = 1 was not measured, or had other cores than the baseline.
    """
    like_for_like = results.spec.cores_per_worker == results.spec.baseline_cores
    return one_worker_ratio(results) if like_for_like else None


def median_of(trials: Iterable[Trial], value: Callable[[Trial], float]) -> float:
    """Return the median over the trials of one of their facts."""
    return median([value(trial) for trial in trials])
