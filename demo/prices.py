"""The price list: money per machine-hour, read from a TOML file that the user may set.

May import ``harness.model`` and ``harness.errors``.
"""

import datetime
import math
import tomllib
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadRequest
from harness.model import Prices, plain

SHIPPED = Path(__file__).with_name("prices.toml")
_NAMES = [field.name for field in fields(Prices)]


def read_prices(path: Path | None = None) -> Prices:
    """Return the prices of a TOML file (None: the illustrative ones shipped); raise ``BadRequest`` if they cannot be."""
    path = path or SHIPPED
    table = _table(path)
    _check_names(path, table)
    if isinstance(table.get("date"), datetime.date):
        table["date"] = table["date"].isoformat()
    try:
        prices = msgspec.convert(table, Prices)
    except msgspec.ValidationError as error:
        raise _bad(path, plain(str(error))) from error
    _check_values(path, prices)
    return prices


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadRequest(
            f"cannot read the prices in {plain(str(path))}: {error.strerror}", f"begin with a copy of {SHIPPED.name}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _bad(path, f"it is not TOML: {plain(str(error))}") from error


def _check_names(path: Path, table: dict[str, Any]) -> None:
    for name in table:
        if name not in _NAMES:
            near = get_close_matches(name, _NAMES, 1)
            raise _bad(path, f"{plain(name)!r} is no price", f"did you mean {near[0]}?" if near else f"it may hold {', '.join(_NAMES)}")


def _check_values(path: Path, prices: Prices) -> None:
    for name in ("baseline_per_hour", "worker_per_hour", "head_per_hour"):
        value = getattr(prices, name)
        if not (math.isfinite(value) and 0 <= value <= 1e6):
            raise _bad(path, f"{name} is {value}, not an amount between 0 and a million")
    if prices.baseline_per_hour < 1e-6:
        raise _bad(path, "baseline_per_hour is zero, and nothing can be cheaper than that")
    for name in ("currency", "source", "date"):
        text = getattr(prices, name)
        if not text.strip() or plain(text) != text:
            raise _bad(path, f"{name} is empty or has characters that cannot be shown")


def _bad(path: Path, fault: str, hint: str = "") -> BadRequest:
    return BadRequest(
        f"the prices in {plain(str(path))} cannot be used: {fault}", hint or f"compare it with {SHIPPED.name}, where each line is explained"
    )
