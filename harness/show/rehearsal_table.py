"""The tables of a rehearsal: each beat against its budget, earlier rehearsals, and deadlines.

A single observation has no spread and says so. May import ``harness.talk``, ``harness.text`` and
its neighbours in ``show``.
"""

from collections.abc import Iterator, Sequence

from harness import text
from harness.show.tables import Row, Table
from harness.show.terminal.agenda import LEAST_OVERRUN_S
from harness.talk.agenda import Agenda, TalkProgress
from harness.talk.forecast import Deadline, DeadlineBasis, RehearsalHistory, Spread, spread

NO_RECORDING = "there is no verified recording to fall back on: `twoclocks record` makes one"
_AGAINST_BUDGET = ("", "budget", "taken", "")


def beat_table(progress: TalkProgress) -> Table:
    """Return how long each beat that ended took, against its budget, and what time is left."""
    talk = progress.agenda
    taken = sum(progress.durations)
    rows = [
        _beat_row(beat.name, beat.budget, seconds)
        for beat, seconds in zip(talk.beats, progress.durations, strict=False)
    ]
    return Table(
        title=f"a talk of {text.minutes(talk.length)}",
        columns=_AGAINST_BUDGET,
        rows=(*rows, _beat_row("all beats", talk.length - talk.slack, taken)),
        notes=(_time_left(talk, taken),),
    )


def demo_table(talk: Agenda, taken: float) -> Table:
    """Return how long the demo took where nobody could press Enter and it was rehearsed alone."""
    demo = talk.beats[talk.demo]
    note = "nobody could press Enter here, so only the demo beat was rehearsed, and is kept as such"
    return Table(
        title="the demo beat alone",
        columns=_AGAINST_BUDGET,
        rows=(_beat_row(demo.name, demo.budget, taken),),
        notes=(note,),
    )


def _beat_row(name: str, budget: float, taken: float) -> Row:
    """Return a beat's row; the difference is of the two as they are written, in whole seconds."""
    over = int(taken) - budget
    difference = f"{text.minutes(abs(over))} {'OVER' if over > 0 else 'under'}"
    if abs(over) < LEAST_OVERRUN_S:
        difference = "on time"
    return Row((text.printable(name), text.minutes(budget), text.minutes(taken), difference))


def _time_left(talk: Agenda, taken: float) -> str:
    """Return how much time was left of the talk, and how much its budgets leave."""
    length = text.minutes(talk.length)
    left = talk.length - int(taken)
    if left <= -LEAST_OVERRUN_S:
        return f"OVER TIME by {text.minutes(-left)}: it took {text.minutes(taken)} of {length}"
    planned = text.minutes(talk.slack)
    return f"{text.minutes(max(0.0, left))} of {length} left over; the budgets leave {planned}"


def history_table(history: RehearsalHistory, talk: Agenda, deadlines: Sequence[Deadline]) -> Table:
    """Return the durations of all complete rehearsals, and until when a run can begin."""
    has_recording = any(deadline.basis is DeadlineBasis.RECORDING for deadline in deadlines)
    spreads = list(_spreads(history))
    notes = [
        *(["one rehearsal is one observation: it has no spread"] if _has_single(spreads) else []),
        *(deadline_sentence(deadline, talk, has_recording=has_recording) for deadline in deadlines),
        *([] if has_recording else [NO_RECORDING]),
    ]
    return Table(
        title="all complete rehearsals of this configuration",
        columns=("", "min", "median", "max", "n"),
        rows=tuple(_spread_row(name, one, is_beat) for name, one, is_beat in spreads),
        notes=tuple(notes),
    )


def _spreads(history: RehearsalHistory) -> Iterator[tuple[str, Spread, bool]]:
    """Yield what has been measured: its name, its spread, and whether it is a beat of the talk."""
    durations = (
        ("baseline, wall time", history.baseline, False),
        ("distributed, wall time", history.distributed, False),
        ("demo beat", history.demos, True),
        ("demo beat alone", history.alone, True),
    )
    for name, seconds, is_beat in durations:
        measured = spread(seconds)
        if measured is not None:
            yield name, measured, is_beat


def _has_single(spreads: Sequence[tuple[str, Spread, bool]]) -> bool:
    return any(measured.number == 1 for _, measured, _ in spreads)


def _spread_row(name: str, measured: Spread, is_beat: bool) -> Row:
    """Return a row; beats are written as a talk is timed, in minutes and seconds."""
    spans = (measured.low, measured.middle, measured.high)
    low, middle, high = map(text.minutes, spans) if is_beat else text.durations(*spans)
    if measured.number == 1:
        low = high = text.NOTHING
    return Row((name, low, middle, high, text.count(measured.number)))


def deadline_sentence(deadline: Deadline, talk: Agenda, *, has_recording: bool) -> str:
    """Return until which minute of the talk a run, or a recording, can begin, and why.

    ``has_recording`` tells whether there is a recording to fall back on.
    """
    reason = f"{_expected_length(deadline)}, and {text.minutes(talk.after_demo)} of beats follow"
    limit = text.minutes(deadline.at)
    if deadline.basis is DeadlineBasis.RECORDING:
        if deadline.at < 0:
            return f"the recording never fits: {reason}"
        return f"the recording can begin until {limit} of the talk: {reason}"
    safe = "the recording is the safe choice"
    if deadline.at < 0:
        return f"the live run never fits: {reason}{f'; {safe}' if has_recording else ''}"
    later = safe if has_recording else "the live run may not fit"
    return f"decide by {limit} of the talk: {reason}; later, {later}"


def _expected_length(deadline: Deadline) -> str:
    """Return how long the run is expected to take, and why."""
    took = text.minutes(deadline.seconds)
    match deadline.basis:
        case DeadlineBasis.RECORDING:
            return f"it plays {took}"
        case DeadlineBasis.BUDGET:
            return f"no demo has been rehearsed, its budget is {took}"
        case DeadlineBasis.ALONE:
            return f"the longest demo rehearsed took {took}, but nobody presented it"
        case DeadlineBasis.REHEARSED if deadline.number == 1:
            return f"the one demo rehearsed took {took}"
        case DeadlineBasis.REHEARSED:
            return f"the longest of {text.count(deadline.number)} demos rehearsed took {took}"
