"""Where the time of the baseline's cores went: it computed, had no core, or waited for something.

Waiting is not sleeping: only the time in which it was ready to run, and other programs had its
core, is no fault of its own. May import ``model`` and ``pairs``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from harness.claims.pairs import Pairs, hosts_of, processes_of
from harness.model import Host, Kind, Results, Trial


@dataclass(frozen=True, kw_only=True)
class BaselineTime:
    """Shares of the time of the baseline's cores, each the median of its trials.

    ``computed`` may exceed 1 where it used more cores than it has threads. ``delayed`` is when it
    was ready and had no core, as far as other programs were at work then, and ``idle`` the rest.
    ``delay_known``: when it was ready is known, and not only what others did.
    """

    computed: float
    delayed: float
    idle: float
    delay_known: bool


def baseline_time(pairs: Pairs) -> BaselineTime | None:
    """Return where the time of the baseline's cores went (None: nobody worked)."""
    results = pairs.results
    if results.kind is not Kind.MEASURED:
        return None
    delays = [_delayed_share(results, trial) for trial in pairs.baseline]
    computed = [_computed_share(trial) for trial in pairs.baseline]
    idle = (max(0.0, 1 - one - other) for one, other in zip(computed, delays, strict=True))
    return BaselineTime(
        computed=median(computed),
        delayed=median(delays),
        idle=median(idle),
        delay_known=all(trial.waited_s is not None for trial in pairs.baseline),
    )


def worked_s(trial: Trial) -> float:
    """Return a trial's core-seconds; a lost worker's are known from its kernels alone."""
    return max(trial.cpu_s, sum(worker.cpu_s for worker in trial.workers_detail))


def _computed_share(trial: Trial) -> float:
    return worked_s(trial) / (trial.wall_s * _threads(trial))


def _delayed_share(results: Results, trial: Trial) -> float:
    """Return the share in which a trial had no core although it was ready.

    Others must have been at work meanwhile: threads of its own that wait for each other are no
    excuse. Where it is not known when it was ready, all that others did counts.
    """
    given_s = trial.wall_s * _threads(trial)
    others = results.observer.foreign_cpu if results.disturbed else None
    others_s = (others or 0.0) * _cores(results.hosts, trial) * trial.wall_s
    ready_s = others_s if trial.waited_s is None else trial.waited_s
    return max(0.0, min(given_s - worked_s(trial), ready_s, others_s)) / given_s


def _threads(trial: Trial) -> int:
    return max(1, sum(process.threads for process in processes_of([trial])))


def _cores(hosts: Iterable[Host], trial: Trial) -> int:
    homes = hosts_of([trial])
    return max((host.cores for host in hosts if host.id in homes), default=0)
