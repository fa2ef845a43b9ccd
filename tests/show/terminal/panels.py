"""Sessions at some moment, and the panels drawn of them."""

from collections.abc import Iterable
from dataclasses import replace as renewed
from datetime import datetime
from functools import cache
from typing import Any

from msgspec.structs import replace

from harness import events as e
from harness.model import ChaosKind, Schedule, SessionStage, Side, Variant
from harness.show.terminal.panel import Caption, draw_panel
from harness.state.board import Board
from tests.builders import (
    a_board,
    a_host,
    a_process,
    a_ready,
    a_spec,
    arming_events,
    some_events,
    sweep_events,
    trial_events,
)

BASELINE_S = 41.23


def a_caption(**changes: Any) -> Caption:
    fields: dict[str, Any] = {
        "run_id": "7c21",
        "schedule": Schedule.IN_TURN,
        "utc": datetime(2026, 11, 22, 9, 14, 7),
    }
    return Caption(**(fields | changes))


@cache
def board_of_a_run(workers: int, baseline_s: float, distributed_s: float, at: float) -> Board:
    """Return a run's board at a moment, folded once for all the sizes that it is drawn in."""
    return board_at(_events_of_a_run(workers, baseline_s, distributed_s), at)


@cache
def _events_of_a_run(workers: int, baseline_s: float, distributed_s: float) -> list[e.Event]:
    return some_events(workers, baseline_s, distributed_s)


def board_at(events: Iterable[e.Event], at: float) -> Board:
    return a_board([event for event in events if event.at <= at])


def draw(board: Board, at: float, columns: int = 80, rows: int = 24, **changes: Any) -> str:
    workers = changes.pop("workers", 2)
    spec = a_spec(workers=workers, **changes.pop("spec", {}))
    return draw_panel(board, spec, a_caption(**changes), at=at, columns=columns, rows=rows).plain


def draw_sweep(
    at: float,
    points: tuple[int, ...] = (1, 2, 4),
    rounds: int = 1,
    columns: int = 80,
    rows: int = 24,
    **changes: Any,
) -> str:
    """Return the panel of a sweep at that moment."""
    spec = a_spec(workers=points[-1], points=points, trials=rounds)
    board = board_at(sweep_events(points, rounds), at)
    return draw_panel(board, spec, a_caption(**changes), at=at, columns=columns, rows=rows).plain


def one_side_then_the_other(distributed_s: float = 20.0) -> list[e.Event]:
    """The baseline goes at 10 s and takes 40 s; the distributed side goes at 60 s."""
    return [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 40.0),
        *trial_events(Side.DISTRIBUTED, 60.0, distributed_s, order=1),
    ]


def armed_on_hosts_of(cores: int) -> list[e.Event]:
    """Return events that make the baseline and two workers ready, each on a host of its own."""
    homes = {Side.BASELINE: {"core": "h0"}, Side.DISTRIBUTED: {"w0": "h1", "w1": "h2"}}
    events: list[e.Event] = []
    for side, names in homes.items():
        workers = tuple(a_process(name, host=host) for name, host in names.items())
        hosts = tuple(a_host(id=host, cores=cores) for host in names.values())
        events.append(e.stamp(replace(a_ready(side), workers=workers, hosts=hosts), 1.0, side, 0))
    return events


def a_proof(stage: SessionStage, prompt: str) -> str:
    """Return the panel after a sweep, once a variant of the baseline was timed."""
    events = sweep_events((1, 2))
    rated = e.Rated(
        variant=Variant.TUNED,
        items_per_s=12_300.0,
        seconds=1.5,
        cores=1,
        name="micro_batch",
        value=384.0,
    )
    board = a_board([*events, e.stamp(rated, 120.0, Side.BASELINE, 0)])
    return draw_panel(
        board,
        a_spec(points=(1, 2)),
        a_caption(stage=stage, prompt=prompt),
        at=121.0,
        columns=80,
        rows=24,
    ).plain


STRUCK_AT = 60.0
"""The distributed side's go in a race whose workers are struck."""

STRUCK_SPEC = a_spec(chaos=("kill:w1@15%", "drain:w0@40%,notice=8s", "freeze:w1@70%,4s"), spares=2)

_ANOTHER = a_process("w1", pid=4100)
_SPARE = a_process("s0", pid=5000, affinity=(2,))
_STRIKES: tuple[tuple[float, e.Event], ...] = (
    (3.0, e.Struck(worker="w1", kind=ChaosKind.KILL)),
    (3.8, e.Faulted(worker="w1", reason="its process ended with SIGKILL", after_s=0.8)),
    (4.4, e.Recovered(worker="w1", process=_ANOTHER, seconds=0.6)),
    (4.9, e.CaughtUp(worker="w1", seconds=1.9, redone=3, lost_cpu_s=0.9)),
    (8.0, e.Struck(worker="w0", kind=ChaosKind.DRAIN, notice_s=8.0)),
    (15.5, e.Recovered(worker="w0", process=renewed(_SPARE, id="w0"), seconds=7.5)),
    (15.8, e.CaughtUp(worker="w0", seconds=7.8, redone=0, lost_cpu_s=0.0)),
    (14.0, e.Struck(worker="w1", kind=ChaosKind.FREEZE)),
    (18.0, e.Thawed(worker="w1", seconds=4.0)),
    (18.2, e.CaughtUp(worker="w1", seconds=4.2, redone=0, lost_cpu_s=0.0)),
)


@cache
def struck_events() -> tuple[e.Event, ...]:
    """Return one worker killed, one drained whose place a spare takes, and one frozen."""
    return struck_workers(_STRIKES)


def struck_workers(strikes: Iterable[tuple[float, e.Event]]) -> tuple[e.Event, ...]:
    """Return a race of 40 s and 20 s with these events so long after the distributed side's go."""
    spares = (_SPARE, a_process("s1", pid=5001, affinity=(3,)))
    events = [
        replace(event, spares=spares)
        if isinstance(event, e.Ready) and event.side is Side.DISTRIBUTED
        else event
        for event in one_side_then_the_other()
    ]
    added = [e.stamp(event, STRUCK_AT + seconds, Side.DISTRIBUTED, 0) for seconds, event in strikes]
    return tuple(sorted([*events, *added], key=lambda event: event.at))


def draw_struck(seconds: float, columns: int = 80, rows: int = 24) -> str:
    """Return the panel so many seconds after the distributed side's go."""
    at = STRUCK_AT + seconds
    board = board_at(struck_events(), at)
    return draw_panel(board, STRUCK_SPEC, a_caption(), at=at, columns=columns, rows=rows).plain
