"""The price list: money per machine-hour, read from a TOML file that the user may set.

May import ``harness.model``, ``harness.files.config_file`` and ``harness.files.prices``.
"""

from pathlib import Path

from harness.files import config_file
from harness.files.prices import prices_of
from harness.model import Prices

SHIPPED = Path(__file__).with_name("prices.toml")


def read_prices(path: Path | None = None) -> Prices:
    """Return the prices of a TOML file (None: the illustrative ones shipped); raise ``BadRequest`` if they cannot be."""
    hint = f"begin with a copy of demo/{SHIPPED.name}, where each line is explained"
    return prices_of(config_file.read(path or SHIPPED, "price list", hint))
