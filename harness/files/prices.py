"""Prices as a person writes them in TOML: a price list of its own, or a part of a declared result.

May import ``model`` and its neighbours.
"""

from typing import Annotated

from msgspec import Meta

from harness.files.config_file import ConfigFile, Day, Line, Table
from harness.model import Offer, Prices

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
    """Prices of a machine-hour. A price list of its own must name its source and date."""

    currency: Line
    baseline_per_hour: BaselinePrice
    worker_per_hour: MachinePrice
    head_per_hour: MachinePrice
    illustrative: bool
    source: Line | None = None
    date: Day | None = None
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
    )


def _offer(table: OfferTable) -> Offer:
    return Offer(
        name=table.name,
        baseline_per_hour=table.baseline_per_hour,
        worker_per_hour=table.worker_per_hour,
        head_per_hour=table.head_per_hour,
    )
