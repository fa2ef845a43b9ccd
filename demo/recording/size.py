"""The size of the terminal that is recorded: what was asked for, or what can be shown here.

May import ``harness`` and the rest of ``demo``.
"""

import sys

from demo.terminal import terminal_size
from harness.errors import BadRequest
from harness.show.terminal.panel import SMALLEST_COLUMNS, SMALLEST_ROWS

Size = tuple[int, int]

USUAL: Size = (100, 30)
LARGEST_COLUMNS = 400
LARGEST_ROWS = 120


def has_terminal() -> bool:
    """Return whether there is a terminal to record in, and a keyboard."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def size_to_record(typed: str) -> Size:
    """Return the size that was asked for; without one, the usual one or as much as fits here.

    The panel's smallest size is the least. Raises as ``parse_size`` does, and ``BadRequest`` if
    this terminal is smaller than the one to record.
    """
    asked = parse_size(typed) if typed else None
    if not has_terminal():
        return asked or USUAL
    here = terminal_size()
    size = asked or fitting(here)
    if here[0] < size[0] or here[1] < size[1]:
        raise _no_room(here, size)
    return size


def fitting(here: Size) -> Size:
    """Return the usual size, or less where a terminal is smaller, within what the panel needs."""
    columns, rows = here
    return (
        max(SMALLEST_COLUMNS, min(USUAL[0], columns)),
        max(SMALLEST_ROWS, min(USUAL[1], rows)),
    )


def parse_size(typed: str) -> Size:
    """Return the columns and rows of a size typed as ``100x30``.

    Raises ``BadRequest`` unless it is a size in which the panel can be drawn.
    """
    first, _, second = typed.lower().replace("×", "x").partition("x")
    if not (first.isdecimal() and second.isdecimal() and len(typed) < 10):
        raise BadRequest(
            f"--size {typed} is not a number of columns and rows", "write it as --size 100x30"
        )
    columns, rows = int(first), int(second)
    if not (
        SMALLEST_COLUMNS <= columns <= LARGEST_COLUMNS and SMALLEST_ROWS <= rows <= LARGEST_ROWS
    ):
        raise BadRequest(
            f"--size {typed} is not between {SMALLEST_COLUMNS}×{SMALLEST_ROWS}, "
            f"which the panel needs, and {LARGEST_COLUMNS}×{LARGEST_ROWS}",
            "use --size 100x30",
        )
    return columns, rows


def _no_room(here: Size, size: Size) -> BadRequest:
    columns, rows = here
    sentence = f"this terminal of {columns}×{rows} is too small to record {size[0]}×{size[1]}"
    smaller = fitting((min(columns, size[0]), min(rows, size[1])))
    if columns < smaller[0] or rows < smaller[1]:
        return BadRequest(sentence, "enlarge it, or record without a terminal: add </dev/null")
    return BadRequest(
        sentence,
        f"enlarge it, record with --size {smaller[0]}x{smaller[1]}, "
        "or record without a terminal: add </dev/null",
    )
