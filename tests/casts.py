"""Recordings made without a terminal: panels drawn from a session's events at their own times.

They hold what asciinema would record of the session: the panel on the alternate screen every
quarter of a second, with a REC badge and the run's id in each frame, markers at their moments, and
the headline held on the normal screen at the end. May import everything.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from rich.console import Console

from demo.frame_changes import rewrite
from demo.terminal import ENTER_ALTERNATE_SCREEN, LEAVE_ALTERNATE_SCREEN
from harness import events as e
from harness.cast.format import CAST, MARKER, OUTPUT, Cast, Event, encode
from harness.files.journal import read
from harness.files.results import RESULTS_NAME, save
from harness.model import Kind, Results, Schedule, Side
from harness.report import Report
from harness.show.headline_text import headline_text
from harness.show.terminal.lines import Frame
from harness.show.terminal.panel import Caption, draw_panel
from harness.state.board import Board, apply
from harness.state.side import SideStage
from harness.state.to_results import results_of
from harness.takes.recordings import write_verdict
from tests.builders import some_events

REAL = Path(__file__).parent / "real"
COLUMNS = 100
ROWS = 30
EVERY_S = 0.25
HELD_S = 3.5
WHOLE_EVERY_FRAMES = 20
MARKS = ("armed", "go", "distributed go", "baseline done", "distributed done", "headline")


@cache
def real_cast(columns: int = COLUMNS, rows: int = ROWS, *, slower: float = 1.0) -> Cast:
    """Return a recording of the real sweep in ``tests/real``, ``slower`` times as long."""
    ending = headline_text(Report.load(REAL))
    events = [
        e.stamp(event, event.at * slower, event.side, event.trial)
        for event in read(REAL / "events.jsonl").events
    ]
    return record(events, ending, columns, rows)


@cache
def race_cast(
    baseline_s: float = 6.0, distributed_s: float = 3.5, *, columns: int = COLUMNS, rows: int = ROWS
) -> Cast:
    """Return a made-up race of one pair, run in turn, as it would be recorded."""
    return record(
        _race_events(baseline_s, distributed_s),
        headline_text(Report.of(race_results(baseline_s, distributed_s))),
        columns,
        rows,
    )


def race_results(baseline_s: float = 6.0, distributed_s: float = 3.5) -> Results:
    """Return the results file of that race."""
    return results_of(_folded(_race_events(baseline_s, distributed_s))[-1], "0" * 64)


def write_take(folder: Path) -> Path:
    """Write that race into a new folder, as the verified recording of a simulated one."""
    facts = race_results()
    workload = replace(facts.spec.workload, name="simulated")
    folder.mkdir(parents=True)
    (folder / CAST).write_bytes(encode(race_cast()))
    simulated = replace(facts, kind=Kind.SIMULATED, spec=replace(facts.spec, workload=workload))
    save(simulated, folder / RESULTS_NAME)
    write_verdict(folder, 0.05)
    return folder


def _race_events(baseline_s: float, distributed_s: float) -> list[e.Event]:
    """Return the events of a race whose screen cost nearly nothing, however short it was."""
    observed = e.Observed(cpu_s=0.01, frames=100, longest_gap_s=0.3, foreign_cpu=0.01)
    events = some_events(2, baseline_s, distributed_s)
    return [
        e.stamp(observed, event.at, event.side, 0) if isinstance(event, e.Observed) else event
        for event in events
    ]


def record(events: Sequence[e.Event], ending: str, columns: int, rows: int) -> Cast:
    """Return the recording of a session from its first launch; it ends with a text."""
    boards, ended = _folded(events), events[-1].at
    opened = boards[0].opened
    assert opened is not None
    began = datetime.fromisoformat(opened.began_utc)
    frames = [
        (0.0, ENTER_ALTERNATE_SCREEN),
        *_frames(events, boards, began, columns, rows),
        (ended, LEAVE_ALTERNATE_SCREEN),
    ]
    lines = ending.replace("\n", "\r\n")
    outputs = [*frames, (ended + 0.02, lines), (ended + 0.02 + HELD_S, "\r\n")]
    output = [Event(round(at, 6), OUTPUT, text) for at, text in outputs]
    markers = [
        Event(round(at, 6), MARKER, label)
        for at, label in zip((*_moments(events), ended + 0.02), MARKS, strict=True)
    ]
    merged = sorted([*markers, *output], key=lambda event: event.at)
    return Cast(
        columns=columns,
        rows=rows,
        began=began.timestamp(),
        events=tuple(merged),
        title=f"{opened.spec.workload.name} · run {opened.run_id}",
    )


def _moments(events: Sequence[e.Event]) -> Iterator[float]:
    """Yield when both sides were ready, then when each started first and stopped last."""
    yield max(event.at for event in events if isinstance(event, e.Ready))
    for side in Side:
        yield min(event.at for event in events if isinstance(event, e.Go) and event.side is side)
    for side in Side:
        yield max(
            event.at for event in events if isinstance(event, e.Finished) and event.side is side
        )


def _folded(events: Sequence[e.Event]) -> list[Board]:
    """Return the board after each of the events."""
    boards = [Board()]
    for event in events:
        boards.append(apply(boards[-1], event))
    return boards[1:]


def _frames(
    events: Sequence[e.Event], boards: Sequence[Board], began: datetime, columns: int, rows: int
) -> Iterator[tuple[float, str]]:
    """Yield a frame every quarter of a second, in the bytes that the live screen writes."""
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        width=columns,
        height=rows,
    )
    opened = boards[0].opened
    assert opened is not None
    shown: Frame | None = None
    for place in range(1, int(events[-1].at / EVERY_S)):
        at = place * EVERY_S
        board = next(
            board
            for board, event in zip(reversed(boards), reversed(events), strict=True)
            if event.at <= at
        )
        utc, prompt = began + timedelta(seconds=at), _prompt(board)
        caption = Caption(
            run_id=opened.run_id,
            schedule=board.schedule or Schedule.IN_TURN,
            utc=utc,
            badge="REC",
            prompt=prompt,
        )
        frame = draw_panel(board, opened.spec, caption, at=at, columns=columns, rows=rows)
        before = shown if place % WHOLE_EVERY_FRAMES != 1 else None
        yield at, f"\x1b[H{rewrite(frame, before, console)}"
        shown = frame


def _prompt(board: Board) -> str:
    """Return the prompt that the race would show."""
    if board.rates:
        return "proving the baseline"
    return "arming" if board.distributed.stage in (SideStage.WAITING, SideStage.ARMING) else ""
