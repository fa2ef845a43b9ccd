"""The test card: everything that the panel is made of, to be looked at from the last row.

What it says about sizes is advice to the eye; ``check`` judges whether a size will do.
May import ``text`` and its neighbours in ``show``.
"""

from rich.style import Style

from harness import text
from harness.show.terminal.big_digits import TALLEST_ROWS, draw_digits, largest_face
from harness.show.terminal.lines import (
    BASELINE_PAINT,
    DISTRIBUTED_PAINT,
    LABEL,
    STRONG,
    Frame,
    Line,
    bar,
    cut,
    first_fitting,
    justify,
    pad,
    piece,
)

CLOCKS = ("01:23.4", "56:78.9")  # every digit once
SIGNS = "× ÷ · → Δ − … — ∞ µ ≤ ≥ ╭ ╮ ╰ ╯ ─ │ ▀ ▄ ⣿ € £"
_FRACTIONS = (0.42, 0.985)
_QUESTION = "From the last row: can you read this line, and tell the two bars apart?"
_EDGE = "The right edge must be straight, and nothing cut off."


def draw_test_card(columns: int, rows: int = 0) -> Frame:
    """Draw the card for a terminal's width, in at least ``rows`` rows, so that it fills it."""
    inner = max(0, columns - 4)
    body = [*_clocks(inner), (), *_bars(inner), (), *_texts(inner)]
    blank = max(0, rows - len(body) - 2)
    inside = [*body[:-1], *[()] * blank, body[-1]]
    lines = (
        _top_edge(columns),
        *(_between_edges(line, inner) for line in inside),
        (piece(f"╰{'─' * max(0, columns - 2)}╯"),),
    )
    return Frame(tuple(pad(line, columns) for line in lines))


def _top_edge(columns: int) -> Line:
    title, label = "TEST CARD", " all four corners must show "
    return (
        piece("╭─ "),
        piece(title, STRONG),
        piece(f" {'─' * max(0, columns - len(title) - len(label) - 8)}"),
        piece(label, LABEL),
        piece("───╮"),
    )


def _between_edges(line: Line, inner: int) -> Line:
    return (piece("│ "), *pad(line, inner), piece(" │"))


def _halves(left: Line, right: Line, inner: int) -> Line:
    """Return a line of two halves, as the panel has two sides."""
    half = inner // 2
    return (*pad(left, half - 1), piece("  "), *pad(right, inner - half - 1))


def _clocks(inner: int) -> list[Line]:
    """Return two clocks with every digit, in the largest face that the panel has room for."""
    half = inner // 2 - 1
    face = largest_face(half, TALLEST_ROWS)
    left, right = (draw_digits(clock, face, max(0, half)) for clock in CLOCKS)
    return [
        _halves((piece(one, STRONG),), (piece(other, STRONG),), inner)
        for one, other in zip(left, right, strict=True)
    ]


def _bars(inner: int) -> list[Line]:
    """Return a bar in each colour, and the eight widths that a bar's last cell can have."""
    width = max(0, inner // 2 - 8)
    left, right = (
        _bar(fraction, width, paint)
        for fraction, paint in zip(_FRACTIONS, (BASELINE_PAINT, DISTRIBUTED_PAINT), strict=True)
    )
    names = (piece("BASELINE", STRONG), piece(" orange")), (piece("RAY", STRONG), piece(" blue"))
    steps = " ".join(bar(eighth / 8, 1) for eighth in range(9))
    variants = (f"nine steps, each fuller than the one before: {steps}", steps)
    return [
        _halves(*names, inner),
        _halves(left, right, inner),
        (piece(first_fitting(variants, inner)),),
    ]


def _bar(fraction: float, width: int, paint: Style) -> Line:
    return (piece(bar(fraction, width), paint), piece(text.percent(fraction).rjust(6), STRONG))


def _texts(inner: int) -> list[Line]:
    """Return text in every weight, the signs that numbers need, and what to look for."""
    size = f"{text.count(inner + 4)} columns"
    return [
        (
            piece("bold"[:inner], STRONG),
            piece("  plain  "),
            piece(" label ", LABEL),
            piece("  0123456789  O0 l1I  6.81×  −0.003  68 %"),
        ),
        (piece(cut(SIGNS, inner)),),
        (),
        (piece(cut(_QUESTION, inner), STRONG),),
        (piece(justify(_EDGE, size, inner)),),
    ]
