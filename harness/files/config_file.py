"""TOML files that people write: untrusted input, read whole, every name and value checked before it is used.

A fault is one sentence with the file and the place in it, and one hint; a misspelt name gets a suggestion.
May import ``model``, ``errors`` and ``files``.
"""

import datetime
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import BadRequest
from harness.files import atomic
from harness.text import is_printable, printable

LARGEST_BYTES = 100_000
LARGEST_COUNT = 10**15
_QUANTITY = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)\s*([A-Za-zµ]+)")
_SECONDS_OF = {
    **dict.fromkeys(("us", "µs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}


@dataclass(frozen=True)
class Table:
    """One table of a TOML file. ``noun`` is what the file should be, ``place`` where the table stands in it (empty: the top)."""

    path: Path
    noun: str
    hint: str
    fields: dict[str, Any] = field(repr=False)
    place: str = ""

    def named(self, name: str) -> str:
        """Return a field's name with its place: ``baseline.time``."""
        return f"{self.place}.{name}" if self.place else name

    def fail(self, fault: str, hint: str = "") -> NoReturn:
        """Raise ``BadRequest`` for the file: what is wrong with it, and what to do."""
        raise BadRequest(
            f"the {self.noun} {printable(str(self.path))} cannot be used: {printable(fault)}",
            printable(hint) or self.hint,
        )

    def check_names(self, known: Iterable[str]) -> None:
        """Refuse names that are not known, with a suggestion where one is near."""
        names = list(known)
        for name in self.fields:
            if name not in names:
                near = get_close_matches(name, names, 1)
                where = f" in {self.place}" if self.place else ""
                self.fail(
                    f"{name!r} is not known{where}",
                    f"did you mean {near[0]}?" if near else f"it may hold {', '.join(names)}",
                )

    def table(self, name: str) -> "Table | None":
        """Return the table of that name (None: there is none)."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fail(
                f"{self.named(name)} is not a table",
                f"begin it with a line of its own: [{self.named(name)}]",
            )
        return Table(self.path, self.noun, self.hint, value, self.named(name))

    def tables(self, name: str, most: int) -> tuple["Table", ...]:
        """Return the tables of that name in their order (none: there are none)."""
        values = self.fields.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.fail(
                f"{self.named(name)} is not a list of tables",
                f"begin each with a line of its own: [[{self.named(name)}]]",
            )
        if len(values) > most:
            self.fail(f"{self.named(name)} has {len(values):,} tables, the most is {most:,}")
        return tuple(
            Table(self.path, self.noun, self.hint, value, f"{self.named(name)}[{position}]")
            for position, value in enumerate(values)
        )

    def value(self, name: str) -> Any:
        """Return a value that must be there."""
        if name not in self.fields:
            self.fail(f"{self.named(name)} is missing")
        return self.fields[name]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text on one line; it may be empty or missing only where there is a default."""
        value = self.value(name) if default is None else self.fields.get(name, default)
        if not isinstance(value, str):
            self.fail(f"{self.named(name)} is not a text", f'put it in quotes: {name} = "…"')
        if not is_printable(value) or not (value.strip() or default == value):
            self.fail(
                f"{self.named(name)} is empty or too long or has characters that cannot be shown"
            )
        return value

    def date(self, name: str, default: str | None = None) -> str:
        """Return a day as ``2026-11-22``, written with quotes or without."""
        value = self.value(name) if default is None else self.fields.get(name, default)
        try:
            day = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fail(f"{self.named(name)} is not a day", f"write it as {name} = 2026-11-22")
        return day.isoformat()[: len("2026-11-22")]

    def truth(self, name: str) -> bool:
        """Return true or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            self.fail(
                f"{self.named(name)} is neither true nor false", f"write {name} = true, or false"
            )
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Return a number between two bounds, both allowed."""
        value = self.value(name) if default is None else self.fields.get(name, default)
        return self.as_number(value, self.named(name), low, high)

    def count(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number between two bounds, both allowed."""
        value = self.value(name) if default is None else self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(f"{self.named(name)} is not a whole number")
        return int(self.as_number(value, self.named(name), low, high))

    def as_number(self, value: object, name: str, low: float, high: float) -> float:
        """Return the value as a number between two bounds; ``name`` is what a fault calls it."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"{name} is not a number")
        if isinstance(value, int) and abs(value) > LARGEST_COUNT:
            self.fail(f"{name} is larger than can be")
        if not low <= value <= high:  # as no number is that is none
            self.fail(f"{name} is {_short(value)}, not between {_short(low)} and {_short(high)}")
        return float(value)

    def as_seconds(self, value: object, name: str, low: float, high: float) -> float:
        """Return a time in seconds, given as such or as a text with its unit: ``"11.4 h"``, ``"350 ms"``, ``5832``."""
        hint = "write it with a unit, such as 11.4 h, 97 min, 41.2 s or 350 ms"
        if isinstance(value, str):
            found = _QUANTITY.fullmatch(value.strip())
            if found is None:
                self.fail(f"{name} is {value[:40]!r}, not a time", hint)
            amount, unit = found.groups()
            if unit not in _SECONDS_OF:
                self.fail(f"{name} has the unit {unit[:20]!r}, which is no unit of time", hint)
            value = float(amount) * _SECONDS_OF[unit]
        return self.as_number(value, name, low, high)


def read(path: Path, noun: str, hint: str) -> Table:
    """Return the file's top table; raise ``BadRequest`` if it cannot be read or is not TOML."""
    text = atomic.read(path, LARGEST_BYTES, noun, hint)
    try:
        return Table(path, noun, hint, tomllib.loads(text.decode()))
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            f"the {noun} {printable(str(path))} is not TOML: {printable(str(error))[:200]}", hint
        ) from error


def _short(value: float) -> str:
    """Return a bound or a value as a person would write it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
