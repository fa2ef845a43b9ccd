"""A talk on a screen: the present beat with its clock against its budget, and what is left of the whole in big digits.

Overruns are said in words. Total functions of where the talk stands and of the terminal's size; reads no clock.
May import ``score.talk`` and its neighbours in ``show``.
"""

from rich.cells import cell_len, chop_cells

from harness import text as words
from harness.show.terminal.big_digits import draw_digits, largest_face
from harness.show.terminal.lines import (
    BASELINE_PAINT,
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
from harness.talk.agenda import AgendaPosition

SMALLEST_COLUMNS, SMALLEST_ROWS = 60, 19
LEAST_OVERRUN_S = 1.0
"""Seconds from which an overrun is spoken of."""

_SENTENCE_ROWS = 6
_FIXED_ROWS = 8


def talk_clock(stands: AgendaPosition) -> str:
    """Return the talk's clock against its length: ``talk 6:12 of 12:00``."""
    return f"talk {words.minutes(stands.elapsed)} of {words.minutes(stands.talk.length)}"


def both_clocks(stands: AgendaPosition) -> str:
    """Return both clocks in a line: ``talk 6:12 of 12:00 · demo 1:02 of 4:30``."""
    return (
        talk_clock(stands)
        if stands.beat is None
        else f"{talk_clock(stands)} · {words.printable(stands.beat.name)} {beat_clock(stands)}"
    )


def both_clocks_short(stands: AgendaPosition) -> str:
    """Return both clocks in as few words as there can be, for the corner of a race: ``talk 6:12/12:00 · demo 1:02/4:30``."""
    whole = f"talk {words.minutes(stands.elapsed)}/{words.minutes(stands.talk.length)}"
    if stands.beat is None:
        return whole
    over = stands.beat_left <= -LEAST_OVERRUN_S
    own = (
        f"OVER by {words.minutes(-stands.beat_left)}"
        if over
        else f"{words.minutes(stands.taken)}/{words.minutes(stands.beat.budget)}"
    )
    return f"{whole} · {words.printable(stands.beat.name)} {own}"


def beat_clock(stands: AgendaPosition) -> str:
    """Return the present beat's clock against its budget, and an overrun in words: ``1:27 of 1:15, OVER by 0:12``; empty at the end."""
    if stands.beat is None:
        return ""
    clock = f"{words.minutes(stands.taken)} of {words.minutes(stands.beat.budget)}"
    return (
        f"{clock}, OVER by {words.minutes(-stands.beat_left)}"
        if stands.beat_left <= -LEAST_OVERRUN_S
        else clock
    )


def beat_title(stands: AgendaPosition) -> str:
    """Return which beat it is: ``beat 2 of 6 · AXIS``."""
    if stands.beat is None:
        return "the talk is over"
    return f"beat {words.count(stands.place + 1)} of {words.count(len(stands.talk.beats))} · {words.printable(stands.beat.name).upper()}"


def time_left(stands: AgendaPosition) -> str:
    """Return what is left of the talk, or by how much it is over its time."""
    length = words.minutes(stands.talk.length)
    if stands.left <= -LEAST_OVERRUN_S:
        return f"OVER TIME by {words.minutes(-stands.left)}, the talk has {length}"
    return f"{clock_digits(stands)} left of {length}"


def slack_left(stands: AgendaPosition) -> str:
    """Return how much slack is left if the rest keeps to its budgets, or by how much it will not fit; empty once all is over."""
    if stands.beat is None:
        return ""
    if stands.spare <= -LEAST_OVERRUN_S:
        return f"NO SLACK: {words.minutes(-stands.spare)} too long as it goes"
    return f"slack {words.minutes(max(0.0, stands.spare))}"


def next_beat(stands: AgendaPosition) -> str:
    """Return the next beat with its budget; empty once all is over."""
    beat = stands.following
    if stands.beat is None:
        return ""
    return (
        f"next: {words.printable(beat.name)}, {words.minutes(beat.budget)}"
        if beat is not None
        else "this is the last beat"
    )


def clock_digits(stands: AgendaPosition) -> str:
    """Return what the big digits show: what is left, or what the talk is over its time by, which the words beside them tell."""
    return words.minutes(
        abs(stands.talk.length - int(stands.elapsed))
    )  # so that it and the elapsed time add up as they are written


def wrap(text: str, width: int, most: int) -> list[str]:
    """Return untrusted text on at most so many lines of that width, ended with an ellipsis where it was cut."""
    lines, line = list[str](), ""
    for word in (
        part
        for token in words.printable(text).split(" ")
        for part in chop_cells(token, max(2, width))
    ):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) > width and line:
            lines.append(line)
            longer = word
        line = longer
    lines += [line] if line else []
    return (
        lines
        if len(lines) <= most
        else [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)]
        if most > 0
        else []
    )


def draw_beat(
    stands: AgendaPosition, sentence: str, prompt: str, *, columns: int, rows: int
) -> Frame:
    """Draw the present beat of a rehearsal for a terminal of that size; ``prompt`` is what a key would do."""
    lines = _large(stands, sentence, prompt, columns, rows)
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        lines = _small(stands, sentence, prompt, columns, rows)
    return Frame(tuple(pad(line, columns) for line in lines))


def _large(
    stands: AgendaPosition, sentence: str, prompt: str, columns: int, rows: int
) -> list[Line]:
    inner = columns - 2
    face = largest_face(inner, rows - 1 - _FIXED_ROWS - _SENTENCE_ROWS)
    said = wrap(sentence, inner - 2, _SENTENCE_ROWS)
    head = (
        piece(" REHEARSAL ", LABEL),
        piece(justify(f" {beat_title(stands)}", talk_clock(stands), inner - 11), STRONG),
    )
    over = stands.beat_left <= -LEAST_OVERRUN_S
    budget = stands.beat.budget if stands.beat else 1.0
    clock = f" {beat_clock(stands)} "
    return [
        head,
        (),
        *((piece(f" {row}", STRONG),) for row in draw_digits(clock_digits(stands), face, inner)),
        (
            piece(
                f" {' · '.join(filter(None, (time_left(stands), slack_left(stands))))} ",
                LABEL if stands.spare <= -LEAST_OVERRUN_S else None,
            ),
        ),
        (),
        *((piece(f"   {line}", STRONG),) for line in said),
        *(() for _ in range(_SENTENCE_ROWS - len(said))),
        (),
        (
            piece(" "),
            piece(bar(stands.taken / budget, inner - cell_len(clock)), BASELINE_PAINT),
            piece(clock, LABEL if over else STRONG),
        ),
        (),
        (piece(f" {justify(next_beat(stands), prompt, inner)}"),),
    ]


def _small(
    stands: AgendaPosition, sentence: str, prompt: str, columns: int, rows: int
) -> list[Line]:
    """Return the same in words, for a terminal that is too small for more; what matters most comes first."""
    told = [
        f"{time_left(stands)}",
        beat_title(stands),
        beat_clock(stands),
        slack_left(stands),
        next_beat(stands),
    ]
    room = rows - 1
    said = wrap(sentence, columns, max(0, room - len(told) - 1))
    lines = [*told, *said][: max(1, room - 1)]
    return [(piece(first_fitting([line], columns)),) for line in [*lines, prompt][:room]]
