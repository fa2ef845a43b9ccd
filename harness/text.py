"""The one formatter and the one sanitizer: every number and every foreign text is written here.

Numbers have three significant digits, a space before the unit and a true minus sign; values that
stand together share one unit. A clock is cut off, never rounded up, so that it shows no moment
still to come. ``printable`` makes text from files and child processes harmless. Imports the
standard library only.
"""

import math
import re
import textwrap
import unicodedata
from datetime import UTC, datetime

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = "\N{EM DASH}"
ENDLESS = "\N{INFINITY}"

# (used from, scale, unit): a unit is used from where the one below it would need a fourth digit
_DURATIONS = (
    (0.0, 1e-6, "µs"),
    (0.9995e-3, 1e-3, "ms"),
    (0.9995, 1.0, "s"),
    (999.5, 60.0, "min"),
    (3598.2, 3600.0, "h"),
)
_SIZES = (
    (0.0, 1.0, "B"),
    (999.5, 1e3, "kB"),
    (999.5e3, 1e6, "MB"),
    (999.5e6, 1e9, "GB"),
    (999.5e9, 1e12, "TB"),
)
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_LONGEST_CLOCK = 359_999.9
_FEWEST_DECIMALS = 2
_MOST_DECIMALS = 8
_ROUNDING = 1e-9

LONGEST_TEXT = 2_000
"""Characters of a text that was not written here."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # a control sequence
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # a string sequence with its terminator
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINTS = re.compile(
    r"(?<=\d) (?=(?:%|[a-zA-Zµ]{1,3})(?!\w))| (?=[·→])|(?<=[→Δ]) |(?<=[a-zA-Z]) (?=\d+\.\d+\.\d)"
)
_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def three_digits(value: float) -> str:
    """Return the number with three significant digits, or all those of its whole part if more."""
    if not math.isfinite(value):
        return _beyond(value)
    return _fixed(value, _decimals(value))


def count(number: int) -> str:
    """Return a count in full, its thousands set apart: ``1,797``."""
    return f"{number:,}"


def number_of(number: int, noun: str) -> str:
    """Return a count with its noun, which takes an s unless there is one: ``4 machines``."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def seconds(duration: float) -> str:
    """Return a duration given in seconds, in the unit that suits it: ``41.2 s``, ``11.4 h``."""
    return durations(duration)[0]


def durations(*spans: float) -> tuple[str, ...]:
    """Return durations given in seconds, all in the unit that suits the longest."""
    return _in_one_unit(spans, _DURATIONS, zero="s")


def summands(total: float, *spans: float) -> tuple[str, ...]:
    """Return durations in seconds in the unit and with the decimals of a total they are part of."""
    scale, unit = next(
        (scale, unit) for used_from, scale, unit in reversed(_DURATIONS) if abs(total) >= used_from
    )
    return tuple(f"{_fixed(span / scale, _decimals(total / scale))} {unit}" for span in spans)


def rate(per_second: float, unit: str) -> str:
    """Return how many units a second: ``12,300 samples/s``."""
    return f"{three_digits(per_second)} {printable(unit)}/s"


def size(number_of_bytes: float) -> str:
    """Return a size given in bytes, in decimal units: ``1.21 GB``."""
    return _in_one_unit((number_of_bytes,), _SIZES, zero="B")[0]


def times(ratio: float, decimals: int | None = None) -> str:
    """Return how many times as fast: ``6.81×``; None: with three significant digits."""
    return f"{three_digits(ratio) if decimals is None else _fixed(ratio, decimals)}{TIMES}"


def times_aloud(ratio: float) -> str:
    """Return how many times as fast, to one decimal, as it is said: ``7.0 times``."""
    return f"{_fixed(ratio, 1) if math.isfinite(ratio) else _beyond(ratio)} times"


def percent(fraction: float) -> str:
    """Return a fraction in percent, with one decimal below ten: ``42 %``, ``1.7 %``."""
    if not math.isfinite(fraction):
        return f"{_beyond(fraction)} %"
    share = fraction * 100
    if 0 < abs(share) < 0.05:
        return "< 0.1 %" if share > 0 else f"> {MINUS}0.1 %"
    return f"{_fixed(share, 0 if abs(share) >= 9.95 or share == 0 else 1)} %"


def progress(done: int, total: int) -> str:
    """Return how much is done in whole percent, cut off: it is 100 only when all is done."""
    return f"{max(0, min(100, done * 100 // total))} %" if total > 0 else NOTHING


def quality(value: float, tolerance: float) -> str:
    """Return a quality with its tolerance's decimals, or three digits if small: ``0.952``."""
    if not math.isfinite(value):
        return _beyond(value)
    decimals = _decimals_of(tolerance)
    return _fixed(value, _decimals(value) if 0 < abs(value) < 10**-decimals else decimals)


def change(delta: float, tolerance: float) -> str:
    """Return a signed change of quality with the decimals of the tolerance: ``+0.000``, ``−0.003``.

    A change beyond the tolerance gets as many decimals more as it takes to look so.
    """
    if not math.isfinite(delta):
        return _beyond(delta)
    decimals = _decimals_of(tolerance)
    if abs(delta) > tolerance + _ROUNDING:
        enough = (
            more for more in range(decimals, _MOST_DECIMALS) if round(abs(delta), more) > tolerance
        )
        decimals = next(enough, _MOST_DECIMALS)
    written = _fixed(delta, decimals)
    return written if delta < 0 else f"+{written}"


def movement(delta: float, tolerance: float) -> str:
    """Return by how much a quality changed, whichever way, as ``change`` writes it: ``0.003``."""
    return change(abs(delta), tolerance).removeprefix("+")


def tolerance(limit: float) -> str:
    """Return the largest accepted change of quality with all its decimals: ``0.003``."""
    return _fixed(limit, _decimals_of(limit)) if math.isfinite(limit) else _beyond(limit)


def money(amount: float, currency: str) -> str:
    """Return an amount of money: ``$9.40``."""
    return amounts(amount, currency=currency)[0]


def amounts(*sums: float, currency: str) -> tuple[str, ...]:
    """Return amounts of money with as many decimals as the smallest needs, at least two."""
    finite = [abs(amount) for amount in sums if math.isfinite(amount) and amount]
    decimals = max(_FEWEST_DECIMALS, _decimals(min(finite)) if finite and min(finite) < 0.1 else 0)
    return tuple(_priced(amount, min(decimals, _MOST_DECIMALS), currency) for amount in sums)


def clock(elapsed: float, *, stopped: bool = False) -> str:
    """Return a clock, ``mm:ss.t`` or ``h:mm:ss.t``: cut off, and rounded once it has stopped."""
    elapsed = 0.0 if math.isnan(elapsed) else max(0.0, min(elapsed, _LONGEST_CLOCK))
    # a hair is added, since binary fractions cannot hold every tenth: 0.3 is not to become 0.2
    tenths = int((round(elapsed, 1) if stopped else elapsed) * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    lead = f"{hours}:" if hours else ""
    return f"{lead}{minutes:02}:{rest // 10:02}.{rest % 10}"


def minutes(duration: float) -> str:
    """Return minutes and seconds as a talk is timed, cut off at the second: ``12:00``."""
    if not math.isfinite(duration):
        return _beyond(duration)
    whole = int(min(abs(duration), _LONGEST_CLOCK) + 1e-6)
    return f"{MINUS if duration < 0 and whole else ''}{whole // 60}:{whole % 60:02}"


def digest(sha256: str) -> str:
    """Return the first six characters of a digest: ``3fa9c1…``."""
    return f"{printable(sha256)[:6]}…" if sha256 else NOTHING


def moment(when: datetime) -> str:
    """Return a moment in UTC (also where it names no zone): ``2026-11-22 09:14:07Z``."""
    utc = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}Z"


def moment_of(text: str) -> str:
    """Return a moment written in ISO 8601 as ``moment`` does; other text as ``printable`` does."""
    try:
        return moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return printable(text)


def with_no_break_spaces(text: str) -> str:
    """Return the text with no-break spaces between numbers and their units and before dots."""
    return _JOINTS.sub("\N{NO-BREAK SPACE}", text)


def wrap(text: str, columns: int, lead: str = "") -> list[str]:
    """Return the text in lines of at most ``columns`` characters, numbers kept with their units.

    The first line begins with ``lead``, the others with as many spaces. A text without words is one
    line.
    """
    lines = textwrap.wrap(
        with_no_break_spaces(text),
        columns,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in lines or [lead]]


def printable(text: str) -> str:
    """Return foreign text on one line, with nothing in it that moves a cursor or turns a direction.

    Escape sequences and invisible characters are left out, blanks become single spaces, and the
    text is cut to 2,000 characters in Unicode's composed form.
    """
    text = text[:LONGEST_TEXT]
    if not (text.isascii() and text.isprintable()):
        visible = filter(_is_visible, _VARIANTS.sub("", _ESCAPES.sub("", text)))
        text = unicodedata.normalize("NFC", "".join(visible))
    return " ".join(text.split())[:LONGEST_TEXT].rstrip()


def is_printable(text: str) -> bool:
    """Return whether a text may stand in a file: short enough, on one line, all of it visible."""
    return len(text) <= LONGEST_TEXT and text.isprintable()


def _is_visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _HIDDEN


def _beyond(value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return ENDLESS if value > 0 else f"{MINUS}{ENDLESS}"


def _fixed(value: float, decimals: int) -> str:
    written = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{written}" if value < 0 else written


def _decimals(value: float) -> int:
    """Return how many decimals leave three significant digits after rounding (0.9995 is 1.00)."""
    if value == 0:
        return 0
    exponent = int(f"{value:.2e}".partition("e")[2])
    return min(max(0, 2 - exponent), _MOST_DECIMALS)


def _decimals_of(tolerance: float) -> int:
    """Return the decimals that a tolerance is written with: 3 for 0.003, 4 for 0.0025."""
    if not math.isfinite(tolerance) or tolerance == 0:
        return 3
    return min(len(f"{tolerance:.{_MOST_DECIMALS}f}".rstrip("0").partition(".")[2]), _MOST_DECIMALS)


def _in_one_unit(
    values: tuple[float, ...], units: tuple[tuple[float, float, str], ...], *, zero: str
) -> tuple[str, ...]:
    longest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    scale, unit = next(
        (scale, unit) for used_from, scale, unit in reversed(units) if longest >= used_from
    )
    if longest == 0:
        scale, unit = 1.0, zero
    return tuple(f"{three_digits(value / scale)} {unit}" for value in values)


def _priced(amount: float, decimals: int, currency: str) -> str:
    if not math.isfinite(amount):
        return _beyond(amount)
    written = _fixed(abs(amount), decimals)
    sign = MINUS if amount < 0 else ""
    symbol = _SIGNS.get(currency)
    return f"{sign}{symbol}{written}" if symbol else f"{sign}{written} {printable(currency)}"
