"""The bill: what a run costs on each side, and how much of the difference is scaling out and how much is price.

Every machine is billed for the whole wall time, idle or not. One worker's share is one machine, and a baseline on more
cores than a share is billed as many shares. May import ``model``, ``cost`` and ``evidence``.
"""

from dataclasses import dataclass

from harness.claims import cost
from harness.claims.pairs import Pairs, median_of
from harness.model import Offer, Prices

HOUR_S = cost.HOUR_S


@dataclass(frozen=True)
class OfferCost:
    """Money per run of both sides at an offer of the price list, in the currency of the list; ``drop`` as in ``Cost``."""

    name: str
    baseline: float
    distributed: float
    drop: float


@dataclass(frozen=True)
class Cost:
    """Money per run of both sides, every machine and the head node billed for the whole wall time.

    ``drop`` is a fraction, negative where the cost rose, and the sum of its two parts: ``scaling_part`` is what scaling
    out alone would make of it at one price for every machine, 1 - 1/E, never above zero unless E > 1; ``price_part`` is
    the rest, the head node in it. A worker saves money below ``break_even_ratio``, its price over the baseline's (zero
    or less: at no price). ``head_share`` is the head node's part of the distributed bill. Hours are machine-hours, where a
    machine is a worker's share: ``baseline_machines`` of them are the baseline's.
    """

    currency: str
    baseline: float
    distributed: float
    drop: float
    scaling_part: float
    price_part: float
    price_ratio: float
    break_even_ratio: float
    head_share: float
    baseline_hours: float
    distributed_hours: float
    head_hours: float
    baseline_machines: float
    offers: tuple[OfferCost, ...]


def cost_of(seen: Pairs) -> Cost:
    """Return what both sides cost at the given prices, taken apart, and at every offer."""
    prices, machines = seen.results.spec.prices, baseline_machines(seen)
    baseline_s, distributed_s = _times(seen)
    before, after = _both(seen, prices)
    over_one_machine = seen.speedup * machines
    price_ratio = prices.worker_per_hour / prices.baseline_per_hour
    head_ratio = prices.head_per_hour / prices.baseline_per_hour
    head = cost.run_cost(distributed_s, 0, 0.0, prices.head_per_hour)
    return Cost(
        currency=prices.currency,
        baseline=before,
        distributed=after,
        drop=cost.drop(before, after),
        scaling_part=cost.scaling_part(seen.efficiency),
        price_part=cost.price_part(over_one_machine, seen.scale, price_ratio, head_ratio),
        price_ratio=price_ratio,
        break_even_ratio=cost.break_even_price_ratio(over_one_machine, seen.scale, head_ratio),
        head_share=head / after if after else 0.0,
        baseline_hours=machines * baseline_s / HOUR_S,
        distributed_hours=seen.scale * distributed_s / HOUR_S,
        head_hours=distributed_s / HOUR_S if prices.head_per_hour else 0.0,
        baseline_machines=machines,
        offers=tuple(_offered(seen, offer) for offer in prices.offers),
    )


def baseline_machines(seen: Pairs) -> float:
    """Return how many workers' shares the baseline had, which it is billed for as machines."""
    return seen.results.spec.baseline_cores / seen.results.spec.cores_per_worker


def _offered(seen: Pairs, offer: Offer) -> OfferCost:
    before, after = _both(seen, offer)
    return OfferCost(offer.name, before, after, cost.drop(before, after))


def _both(seen: Pairs, prices: Prices | Offer) -> tuple[float, float]:
    baseline_s, distributed_s = _times(seen)
    before = cost.run_cost(baseline_s, baseline_machines(seen), prices.baseline_per_hour)
    return before, cost.run_cost(
        distributed_s, seen.scale, prices.worker_per_hour, prices.head_per_hour
    )


def _times(seen: Pairs) -> tuple[float, float]:
    return median_of(seen.baseline, lambda trial: trial.wall_s), median_of(
        seen.distributed, lambda trial: trial.wall_s
    )
