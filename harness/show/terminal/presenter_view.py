"""The presenter's second screen: time left, what to say, how the run goes, and what is wrong.

Never for the audience. A scene is everything there is to show at one moment; drawing it is a total
function of the scene and the terminal's size. Reads no clock.
May import ``model``, ``talk``, ``text`` and its neighbours in ``show``.
"""

from dataclasses import dataclass

from rich.cells import cell_len

from harness.model import Side
from harness.show.terminal.agenda import (
    beat_clock,
    beat_title,
    clock_digits,
    next_beat,
    slack_left,
    talk_clock,
    time_left,
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
    wrap,
)
from harness.show.terminal.presenter_phrases import (
    FollowedRun,
    Variants,
    describe_deadline,
    describe_demo_end,
    describe_run,
    describe_side,
    find_warning,
)
from harness.talk.agenda import AgendaPosition, TalkProgress, position_at
from harness.talk.forecast import Deadline, DeadlineBasis, RehearsalHistory

SMALLEST_COLUMNS = 76
SMALLEST_ROWS = 22

_FACE = FACES[1]
_DIGITS_CELLS = 40
_OTHER_ROWS = 17
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
    room = min(_SENTENCE_ROWS, rows - 1 - _OTHER_ROWS)
    sentence = wrap(scene.sentence, inner - 6, room)
    header = justify(f" {scene.note}", "not for the audience", inner - 4)
    return [
        (piece(" CUE ", LABEL), piece(header)),
        _warning_line(scene, columns),
        (),
        *_digit_lines(scene, inner),
        (),
        *(
            (piece(" say  " if place == 0 else "      "), piece(line, STRONG))
            for place, line in enumerate(sentence)
        ),
        *(() for _ in range(room - len(sentence))),
        (),
        *((piece(f" {line}"),) for line in _run_lines(scene, inner)),
        (),
        *((piece(f" {line}"),) for line in _decision_lines(scene, inner)),
        (piece(f" {justify('', scene.prompt, inner)}"),),
    ]


def _digit_lines(scene: Scene, inner: int) -> list[Line]:
    """Return the time left in big digits, with the talk's position beside them."""
    position = scene.position
    digits = draw_digits(clock_digits(position), _FACE, _DIGITS_CELLS - 2)
    facts = (
        (time_left(position), None),
        (beat_title(position), STRONG),
        (_beat_clock(scene), STRONG),
        (next_beat(position), None),
        (slack_left(position), None),
    )
    return [
        (
            piece(f" {row.ljust(_DIGITS_CELLS)}", STRONG),
            piece(cut(fact, inner - _DIGITS_CELLS - 1), style),
        )
        for row, (fact, style) in zip(digits, facts, strict=True)
    ]


def _small(scene: Scene, columns: int, rows: int) -> list[Line]:
    """Return the same in words for a small terminal, what matters most first."""
    position, room = scene.position, rows - 1
    facts = [
        time_left(position),
        ", ".join(filter(None, (beat_title(position), _beat_clock(scene)))),
        next_beat(position),
        *_run_lines(scene, columns),
        *_decision_lines(scene, columns),
        cut(scene.trouble, columns),
    ]
    facts = [fact for fact in facts if fact]
    alarm = wrap(find_warning(scene.run, scene.stall_after), columns, 2)
    sentence = wrap(scene.sentence, columns, max(0, room - len(alarm) - len(facts) - 1))
    lines: list[Line] = [
        *((piece(line, LABEL),) for line in alarm),
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
        return (piece(f" {first_fitting([alarm], columns - 2)} ".ljust(columns), LABEL),)
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
