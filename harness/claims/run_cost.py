"""What a run costs on each side, and how much of the difference is scaling out and how much price.

Every machine is billed for the whole wall time, idle or not, and so are spares. One worker's share
is one machine, and a baseline on more cores than a share is billed as many shares.
May import ``model``, ``cost`` and ``pairs``.
"""

from dataclasses import dataclass

from harness.claims import cost
from harness.claims.pairs import Pairs
from harness.model import Offer, Prices, Spec

HOUR_S = cost.HOUR_S
ON_DEMAND = "on demand"


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
    1 - 1/E without spares, never above zero unless E > 1; ``price_part`` is the rest, the head node
    included.
    Scaling out saves money where ``price_ratio``, a worker's price over the baseline's, is below
    ``break_even_ratio`` (zero or less: at no price). ``head_share`` is the head node's part of the
    distributed side's cost. Hours are machine-hours, where a machine is a worker's share:
    ``baseline_machines`` of them are the baseline's, and ``spares`` stand by beside the workers.
    ``is_spot``: the distributed side is billed at spot prices, the baseline on demand; the first of
    the ``offers`` then has both on demand.
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
    spares: int
    is_spot: bool
    offers: tuple[OfferCost, ...]


def cost_of(pairs: Pairs) -> Cost:
    """Return what both sides cost at the given prices, taken apart, and at every offer."""
    spec, machines = pairs.results.spec, baseline_machines(pairs)
    prices, workers = spec.billed_prices, billed_workers(spec, pairs.scale)
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
        scaling_part=cost.scaling_part(pairs.efficiency * pairs.scale / workers),
        price_part=cost.price_part(over_one_machine, workers, price_ratio, head_ratio),
        price_ratio=price_ratio,
        break_even_ratio=cost.break_even_price_ratio(over_one_machine, workers, head_ratio),
        head_share=head / after if after else 0.0,
        baseline_hours=machines * pairs.baseline_s / HOUR_S,
        distributed_hours=workers * pairs.distributed_s / HOUR_S,
        head_hours=pairs.distributed_s / HOUR_S if prices.head_per_hour else 0.0,
        baseline_machines=machines,
        spares=spec.spares,
        is_spot=prices is not spec.prices,
        offers=tuple(_offer_cost(pairs, offer) for offer in _offers(spec)),
    )


def billed_workers(spec: Spec, scale: int) -> int:
    """Return how many machines are billed beside the head node: the workers and the spares."""
    return scale + spec.spares


def baseline_machines(pairs: Pairs) -> float:
    """Return how many workers' shares the baseline had, which it is billed for as machines."""
    return pairs.results.spec.baseline_cores / pairs.results.spec.cores_per_worker


def _offers(spec: Spec) -> tuple[Offer, ...]:
    """Return the other prices of the list, first of all those that spot prices are instead of."""
    prices = spec.prices
    if spec.billed_prices is prices:
        return prices.offers
    usual = (prices.baseline_per_hour, prices.worker_per_hour, prices.head_per_hour)
    return Offer(ON_DEMAND, *usual), *prices.offers


def _offer_cost(pairs: Pairs, offer: Offer) -> OfferCost:
    before, after = _both_costs(pairs, offer)
    return OfferCost(
        name=offer.name, baseline=before, distributed=after, drop=cost.drop(before, after)
    )


def _both_costs(pairs: Pairs, prices: Prices | Offer) -> tuple[float, float]:
    """Return the money of a run of the baseline, and of one of the distributed side."""
    machines = baseline_machines(pairs)
    workers = billed_workers(pairs.results.spec, pairs.scale)
    return (
        cost.run_cost(pairs.baseline_s, machines, prices.baseline_per_hour),
        cost.run_cost(pairs.distributed_s, workers, prices.worker_per_hour, prices.head_per_hour),
    )
