"""A rehearsal in a table: each beat against its budget, what rehearsals took so far, and until when to decide.

One observation is called one and gets no spread. Total functions; may import ``score`` and its neighbours in ``show``.
"""

from collections.abc import Iterator, Sequence

from harness import text
from harness.show.tables import Row, Table
from harness.show.terminal.agenda import LEAST_OVERRUN_S
from harness.talk.agenda import Agenda, TalkProgress
from harness.talk.forecast import Deadline, DeadlineBasis, RehearsalHistory, spread

NO_RECORDING = "there is no verified recording to fall back on: `twoclocks record` makes one"


def beats(course: TalkProgress) -> Table:
    """Return what every beat that ended took, against its budget, and what all of them leave of the talk."""
    talk, durations = course.talk, course.durations
    rows = [
        Row((text.printable(beat.name), *_against(beat.budget, taken)))
        for beat, taken in zip(talk.beats, durations, strict=False)
    ]
    budget, taken = talk.length - talk.slack, sum(durations)
    total = Row(("all beats", *_against(budget, taken)))
    length = text.minutes(talk.length)
    return Table(
        f"a talk of {length}", ("", "budget", "taken", ""), (*rows, total), (_landing(talk, taken),)
    )


def demo_alone(talk: Agenda, taken: float) -> Table:
    """Return what the demo beat took where nobody could press Enter, and so nothing else was rehearsed."""
    note = "nobody could press Enter here, so only the demo beat was rehearsed, and is kept as such"
    demo = talk.beats[talk.demo]
    return Table(
        "the demo beat alone",
        ("", "budget", "taken", ""),
        (Row((demo.name, *_against(demo.budget, taken))),),
        (note,),
    )


def spreads(record: RehearsalHistory, talk: Agenda, deadlines: Sequence[Deadline]) -> Table:
    """Return the spread of what complete rehearsals of this configuration took, and until when a run can be begun."""
    rows = [
        row for name, known, clock in _kept(record) for row in _spread(name, known, clock=clock)
    ]
    numbers = {len(known) for _, known, _ in _kept(record) if known}
    recorded = any(deadline.basis is DeadlineBasis.RECORDING for deadline in deadlines)
    told = tuple(decide(deadline, talk, recorded=recorded) for deadline in deadlines)
    single = ("one rehearsal is one observation: it has no spread",) if 1 in numbers else ()
    none = () if recorded else (NO_RECORDING,)
    return Table(
        "all complete rehearsals of this configuration",
        ("", "min", "median", "max", "n"),
        tuple(rows),
        (*single, *told, *none),
    )


def decide(deadline: Deadline, talk: Agenda, *, recorded: bool) -> str:
    """Return the minute of the talk until which a run, or a recording, can be begun, and what that rests on.

    ``recorded`` is whether there is a recording to fall back on.
    """
    after = text.minutes(talk.after_demo)
    rests = f"{grounds(deadline)}, and {after} of beats follow"
    if deadline.basis is DeadlineBasis.RECORDING:
        if deadline.at < 0:
            return f"the recording never fits: {rests}"
        return f"the recording can begin until {text.minutes(deadline.at)} of the talk: {rests}"
    if deadline.at < 0:
        return f"the live run never fits: {rests}{'; the recording is the safe choice' if recorded else ''}"
    later = "the recording is the safe choice" if recorded else "the live run may not fit"
    return f"decide by {text.minutes(deadline.at)} of the talk: {rests}; later, {later}"


def grounds(deadline: Deadline) -> str:
    """Return how long the run is taken to last, and why."""
    took = text.minutes(deadline.seconds)
    match deadline.basis:
        case DeadlineBasis.RECORDING:
            return f"it plays {took}"
        case DeadlineBasis.BUDGET:
            return f"no demo is on record, its budget is {took}"
        case DeadlineBasis.ALONE:
            return f"the longest demo on record took {took}, but nobody presented it"
        case DeadlineBasis.REHEARSED if deadline.number == 1:
            return f"the one demo on record took {took}"
        case DeadlineBasis.REHEARSED:
            return f"the longest of {text.count(deadline.number)} demos on record took {took}"


def _against(budget: float, taken: float) -> tuple[str, str, str]:
    """Return a budget, what was taken of it, and the difference of the two as they are written, in whole seconds."""
    over = int(taken) - budget
    told = (
        f"{text.minutes(abs(over))} {'OVER' if over > 0 else 'under'}"
        if abs(over) >= LEAST_OVERRUN_S
        else "on time"
    )
    return text.minutes(budget), text.minutes(taken), told


def _landing(talk: Agenda, taken: float) -> str:
    """Return where the talk landed, against its length and the slack that was planned."""
    length, left = text.minutes(talk.length), talk.length - int(taken)
    if left <= -LEAST_OVERRUN_S:
        return f"OVER TIME by {text.minutes(-left)}: it took {text.minutes(taken)} of {length}"
    return f"{text.minutes(max(0.0, left))} of {length} left over; the budgets leave {text.minutes(talk.slack)}"


def _kept(record: RehearsalHistory) -> Iterator[tuple[str, tuple[float, ...], bool]]:
    """Yield what is kept: its name, its durations, and whether it is told as the talk is, in minutes and seconds."""
    yield "baseline, wall time", record.baseline, False
    yield "distributed, wall time", record.distributed, False
    yield "demo beat", record.demos, True
    yield "demo beat alone", record.alone, True


def _spread(name: str, known: tuple[float, ...], *, clock: bool) -> Iterator[Row]:
    found = spread(known)
    if found is None:
        return
    spans = found.low, found.middle, found.high
    low, middle, high = map(text.minutes, spans) if clock else text.durations(*spans)
    if found.number == 1:
        low = high = text.NOTHING
    yield Row((name, low, middle, high, text.count(found.number)))
