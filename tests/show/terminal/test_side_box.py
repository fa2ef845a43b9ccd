from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.model import CapacitySearch, ChaosKind, Fault, ProcessState, Side
from harness.show.terminal.big_digits import SMALLEST
from harness.show.terminal.lines import DISTRIBUTED_PAINT, Frame
from harness.show.terminal.side_box import Layout, draw_box
from harness.show.terminal.side_view import SideStatus, SideView
from harness.state.series import Series
from harness.state.side import ArmedSide, SideStage, SideState
from harness.state.stalls import Stall
from harness.state.worker import WorkerState
from tests.builders import a_board, a_process, arming_events, trial_events
from tests.capacities import a_search
from tests.services import a_rate_search

WENT_AT = 10.0


def some_workers(*shares: float | None, **changes: Any) -> tuple[WorkerState, ...]:
    seen = {"sampled_at": WENT_AT + 4.0} | changes
    return tuple(
        WorkerState(process=a_process(f"w{place}"), cpu=share, **seen)
        for place, share in enumerate(shares)
    )


def a_lane(workers: Sequence[WorkerState] = (), **changes: Any) -> SideState:
    lane = SideState(
        side=Side.DISTRIBUTED,
        stage=SideStage.RUNNING,
        armed=ArmedSide(unit="samples", items=2000),
        done=500,
        started_at=WENT_AT,
        workers=tuple(workers),
    )
    return replace(lane, **changes)


def a_layout(width: int, worker_rows: int, air: int = 0) -> Layout:
    return Layout(width=width, face=SMALLEST, worker_rows=worker_rows, air=air)


def a_view(lane: SideState, **changes: Any) -> SideView:
    fields: dict[str, Any] = {
        "status": SideStatus.LIVE,
        "titles": ("RAY · 2 workers",),
        "elapsed": 5.0,
        "at": WENT_AT + 5.0,
        "cores": 1,
        "workers": 2,
        "quality_lines": ("",),
        "paint": DISTRIBUTED_PAINT,
    }
    return SideView(lane=lane, **(fields | changes))


def rows(view: SideView, worker_rows: int = 2, width: int = 40) -> list[str]:
    """Return what stands between the walls of the box, from the progress bar down."""
    drawn = Frame(draw_box(view, a_layout(width, worker_rows))).plain.splitlines()
    return [line[2:-2].rstrip() for line in drawn[6:-1]]


def test_a_side_shows_its_progress_and_its_items() -> None:
    assert rows(a_view(a_lane()))[:2] == [
        "███████▌──────────────────────  25 %",
        "500 / 2,000 samples",
    ]


def test_progress_is_not_complete_before_the_clock_has_stopped() -> None:
    assert rows(a_view(a_lane(done=2000)))[0].endswith(" 99 %")


def test_a_side_that_reports_no_progress_says_so() -> None:
    assert (
        rows(a_view(a_lane(armed=ArmedSide(unit="samples", items=0), done=0)))[1]
        == "reports no progress"
    )


def test_each_worker_has_a_bar() -> None:
    assert rows(a_view(a_lane(some_workers(0.5, 1.0))))[2:4] == [
        "w0   ▄▄▄▄▄▄▄▄▄▄▄▄▖────────────  50 %",
        "w1   ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ 100 %",
    ]


def test_a_worker_of_two_cores_is_full_when_both_are() -> None:
    assert rows(a_view(a_lane(some_workers(2.0)), cores=2))[2].endswith("▄ 100 %")


def test_a_worker_not_seen_yet_has_no_number() -> None:
    assert rows(a_view(a_lane(some_workers(None, sampled_at=None))))[2] == f"w0   {'─' * 25}     —"


def test_what_a_worker_does_stands_beside_a_shorter_bar() -> None:
    lane = a_lane(some_workers(0.5, 1.0, activity="seeker · base of OrderedDict"))
    assert rows(a_view(lane), width=50)[2:4] == [
        "w0  ▄▄▄▄▄▄──────  50 % seeker · base of Order…",
        "w1  ▄▄▄▄▄▄▄▄▄▄▄▄ 100 % seeker · base of Order…",
    ]


def test_what_a_worker_does_is_left_out_where_little_of_it_could_be_read() -> None:
    lane = a_lane(some_workers(0.5, activity="seeker · base of OrderedDict"))
    assert rows(a_view(lane), width=34)[2] == "w0   ▄▄▄▄▄▄▄▄▄▖─────────  50 %"


def test_what_a_worker_does_makes_room_for_a_remark() -> None:
    lane = a_lane(some_workers(0.9, sampled_at=WENT_AT + 1.5, activity="seeker"))
    assert rows(a_view(lane))[2].endswith(" 90 % 3.50 s old")


def test_what_a_worker_did_last_is_not_shown_once_it_has_finished() -> None:
    lane = a_lane(some_workers(0.5, activity="seeker"))
    assert "seeker" in rows(a_view(lane))[2]
    assert "seeker" not in rows(a_view(lane, status=SideStatus.DONE))[2]


def test_what_a_worker_says_moves_no_cursor() -> None:
    lane = a_lane(some_workers(0.5, activity="see\x1b[2Jk\ner"))
    assert "50 % seek er" in rows(a_view(lane))[2]


def test_a_stale_worker_shows_its_age() -> None:
    assert rows(a_view(a_lane(some_workers(0.9, sampled_at=WENT_AT + 1.5))))[2].endswith(
        " 90 % 3.50 s old"
    )


def test_a_worker_seen_two_seconds_ago_is_not_stale() -> None:
    assert rows(a_view(a_lane(some_workers(0.9, sampled_at=WENT_AT + 3.0))))[2].endswith(" 90 %")


@pytest.mark.parametrize(("after_s", "said"), [(1.0, "     —"), (3.5, "     — 3.50 s old")])
def test_a_worker_last_seen_in_the_trial_before_is_as_stale_as_this_trial_is_old(
    after_s: float, said: str
) -> None:
    lane = a_lane(some_workers(None, sampled_at=WENT_AT - 60.0))

    assert rows(a_view(lane, at=WENT_AT + after_s))[2].endswith(f"─{said}")


def test_a_title_is_as_long_as_there_is_room() -> None:
    view = a_view(a_lane(), titles=("RAY · 2 workers on 2 machines", "RAY · 2 workers, 2 hosts"))

    drawn = [Frame(draw_box(view, a_layout(width, 2))).plain for width in (60, 40)]

    assert ["2 machines" in text for text in drawn] == [True, False]
    assert "RAY · 2 workers, 2 hosts ─" in drawn[1]


def test_a_replayed_worker_is_not_stale() -> None:
    assert rows(a_view(a_lane(some_workers(0.9, sampled_at=1.0)), status=SideStatus.REPLAY))[
        2
    ].endswith(" 90 %")


def test_a_lost_worker_is_lost_in_words() -> None:
    lane = a_lane(some_workers(None, lost_at=WENT_AT + 4.2))

    assert rows(a_view(lane))[2].endswith("— LOST 800 ms")


def test_the_box_counts_its_lost_workers() -> None:
    lane = a_lane(some_workers(None, None, lost_at=WENT_AT + 4.2))

    assert "LIVE · 2 LOST" in Frame(draw_box(a_view(lane), a_layout(40, 2))).plain


@pytest.mark.parametrize(("elapsed", "said"), [(3.4, True), (8.2, True), (8.4, False)])
def test_a_returned_worker_is_marked_for_five_seconds(elapsed: float, said: bool) -> None:
    lane = a_lane(
        some_workers(0.9, sampled_at=WENT_AT + elapsed),
        faults=(Fault("w0", "killed", at_s=2.0, cost_s=1.3),),
    )

    assert (
        "back after 1.30 s" in rows(a_view(lane, elapsed=elapsed, at=WENT_AT + elapsed))[2]
    ) is said


def test_a_finished_worker_shows_its_mean() -> None:
    workers = some_workers(0.01, utilization=Series(((1.0, 0.8), (2.0, 0.6))))
    lane = a_lane(workers, stage=SideStage.FINISHED, wall_s=5.0)

    assert rows(a_view(lane, status=SideStatus.DONE))[2].endswith(" 70 % mean")


def test_workers_without_a_row_are_folded_into_one_line() -> None:
    lane = a_lane(some_workers(0.5, 0.91, 0.97, 0.99, 0.95))

    assert rows(a_view(lane, workers=5))[2:4] == [
        "w0  ▄▄▄▖───  50 %  w1  ▄▄▄▄▄▄─  91 %",
        "+ 3 more: min 95 median 97 max 99 %",
    ]


def test_the_fold_is_shorter_where_room_is_short() -> None:
    lane = a_lane(some_workers(*[0.9] * 1001))

    assert (
        rows(a_view(lane, workers=1001), worker_rows=1)[2] == "+ 1,001: min 90 median 90 max 90 %"
    )


def test_the_fold_counts_its_lost_workers() -> None:
    workers = (*some_workers(0.9, 0.8), *some_workers(None, lost_at=12.0))

    assert rows(a_view(a_lane(workers), workers=3), worker_rows=1)[2] == "+ 3: 80 to 90 % · 1 LOST"


def test_workers_that_were_asked_for_have_rows_before_they_exist() -> None:
    lane = SideState(
        side=Side.DISTRIBUTED, stage=SideStage.ARMING, armed=ArmedSide(launched_at=0.0)
    )

    assert [line.split()[0] for line in rows(a_view(lane, status=SideStatus.ARMING))[2:4]] == [
        "w0",
        "w1",
    ]


def test_an_arming_side_shows_how_long_it_has_been_at_it() -> None:
    lane = SideState(
        side=Side.DISTRIBUTED, stage=SideStage.ARMING, armed=ArmedSide(launched_at=0.2)
    )

    assert rows(a_view(lane, at=3.0))[1] == "00:02.8 loading, warming up"


def test_an_arming_side_that_waits_for_hosts_says_so_in_the_width_that_it_has() -> None:
    waiting = ArmedSide(launched_at=0.2, awaited_workers=2, awaited_s=41.0)
    lane = SideState(side=Side.DISTRIBUTED, stage=SideStage.ARMING, armed=waiting)

    assert rows(a_view(lane), width=40)[1] == "waiting for hosts: 2 workers, 41 s"
    assert "room for 2 more workers" in rows(a_view(lane), width=80)[1]


def test_an_armed_side_shows_its_start_up_the_longest_step_first() -> None:
    lane = a_board(arming_events()).distributed

    assert rows(a_view(lane), width=60)[1] == "armed in 5.00 s · load 0.700 s · import 0.500 s"


def test_a_failed_side_says_why() -> None:
    lane = a_lane(stage=SideStage.FAILED, reason="it raised ValueError\x1b[2J")

    assert rows(a_view(lane, status=SideStatus.FAILED))[1] == "failed: it raised ValueError"


def test_a_hostile_worker_name_is_cut() -> None:
    process = a_process("\x1b[31m" + "世" * 50)

    assert rows(a_view(a_lane([WorkerState(process=process, cpu=1.0, sampled_at=15.0)])))[
        2
    ].startswith("世世… ▄")


@pytest.mark.parametrize("air", [0, 1, 3])
def test_a_box_has_the_rows_its_layout_says(air: int) -> None:
    layout = a_layout(40, 3, air)
    board = a_board([*arming_events(), *trial_events(Side.DISTRIBUTED, 10.0, 5.0)])

    assert len(draw_box(a_view(board.distributed), layout)) == layout.rows


def test_an_event_of_a_worker_is_shown_in_its_row() -> None:
    events = [*arming_events(), e.stamp(e.Go(order=0), 10.0, Side.DISTRIBUTED, 0)]
    sample = e.stamp(e.Sample(worker="w1", cpu=0.42, rss_bytes=1), 11.0, Side.DISTRIBUTED, 0)

    assert rows(a_view(a_board([*events, sample]).distributed, at=11.5))[3].endswith(" 42 %")


@pytest.mark.parametrize(
    ("status", "reversed_too"), [(SideStatus.LIVE, None), (SideStatus.DONE, True)]
)
def test_a_clock_has_its_sides_colour_and_is_reversed_once_it_has_stopped(
    status: SideStatus, reversed_too: bool | None
) -> None:
    clock = draw_box(a_view(a_lane(), status=status), a_layout(40, 2))[2]
    digits = next(part for part in clock if "█" in part.text)

    assert digits.style is not None
    assert digits.style.color == DISTRIBUTED_PAINT.color
    assert digits.style.reverse is reversed_too


def test_a_stopped_clock_stands_on_a_block_that_is_higher_than_its_digits() -> None:
    view = a_view(a_lane(), status=SideStatus.DONE)
    lines = Frame(draw_box(view, a_layout(40, 2, 1))).plain.splitlines()

    assert [lines[row][1:38] for row in (1, 6)] == ["▄" * 37, "▀" * 37]


def test_a_worker_with_rows_to_spare_has_its_history_below_its_bar() -> None:
    points = tuple((second / 2, 1.0) for second in range(11))
    lane = a_lane(some_workers(1.0, 1.0, utilization=Series(points)))

    assert rows(a_view(lane), worker_rows=4)[2:6] == [
        "w0   ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ 100 %",
        "▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆",
        "w1   ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ 100 %",
        "▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆",
    ]


def test_a_history_is_five_rows_high_at_most_and_says_what_its_ends_mean() -> None:
    points = tuple((second / 2, 1.0) for second in range(11))
    lane = a_lane(some_workers(1.0, utilization=Series(points)))

    drawn = rows(a_view(lane, workers=1), worker_rows=20)[2:22]

    assert drawn[0] == "utilization, 0:00 to 0:10"
    assert [line.endswith("╴100 %") for line in drawn].index(True) == 2
    assert [line.endswith("╴  0 %") for line in drawn].index(True) == 6
    assert not any(drawn[7:])


def test_what_histories_show_is_said_once_a_box() -> None:
    lane = a_lane(some_workers(1.0, 1.0, 1.0))

    drawn = rows(a_view(lane, workers=3), worker_rows=20)

    assert sum("utilization" in line for line in drawn) == 1


def test_many_workers_stand_in_columns_in_which_a_remark_takes_the_bars_place() -> None:
    workers = some_workers(*[0.5] * 3, None)
    gone = replace(workers[3], lost_at=WENT_AT + 4.2)
    lane = a_lane((*workers[:3], gone))

    assert rows(a_view(lane, workers=4))[2:4] == [
        "w0  ▄▄▄▖───  50 %  w2  ▄▄▄▖───  50 %",
        "w1  ▄▄▄▖───  50 %  w3  LOST 800 ms",
    ]


def an_armed_lane(search: CapacitySearch | None, side: Side = Side.BASELINE) -> SideState:
    """Return a side that is ready, and searched the largest model that it holds."""
    armed = ArmedSide(unit="bytes", items=2000, launched_at=1.0, ready_at=4.0, capacity=search)
    return a_lane(side=side, armed=armed, started_at=None, stage=SideStage.READY, done=0)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (a_search(), "IN MEMORY · OUT OF MEMORY at 144 MiB"),
        (a_search(largest=700), "armed in 3.00 s"),
        (None, "armed in 3.00 s"),
    ],
)
def test_a_baseline_whose_model_has_no_room_says_so_before_its_clock_starts(
    search: CapacitySearch | None, said: str
) -> None:
    view = a_view(an_armed_lane(search), elapsed=0.0, status=SideStatus.READY)
    assert rows(view)[1] == said


def test_a_narrow_box_still_names_the_memory() -> None:
    view = a_view(an_armed_lane(a_search()), elapsed=0.0, status=SideStatus.READY)
    assert rows(view, width=32)[1] == "OUT OF MEMORY at 144 MiB"


def test_the_workers_box_says_nothing_of_one_device() -> None:
    lane = an_armed_lane(a_search(2), Side.DISTRIBUTED)
    assert rows(a_view(lane, elapsed=0.0, status=SideStatus.READY))[1] == "armed in 3.00 s"


def test_the_notice_gives_way_to_the_items_soon_after_go() -> None:
    lane = replace(an_armed_lane(a_search()), started_at=WENT_AT, stage=SideStage.RUNNING, done=500)
    at_start, later = (rows(a_view(lane, elapsed=seconds))[1] for seconds in (1.0, 4.0))
    assert (at_start, later) == ("IN MEMORY · OUT OF MEMORY at 144 MiB", "500 / 2,000 bytes")


def test_a_baseline_that_was_done_soon_shows_its_items() -> None:
    lane = replace(an_armed_lane(a_search()), started_at=WENT_AT, stage=SideStage.FINISHED)
    done = replace(lane, done=2000, wall_s=2.0, items_finished=2000)
    view = a_view(done, elapsed=2.0, status=SideStatus.DONE)
    assert rows(view)[1] == "2,000 / 2,000 bytes"


def test_a_side_that_arms_climbs_a_ramp_of_rates_to_the_one_that_breaks() -> None:
    search = a_rate_search()
    drawn = []
    for count in (1, 2, 3):
        armed = ArmedSide(launched_at=1.0, loads=search.loads[:count])
        lane = a_lane(armed=armed, started_at=None, stage=SideStage.ARMING, done=0)
        drawn += [line for line in rows(a_view(lane), width=72) if "p99" in line]
    assert drawn == [
        "offered 71.4/s ████████░░ p99 80.0 ms of 100 ms",
        "offered 73.2/s ██████████▶ p99 180 ms of 100 ms",
        "73.2/s ██████████▶ p99 180 ms of 100 ms · BROKE at 73.2/s",
    ]


def test_a_side_that_is_ready_says_its_rate_and_the_one_that_broke() -> None:
    armed = ArmedSide(launched_at=1.0, ready_at=4.0, service=a_rate_search())
    lane = a_lane(armed=armed, started_at=None, stage=SideStage.READY, done=0)
    (said,) = [line for line in rows(a_view(lane), width=72) if "armed" in line]
    assert said == "runs at 50.0/s; 71.4/s held, 73.2/s BROKE · armed in 3.00 s"


STILL = a_lane(some_workers(0.5, 1.0), stage=SideStage.SCORED, wall_s=5.0, done=2000)
LOST = some_workers(0.5, lost_at=WENT_AT)
STRUCK = some_workers(0.5, struck=e.Struck(worker="w0", kind=ChaosKind.FREEZE, at=WENT_AT))
SILENT = (Stall("w0", ProcessState.STOPPED, since=WENT_AT),)


def test_a_box_in_which_nothing_moves_is_drawn_once() -> None:
    layout = a_layout(40, 2)
    first, later = (
        draw_box(a_view(STILL, status=SideStatus.DONE, at=at), layout) for at in (20.0, 25.0)
    )
    assert first is later


@pytest.mark.parametrize(
    ("lane", "status"),
    [
        (a_lane(LOST), SideStatus.READY),
        (a_lane(STRUCK), SideStatus.READY),
        (a_lane(some_workers(0.5), stalls=SILENT), SideStatus.READY),
        (a_lane(some_workers(0.5)), SideStatus.LIVE),
    ],
    ids=["lost", "struck", "stalled", "live"],
)
def test_a_box_goes_on_saying_how_long_a_worker_is_away(
    lane: SideState, status: SideStatus
) -> None:
    first, later = (rows(a_view(lane, status=status, at=at)) for at in (20.0, 25.0))
    assert first != later


def test_a_box_in_which_nothing_moves_is_drawn_anew_for_another_state() -> None:
    view = a_view(STILL, status=SideStatus.DONE)
    assert rows(view) != rows(a_view(replace(STILL, done=1000), status=SideStatus.DONE))
    assert rows(view) != rows(view, width=42)
