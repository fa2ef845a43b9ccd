"""The test card: everything that the panel is made of in one picture, to be looked at from the last row before anybody comes.

What it says of sizes is advice to the eye; whether a size will do is judged elsewhere. May import its neighbours in ``show``.
"""

from rich.style import Style

from harness import text
from harness.show.terminal.big_digits import FACES, draw_digits, largest_face
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
SIGNS = "× ÷ · → Δ − … — ∞ µ ≤ ≥ ╭ ╮ ╰ ╯ ─ │ ▀ ▄ ░ € £"
_TALLEST = FACES[0].rows
_FRACTIONS = (0.42, 0.985)


def draw_test_card(columns: int, rows: int = 0) -> Frame:
    """Draw the card for a terminal so many columns wide, in at least so many rows: its corners are then the picture's own."""
    inner = max(0, columns - 4)
    body = [*_clocks(inner), (), *_bars(inner), (), *_texts(inner)]
    blank = max(0, rows - len(body) - 2)
    inside = [*body[:-1], *[()] * blank, body[-1]]
    return Frame(
        tuple(
            pad(line, columns)
            for line in (
                _top(columns),
                *(_walled(line, inner) for line in inside),
                _bottom(columns),
            )
        )
    )


def _top(columns: int) -> Line:
    title, label = "TEST CARD", " all four corners must show "
    return (
        piece("╭─ "),
        piece(title, STRONG),
        piece(f" {'─' * max(0, columns - len(title) - len(label) - 8)}"),
        piece(label, LABEL),
        piece("───╮"),
    )


def _bottom(columns: int) -> Line:
    return (piece(f"╰{'─' * max(0, columns - 2)}╯"),)


def _walled(line: Line, inner: int) -> Line:
    return (piece("│ "), *pad(line, inner), piece(" │"))


def _halves(left: Line, right: Line, inner: int) -> Line:
    """Return a line of two halves, as the panel has two sides."""
    half = inner // 2
    return (*pad(left, half - 1), piece("  "), *pad(right, inner - half - 1))


def _clocks(inner: int) -> list[Line]:
    """Return two clocks that show every digit, in the largest face that the panel would have space for."""
    half = inner // 2 - 1
    face = largest_face(half, _TALLEST)
    left, right = (draw_digits(clock, face, max(0, half)) for clock in CLOCKS)
    return [
        _halves((piece(one, STRONG),), (piece(other, STRONG),), inner)
        for one, other in zip(left, right, strict=True)
    ]


def _bars(inner: int) -> list[Line]:
    """Return both paints as bars, and the eight widths that a bar's last cell can have."""
    width = max(0, inner // 2 - 8)
    bars = [
        (piece(bar(fraction, width), paint), piece(text.percent(fraction).rjust(6), STRONG))
        for fraction, paint in _painted()
    ]
    steps = " ".join(bar(eighth / 8, 1) for eighth in range(9))
    left, right = bars
    names = (piece("BASELINE", STRONG), piece(" orange")), (piece("RAY", STRONG), piece(" blue"))
    return [
        _halves(*names, inner),
        _halves(left, right, inner),
        (
            piece(
                first_fitting(
                    (f"nine steps, each fuller than the one before: {steps}", steps), inner
                )
            ),
        ),
    ]


def _painted() -> list[tuple[float, Style]]:
    return list(zip(_FRACTIONS, (BASELINE_PAINT, DISTRIBUTED_PAINT), strict=True))


def _texts(inner: int) -> list[Line]:
    """Return text in every weight, the signs that numbers are written with, and what to look for."""
    return [
        (
            piece("bold"[:inner], STRONG),
            piece("  plain  "),
            piece(" label ", LABEL),
            piece("  0123456789  O0 l1I  6.81×  −0.003  68 %"),
        ),
        (piece(cut(SIGNS, inner)),),
        (),
        (
            piece(
                cut(
                    "From the last row: can you read this line, and tell the two bars apart?", inner
                ),
                STRONG,
            ),
        ),
        (
            piece(
                justify(
                    "The right edge must be straight, and nothing cut off.",
                    f"{text.count(inner + 4)} columns",
                    inner,
                )
            ),
        ),
    ]
