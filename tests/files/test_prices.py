import os
from pathlib import Path

import pytest

from demo.options import EXAMPLE_PRICES, read_prices
from harness.errors import BadRequest
from harness.model import Offer, SpotPrices

OWN = """
currency = "EUR"
baseline_per_hour = 1
worker_per_hour = 0.5
head_per_hour = 0.25
source = "our invoice"
date = 2026-11-01
illustrative = false
"""
SPOT = """
[[offers]]
name = "spot"
baseline_per_hour = 0.9
worker_per_hour = 0.2
head_per_hour = 0.25
"""


OWN_SPOT = "worker_spot_per_hour = 0.15\n"


def written(text: str, tmp_path: Path) -> Path:
    """Return a file that holds the text."""
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_prices_are_called_illustrative() -> None:
    assert read_prices().illustrative


def test_the_shipped_prices_favour_neither_side() -> None:
    prices = read_prices()
    assert prices.baseline_per_hour == prices.worker_per_hour
    assert prices.head_per_hour == 0.0


def test_the_shipped_prices_say_where_they_are_from_and_when() -> None:
    prices = read_prices()
    assert prices.source
    assert prices.date


def test_the_shipped_prices_have_spot_prices() -> None:
    prices = read_prices()

    assert prices.spot is not None
    assert 0 < prices.spot.worker_per_hour < prices.worker_per_hour


def test_a_head_node_without_a_spot_price_costs_what_it_does_on_demand(tmp_path: Path) -> None:
    assert read_prices(written(OWN + OWN_SPOT, tmp_path)).spot == SpotPrices(0.15, 0.25)


def test_a_price_list_need_not_have_spot_prices(tmp_path: Path) -> None:
    assert read_prices(written(OWN, tmp_path)).spot is None


def test_a_spot_price_of_the_head_node_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="a spot price of the head node alone"):
        read_prices(written(f"{OWN}head_spot_per_hour = 0.1\n", tmp_path))


def test_ones_own_prices_are_read(tmp_path: Path) -> None:
    prices = read_prices(written(OWN, tmp_path))
    assert (
        prices.currency,
        prices.baseline_per_hour,
        prices.worker_per_hour,
        prices.illustrative,
    ) == ("EUR", 1.0, 0.5, False)


def test_a_date_may_be_written_without_quotes(tmp_path: Path) -> None:
    assert read_prices(written(OWN, tmp_path)).date == "2026-11-01"


def test_a_list_without_offers_has_none(tmp_path: Path) -> None:
    assert read_prices(written(OWN, tmp_path)).offers == ()


def test_offers_are_read_in_their_order(tmp_path: Path) -> None:
    offers = read_prices(written(OWN + SPOT + SPOT.replace("spot", "reserved"), tmp_path)).offers
    assert offers[0] == Offer("spot", 0.9, 0.2, 0.25)
    assert [offer.name for offer in offers] == ["spot", "reserved"]


def test_the_offer_that_the_shipped_list_explains_can_be_used(tmp_path: Path) -> None:
    text = EXAMPLE_PRICES.read_text(encoding="utf-8")
    example = text[text.index("# [[offers]]") :].replace("# ", "")
    (offer,) = read_prices(written(text + example, tmp_path)).offers
    assert offer.worker_per_hour < read_prices().worker_per_hour


BAD = {
    "no TOML": ("baseline_per_hour = ", "is not TOML"),
    "bad letters": ("\x00", "is not TOML"),
    "too deep": ("a = " + "[" * 50_000, "is not TOML"),
    "a price left out": (OWN.replace("worker_per_hour = 0.5", ""), "worker_per_hour"),
    "a price in words": (OWN.replace("0.5", '"half"'), "worker_per_hour"),
    "a negative price": (OWN.replace("0.5", "-0.5"), "worker_per_hour is -0.5"),
    "a price that is none": (OWN.replace("0.5", "nan"), "worker_per_hour is nan"),
    "an endless price": (OWN.replace("0.25", "inf"), "head_per_hour is inf"),
    "a free baseline": (
        OWN.replace("= 1\n", "= 0\n"),
        "baseline_per_hour is 0, the least is 1e-06",
    ),
    "no currency": (OWN.replace("EUR", " "), "currency is empty"),
    "an escape sequence": (
        OWN.replace("our invoice", "\\u001b[2J"),
        "source is too long or has characters",
    ),
    "an unknown name": (OWN + "worker_per_hours = 1", "'worker_per_hours' is not known"),
    "a day that is none": (OWN.replace("2026-11-01", '"lately"'), "date is 'lately', not a day"),
    "a truth in words": (OWN.replace("false", '"no"'), "illustrative is 'no', not true or false"),
    "one table of offers": (
        OWN + SPOT.replace("[[offers]]", "[offers]"),
        "offers is a table, not a list of tables",
    ),
    "an offer without a name": (
        OWN + SPOT.replace('name = "spot"', ""),
        "offers[0].name is missing",
    ),
    "an offer of one name": (OWN + SPOT + SPOT, "two of its offers have one name"),
    "an offer with a free baseline": (
        OWN + SPOT.replace("0.9", "0"),
        "offers[0].baseline_per_hour is 0, the least is 1e-06",
    ),
    "an offer with a negative price": (
        OWN + SPOT.replace("0.2\n", "-0.2\n"),
        "offers[0].worker_per_hour is -0.2",
    ),
    "an unknown name in an offer": (
        OWN + SPOT + "currency = 5",
        "'currency' is not known in offers[0]",
    ),
    "too many offers": (OWN + "[[offers]]\n" * 21, "offers has 21 tables"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_prices_are_refused_with_a_hint(fault: str, tmp_path: Path) -> None:
    text, says = BAD[fault]
    with pytest.raises(BadRequest) as refused:
        read_prices(written(text, tmp_path))
    assert says in refused.value.sentence
    assert refused.value.hint


def test_a_misspelt_price_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        read_prices(written(OWN + "worker_per_hours = 1", tmp_path))
    assert refused.value.hint == "did you mean worker_per_hour?"


def test_prices_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="there is no price list "):
        read_prices(tmp_path / "missing.toml")


def test_a_folder_is_no_price_list(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="is not a file"):
        read_prices(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "prices.toml")
    with pytest.raises(BadRequest, match="is not a file"):
        read_prices(tmp_path / "prices.toml")
