from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from harness import events as e
from harness import text as words
from harness.model import CommandFacts, Schedule, SessionStage, Side, Variant
from harness.show.terminal.big_digits import SMALLEST, draw_digits
from harness.show.terminal.panel import Caption, draw_panel, elapsed, is_replaying
from harness.state.board import Board
from tests.builders import (
    a_board,
    a_host,
    a_process,
    a_ready,
    a_spec,
    an_input,
    arming_events,
    some_events,
    some_words,
    sweep_events,
    trial_events,
)
from tests.goldens import golden_text

SIZES = [(80, 24), (120, 40)]
BASELINE_S = 41.23
MOMENTS = {"arming": 3.0, "replay": 54.0, "finished": 200.0}
MOMENTS_OF_A_SWEEP = {
    "arming": 3.0,
    "baseline": 15.0,
    "first-point": 40.0,
    "second-point": 56.0,
    "second-round": 78.0,
    "finished": 200.0,
}


def a_caption(**changes: Any) -> Caption:
    fields: dict[str, Any] = {
        "run_id": "7c21",
        "schedule": Schedule.IN_TURN,
        "utc": datetime(2026, 11, 22, 9, 14, 7),
    }
    return Caption(**(fields | changes))


def seen(events: Iterable[e.Event], at: float) -> Board:
    return a_board([event for event in events if event.at <= at])


def shown(board: Board, at: float, columns: int = 80, rows: int = 24, **changes: Any) -> str:
    workers = changes.pop("workers", 2)
    spec = a_spec(workers=workers, **changes.pop("spec", {}))
    return draw_panel(board, spec, a_caption(**changes), at=at, columns=columns, rows=rows).plain


def swept(
    at: float,
    points: tuple[int, ...] = (1, 2, 4),
    rounds: int = 1,
    columns: int = 80,
    rows: int = 24,
    **changes: Any,
) -> str:
    """Return the panel of a sweep at that moment."""
    spec = a_spec(workers=points[-1], points=points, trials=rounds)
    board = seen(sweep_events(points, rounds), at)
    return draw_panel(board, spec, a_caption(**changes), at=at, columns=columns, rows=rows).plain


def one_side_then_the_other(distributed_s: float = 20.0) -> list[e.Event]:
    """The baseline goes at 10 s and takes 40 s; the distributed side goes at 60 s."""
    return [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 40.0),
        *trial_events(Side.DISTRIBUTED, 60.0, distributed_s, order=1),
    ]


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("workers", [1, 2, 8, 1000])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_panel_looks_as_it_did(columns: int, rows: int, workers: int, moment: str) -> None:
    events = some_events(workers, BASELINE_S, max(6.0, BASELINE_S / workers))
    picture = shown(seen(events, MOMENTS[moment]), MOMENTS[moment], columns, rows, workers=workers)

    assert picture == golden_text(f"panel-{columns}x{rows}-{workers}-{moment}", picture)


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("moment", MOMENTS_OF_A_SWEEP)
def test_the_panel_of_a_sweep_looks_as_it_did(columns: int, rows: int, moment: str) -> None:
    picture = swept(MOMENTS_OF_A_SWEEP[moment], (1, 2, 4), 2, columns, rows)

    assert picture == golden_text(f"sweep-{columns}x{rows}-{moment}", picture)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (81, 25), (100, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("workers", [1, 2, 5, 8, 40, 1000])
def test_every_frame_of_a_run_has_the_same_height(columns: int, rows: int, workers: int) -> None:
    events = some_events(workers, 10.0, 4.0)
    heights = {
        len(shown(seen(events, at), at, columns, rows, workers=workers).splitlines())
        for at in (0, 1, 3, 7, 9, 15, 21, 24, 90)
    }

    assert len(heights) == 1
    assert max(heights) <= rows - 1


@settings(max_examples=60)
@given(
    points=st.sets(st.sampled_from([1, 2, 3, 4, 8, 16, 40]), min_size=1).map(
        lambda some: tuple(sorted(some))
    ),
    rounds=st.integers(min_value=1, max_value=2),
    columns=st.integers(min_value=80, max_value=180),
    rows=st.integers(min_value=24, max_value=60),
    moments=st.lists(st.floats(min_value=0.0, max_value=300.0), min_size=2, max_size=4),
)
def test_every_frame_of_a_sweep_has_the_same_height_and_the_width_asked_for(
    points: tuple[int, ...], rounds: int, columns: int, rows: int, moments: list[float]
) -> None:
    events, spec = (
        sweep_events(points, rounds),
        a_spec(workers=points[-1], points=points, trials=rounds),
    )
    frames = [
        draw_panel(seen(events, at), spec, a_caption(), at=at, columns=columns, rows=rows)
        for at in moments
    ]

    assert len({len(frame.lines) for frame in frames}) == 1
    assert len(frames[0].lines) <= rows - 1
    assert {
        sum(cell_len(part.text) for part in line) for frame in frames for line in frame.lines
    } == {columns}


@pytest.mark.parametrize(("rows", "bars"), [(24, 9), (30, 14), (40, 24)])
def test_more_rows_show_more_workers(rows: int, bars: int) -> None:
    events = some_events(1000, 10.0, 4.0)
    picture = shown(seen(events, 21.0), 21.0, 100, rows, workers=1000)

    assert sum(f" w{place} " in picture for place in range(1000)) == bars


def test_a_wider_terminal_has_wider_bars() -> None:
    events = one_side_then_the_other()
    bars = [shown(seen(events, 75.0), 75.0, columns).count("█") for columns in (80, 90)]

    assert bars[0] < bars[1]


def test_the_baseline_is_replayed_from_a_common_zero() -> None:
    events = one_side_then_the_other()
    picture = shown(seen(events, 70.0), 70.0)
    clock = draw_digits("00:10.0", SMALLEST, 36)

    assert "REPLAY" in picture
    assert "LIVE" in picture
    assert [line for line in picture.splitlines() if line.count(clock[0].rstrip()) == 2]


def test_the_replay_goes_on_when_the_distributed_side_is_done() -> None:
    picture = shown(seen(one_side_then_the_other(), 90.0), 90.0)

    assert "REPLAY" in picture
    assert "gap 10.0 s and growing" in picture


def test_the_replay_ends_with_the_baselines_own_time() -> None:
    picture = shown(seen(one_side_then_the_other(), 101.0), 101.0)

    assert "REPLAY" not in picture
    assert "gap 20.0 s ·" in picture


def test_a_finished_lane_stops_its_clock() -> None:
    lane = seen(one_side_then_the_other(), 55.0).baseline

    assert elapsed(lane, 55.0) == elapsed(lane, 5000.0) == 40.0


def test_a_failed_lane_stops_its_clock_at_its_last_sign_of_life() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 9.0)[:3],
        e.stamp(e.Failed(reason="raised"), 12.0, Side.BASELINE, 0),
    ]

    assert elapsed(a_board(events).baseline, 500.0) == 1.0


def test_sides_that_ran_together_are_never_replayed() -> None:
    board = seen(one_side_then_the_other(), 70.0)

    assert [
        is_replaying(board, schedule, 70.0) for schedule in (Schedule.IN_TURN, Schedule.TOGETHER)
    ] == [True, False]


def test_a_baseline_that_ran_after_the_distributed_side_is_not_replayed() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.DISTRIBUTED, 10.0, 20.0),
        *trial_events(Side.BASELINE, 40.0, 40.0, order=1),
    ]

    assert not is_replaying(a_board(events), Schedule.IN_TURN, 45.0)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (3.0, "nothing is on the clock yet"),
        (20.0, "one side at a time, the same input"),
        (70.0, "from a common zero"),
        (85.0, "gap 5.00 s and growing"),
        (300.0, "gap 20.0 s ·"),
    ],
)
def test_the_gap_is_told_once_there_is_one(at: float, said: str) -> None:
    assert said in shown(seen(one_side_then_the_other(), at), at)


@pytest.mark.parametrize(("named", "says"), [(True, True), (False, False)])
def test_the_input_is_told_only_where_adopted_programs_name_it(named: bool, says: bool) -> None:
    adopted = CommandFacts(says_ready=True, input_named=named, compared="output")
    picture = shown(seen(one_side_then_the_other(), 20.0), 20.0, spec={"commands": adopted})

    assert "DISTRIBUTED · 2 workers" in picture
    assert [
        word in picture for word in ("the same input", f"input {words.digest(an_input().sha256)}")
    ] == [says, says]


def test_a_slower_distributed_side_is_said_to_be_behind() -> None:
    events = one_side_then_the_other(distributed_s=50.0)

    assert "gap 5.00 s and growing, Ray behind" in shown(seen(events, 105.0), 105.0)


def test_a_second_baseline_run_is_not_compared_before_it_has_passed_the_other() -> None:
    events = [*one_side_then_the_other(), e.stamp(e.Go(order=2), 90.0, Side.BASELINE, 1)]

    assert "one side at a time" in shown(a_board(events), 95.0)


def test_a_failed_side_leaves_no_gap() -> None:
    events = [*arming_events(), e.stamp(e.Failed(reason="no memory"), 6.0, Side.DISTRIBUTED, 0)]
    picture = shown(a_board(events), 7.0)

    assert "no gap: a side failed" in picture
    assert "distributed failed: no memory" in picture


@pytest.mark.parametrize(
    ("quality", "said"),
    [(0.975, "Δ +0.000 held"), (0.972, "Δ −0.003 held"), (0.9715, "Δ −0.0035 NOT HELD")],
)
def test_the_change_of_quality_is_judged_by_its_tolerance(quality: float, said: str) -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0, quality=quality),
    ]

    assert said in shown(a_board(events), 90.0)


def test_quality_is_computed_with_the_clock_stopped() -> None:
    events = [*arming_events(), *trial_events(Side.DISTRIBUTED, 10.0, 4.0)[:-1]]

    assert "clock stopped, computing quality" in shown(a_board(events), 15.0)


def test_workers_on_one_host_stand_for_machines_and_it_is_said() -> None:
    picture = shown(a_board(), 200.0)

    assert "BASELINE · 1 core " in picture
    assert "RAY · 2 workers " in picture
    assert "cores stand for machines" in picture


def armed_on_hosts_of(cores: int) -> list[e.Event]:
    """Both sides are ready: the baseline and two workers, of one core each, on three hosts of so many cores."""
    homes = {Side.BASELINE: {"core": "h0"}, Side.DISTRIBUTED: {"w0": "h1", "w1": "h2"}}
    events: list[e.Event] = []
    for side, names in homes.items():
        workers = tuple(a_process(name, host=host) for name, host in names.items())
        hosts = tuple(a_host(id=host, cores=cores) for host in names.values())
        events.append(e.stamp(replace(a_ready(side), workers=workers, hosts=hosts), 1.0, side, 0))
    return events


def test_workers_on_hosts_of_their_own_are_machines() -> None:
    picture = shown(a_board(armed_on_hosts_of(1)), 2.0)

    assert "BASELINE · 1 machine " in picture
    assert "RAY · 2 machines " in picture
    assert "cores stand for machines" not in picture


def test_workers_that_are_parts_of_their_hosts_are_no_machines() -> None:
    picture = shown(a_board(armed_on_hosts_of(8)), 2.0, 120, 40)

    assert "BASELINE · 1 core " in picture
    assert "RAY · 2 workers on 2 machines " in picture


def test_workers_that_are_parts_of_their_hosts_stand_for_machines_and_it_is_said() -> None:
    assert "cores stand for machines: a worker is a part of its host" in shown(
        a_board(armed_on_hosts_of(8)), 2.0
    )


def test_workers_on_several_machines_are_told_uncut_where_room_is_short() -> None:
    assert "─ RAY · 2 workers, 2 hosts ── READY ─" in shown(a_board(armed_on_hosts_of(8)), 2.0)


def test_nothing_stands_for_a_machine_before_the_workers_are_known() -> None:
    assert "stand for machines" not in shown(a_board([]), 0.0)


@pytest.mark.parametrize(
    ("at", "title"),
    [
        (6.0, "RAY · 4 workers ─"),
        (40.0, "RAY · 1 of 4 workers ─"),
        (56.0, "RAY · 2 of 4 workers ─"),
    ],
)
def test_a_sweep_tells_how_many_of_its_workers_have_a_part_now(at: float, title: str) -> None:
    assert title in swept(at)


def test_a_sweep_on_machines_of_their_own_counts_machines() -> None:
    events = [*armed_on_hosts_of(1), e.stamp(e.Go(order=0, workers=1), 3.0, Side.DISTRIBUTED, 0)]
    picture = shown(a_board(events), 4.0, spec={"points": (1, 2)})

    assert "BASELINE · 1 machine " in picture
    assert "RAY · 1 of 2 machines " in picture


def test_only_the_workers_that_have_a_part_in_a_point_have_rows() -> None:
    assert [f" w{place} " in swept(56.0) for place in range(4)] == [True, True, False, False]


def test_a_sweep_of_one_round_is_one_observation_a_point() -> None:
    assert "one observation a point" in swept(40.0)


def test_the_rounds_of_a_sweep_are_counted_once() -> None:
    picture = swept(40.0, rounds=2)

    assert "round 1 of 2" in picture
    assert "pair 1 of 2" not in picture


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


def test_the_proof_of_the_baseline_shows_what_is_measured_and_the_last_rate() -> None:
    picture = a_proof(SessionStage.PROVING, "proving the baseline: micro_batch 768")

    assert picture.endswith(" proving the baseline: micro_batch 768\n")
    assert "baseline with micro_batch 384: 12,300 samples/s" in picture


def test_a_rate_is_not_told_once_the_proof_is_over() -> None:
    assert "samples/s" not in a_proof(SessionStage.REPLAYING, "Enter skips the rest of the replay")


def test_the_quality_of_the_rehearsal_is_told_uncut() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0),
    ]
    picture = shown(
        a_board(events),
        90.0,
        spec={"workload": some_words(metric="pretend quality", tolerance=0.0)},
    )

    assert "│ pretend quality 0.975 · Δ ≤ 0.000    │" in picture
    assert "│ pretend quality 0.975, Δ +0.000 held │" in picture


def test_the_change_of_a_quality_with_a_long_name_is_told_uncut() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0, quality=0.9715),
    ]
    picture = shown(
        a_board(events), 90.0, spec={"workload": some_words(metric="normalized discounted gain")}
    )

    assert "│ 0.972 · Δ −0.0035 NOT HELD           │" in picture


def test_a_lost_worker_is_told_and_when_it_is_back() -> None:
    lost = [*arming_events(), e.stamp(e.Go(order=0), 10.0, Side.DISTRIBUTED, 0)]
    lost += [e.stamp(e.Faulted(worker="w1", reason="killed"), 14.2, Side.DISTRIBUTED, 0)]
    back = [
        *lost,
        e.stamp(
            e.Recovered(worker="w1", process=a_process("w1"), seconds=1.3),
            15.5,
            Side.DISTRIBUTED,
            0,
        ),
    ]

    assert "w1 LOST at 00:04.2: killed" in shown(a_board(lost), 15.0)
    assert "w1 LOST at 00:04.2, back after 1.30 s" in shown(a_board(back), 16.0)


def test_every_number_is_worded_by_the_one_formatter() -> None:
    board = a_board(one_side_then_the_other())
    lane = board.distributed
    picture = shown(board, 300.0)
    expected = [
        words.digest(lane.armed.input.sha256 if lane.armed.input else ""),
        words.moment(datetime(2026, 11, 22, 9, 14, 7)),
        f"{words.count(lane.done)} / {words.count(lane.armed.items)}",
        words.progress(lane.done, lane.armed.items),
        words.percent(0.98),
        words.quality(0.975, 0.003),
        words.change(0.0, 0.003),
        words.tolerance(0.003),
        words.seconds(20.0),
        words.seconds(lane.armed.startup_s or 0.0),
    ]
    clocks = [
        row.rstrip()
        for wall_s in (40.0, 20.0)
        for row in draw_digits(words.clock(wall_s), SMALLEST, 36)
    ]

    assert [written for written in (*expected, *clocks) if written not in picture] == []


def test_the_badge_leads_and_the_prompt_ends() -> None:
    picture = shown(a_board(), 200.0, badge="SIMULATED", prompt="Enter skips the replay")

    assert picture.startswith(" SIMULATED  train ")
    assert picture.endswith(" Enter skips the replay\n")


@pytest.mark.parametrize(
    ("prompt", "note"),
    [("", ": all workers share one host"), ("Enter skips the rest of the replay", "  ")],
)
def test_what_cores_stand_for_is_said_shorter_beside_a_prompt(prompt: str, note: str) -> None:
    footer = shown(a_board(), 200.0, prompt=prompt).splitlines()[-1]

    assert footer.startswith(f" cores stand for machines{note}")
    assert footer.endswith(prompt)


def test_the_header_of_a_rehearsal_keeps_its_name() -> None:
    header = shown(
        a_board(), 200.0, badge="SIMULATED", spec={"workload": some_words(name="simulated")}
    ).splitlines()[0]

    assert header == " SIMULATED  simulated · input c96c6d… · 2026-11-22 09:14:07Z · run 7c21"


def test_the_header_keeps_moment_and_run_where_room_is_short() -> None:
    header = shown(a_board(), 200.0, badge="RECORDING").splitlines()[0]

    assert header == " RECORDING  train · input c96c6d… · 2026-11-22 09:14:07Z · IN TURN · run 7c21"


def test_pairs_are_counted_where_there_are_several() -> None:
    board = a_board(some_events(pairs=2))

    assert "pair 2 of 6" in shown(board, 300.0, spec={"trials": 6})


@pytest.mark.parametrize(
    ("columns", "rows", "height"),
    [(79, 24, 3), (80, 23, 3), (200, 10, 3), (40, 4, 3), (60, 3, 1), (30, 1, 1)],
)
def test_a_terminal_that_is_too_small_still_shows_both_clocks(
    columns: int, rows: int, height: int
) -> None:
    picture = shown(seen(one_side_then_the_other(), 75.5), 75.5, columns, rows)

    assert len(picture.splitlines()) == height
    assert picture.count("00:15.5") == 2


def test_a_terminal_that_is_too_small_is_told_what_it_needs() -> None:
    assert "this terminal is 79×24, the panel needs 80×24" in shown(a_board(), 1.0, 79)


A_TIME = st.floats(min_value=-1e6, max_value=1e9)
A_COUNT = st.integers(min_value=-(2**40), max_value=2**53)
A_NAME = st.sampled_from(["core", "w0", "w1", "w9"]) | st.text(max_size=12)
A_SHARE = st.floats(min_value=-10, max_value=1e6)
A_PROCESS = st.builds(a_process, id=A_NAME, host=st.sampled_from(["h0", "h1"]))
EVENTS = st.one_of(
    st.builds(e.Launched, pid=A_COUNT),
    st.builds(
        replace,
        st.just(a_ready()),
        items=A_COUNT,
        unit=st.text(max_size=30),
        workers=st.lists(A_PROCESS, max_size=12).map(tuple),
        startup=st.dictionaries(st.text(max_size=9), A_TIME, max_size=3),
    ),
    st.builds(e.Probed, rate=A_SHARE, together=st.booleans()),
    st.builds(e.Go, order=A_COUNT, workers=st.integers(min_value=0, max_value=40)),
    st.builds(e.Progress, done=A_COUNT),
    st.builds(e.Span, worker=A_NAME, chunk=A_COUNT, items=A_COUNT, busy_s=A_TIME, cpu_s=A_TIME),
    st.builds(e.Sample, worker=A_NAME, cpu=A_SHARE, rss_bytes=A_COUNT),
    st.builds(e.Phase, name=st.text(max_size=9), seconds=A_TIME),
    st.builds(e.Faulted, worker=A_NAME, reason=st.text()),
    st.builds(e.Recovered, worker=A_NAME, process=A_PROCESS, seconds=A_TIME),
    st.builds(e.Finished, wall_s=A_TIME, cpu_s=A_TIME, peak_rss_bytes=A_COUNT, items=A_COUNT),
    st.builds(e.Scored, answer_sha256=st.text(), quality=A_SHARE),
    st.builds(e.Failed, reason=st.text(), last_words=st.text()),
    st.builds(
        e.Rated,
        variant=st.sampled_from(Variant),
        items_per_s=A_SHARE,
        seconds=A_TIME,
        cores=A_COUNT,
        name=st.text(),
        value=A_SHARE,
    ),
)
STAMPED = st.builds(
    e.stamp, EVENTS, A_TIME, st.sampled_from(Side), st.integers(min_value=0, max_value=3)
)
A_SIZE = st.tuples(st.integers(min_value=1, max_value=180), st.integers(min_value=1, max_value=60))


@settings(max_examples=300)
@given(
    st.lists(STAMPED, max_size=25),
    A_TIME,
    A_SIZE,
    st.sampled_from([(1, ()), (2, ()), (30, ()), (2, (1, 2, 5)), (30, tuple(range(1, 13)))]),
    st.text(),
    st.sampled_from(SessionStage),
    st.sampled_from(Schedule),
)
def test_whatever_happens_the_panel_draws_and_fits(
    events: list[e.Event],
    at: float,
    size: tuple[int, int],
    asked: tuple[int, tuple[int, ...]],
    text: str,
    stage: SessionStage,
    schedule: Schedule,
) -> None:
    (columns, rows), (workers, points) = size, asked
    spec = a_spec(
        workers=workers,
        points=points,
        oversubscribe=True,
        workload=some_words(name=text, metric=text, unit=text),
    )
    frame = draw_panel(
        a_board(events),
        spec,
        a_caption(run_id=text, badge=text, prompt=text, stage=stage, schedule=schedule),
        at=at,
        columns=columns,
        rows=rows,
    )

    assert len(frame.lines) <= max(1, rows - 1)
    assert {sum(cell_len(part.text) for part in line) for line in frame.lines} == {columns}
    assert all(mark.isprintable() for line in frame.lines for part in line for mark in part.text)
