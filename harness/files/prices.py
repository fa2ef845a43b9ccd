"""Prices as a TOML table says them: a price list of its own, or a part of a declared record.

May import ``model``, ``errors`` and ``toml``.
"""

from dataclasses import fields

from harness.files.config_file import Table
from harness.model import Offer, Prices

MOST_OFFERS = 20
HIGHEST = 1_000_000
LOWEST_OF_BASELINE = 1e-6
_NAMES = [field.name for field in fields(Prices)]
_OFFER_NAMES = [field.name for field in fields(Offer)]


def prices_of(table: Table, source: str | None = None, date: str | None = None) -> Prices:
    """Return the prices in a table; raise ``BadRequest`` if they are none.

    ``source`` and ``date`` hold where the table names none of its own (None: it must).
    """
    table.check_names(_NAMES)
    baseline, worker, head = _per_hour(table)
    return Prices(
        currency=table.text("currency"),
        baseline_per_hour=baseline,
        worker_per_hour=worker,
        head_per_hour=head,
        source=table.text("source", source),
        date=table.date("date", date),
        illustrative=table.truth("illustrative"),
        offers=_offers(table),
    )


def _offers(table: Table) -> tuple[Offer, ...]:
    offers = tuple(_offer(offer) for offer in table.tables("offers", MOST_OFFERS))
    if len({offer.name for offer in offers}) < len(offers):
        table.fail(
            "two of its offers have one name",
            "name each offer differently, such as spot and reserved",
        )
    return offers


def _offer(table: Table) -> Offer:
    table.check_names(_OFFER_NAMES)
    return Offer(table.text("name"), *_per_hour(table))


def _per_hour(table: Table) -> tuple[float, float, float]:
    """Return the prices of the baseline's machine, a worker's and the head's; nothing is cheaper than a free baseline."""
    baseline = table.number("baseline_per_hour", 0, HIGHEST)
    if baseline < LOWEST_OF_BASELINE:
        table.fail(
            f"{table.named('baseline_per_hour')} is zero, and nothing can be cheaper than that"
        )
    return (
        baseline,
        table.number("worker_per_hour", 0, HIGHEST),
        table.number("head_per_hour", 0, HIGHEST),
    )
