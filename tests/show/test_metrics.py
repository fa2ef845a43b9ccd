import pytest

from harness import events as e
from harness.model import Side
from harness.show.metrics import Metric, MetricKind, clock_s, metrics_of
from tests.builders import a_board, some_events


def metrics_after(events: list[e.Event], late_s: float = 0.0) -> dict[str, Metric]:
    """Return the metrics of a session of which these events have come, by name."""
    board = a_board(events)
    return {metric.name: metric for metric in metrics_of(board, board.at + late_s)}


def values(metric: Metric) -> dict[str, float]:
    """Return a metric's values by the words of their labels."""
    return {" ".join(labels.values()): value for labels, value in metric.values}


def until(kind: type[e.Event], side: Side) -> list[e.Event]:
    """Return a session's events up to the first of a kind of a side."""
    events = some_events()
    end = next(
        at for at, event in enumerate(events) if isinstance(event, kind) and event.side is side
    )
    return events[: end + 1]


def test_a_session_is_told_by_run_workload_kind_and_schedule() -> None:
    ((labels, value),) = metrics_after(some_events())["twoclocks_run_info"].values
    assert (labels["run"], labels["kind"], value) == ("7c21", "measured", 1.0)


def test_a_clock_stands_at_nothing_runs_on_and_stands_at_its_end() -> None:
    before = values(metrics_after(until(e.Ready, Side.BASELINE))["twoclocks_clock_seconds"])
    assert before == {"baseline": 0.0, "distributed": 0.0}
    running = until(e.Go, Side.BASELINE)
    assert values(metrics_after(running, 2.5)["twoclocks_clock_seconds"])[
        "baseline"
    ] == pytest.approx(2.5)
    ended = a_board(some_events())
    assert clock_s(ended.baseline, ended.at + 100.0) == ended.baseline.wall_s


def test_a_side_runs_from_go_to_its_end() -> None:
    running = values(metrics_after(until(e.Go, Side.BASELINE))["twoclocks_running"])
    assert running == {"baseline": 1.0, "distributed": 0.0}
    ended = values(metrics_after(some_events())["twoclocks_running"])
    assert ended == {"baseline": 0.0, "distributed": 0.0}


def test_items_count_up_and_quality_comes_with_the_score() -> None:
    ended = metrics_after(some_events())
    assert ended["twoclocks_items"].kind is MetricKind.COUNTER
    assert all(value > 0 for value in values(ended["twoclocks_items"]).values())
    assert {*values(ended["twoclocks_quality"])} == {"baseline", "distributed"}
    assert values(metrics_after(until(e.Go, Side.BASELINE))["twoclocks_quality"]) == {}


def test_every_worker_has_a_bar_until_it_is_lost() -> None:
    events = until(e.Sample, Side.DISTRIBUTED)
    busy = values(metrics_after(events)["twoclocks_worker_busy_ratio"])
    sampled = [name for name in busy if name.startswith("distributed")]
    assert len(sampled) == 1
    assert sampled[0] in values(metrics_after(events)["twoclocks_worker_resident_bytes"])
    lost = e.stamp(
        e.Faulted(worker=sampled[0].split()[1], reason="gone", after_s=None),
        events[-1].at,
        Side.DISTRIBUTED,
        0,
    )
    after = metrics_after([*events, lost])
    for name in ("twoclocks_worker_busy_ratio", "twoclocks_worker_resident_bytes"):
        assert sampled[0] not in values(after[name])
    assert values(after["twoclocks_workers_lost"])["distributed"] == 1.0


def test_a_session_that_has_not_begun_has_nothing_but_standing_clocks() -> None:
    metrics = metrics_after([])
    assert "twoclocks_run_info" not in metrics
    assert {*values(metrics["twoclocks_clock_seconds"]).values()} == {0.0}
