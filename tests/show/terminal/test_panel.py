from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from harness import events as e
from harness import text
from harness.model import Schedule, SessionStage, Side, Variant
from harness.show.terminal.big_digits import SMALLEST, draw_digits
from harness.show.terminal.panel import draw_panel, elapsed, is_replaying
from tests.builders import (
    a_board,
    a_process,
    a_ready,
    a_spec,
    arming_events,
    some_words,
    sweep_events,
    trial_events,
)
from tests.goldens import golden_text
from tests.show.terminal.panels import (
    BASELINE_S,
    a_caption,
    board_at,
    board_of_a_run,
    draw,
    draw_sweep,
    one_side_then_the_other,
)

SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]


MOMENTS = {"arming": 3.0, "replay": 54.0, "finished": 200.0}


MOMENTS_OF_A_SWEEP = {
    "arming": 3.0,
    "baseline": 15.0,
    "first-point": 40.0,
    "second-point": 56.0,
    "second-round": 78.0,
    "finished": 200.0,
}


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("workers", [1, 2, 8, 64, 1000])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_panel_looks_as_it_did(columns: int, rows: int, workers: int, moment: str) -> None:
    distributed_s, at = max(6.0, BASELINE_S / workers), MOMENTS[moment]
    board = board_of_a_run(workers, BASELINE_S, distributed_s, at)
    picture = draw(board, at, columns, rows, workers=workers)

    assert picture == golden_text(f"panel-{columns}x{rows}-{workers}-{moment}", picture)


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("moment", MOMENTS_OF_A_SWEEP)
def test_the_panel_of_a_sweep_looks_as_it_did(columns: int, rows: int, moment: str) -> None:
    picture = draw_sweep(MOMENTS_OF_A_SWEEP[moment], (1, 2, 4), 2, columns, rows)

    assert picture == golden_text(f"sweep-{columns}x{rows}-{moment}", picture)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (81, 25), (100, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("workers", [1, 2, 5, 8, 40, 1000])
def test_every_frame_of_a_run_has_the_same_height(columns: int, rows: int, workers: int) -> None:
    moments = {at: board_of_a_run(workers, 10.0, 4.0, at) for at in (0, 1, 3, 7, 9, 15, 21, 24, 90)}
    heights = {
        len(draw(board, at, columns, rows, workers=workers).splitlines())
        for at, board in moments.items()
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
        draw_panel(board_at(events, at), spec, a_caption(), at=at, columns=columns, rows=rows)
        for at in moments
    ]

    assert len({len(frame.lines) for frame in frames}) == 1
    assert len(frames[0].lines) <= rows - 1
    assert {
        sum(cell_len(part.text) for part in line) for frame in frames for line in frame.lines
    } == {columns}


@pytest.mark.parametrize(("rows", "bars"), [(24, 14), (30, 18), (40, 30)])
def test_more_rows_show_more_workers(rows: int, bars: int) -> None:
    picture = draw(board_of_a_run(1000, 10.0, 4.0, 21.0), 21.0, 100, rows, workers=1000)

    assert sum(f" w{place} " in picture for place in range(1000)) == bars


def test_a_wider_terminal_has_wider_bars() -> None:
    events = one_side_then_the_other()
    bars = [draw(board_at(events, 75.0), 75.0, columns).count("█") for columns in (80, 90)]

    assert bars[0] < bars[1]


def test_the_baseline_is_replayed_from_a_common_zero() -> None:
    events = one_side_then_the_other()
    picture = draw(board_at(events, 70.0), 70.0)
    clock = draw_digits("00:10.0", SMALLEST, 36)

    assert "REPLAY" in picture
    assert "LIVE" in picture
    assert [line for line in picture.splitlines() if line.count(clock[0].rstrip()) == 2]


def test_the_replay_goes_on_when_the_distributed_side_is_done() -> None:
    picture = draw(board_at(one_side_then_the_other(), 90.0), 90.0)

    assert "REPLAY" in picture
    assert "gap 10.0 s" in picture


def test_the_replay_ends_with_the_baselines_own_time() -> None:
    picture = draw(board_at(one_side_then_the_other(), 101.0), 101.0)

    assert "REPLAY" not in picture
    assert "─ gap 20.0 s ─" in picture


def test_a_finished_lane_stops_its_clock() -> None:
    lane = board_at(one_side_then_the_other(), 55.0).baseline

    assert elapsed(lane, 55.0) == elapsed(lane, 5000.0) == 40.0


def test_a_clock_that_has_stopped_shows_the_time_that_the_headline_tells() -> None:
    events = [*arming_events(), *trial_events(Side.BASELINE, 10.0, 11.57)]

    assert "BASELINE DONE 00:11.6" in draw(a_board(events), 30.0, columns=79)
    assert "BASELINE LIVE 00:11.5" in draw(a_board(events[:-2]), 21.56, columns=79)


def test_a_failed_lane_stops_its_clock_at_its_last_sign_of_life() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 9.0)[:3],
        e.stamp(e.Failed(reason="raised"), 12.0, Side.BASELINE, 0),
    ]

    assert elapsed(a_board(events).baseline, 500.0) == 1.0


def test_sides_that_ran_together_are_never_replayed() -> None:
    board = board_at(one_side_then_the_other(), 70.0)

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


def test_every_number_is_worded_by_the_one_formatter() -> None:
    board = a_board(one_side_then_the_other())
    lane = board.distributed
    picture = draw(board, 300.0)
    expected = [
        text.digest(lane.armed.input.sha256 if lane.armed.input else ""),
        text.moment(datetime(2026, 11, 22, 9, 14, 7)),
        f"{text.count(lane.done)} / {text.count(lane.armed.items)}",
        text.progress(lane.done, lane.armed.items),
        text.percent(0.98),
        text.quality(0.975, 0.003),
        text.change(0.0, 0.003),
        text.tolerance(0.003),
        text.seconds(20.0),
        text.seconds(lane.armed.startup_s or 0.0),
    ]
    clocks = [
        row.rstrip()
        for wall_s in (40.0, 20.0)
        for row in draw_digits(text.clock(wall_s), SMALLEST, 36)
    ]

    assert [written for written in (*expected, *clocks) if written not in picture] == []


def test_the_badge_leads_and_the_prompt_ends() -> None:
    picture = draw(a_board(), 200.0, badge="SIMULATED", prompt="Enter skips the replay")

    assert picture.startswith(" SIMULATED  train ")
    assert picture.endswith(" Enter skips the replay\n")


def test_the_header_of_a_rehearsal_keeps_its_name() -> None:
    header = draw(
        a_board(), 200.0, badge="SIMULATED", spec={"workload": some_words(name="simulated")}
    ).splitlines()[0]

    assert header == " SIMULATED  simulated · input c96c6d… · 2026-11-22 09:14:07Z · run 7c21"


def test_the_header_keeps_moment_and_run_where_room_is_short() -> None:
    header = draw(a_board(), 200.0, badge="RECORDING").splitlines()[0]

    assert header == " RECORDING  train · input c96c6d… · 2026-11-22 09:14:07Z · IN TURN · run 7c21"


@pytest.mark.parametrize(
    ("columns", "rows", "height"),
    [(79, 24, 3), (80, 23, 3), (200, 10, 3), (40, 4, 3), (60, 3, 1), (30, 1, 1)],
)
def test_a_terminal_that_is_too_small_still_shows_both_clocks(
    columns: int, rows: int, height: int
) -> None:
    picture = draw(board_at(one_side_then_the_other(), 75.5), 75.5, columns, rows)

    assert len(picture.splitlines()) == height
    assert picture.count("00:15.5") == 2


def test_a_terminal_that_is_too_small_is_shown_what_it_needs() -> None:
    assert "this terminal is 79×24, the panel needs 80×24" in draw(a_board(), 1.0, 79)


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
    printed: str,
    stage: SessionStage,
    schedule: Schedule,
) -> None:
    (columns, rows), (workers, points) = size, asked
    spec = a_spec(
        workers=workers,
        points=points,
        oversubscribe=True,
        workload=some_words(name=printed, metric=printed, unit=printed),
    )
    frame = draw_panel(
        a_board(events),
        spec,
        a_caption(run_id=printed, badge=printed, prompt=printed, stage=stage, schedule=schedule),
        at=at,
        columns=columns,
        rows=rows,
    )

    assert len(frame.lines) <= max(1, rows - 1)
    assert {sum(cell_len(part.text) for part in line) for line in frame.lines} == {columns}
    assert all(mark.isprintable() for line in frame.lines for part in line for mark in part.text)
