"""The speedup in big digits beside what it compares, and both bars with the gap between them.

For a terminal, as wide as there is room for. May import ``harness.claims``, for its values,
``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from rich.style import Style

from harness import text
from harness.claims.headline import Headline
from harness.show import phrases
from harness.show.terminal.big_digits import NUMBER_FACES, SMALLEST, Face, digits_width, draw_digits
from harness.show.terminal.lines import (
    BASELINE_PAINT,
    DISTRIBUTED_PAINT,
    LABEL,
    SHADED,
    STRONG,
    Line,
    bar,
    cut,
    piece,
)

_WORDS_WIDTH = 26
_APART = 3
_SPACIOUS = 190
# The most rows of the digits by the width of the terminal: narrow ones have few rows.
_MOST_ROWS = ((_SPACIOUS, 24), (118, 12), (98, 8), (0, 5))


def lines(headline: Headline, width: int) -> Iterator[Line]:
    """Yield the speedup in the largest digits that leave room for the words beside it."""
    number = phrases.speedup(headline).replace(",", "")
    face = _face(number, width)
    digits = draw_digits(number, face, width)
    room = width - len(digits[-1]) - _APART
    beside = _words(headline, room, len(digits))
    gap = len(digits) - len(beside)
    for row, digit in enumerate(digits):
        words, style = beside[row - gap] if row >= gap else ("", None)
        yield (piece(f"{digit}{' ' * _APART}", STRONG), piece(cut(words, room), style))


def bars(headline: Headline, width: int) -> Iterator[Line]:
    """Yield a bar for each side to one scale, the gap in brackets beside the shorter one.

    Where there is much room, bars are two rows thick.
    """
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    *spans, gap = phrases.times(headline)
    wide = max(map(len, spans))
    room = width - len("distributed  ") - wide - 2
    paints = (BASELINE_PAINT, DISTRIBUTED_PAINT + SHADED)
    names = ("baseline", "distributed")
    for name, span, wall_s, paint in zip(names, spans, seconds, paints, strict=True):
        filled = bar(wall_s / max(seconds), room, rail=" ").rstrip()
        lead = f"{name:<11}  {span:>{wide}}  "
        yield (piece(lead, STRONG), piece(filled, paint), piece(_bracket(gap, room - len(filled))))
        if width >= _SPACIOUS:
            yield (piece(" " * len(lead)), piece(filled, paint))


def _bracket(gap: str, room: int) -> str:
    """Return the gap in brackets that fill the room; empty where there is too little."""
    label = f" gap {gap} "
    if room < len(label) + 4:
        return f"{label.rstrip()}"[: max(0, room)] if room >= len(label) else ""
    return f"├{label:─^{room - 2}}┤"


def _face(number: str, width: int) -> Face:
    """Return the largest face in which the number leaves room for the words beside it."""
    rows = next(rows for least, rows in _MOST_ROWS if width >= least)
    room = width - _APART - _WORDS_WIDTH
    fitting = (
        one for one in NUMBER_FACES if one.rows <= rows and digits_width(number, one) <= room
    )
    return next(fitting, SMALLEST)


def _words(headline: Headline, room: int, rows: int) -> list[tuple[str, Style | None]]:
    """Return what stands beside the number, first of all that it was not measured here."""
    one, many = phrases.sides(headline.results)
    compared = ["as fast", f"on {many} as on {one}"]
    observed = text.wrap(phrases.observations(headline), room)[:2]
    stamp = phrases.label(headline.results)
    label = [(f" {stamp} ", LABEL)] if stamp else []
    if len(label) + len(compared) + len(observed) > rows:
        compared = [" ".join(compared)]
    strong = [(words, STRONG) for words in compared]
    return [*label, *strong, *((words, None) for words in observed)]
