"""Numbers as programs print them: read whole, or refused with the text that was there instead.

A regular expression says where a number is. What touches it there and belongs to it is read too: a
sign, digits, an exponent, separators of thousands, a decimal comma, a unit. May import ``errors``,
``command_pair`` and ``patterns``.
"""

import math
import re
from dataclasses import dataclass, field

from harness.errors import SideFailed
from harness.patterns import compile_pattern

LONGEST_SHOWN = 60
LONGEST_BYTES = 1000  # of a number: of a line, no more is looked at on either side of a match

_SEPARATORS = ",_'’\u00a0\u2009\u202f"  # between thousands
_MINUS = "\N{MINUS SIGN}"
_RUN = frozenset(f"0123456789.{_SEPARATORS}")
_ENGLISH = re.compile(rf"[1-9]\d{{0,2}}([{_SEPARATORS}])\d{{3}}(?:\1\d{{3}})*(?:\.\d+)?")
_GERMAN = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+,\d+|\d+,\d+")
_PLAIN = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf(?:inity)?)(?![^\W_])", re.IGNORECASE)
_EXPONENT = re.compile(rf"[eEdD]([-+{_MINUS}]?\d+)")
_BEFORE_EXPONENT = re.compile(rf"[\d.][eEdD][-+{_MINUS}]?$")
_GOES_ON = re.compile(r"[.\d]*\d")
_UNIT = re.compile(r"[ ]?[%‰]|/\d+|[^\W\d_]+(?:/[^\W\d_]+)?")
_PUNCTUATION = " \t\r\n.,;:!?)]}>\"'*|%‰"
_COLOURS = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_BEFORE_GROUP = re.compile(r"(?:[^\\(\[]|\\.|\((?=\?)|\[\^?\]?(?:[^\]\\]|\\.)*\])*", re.DOTALL)


@dataclass(frozen=True)
class Quantity:
    """A number that was read whole, and the unit that touches it (empty: none does).

    ``value`` is not finite where the program printed ``nan`` or ``inf``. ``end`` is the byte of
    the line at which its digits end.
    """

    value: float
    unit: str = ""
    end: int = field(default=0, compare=False)


def without_colours(line: bytes) -> bytes:
    """Return a printed line without the codes that colour it."""
    return _COLOURS.sub(b"", line) if b"\x1b" in line else line


def read_quantity(line: bytes, start: int, end: int) -> Quantity:
    """Return the number that begins in a part of a line, with all that belongs to it.

    Raises ``ValueError``, with the text that is there, if it is not one whole number.
    """
    before = line[max(0, start - LONGEST_BYTES) : start].decode(errors="replace")
    inside = line[start:end].decode(errors="replace")
    after = line[end : end + LONGEST_BYTES].decode(errors="replace")
    text = before + inside + after
    first = len(before) + len(inside) - len(inside.lstrip())
    last = len(before) + len(inside.rstrip())
    if last <= first:
        raise ValueError(inside)
    if (nothing := _NOT_FINITE.match(text, first)) is not None:
        return Quantity(float(nothing[0]), end=end)
    place = _significand(text, first + (text[first] in f"-+{_MINUS}"))
    begins, ends = _run_around(text, place)
    is_cut = (begins == 0 and start > LONGEST_BYTES) or (
        ends == len(text) and end + LONGEST_BYTES < len(line)
    )
    value, begins, ends = _parse_run(text, begins, ends, place)
    unit = _UNIT.match(text, ends)
    behind = unit.end() if unit is not None else ends
    rest = text[behind:last].strip(_PUNCTUATION)
    if value is None or is_cut or rest or _GOES_ON.match(text, behind):
        word = re.compile(r"\S*").match(text, max(last, behind))
        shown = text[min(first, begins) : word.end() if word is not None else last]
        raise ValueError(shown.strip()[:LONGEST_SHOWN])
    digits_end = start + len(text[len(before) : ends].encode())
    return Quantity(value, unit[0].strip() if unit is not None else "", digits_end)


def _significand(text: str, place: int) -> int:
    """Return a place in the digits before the exponent, if the place is in an exponent."""
    begins = place
    while begins and text[begins - 1].isdigit():
        begins -= 1
    before = _BEFORE_EXPONENT.search(text, max(0, begins - 3), begins)
    return place if before is None else before.start()


def _run_around(text: str, place: int) -> tuple[int, int]:
    """Return where the digits, points and separators around a place begin and end."""
    begins = ends = place
    while begins and text[begins - 1] in _RUN:
        begins -= 1
    while ends < len(text) and text[ends] in _RUN:
        ends += 1
    while begins < place and not (text[begins].isdigit() or text[begins] == "."):
        begins += 1
    return begins, ends


def _parse_run(text: str, begins: int, ends: int, place: int) -> tuple[float | None, int, int]:
    """Return the number at a place within a run, and where it begins and ends (None: none).

    In a run with decimal points that is not one number, commas stand between numbers.
    """
    run = text[begins:ends]
    digits = _digits(run)
    if digits is None:
        bare = run.rstrip(f".{_SEPARATORS}")
        digits, ends = _digits(bare), begins + len(bare)
    if digits is None and "." in run:
        begins = text.rfind(",", begins, place) + 1 or begins
        comma = text.find(",", place, ends)
        ends = comma if comma >= 0 else ends
        digits = text[begins:ends] if _PLAIN.fullmatch(text, begins, ends) else None
    if digits is None:
        return None, begins, ends
    if (exponent := _EXPONENT.match(text, ends)) is not None:
        digits += f"e{exponent[1].replace(_MINUS, '-')}"
        ends = exponent.end()
    return (-float(digits) if _is_negative(text, begins) else float(digits)), begins, ends


def _digits(run: str) -> str | None:
    """Return a run as Python writes a number (None: it is not one number).

    A comma before three digits separates thousands, unless a zero stands before it.
    """
    if _PLAIN.fullmatch(run):
        return run
    if _ENGLISH.fullmatch(run):
        return re.sub(f"[{_SEPARATORS}]", "", run)
    return run.replace(".", "").replace(",", ".") if _GERMAN.fullmatch(run) else None


def _is_negative(text: str, begins: int) -> bool:
    """Return whether a minus sign stands before a number.

    After a letter or a digit it is a hyphen, as in ``loss-0.5``.
    """
    sign, before = text[begins - 1 : begins], text[begins - 2 : begins - 1]
    return begins > 0 and sign in f"-{_MINUS}" and not (begins > 1 and before.isalnum())


class NumberFinder:
    """Finds the number that counts: in the last match of a regular expression on a stream's lines.

    What is printed on standard output counts before what is printed on standard error.
    """

    def __init__(self, name: str, expression: str) -> None:
        self._name = name
        self._expression = expression
        self._pattern = compile_pattern(expression)
        self._not_finite = _pattern_of_no_number(expression)
        self._last: dict[bool, Quantity | str] = {}

    def look(self, line: bytes, *, is_output: bool) -> None:
        """Look at one more line, without colours, of the output or of the errors."""
        for match in self._pattern.finditer(line):
            self._last[is_output] = _quantity_or_text(line, match)
        # a last epoch that diverged must not leave the number of the one before
        if self._not_finite is not None:
            for match in self._not_finite.finditer(line):
                if match[match.re.groups] is not None:
                    self._last[is_output] = Quantity(math.nan)

    @property
    def quantity(self) -> Quantity | None:
        """Return the number that counts (None: there is none).

        Raises ``SideFailed``, with what was found instead, if it is not one whole number.
        """
        read = self._last.get(True, self._last.get(False))
        return None if read is None else _require_number(read, self._name, self._expression)


class ScoreFinder:
    """Finds the scores of held-out items: every match of a regular expression on the output."""

    def __init__(self, name: str, expression: str) -> None:
        self._name = name
        self._expression = expression
        self._pattern = compile_pattern(expression)
        self._quantities: list[Quantity] = []

    def look(self, line: bytes) -> None:
        """Look at one more line, without colours; raise ``SideFailed`` for what is no number.

        Matches within one number, such as before and behind its decimal comma, are one score.
        """
        end = 0
        for match in self._pattern.finditer(line):
            if 0 <= match.start(1) < end:
                continue
            read = _quantity_or_text(line, match)
            quantity = _require_number(read, self._name, self._expression)
            self._quantities.append(quantity)
            end = quantity.end

    @property
    def scores(self) -> tuple[float, ...]:
        """Return the scores in their order; raise ``SideFailed`` if there is none."""
        if not self._quantities:
            raise SideFailed(
                f"{self._name}={self._expression} matches no line that the program printed",
                "try the expression on the side's log in the take's folder",
            )
        return tuple(quantity.value for quantity in self._quantities)

    @property
    def unit(self) -> str:
        """Return the unit of all scores; raise ``SideFailed`` if they have several."""
        units = sorted({quantity.unit for quantity in self._quantities})
        if len(units) > 1:
            raise SideFailed(
                f"{self._name}={self._expression} finds scores with several units: "
                + ", ".join(map(repr, units)),
                "have the program print all of them alike",
            )
        return "".join(units)


def _require_number(read: Quantity | str, name: str, expression: str) -> Quantity:
    if isinstance(read, str):
        raise SideFailed(
            f"{name}={expression} found {read!r}, which is not one whole number",
            "have the round brackets of the expression hold the number and nothing else",
        )
    if not math.isfinite(read.value):
        raise SideFailed(
            f"{name}={expression} found a number that is not finite",
            "look for nan or inf in the side's log in the take's folder",
        )
    return read


def _quantity_or_text(line: bytes, match: re.Match[bytes]) -> Quantity | str:
    start, end = match.span(1)
    if start < 0:
        return ""
    try:
        return read_quantity(line, start, end)
    except ValueError as error:
        return str(error)


def _pattern_of_no_number(expression: str) -> re.Pattern[bytes] | None:
    """Return the expression up to its group, and then nan or inf (None: it cannot be split)."""
    start = _BEFORE_GROUP.match(expression)
    lead = expression[: start.end()] if start is not None else ""
    try:
        return compile_pattern(rf"{lead}\s*([-+]?(?:[nN][aA][nN]|[iI][nN][fF](?:inity)?))\b")
    except re.error:
        return None
