"""The presenter's second screen: what is left of the talk, what to say, how the run goes, and what goes wrong.

Never for the audience. A scene is everything there is to show at one moment; drawing it is a total function of it and
of the terminal's size. May import ``model``, ``score`` and its neighbours in ``show``; reads no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from harness import text as words
from harness.model import Side
from harness.show.terminal.agenda import (
    beat_clock,
    beat_title,
    clock_digits,
    next_beat,
    slack_left,
    talk_clock,
    time_left,
    wrap,
)
from harness.show.terminal.big_digits import FACES, draw_digits
from harness.show.terminal.lines import (
    LABEL,
    STRONG,
    Frame,
    Line,
    cut,
    first_fitting,
    justify,
    pad,
    piece,
    shorten,
)
from harness.show.terminal.panel import elapsed
from harness.show.terminal.side_box import progress_percent
from harness.state.board import Board, Lane, Stage
from harness.state.stall import stalled_s
from harness.talk.agenda import AgendaPosition, TalkProgress, position_at
from harness.talk.forecast import (
    Deadline,
    DeadlineBasis,
    RehearsalHistory,
    estimate_side,
    session_time_left,
)

SMALLEST_COLUMNS, SMALLEST_ROWS = 76, 22

_FACE = FACES[1]
_DIGITS_CELLS = 40
_OTHER_ROWS, _SENTENCE_ROWS = 17, 8
_LONGEST_LINE = 200
_PRESS = "press f on the race to play the recording"


@dataclass(frozen=True)
class FollowedRun:
    """The session that is followed: its board, the conductor's time now, and the seconds since anything was heard of it.

    ``alive`` is whether any process of it is known to be there; ``recorded`` whether there is a recording to play instead.
    """

    board: Board
    at: float
    silent_s: float
    alive: bool = True
    recorded: bool = True


@dataclass(frozen=True)
class Scene:
    """One moment: the talk and the time on its clock, what to say, the run (None: none is followed yet) and rehearsals of it.

    ``prompt`` is what keys would do, ``note`` where the rest is from, ``trouble`` what could not be read (empty: nothing),
    ``stall_after`` in seconds.
    """

    course: TalkProgress
    now: float
    sentence: str
    run: FollowedRun | None
    record: RehearsalHistory
    deadlines: tuple[Deadline, ...]
    stall_after: float
    note: str
    prompt: str
    trouble: str = ""

    @property
    def stands(self) -> AgendaPosition:
        """Return where the talk stands."""
        return position_at(self.course, self.now)


def draw_presenter_view(scene: Scene, *, columns: int, rows: int) -> Frame:
    """Draw a scene for a terminal of that size."""
    roomy = columns >= SMALLEST_COLUMNS and rows >= SMALLEST_ROWS
    lines = _large(scene, columns, rows) if roomy else _small(scene, columns, rows)
    return Frame(tuple(pad(line, columns) for line in lines))


def warning(run: FollowedRun | None, stall_after: float) -> str:
    """Return the one thing that goes wrong, in words (empty: nothing does)."""
    if run is None or run.board.closed is not None:
        return ""
    failed = [lane for lane in _lanes(run.board) if lane.stage is Stage.FAILED]
    if failed:
        return f"FAILED: the {failed[0].side} side: {words.printable(failed[0].reason)}"
    if not run.alive:
        return f"GONE: no process of the race is left; {_instead(run, '`twoclocks play` plays the recording')}"
    still = stalled_s(run.board, run.at)
    if still is not None and still >= stall_after:
        return f"STALLED: no progress for {_whole(still)}; {_instead(run, _PRESS)}"
    if (
        still is None
        and run.silent_s >= stall_after
        and any(lane.stage is Stage.RUNNING for lane in _lanes(run.board))
    ):
        return f"STALLED: no word of the race for {_whole(run.silent_s)}; {_instead(run, _PRESS)}"
    return ""


def describe_side(run: FollowedRun, which: Side, record: RehearsalHistory) -> tuple[str, ...]:
    """Return how one side goes, in several lengths: its clock, its progress, and when its clock will stop by what."""
    lane, walls = run.board.lane(which), record.wall_times(which)
    found, rehearsals = estimate_side(lane, run.at, walls), words.number_of(len(walls), "rehearsal")
    state, lead = _state(run, which), "left" if lane.started_at is not None else "takes"
    by = (
        [f"≈ {words.minutes(found.by_progress)} by progress"]
        if found.by_progress is not None
        else []
    )
    by += (
        [f"≈ {words.minutes(found.by_rehearsals)} by {rehearsals}"]
        if found.by_rehearsals is not None
        else []
    )
    if found.best is None:
        return (state,)
    return (
        f"{state}, {lead} {', '.join(by)}",
        f"{state}, {lead} {by[0]}",
        f"{state} {lead} ≈ {words.minutes(found.best)}",
    )


def describe_run(run: FollowedRun, record: RehearsalHistory) -> str:
    """Return when both clocks will have stopped, or how the session ended."""
    board = run.board
    if board.closed is not None:
        remark = f": {words.printable(board.closed.remark)}" if board.closed.remark else ""
        return f"the session is over, {board.closed.status}{remark}"
    spec = board.opened.spec if board.opened is not None else None
    left = session_time_left(board, spec, run.at, record) if spec is not None else None
    rounds = (
        f", round {words.count(_trial(board) + 1)} of {words.count(spec.trials)}"
        if spec is not None and spec.trials > 1
        else ""
    )
    if left is None:
        return f"the run has no estimate yet{rounds}"
    return (
        f"the run: both clocks stopped in ≈ {words.minutes(left)}{rounds}"
        if left > 0
        else "both clocks have stopped"
    )


def heartbeat(scene: Scene) -> str:
    """Return where things stand, in a line."""
    talk = [talk_clock(scene.stands)] if scene.course.going_on else []
    run = _run_lines(scene, _LONGEST_LINE) if scene.run is not None else [scene.note]
    return "; ".join([*talk, *run])


def describe_deadline(deadline: Deadline, stands: AgendaPosition) -> tuple[str, ...]:
    """Return how much of the time to decide is left, in several lengths, the longest first; nothing once the demo is over."""
    moment, spare = words.minutes(deadline.at), deadline.at - stands.elapsed
    took = words.minutes(deadline.seconds)
    if deadline.basis is DeadlineBasis.RECORDING:
        if spare < 0:
            return f"too late for the recording, which plays {took}", "too late for the recording"
        return (
            f"the recording, {took}, can be begun until {moment}, {words.minutes(spare)} from now",
            f"recording until {moment}",
        )
    demos = words.number_of(deadline.number, "demo") + (
        " alone" if deadline.basis is DeadlineBasis.ALONE else ""
    )
    live = (
        f"live has {took} by its budget"
        if deadline.basis is DeadlineBasis.BUDGET
        else f"live took {took} at most in {demos}"
    )
    if spare < 0:
        late = f"past {moment}" if deadline.at >= 0 else "from the start"
        return f"TOO LATE to go live, {late}: {live}", f"TOO LATE to go live: {late}"
    return (
        f"decide by {moment}, {words.minutes(spare)} from now: {live}",
        f"decide by {moment}, {words.minutes(spare)} from now",
    )


def _large(scene: Scene, columns: int, rows: int) -> list[Line]:
    stands, inner = scene.stands, columns - 2
    room = min(_SENTENCE_ROWS, rows - 1 - _OTHER_ROWS)
    told = wrap(scene.sentence, inner - 6, room)
    big = draw_digits(clock_digits(stands), _FACE, _DIGITS_CELLS - 2)
    beside = [
        beat_title(stands),
        beat_clock(stands) if scene.course.began is not None else "not begun",
        next_beat(stands),
        slack_left(stands),
    ]
    beside = [time_left(stands), *beside]
    top = [
        (
            piece(f" {row.ljust(_DIGITS_CELLS)}", STRONG),
            piece(cut(text, inner - _DIGITS_CELLS - 1), STRONG if place in (1, 2) else None),
        )
        for place, (row, text) in enumerate(zip(big, beside, strict=True))
    ]
    say = [
        (piece(" say  " if place == 0 else "      "), piece(line, STRONG))
        for place, line in enumerate(told)
    ]
    return [
        (
            piece(" CUE ", LABEL),
            piece(justify(f" {scene.note}", "not for the audience", inner - 4)),
        ),
        _warned(scene, columns),
        (),
        *top,
        (),
        *say,
        *(() for _ in range(room - len(told))),
        (),
        *((piece(f" {line}"),) for line in _run_lines(scene, inner)),
        (),
        *((piece(f" {line}"),) for line in _decisions(scene, inner)),
        (piece(f" {justify('', scene.prompt, inner)}"),),
    ]


def _small(scene: Scene, columns: int, rows: int) -> list[Line]:
    """Return the same in words, for a terminal that is too small for more; what matters most comes first."""
    stands, room = scene.stands, rows - 1
    warned = warning(scene.run, scene.stall_after)
    begun = beat_clock(stands) if scene.course.began is not None else "not begun"
    beat = ", ".join(filter(None, (beat_title(stands), begun)))
    told = [
        time_left(stands),
        beat,
        next_beat(stands),
        *_run_lines(scene, columns),
        *_decisions(scene, columns),
        cut(scene.trouble, columns),
    ]
    told = [line for line in told if line]
    alarm: list[Line] = [(piece(line, LABEL),) for line in wrap(warned, columns, 2)]
    said = wrap(scene.sentence, columns, max(0, room - len(alarm) - len(told) - 1))
    lines = [*alarm, *((piece(shorten(line, columns)),) for line in [*told, *said])]
    return [*lines[: max(1, room - 1)], (piece(cut(scene.prompt, columns)),)][: max(1, room)]


def _warned(scene: Scene, columns: int) -> Line:
    """Return the line for what goes wrong with the run; while nothing does, for what could not be read."""
    said = warning(scene.run, scene.stall_after)
    if not said:
        return (piece(f" {cut(scene.trouble, columns - 2)}"),) if scene.trouble else ()
    return (piece(f" {first_fitting([said], columns - 2)} ".ljust(columns), LABEL),)


def _run_lines(scene: Scene, width: int) -> list[str]:
    """Return three lines about the run, whether there is one or not."""
    if scene.run is None:
        return ["no run is followed yet", "", ""]
    sides = [_fitting(describe_side(scene.run, which, scene.record), width) for which in Side]
    return [*sides, shorten(describe_run(scene.run, scene.record), width)]


def _fitting(variants: tuple[str, ...], width: int) -> str:
    """Return the first variant that fits, else the last one cut; unlike untrusted text they keep their spaces."""
    return next(
        (text for text in variants if cell_len(text) <= width), shorten(variants[-1], width)
    )


def _decisions(scene: Scene, width: int) -> list[str]:
    """Return two lines about deciding: until when to begin, and in the demo beat when it must end."""
    stands, lines = scene.stands, list[str]()
    if stands.place <= stands.talk.demo:
        in_demo = stands.place == stands.talk.demo
        wanted = [
            deadline
            for deadline in scene.deadlines
            if deadline.basis is DeadlineBasis.RECORDING or not in_demo
        ]
        lines = [
            *([first_fitting(_must_end(stands), width)] if in_demo else []),
            *(first_fitting(describe_deadline(deadline, stands), width) for deadline in wanted),
        ]
    return [*lines, "", ""][:2]


def _must_end(stands: AgendaPosition) -> tuple[str, ...]:
    """Return until when the demo must have ended, so that what follows still fits, in several lengths."""
    end = stands.talk.length - stands.talk.after_demo
    moment, left = words.minutes(end), end - stands.elapsed
    if left < 0:
        return (
            f"the demo should have ended at {moment}, {words.minutes(-left)} ago",
            f"should have ended at {moment}",
        )
    return (
        f"the demo must end by {moment}, {words.minutes(left)} from now",
        f"must end by {moment}, in {words.minutes(left)}",
    )


def _state(run: FollowedRun, which: Side) -> str:
    lane = run.board.lane(which)
    clock = words.clock(elapsed(lane, run.at))
    name = str(which).ljust(len(Side.DISTRIBUTED))
    if lane.wall_s is not None:
        return f"{name}  {clock}  done"
    if lane.stage is Stage.RUNNING:
        return f"{name}  {clock}  {progress_percent(lane).rjust(5)}"
    return f"{name}  {lane.stage}"


def _lanes(board: Board) -> Iterator[Lane]:
    yield from (board.lane(which) for which in Side)


def _trial(board: Board) -> int:
    return max(lane.trial for lane in _lanes(board))


def _whole(seconds: float) -> str:
    return f"{words.count(int(seconds))} s"


def _instead(run: FollowedRun, then: str) -> str:
    return then if run.recorded else "there is no recording to play"
