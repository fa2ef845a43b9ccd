"""The picture before a followed session has begun: what is waited for, and what came instead.

Reads no clock. May import ``text`` and its neighbours in ``show``.
"""

from dataclasses import dataclass

from harness import text
from harness.show.terminal.lines import LABEL, STRONG, Frame, cut, pad, piece, wrap


@dataclass(frozen=True, kw_only=True)
class WaitingScene:
    """What is known of a stream on which no session has begun.

    ``command`` is what prints it, ``lines`` counts the lines that are none of a journal, of which
    ``last_line`` is the last (empty: there is none); ``link`` says how the command does.
    """

    command: str
    waited_s: float
    lines: int
    last_line: str
    link: str


def waiting_line(scene: WaitingScene) -> str:
    """Return in one line what is waited for."""
    other = f", {text.number_of(scene.lines, 'other line')} so far" if scene.lines else ""
    waited = f"{scene.waited_s:.0f} s"
    return f"waiting for the first line of a journal for {waited}{other}; {scene.link}"


def draw_waiting(scene: WaitingScene, *, columns: int, rows: int) -> Frame:
    """Draw what is waited for, for a terminal's size."""
    width = max(1, columns - 2)
    lines = [
        (piece(" "), piece(" FOLLOW ", LABEL), piece(f" {cut(scene.command, max(0, width - 9))}")),
        (),
        *((piece(" "), piece(line, STRONG)) for line in wrap(waiting_line(scene), width, most=3)),
        (),
        *((piece(f" {line}"),) for line in wrap(scene.last_line, width, most=4)),
    ]
    return Frame(tuple(pad(line, columns) for line in lines[: max(1, rows - 1)]))
