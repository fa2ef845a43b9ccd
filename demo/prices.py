"""The price list: money per machine-hour, read from a TOML file that the user may set.

May import ``harness.model``, ``harness.toml`` and ``harness.prices``.
"""

from pathlib import Path

from harness import toml
from harness.model import Prices
from harness.prices import prices_of

SHIPPED = Path(__file__).with_name("prices.toml")


def read_prices(path: Path | None = None) -> Prices:
    """Return the prices of a TOML file (None: the illustrative ones shipped); raise ``BadRequest`` if they cannot be."""
    hint = f"begin with a copy of demo/{SHIPPED.name}, where each line is explained"
    return prices_of(toml.read(path or SHIPPED, "price list", hint))
