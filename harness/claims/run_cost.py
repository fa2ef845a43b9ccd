"""What a run costs on each side, and how much of the difference is scaling out and how much price.

Every machine is billed for the whole wall time, idle or not. One worker's share is one machine, and
a baseline on more cores than a share is billed as many shares.
May import ``model``, ``cost`` and ``pairs``.
"""

from dataclasses import dataclass

from harness.claims import cost
from harness.claims.pairs import Pairs
from harness.model import Offer, Prices

HOUR_S = cost.HOUR_S


@dataclass(frozen=True, kw_only=True)
class OfferCost:
    """Money per run of both sides at an offer of the price list, in the list's currency.

    ``drop`` is as in ``Cost``.
    """

    name: str
    baseline: float
    distributed: float
    drop: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Money per run of both sides, every machine and the head node billed for the whole wall time.

    ``drop`` is a fraction, negative where the cost rose, and the sum of its two parts:
    ``scaling_part`` is what scaling out alone would make of it at one price for every machine,
    1 - 1/E, never above zero unless E > 1; ``price_part`` is the rest, the head node included.
    Scaling out saves money where ``price_ratio``, a worker's price over the baseline's, is below
    ``break_even_ratio`` (zero or less: at no price). ``head_share`` is the head node's part of the
    distributed side's cost. Hours are machine-hours, where a machine is a worker's share:
    ``baseline_machines`` of them are the baseline's.
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


def cost_of(pairs: Pairs) -> Cost:
    """Return what both sides cost at the given prices, taken apart, and at every offer."""
    prices, machines = pairs.results.spec.prices, baseline_machines(pairs)
    before, after = _both_costs(pairs, prices)
    over_one_machine = pairs.speedup * machines
    price_ratio = prices.worker_per_hour / prices.baseline_per_hour
    head_ratio = prices.head_per_hour / prices.baseline_per_hour
    head = cost.run_cost(pairs.distributed_s, 0, 0.0, prices.head_per_hour)
    return Cost(
        currency=prices.currency,
        baseline=before,
        distributed=after,
        drop=cost.drop(before, after),
        scaling_part=cost.scaling_part(pairs.efficiency),
        price_part=cost.price_part(over_one_machine, pairs.scale, price_ratio, head_ratio),
        price_ratio=price_ratio,
        break_even_ratio=cost.break_even_price_ratio(over_one_machine, pairs.scale, head_ratio),
        head_share=head / after if after else 0.0,
        baseline_hours=machines * pairs.baseline_s / HOUR_S,
        distributed_hours=pairs.scale * pairs.distributed_s / HOUR_S,
        head_hours=pairs.distributed_s / HOUR_S if prices.head_per_hour else 0.0,
        baseline_machines=machines,
        offers=tuple(_offer_cost(pairs, offer) for offer in prices.offers),
    )


def baseline_machines(pairs: Pairs) -> float:
    """Return how many workers' shares the baseline had, which it is billed for as machines."""
    return pairs.results.spec.baseline_cores / pairs.results.spec.cores_per_worker


def _offer_cost(pairs: Pairs, offer: Offer) -> OfferCost:
    before, after = _both_costs(pairs, offer)
    return OfferCost(
        name=offer.name, baseline=before, distributed=after, drop=cost.drop(before, after)
    )


def _both_costs(pairs: Pairs, prices: Prices | Offer) -> tuple[float, float]:
    """Return the money of a run of the baseline, and of one of the distributed side."""
    machines = baseline_machines(pairs)
    return (
        cost.run_cost(pairs.baseline_s, machines, prices.baseline_per_hour),
        cost.run_cost(
            pairs.distributed_s, pairs.scale, prices.worker_per_hour, prices.head_per_hour
        ),
    )
