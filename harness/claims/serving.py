"""How many requests a second each side serves within the budget, from the searches of both.

May import ``model``.
"""

from dataclasses import dataclass

from harness.model import RateSearch, Results, Side
from harness.serving import ServedLoad


@dataclass(frozen=True, kw_only=True)
class ServiceGain:
    """The rates, in requests a second, of one machine and of ``workers``, within a budget of p99.

    ``*_p99_s`` are the largest of the sides' trials. Each side was shown to hold ``headroom`` times
    its rate: the same factor on both, else nothing is claimed.
    """

    budget_s: float
    workers: int
    alone: float
    together: float
    alone_p99_s: float
    together_p99_s: float
    headroom: float

    @property
    def ratio(self) -> float:
        """Return how many times as many requests the workers serve."""
        return self.together / self.alone


def service_gain(results: Results) -> ServiceGain | None:
    """Return the rates at which both sides ran (None: no requests come one by one)."""
    one, many = results.baseline_service, results.distributed_service
    if one is None or many is None or one.raced is None or many.raced is None:
        return None
    return ServiceGain(
        budget_s=one.budget_s,
        workers=many.workers,
        alone=one.raced,
        together=many.raced,
        alone_p99_s=_largest_p99_s(results, Side.BASELINE),
        together_p99_s=_largest_p99_s(results, Side.DISTRIBUTED),
        headroom=max(one.headroom, many.headroom),
    )


def between_rungs(results: Results) -> tuple[float, float]:
    """Return by which factors the ratio of both sides' largest rates may be smaller, and larger.

    A search ends between two rungs of its ladder, one that held and one that broke: the largest
    rate is somewhere between. Trials at one share of the lower rung repeat what the searches left
    open, so that their times alone would look surer of S than anybody is. 1 and 1 without searches.
    """
    one, many = results.baseline_service, results.distributed_service
    return 1 / _rung(one), _rung(many)


def _rung(search: RateSearch | None) -> float:
    if search is None or search.held is None or search.broke is None:
        return 1.0
    return max(1.0, search.broke.rate / search.held.rate)


def _largest_p99_s(results: Results, side: Side) -> float:
    own = (load for at, load in served_loads(results) if at is side)
    return max((load.p99_s for load in own), default=0.0)


def served_loads(results: Results) -> list[tuple[Side, ServedLoad]]:
    """Return what became of the requests of each trial, with its side."""
    return [(trial.side, trial.served) for trial in results.trials if trial.served is not None]
