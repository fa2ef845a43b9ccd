from pathlib import Path

import pytest

from demo.prices import read_prices
from harness.errors import BadRequest

OWN = """
currency = "EUR"
baseline_per_hour = 1
worker_per_hour = 0.5
head_per_hour = 0.25
source = "our invoice"
date = 2026-11-01
illustrative = false
"""


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


def test_ones_own_prices_are_read(tmp_path: Path) -> None:
    prices = read_prices(written(OWN, tmp_path))
    assert (prices.currency, prices.baseline_per_hour, prices.worker_per_hour, prices.illustrative) == ("EUR", 1.0, 0.5, False)


def test_a_date_may_be_written_without_quotes(tmp_path: Path) -> None:
    assert read_prices(written(OWN, tmp_path)).date == "2026-11-01"


BAD = {
    "no TOML": ("baseline_per_hour = ", "it is not TOML"),
    "bad letters": ("\x00", "it is not TOML"),
    "too deep": ("a = " + "[" * 100_000, "it is not TOML"),
    "a price left out": (OWN.replace("worker_per_hour = 0.5", ""), "worker_per_hour"),
    "a price in words": (OWN.replace("0.5", '"half"'), "worker_per_hour"),
    "a negative price": (OWN.replace("0.5", "-0.5"), "worker_per_hour is -0.5"),
    "a price that is none": (OWN.replace("0.5", "nan"), "worker_per_hour is nan"),
    "an endless price": (OWN.replace("0.25", "inf"), "head_per_hour is inf"),
    "a free baseline": (OWN.replace("= 1\n", "= 0\n"), "baseline_per_hour is zero"),
    "no currency": (OWN.replace("EUR", " "), "currency is empty"),
    "an escape sequence": (OWN.replace("our invoice", "\\u001b[2J"), "source is empty or has characters"),
    "an unknown name": (OWN + "worker_per_hours = 1", "'worker_per_hours' is no price"),
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


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_prices_that_cannot_be_read_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot read the prices in"):
        read_prices(tmp_path / name)
