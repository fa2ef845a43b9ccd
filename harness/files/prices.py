"""Prices as a person writes them in TOML: a price list of its own, or a part of a declared result.

May import ``model`` and its neighbours.
"""

from typing import Annotated

from msgspec import Meta

from harness.files.config_file import ConfigFile, Day, Line, Table
from harness.model import Offer, Prices, SpotPrices

MOST_OFFERS = 20
HIGHEST = 1_000_000.0
LOWEST_OF_BASELINE = 1e-6

BaselinePrice = Annotated[float, Meta(ge=LOWEST_OF_BASELINE, le=HIGHEST)]
"""The price of the baseline's machine: nothing can be cheaper than a free one."""

MachinePrice = Annotated[float, Meta(ge=0.0, le=HIGHEST)]


class OfferTable(Table, frozen=True):
    """Other prices of the same machines."""

    name: Line
    baseline_per_hour: BaselinePrice
    worker_per_hour: MachinePrice
    head_per_hour: MachinePrice


class PriceTable(Table, frozen=True):
    """Prices of a machine-hour. A price list of its own must name its source and date.

    The spot prices are of machines that may be taken away in mid-run (``worker`` None: the list has
    none; ``head`` None: the head node's is not taken away, and costs what it does on demand).
    """

    currency: Line
    baseline_per_hour: BaselinePrice
    worker_per_hour: MachinePrice
    head_per_hour: MachinePrice
    illustrative: bool
    source: Line | None = None
    date: Day | None = None
    worker_spot_per_hour: MachinePrice | None = None
    head_spot_per_hour: MachinePrice | None = None
    offers: Annotated[tuple[OfferTable, ...], Meta(max_length=MOST_OFFERS)] = ()


def load_prices(file: ConfigFile) -> Prices:
    """Return the prices in a price list; raise ``BadRequest`` if there are none."""
    return prices_of(file.load(PriceTable), file)


def prices_of(
    table: PriceTable, file: ConfigFile, source: str | None = None, date: str | None = None
) -> Prices:
    """Return the prices in a table; ``source`` and ``date`` hold where it names none of its own."""
    names = [offer.name for offer in table.offers]
    if len(set(names)) < len(names):
        file.fail(
            "two of its offers have one name",
            "name each offer differently, such as spot and reserved",
        )
    if table.worker_spot_per_hour is None and table.head_spot_per_hour is not None:
        file.fail(
            "it has a spot price of the head node alone",
            "add worker_spot_per_hour, or take head_spot_per_hour away",
        )
    source, date = table.source or source, table.date or date
    if source is None or date is None:
        file.fail(f"{'source' if source is None else 'date'} is missing")
    return Prices(
        currency=table.currency,
        baseline_per_hour=table.baseline_per_hour,
        worker_per_hour=table.worker_per_hour,
        head_per_hour=table.head_per_hour,
        source=source,
        date=str(date),
        illustrative=table.illustrative,
        offers=tuple(map(_offer, table.offers)),
        spot=_spot(table),
    )


def _spot(table: PriceTable) -> SpotPrices | None:
    if table.worker_spot_per_hour is None:
        return None
    head = table.head_spot_per_hour
    return SpotPrices(
        worker_per_hour=table.worker_spot_per_hour,
        head_per_hour=table.head_per_hour if head is None else head,
    )


def _offer(table: OfferTable) -> Offer:
    return Offer(
        name=table.name,
        baseline_per_hour=table.baseline_per_hour,
        worker_per_hour=table.worker_per_hour,
        head_per_hour=table.head_per_hour,
    )
