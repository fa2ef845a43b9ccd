from hypothesis import given, settings
from hypothesis import strategies as st

from harness import events as e
from harness.model import ChaosKind, Side
from harness.state.replay import at_moment
from harness.state.side import SideStage, SideState
from tests.builders import DISTRIBUTED_S, ITEMS, a_board, arming_events


def a_race(*events: e.Event, at: float = 10.0, side: Side = Side.DISTRIBUTED) -> SideState:
    """Return the side's lane after arming, a go at 8 s, and then the events, all at one time."""
    told = [
        e.stamp(e.Go(order=1), 8.0, side, 0),
        *(e.stamp(event, at, side, 0) for event in events),
    ]
    return a_board([*arming_events(), *told]).state_of(side)


def test_a_replay_at_its_wall_time_is_the_lane_itself() -> None:
    lane = a_board().trials[0]
    assert at_moment(lane, 40.0) is lane


def test_a_replay_of_an_unfinished_lane_is_the_lane_itself() -> None:
    lane = a_race(e.Progress(done=700))
    assert at_moment(lane, 1.0) is lane


def test_a_replay_hides_the_quality_until_its_clock_stops() -> None:
    lane = at_moment(a_board().trials[0], 39.9)
    assert (lane.stage, lane.quality, lane.wall_s) == (SideStage.RUNNING, None, None)


def test_a_replay_hides_a_quality_so_far_that_was_reported_later() -> None:
    lane = a_race(
        e.Progress(done=10_000, quality=0.9),
        e.Finished(wall_s=4.0, cpu_s=8.0, peak_rss_bytes=9, items=20_000),
        at=10.0,
    )
    assert at_moment(lane, 1.0).quality_so_far is None


def test_a_replay_begins_with_nothing_done() -> None:
    assert at_moment(a_board().trials[0], 0.0).done == 0


def test_a_replay_reads_between_two_points_of_the_curve() -> None:
    lane = a_race(
        e.Progress(done=10_000),
        e.Finished(wall_s=4.0, cpu_s=8.0, peak_rss_bytes=9, items=20_000),
        at=10.0,
    )
    assert at_moment(lane, 3.0).done == 15_000


def test_a_replay_shows_a_loss_from_its_moment_on() -> None:
    lane = a_race(
        e.Struck(worker="w1", kind=ChaosKind.KILL),
        e.Finished(wall_s=4.0, cpu_s=8.0, peak_rss_bytes=9, items=20_000),
        at=10.0,
    )
    assert [len(at_moment(lane, at).faults) for at in (1.9, 2.0)] == [0, 1]


def test_a_replay_makes_up_no_progress_that_was_not_told() -> None:
    lane = a_race(
        e.Progress(done=20_000),
        e.Finished(wall_s=4.0, cpu_s=8.0, peak_rss_bytes=9, items=20_000),
        at=12.0,
    )
    assert [at_moment(lane, at).done for at in (1.0, 3.9, 4.0)] == [0, 0, 20_000]


def test_a_replay_shows_the_bars_as_they_were() -> None:
    told = [
        e.stamp(e.Sample(worker="w0", cpu=cpu, rss_bytes=1), at, Side.DISTRIBUTED, 0)
        for at, cpu in ((9.0, 0.2), (11.0, 0.9))
    ]
    race = [*arming_events(), e.stamp(e.Go(order=1), 8.0, Side.DISTRIBUTED, 0), *told]
    ended = e.Finished(wall_s=4.0, cpu_s=8.0, peak_rss_bytes=9, items=20_000)
    lane = a_board([*race, e.stamp(ended, 12.0, Side.DISTRIBUTED, 0)]).distributed
    assert [at_moment(lane, elapsed).workers[0].cpu for elapsed in (0.5, 1.0, 2.9, 3.0)] == [
        None,
        0.2,
        0.2,
        0.9,
    ]


@settings(max_examples=30)
@given(st.lists(st.floats(0.0, DISTRIBUTED_S), min_size=2, max_size=8).map(sorted))
def test_a_replay_never_runs_backwards(moments: list[float]) -> None:
    lane = a_board().trials[1]
    done = [at_moment(lane, moment).done for moment in moments]
    assert done == sorted(done)


def test_a_replay_shows_no_more_than_was_done() -> None:
    lane = a_board().trials[0]
    assert all(at_moment(lane, 4.0 * step).done <= ITEMS for step in range(11))
