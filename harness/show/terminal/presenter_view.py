"""The presenter's second screen: time left, what to say, how the run goes, and what is wrong.

Never for the audience. A scene is everything there is to show at one moment; drawing it is a total
function of the scene and the terminal's size. Reads no clock.
May import ``model``, ``talk``, ``text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from harness.model import Side
from harness.show.terminal.agenda import (
    LEAST_OVERRUN_S,
    beat_clock,
    beat_title,
    clock_digits,
    next_beat,
    slack_left,
    talk_clock,
    time_left,
)
from harness.show.terminal.big_digits import LARGE, MEDIUM, draw_digits
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
    wrap,
)
from harness.show.terminal.presenter_phrases import (
    TOO_LATE,
    FollowedRun,
    Variants,
    describe_deadline,
    describe_demo_end,
    describe_run,
    describe_side,
    find_warning,
    with_rehearsed,
)
from harness.talk.agenda import AgendaPosition, TalkProgress, position_at
from harness.talk.forecast import Deadline, DeadlineBasis, RehearsalHistory

SMALLEST_COLUMNS = 76
SMALLEST_ROWS = 22

ALARM = Style(bold=True, color="#ee0000")
"""Late, or stalled. Red with a contrast of 4.5:1 on black and on white; words say it, too."""

ALARM_LABEL = Style(bold=True, reverse=True, color="#ee0000")

_FACE = MEDIUM
_DIGITS_CELLS = 40
_LARGE_FACE = LARGE
_LARGE_DIGITS_CELLS = 60
_MOST_LARGE_DIGITS = len("12:00")
_LARGE_COLUMNS, _LARGE_ROWS = 100, 30
_OTHER_ROWS = 12
_SENTENCE_ROWS = 8
_LONGEST_LINE = 200


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One moment: the talk with ``now`` on its clock, the sentence to say, and the run.

    ``run`` is None while none is followed; ``history`` holds rehearsals of it. ``prompt`` says what
    keys do, ``note`` where the rest comes from, ``trouble`` what could not be read (empty:
    nothing). ``stall_after`` is in seconds.
    """

    progress: TalkProgress
    now: float
    sentence: str
    run: FollowedRun | None
    history: RehearsalHistory
    deadlines: tuple[Deadline, ...]
    stall_after: float
    note: str
    prompt: str
    trouble: str = ""

    @property
    def position(self) -> AgendaPosition:
        """Return how far the talk is."""
        return position_at(self.progress, self.now)


def draw_presenter_view(scene: Scene, *, columns: int, rows: int) -> Frame:
    """Draw a scene for a terminal of that size."""
    is_roomy = columns >= SMALLEST_COLUMNS and rows >= SMALLEST_ROWS
    lines = _large(scene, columns, rows) if is_roomy else _small(scene, columns, rows)
    return Frame(tuple(pad(line, columns) for line in lines))


def heartbeat(scene: Scene) -> str:
    """Return the state of the talk and the run in a line."""
    talk = [talk_clock(scene.position)] if scene.progress.going_on else []
    run = _run_lines(scene, _LONGEST_LINE) if scene.run is not None else [scene.note]
    return "; ".join([*talk, *run])


def _large(scene: Scene, columns: int, rows: int) -> list[Line]:
    inner = columns - 2
    digits = _digit_lines(scene, columns, rows)
    room = min(_SENTENCE_ROWS, rows - 1 - _OTHER_ROWS - len(digits))
    sentence = wrap(scene.sentence, inner - 6, room)
    header = justify(f" {scene.note}", "not for the audience", inner - 4)
    return [
        (piece(" CUE ", LABEL), piece(header)),
        _warning_line(scene, columns),
        (),
        *digits,
        (),
        *(
            (piece(" say  " if place == 0 else "      "), piece(line, STRONG))
            for place, line in enumerate(sentence)
        ),
        *(() for _ in range(room - len(sentence))),
        (),
        *((piece(f" {line}"),) for line in _run_lines(scene, inner)),
        (),
        *(
            (piece(f" {line}", _red(line.startswith(TOO_LATE))),)
            for line in _decision_lines(scene, inner)
        ),
        (piece(f" {justify('', scene.prompt, inner)}"),),
    ]


def _digit_lines(scene: Scene, columns: int, rows: int) -> list[Line]:
    """Return the time left in big digits, red where that is late, the talk's position beside."""
    position = scene.position
    clock = clock_digits(position)
    is_roomy = columns >= _LARGE_COLUMNS and rows >= _LARGE_ROWS
    is_large = is_roomy and len(clock) <= _MOST_LARGE_DIGITS
    face, cells = (_LARGE_FACE, _LARGE_DIGITS_CELLS) if is_large else (_FACE, _DIGITS_CELLS)
    digits = draw_digits(clock, face, cells - 2)
    late = position.left <= -LEAST_OVERRUN_S or position.spare <= -LEAST_OVERRUN_S
    beside = [*_position_lines(scene, columns - 2 - cells - 1), *[piece("")] * len(digits)]
    return [
        (piece(f" {row.ljust(cells)}", ALARM if late else STRONG), fact)
        for row, fact in zip(digits, beside, strict=False)
    ]


def _position_lines(scene: Scene, width: int) -> Iterator[Segment]:
    """Yield where the talk stands, in five lines of so many cells; what is late is red."""
    position, history = scene.position, scene.history
    present, following = position.beat, position.following
    overrun = position.beat_left <= -LEAST_OVERRUN_S
    yield piece(cut(time_left(position), width), _red(position.left <= -LEAST_OVERRUN_S))
    yield piece(cut(beat_title(position), width), STRONG)
    clock = with_rehearsed(_beat_clock(scene), present, history)
    yield piece(first_fitting(clock, width), ALARM if overrun else STRONG)
    yield piece(first_fitting(with_rehearsed(next_beat(position), following, history), width))
    yield piece(cut(slack_left(position), width), _red(position.spare <= -LEAST_OVERRUN_S))


def _red(late: bool) -> Style | None:
    return ALARM if late else None


def _small(scene: Scene, columns: int, rows: int) -> list[Line]:
    """Return the same in words for a small terminal, what matters most first."""
    position, room = scene.position, rows - 1
    facts = [
        time_left(position),
        ", ".join(filter(None, (beat_title(position), _beat_clock(scene)))),
        first_fitting(
            with_rehearsed(next_beat(position), position.following, scene.history), columns
        ),
        *_run_lines(scene, columns),
        *_decision_lines(scene, columns),
        cut(scene.trouble, columns),
    ]
    facts = [fact for fact in facts if fact]
    alarm = wrap(find_warning(scene.run, scene.stall_after), columns, 2)
    sentence = wrap(scene.sentence, columns, max(0, room - len(alarm) - len(facts) - 1))
    lines: list[Line] = [
        *((piece(line, ALARM_LABEL),) for line in alarm),
        *((piece(shorten(line, columns)),) for line in [*facts, *sentence]),
    ]
    prompt: Line = (piece(cut(scene.prompt, columns)),)
    return [*lines[: max(1, room - 1)], prompt][: max(1, room)]


def _beat_clock(scene: Scene) -> str:
    return beat_clock(scene.position) if scene.progress.began is not None else "not begun"


def _warning_line(scene: Scene, columns: int) -> Line:
    """Return what is wrong with the run; while nothing is, what could not be read."""
    alarm = find_warning(scene.run, scene.stall_after)
    if alarm:
        return (piece(f" {first_fitting([alarm], columns - 2)} ".ljust(columns), ALARM_LABEL),)
    return (piece(f" {cut(scene.trouble, columns - 2)}"),) if scene.trouble else ()


def _run_lines(scene: Scene, width: int) -> list[str]:
    """Return three lines about the run, whether there is one or not."""
    if scene.run is None:
        return ["no run is followed yet", "", ""]
    sides = [_first_fitting(describe_side(scene.run, side, scene.history), width) for side in Side]
    return [*sides, shorten(describe_run(scene.run, scene.history), width)]


def _first_fitting(variants: Variants, width: int) -> str:
    """Return the first variant that fits, else the last one cut.

    Unlike ``first_fitting`` it keeps several spaces in a row: the text is ours, not untrusted.
    """
    fitting = (variant for variant in variants if cell_len(variant) <= width)
    return next(fitting, shorten(variants[-1], width))


def _decision_lines(scene: Scene, width: int) -> list[str]:
    """Return two lines: until when to begin the demo, and during it when it must end."""
    position, lines = scene.position, list[str]()
    if position.place == position.agenda.demo:
        lines.append(first_fitting(describe_demo_end(position), width))
    for deadline in scene.deadlines:
        before_demo = position.place < position.agenda.demo
        in_demo = position.place == position.agenda.demo
        if before_demo or (in_demo and deadline.basis is DeadlineBasis.RECORDING):
            lines.append(first_fitting(describe_deadline(deadline, position), width))
    return [*lines, "", ""][:2]
