"""The rehearsed talk on a screen: the present beat against its budget, and the time that is left.

Overruns are written in words. Total functions of the talk's position and of the terminal's size;
reads no clock. May import ``talk.agenda``, ``text`` and its neighbours in ``show``.
"""

from rich.cells import cell_len

from harness import text
from harness.show.terminal.big_digits import draw_digits, largest_face
from harness.show.terminal.lines import (
    BASELINE_PAINT,
    LABEL,
    STRONG,
    Frame,
    Line,
    bar,
    first_fitting,
    justify,
    pad,
    piece,
    wrap,
)
from harness.talk.agenda import AgendaPosition

SMALLEST_COLUMNS = 60
SMALLEST_ROWS = 19
LEAST_OVERRUN_S = 1.0
"""Seconds from which an overrun is shown."""

_SENTENCE_ROWS = 6
_FIXED_ROWS = 8


def talk_clock(position: AgendaPosition) -> str:
    """Return the talk's clock against its length: ``talk 6:12 of 12:00``."""
    return f"talk {text.minutes(position.elapsed)} of {text.minutes(position.agenda.length)}"


def both_clocks(position: AgendaPosition) -> str:
    """Return both clocks in a line: ``talk 6:12 of 12:00 · demo 1:02 of 4:30``."""
    if position.beat is None:
        return talk_clock(position)
    name = text.printable(position.beat.name)
    return f"{talk_clock(position)} · {name} {beat_clock(position)}"


def both_clocks_short(position: AgendaPosition) -> str:
    """Return both clocks for the corner of a race: ``talk 6:12/12:00 · demo 1:02/4:30``."""
    talk = f"talk {text.minutes(position.elapsed)}/{text.minutes(position.agenda.length)}"
    if position.beat is None:
        return talk
    clock = f"{text.minutes(position.taken)}/{text.minutes(position.beat.budget)}"
    if _is_over_budget(position):
        clock = f"OVER by {text.minutes(-position.beat_left)}"
    return f"{talk} · {text.printable(position.beat.name)} {clock}"


def beat_clock(position: AgendaPosition) -> str:
    """Return the present beat's clock: ``1:27 of 1:15, OVER by 0:12``; empty after the talk."""
    if position.beat is None:
        return ""
    clock = f"{text.minutes(position.taken)} of {text.minutes(position.beat.budget)}"
    if not _is_over_budget(position):
        return clock
    return f"{clock}, OVER by {text.minutes(-position.beat_left)}"


def beat_title(position: AgendaPosition) -> str:
    """Return which beat it is: ``beat 2 of 6 · AXIS``."""
    if position.beat is None:
        return "the talk is over"
    number = f"{text.count(position.place + 1)} of {text.count(len(position.agenda.beats))}"
    return f"beat {number} · {text.printable(position.beat.name).upper()}"


def time_left(position: AgendaPosition) -> str:
    """Return how much time the talk has left, or how far it is over its time."""
    length = text.minutes(position.agenda.length)
    if position.left <= -LEAST_OVERRUN_S:
        return f"OVER TIME by {text.minutes(-position.left)}, the talk has {length}"
    return f"{clock_digits(position)} left of {length}"


def slack_left(position: AgendaPosition) -> str:
    """Return the slack that is left if the rest keeps to its budgets; empty after the talk."""
    if position.beat is None:
        return ""
    if position.spare <= -LEAST_OVERRUN_S:
        return f"NO SLACK: {text.minutes(-position.spare)} too long as it goes"
    return f"slack {text.minutes(max(0.0, position.spare))}"


def next_beat(position: AgendaPosition) -> str:
    """Return the next beat with its budget; empty after the talk."""
    beat = position.following
    if position.beat is None:
        return ""
    if beat is None:
        return "this is the last beat"
    return f"next: {text.printable(beat.name)}, {text.minutes(beat.budget)}"


def clock_digits(position: AgendaPosition) -> str:
    """Return what the big digits show: the time left, or past the end the time over."""
    whole = int(position.elapsed)  # so that the time left and the elapsed time add up as written
    return text.minutes(abs(position.agenda.length - whole))


def draw_beat(
    position: AgendaPosition, sentence: str, prompt: str, *, columns: int, rows: int
) -> Frame:
    """Draw the present beat of a rehearsal; ``prompt`` says what a key does."""
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        lines = _small(position, sentence, prompt, columns, rows)
    else:
        lines = _large(position, sentence, prompt, columns, rows)
    return Frame(tuple(pad(line, columns) for line in lines))


def _large(
    position: AgendaPosition, sentence: str, prompt: str, columns: int, rows: int
) -> list[Line]:
    inner = columns - 2
    face = largest_face(inner, rows - 1 - _FIXED_ROWS - _SENTENCE_ROWS)
    digits = draw_digits(clock_digits(position), face, inner)
    sentence_lines = wrap(sentence, inner - 2, _SENTENCE_ROWS)
    title = justify(f" {beat_title(position)}", talk_clock(position), inner - 11)
    times = " · ".join(filter(None, (time_left(position), slack_left(position))))
    too_long = position.spare <= -LEAST_OVERRUN_S
    return [
        (piece(" REHEARSAL ", LABEL), piece(title, STRONG)),
        (),
        *((piece(f" {row}", STRONG),) for row in digits),
        (piece(f" {times} ", LABEL if too_long else None),),
        (),
        *((piece(f"   {line}", STRONG),) for line in sentence_lines),
        *(() for _ in range(_SENTENCE_ROWS - len(sentence_lines))),
        (),
        _budget_line(position, inner),
        (),
        (piece(f" {justify(next_beat(position), prompt, inner)}"),),
    ]


def _budget_line(position: AgendaPosition, inner: int) -> Line:
    budget = position.beat.budget if position.beat else 1.0
    clock = f" {beat_clock(position)} "
    return (
        piece(" "),
        piece(bar(position.taken / budget, inner - cell_len(clock)), BASELINE_PAINT),
        piece(clock, LABEL if _is_over_budget(position) else STRONG),
    )


def _small(
    position: AgendaPosition, sentence: str, prompt: str, columns: int, rows: int
) -> list[Line]:
    """Return the same in words for a small terminal, what matters most first."""
    facts = [
        time_left(position),
        beat_title(position),
        beat_clock(position),
        slack_left(position),
        next_beat(position),
    ]
    room = rows - 1
    sentence_lines = wrap(sentence, columns, max(0, room - len(facts) - 1))
    lines = [*facts, *sentence_lines][: max(1, room - 1)]
    return [(piece(first_fitting([line], columns)),) for line in [*lines, prompt][:room]]


def _is_over_budget(position: AgendaPosition) -> bool:
    return position.beat_left <= -LEAST_OVERRUN_S
