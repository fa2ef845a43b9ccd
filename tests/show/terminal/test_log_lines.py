import dataclasses
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.model import Side, Spec, Variant
from harness.show.terminal.log_lines import new_lines
from harness.state.board import Board, apply
from tests.builders import (
    a_board,
    a_process,
    a_ready,
    a_spec,
    arming_events,
    some_events,
    sweep_events,
    trial_events,
)
from tests.capacities import a_search
from tests.services import a_rate_search


def lines_for(
    before: list[e.Event], *after: e.Event, at: float = 20.0, last_line_at: float = 19.0
) -> list[str]:
    """Return what is said when ``after`` comes on top of ``before``."""
    board = a_board(before)
    return new_lines(
        board, a_board([*before, *after]), a_spec(trials=2), at=at, last_line_at=last_line_at
    )


def sweep_lines(points: tuple[int, ...] = (1, 2), rounds: int = 1) -> list[str]:
    """Return every line of a sweep without its time, after each event."""
    spec = a_spec(workers=points[-1], points=points, trials=rounds)
    return [line.partition("  ")[2] for line in _followed(sweep_events(points, rounds), spec)]


def _followed(events: list[e.Event], spec: Spec) -> Iterator[str]:
    board, said_at = Board(), 0.0
    for event in events:
        before, board = board, apply(board, event)
        for line in new_lines(before, board, spec, at=event.at, last_line_at=said_at):
            said_at = event.at
            yield line


def on(side: Side, event: e.Event, at: float, trial: int = 0) -> e.Event:
    return e.stamp(event, at, side, trial)


def gone() -> list[e.Event]:
    return [*arming_events(), on(Side.DISTRIBUTED, e.Go(order=0), 10.0)]


def test_an_armed_side_has_a_line_with_start_up_workers_and_input() -> None:
    events = arming_events()

    assert lines_for(events[:3], events[3]) == [
        "00:20.0  distributed: armed in 5.00 s, import 500 ms, load 700 ms, warm 300 ms;"
        " 2 workers, 20,000 samples, input c96c6d…"
    ]


def test_what_took_next_to_nothing_of_a_start_up_is_not_named() -> None:
    events = arming_events()
    ready = msgspec.structs.replace(events[3], startup={"import": 0.0005, "load": 0.7})

    assert "armed in 5.00 s, load 700 ms;" in lines_for(events[:3], ready)[0]


def test_how_the_input_was_read_has_one_line_for_both_sides() -> None:
    reading = "300 users, columns user_id and \x1b[2Jbook_id"
    ready = [on(side, a_ready(side, reading=reading), 9.0) for side in Side]

    said = [lines_for(ready[:count], ready[count]) for count in (0, 1)]
    assert said[0][-1] == "00:20.0  input: 300 users, columns user_id and book_id"
    assert not any("user_id" in line for line in said[1])


def test_a_side_that_searched_tells_its_largest_model_and_whether_one_device_has_room() -> None:
    searches = {Side.BASELINE: a_search(), Side.DISTRIBUTED: a_search(2, 969)}
    said = {
        side: lines_for([], on(side, a_ready(side, capacity=search), 9.0))[1:]
        for side, search in searches.items()
    }
    assert said == {
        Side.BASELINE: [
            "00:20.0  baseline: in memory: OUT OF MEMORY at 144 MiB",
            "00:20.0  baseline: largest trainable 14.6 M parameters",
        ],
        Side.DISTRIBUTED: ["00:20.0  distributed: largest trainable 29.1 M parameters"],
    }


def test_every_rate_that_a_side_is_offered_has_a_line_and_so_has_the_one_it_runs_at() -> None:
    search = a_rate_search()
    offered = [on(Side.BASELINE, e.Offered(load=load), 5.0) for load in search.loads]
    assert lines_for(offered[:1], offered[1]) == [
        "00:20.0  baseline: offered 73.2/s: p99 180 ms of 100 ms, BROKE"
    ]
    ready = on(Side.BASELINE, a_ready(Side.BASELINE, service=search), 9.0)
    assert (
        lines_for(offered, ready)[-1]
        == "00:20.0  baseline: runs at 50.0/s; 71.4/s held, 73.2/s BROKE"
    )


def test_a_launch_has_a_line() -> None:
    assert lines_for([], arming_events()[0], at=0.2) == ["00:00.2  baseline: launched"]


def test_a_wait_for_hosts_has_a_line_and_is_what_a_heartbeat_says() -> None:
    launched = on(Side.DISTRIBUTED, e.Launched(pid=1), 0.1)
    waits = [on(Side.DISTRIBUTED, e.AwaitsHosts(workers=2, seconds=s), s) for s in (1.0, 8.0)]
    phrase = "waiting for hosts with room for 2 more workers"
    assert lines_for([launched], waits[0]) == [f"00:20.0  distributed: {phrase}, 1 s"]
    assert lines_for([launched, waits[0]], waits[1], last_line_at=10.0) == [
        f"00:20.0  baseline waiting; distributed {phrase}, 8 s"
    ]


def test_the_launch_on_a_cluster_without_a_token_says_so() -> None:
    spec = dataclasses.replace(a_spec(), insecure=True)
    launches = [apply(Board(), on(side, e.Launched(pid=1), 0.1)) for side in Side]
    lines = [new_lines(Board(), one, spec, at=0.2, last_line_at=0.0) for one in launches]
    assert ["without a token" in line for [line] in lines] == [False, True]


def test_go_has_a_line_with_its_trial() -> None:
    assert lines_for(arming_events(), on(Side.BASELINE, e.Go(order=0), 20.0)) == [
        "00:20.0  baseline: go, trial 1 of 2"
    ]


def test_a_quarter_has_a_line_once_it_is_passed() -> None:
    assert lines_for(gone(), on(Side.DISTRIBUTED, e.Progress(done=5200), 20.0)) == [
        "00:20.0  distributed: 26 %, 5,200 / 20,000 samples"
    ]


def test_progress_within_a_quarter_has_no_line() -> None:
    progress = on(Side.DISTRIBUTED, e.Progress(done=5200), 18.0)

    assert lines_for([*gone(), progress], on(Side.DISTRIBUTED, e.Progress(done=9999), 20.0)) == []


def test_the_last_quarter_is_left_to_the_end_of_the_run() -> None:
    assert lines_for(gone(), on(Side.DISTRIBUTED, e.Progress(done=20_000), 20.0)) == []


def test_a_side_that_jumps_to_its_end_has_a_line_for_its_end_only() -> None:
    finished = on(
        Side.DISTRIBUTED, e.Finished(wall_s=9.96, cpu_s=1.0, peak_rss_bytes=1, items=20_000), 20.0
    )

    assert lines_for(gone(), finished) == [
        "00:20.0  distributed: finished in 9.96 s, clock 00:10.0"
    ]


def test_quality_has_a_line_once_it_is_scored() -> None:
    events = [*arming_events(), *trial_events(Side.BASELINE, 10.0, 9.0)]

    assert lines_for(events[:-1], events[-1]) == [
        "00:20.0  baseline: accuracy 0.975, answer 0db52f…"
    ]


def test_the_gap_has_a_line_once_both_sides_are_scored() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 9.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 4.5),
    ]

    assert (
        lines_for(events[:-1], events[-1])[-1]
        == "00:20.0  gap 4.50 s: baseline 9.00 s, distributed 4.50 s"
    )


def test_a_lost_worker_and_its_return_have_a_line_each() -> None:
    lost = on(Side.DISTRIBUTED, e.Faulted(worker="w1", reason="killed"), 14.2)
    back = on(
        Side.DISTRIBUTED, e.Recovered(worker="w1", process=a_process("w1"), seconds=1.3), 15.5
    )

    assert lines_for(gone(), lost, back) == [
        "00:20.0  distributed: w1 LOST at 00:04.2: killed",
        "00:20.0  distributed: w1 back after 1.30 s",
    ]
    assert lines_for([*gone(), lost], back) == ["00:20.0  distributed: w1 back after 1.30 s"]


def test_a_failure_is_written_without_escape_sequences() -> None:
    assert lines_for(
        gone(), on(Side.DISTRIBUTED, e.Failed(reason="raised\x1b[2J\nMemoryError"), 20.0)
    ) == ["00:20.0  distributed: failed: raised MemoryError"]


def test_a_second_trial_has_lines_of_its_own() -> None:
    first = [*arming_events(), *trial_events(Side.BASELINE, 10.0, 4.0)]
    again = trial_events(Side.BASELINE, 30.0, 4.0, trial=1)

    assert [line[9:] for line in lines_for(first, *again)] == [
        "baseline: go, trial 2 of 2",
        "baseline: finished in 4.00 s, clock 00:04.0",
        "baseline: accuracy 0.975, answer 0db52f…",
    ]


@pytest.mark.parametrize(
    ("silent_s", "said"),
    [(3.9, []), (4.0, ["00:20.0  baseline ready; distributed running, 00:10.0, 0 %"])],
)
def test_a_heartbeat_breaks_a_long_silence(silent_s: float, said: list[str]) -> None:
    assert lines_for(gone(), at=20.0, last_line_at=20.0 - silent_s) == said


def test_a_heartbeat_names_who_is_done() -> None:
    events = [*arming_events(), *trial_events(Side.BASELINE, 6.0, 9.0)]

    assert lines_for(events, last_line_at=0.0) == [
        "00:20.0  baseline done in 9.00 s; distributed ready"
    ]


def test_a_trial_of_a_sweep_is_named_with_its_workers() -> None:
    lines = sweep_lines()

    assert [line for line in lines if "go, " in line or "finished" in line] == [
        "baseline: go, round 1 of 1",
        "baseline: finished in 20.0 s, clock 00:20.0",
        "distributed on 1 worker: go, round 1 of 1",
        "distributed on 1 worker: finished in 20.8 s, clock 00:20.8",
        "distributed on 2 workers: go, round 1 of 1",
        "distributed on 2 workers: finished in 11.4 s, clock 00:11.4",
    ]


def test_before_its_first_point_the_side_of_a_sweep_has_no_number() -> None:
    assert sweep_lines()[1] == "distributed: launched"


def test_the_speedup_so_far_has_a_line_once_a_point_is_scored() -> None:
    lines = sweep_lines()

    assert [line for line in lines if "speedup" in line] == [
        "speedup on 1 worker so far 0.962×",
        "speedup on 2 workers so far 1.75×",
    ]
    assert not [line for line in lines if "gap" in line]


def test_a_round_that_ends_with_its_baseline_gives_every_speedup_then() -> None:
    lines = sweep_lines(rounds=2)

    assert lines[-4:] == [
        "baseline: finished in 20.0 s, clock 00:20.0",
        "baseline: accuracy 0.975, answer 0db52f…",
        "speedup on 1 worker so far 0.962×, median of 2 rounds",
        "speedup on 2 workers so far 1.75×, median of 2 rounds",
    ]
    assert sum("speedup" in line for line in lines) == 4


def test_a_heartbeat_of_a_sweep_names_the_workers() -> None:
    assert any(
        line.startswith("baseline done in 20.0 s; distributed on 1 worker running, 00:04.6")
        for line in sweep_lines()
    )


@pytest.mark.parametrize(
    ("variant", "name", "said"),
    [
        (Variant.OWN, "", "baseline as it runs"),
        (Variant.TUNED, "micro_batch", "baseline with micro_batch 384"),
        (Variant.TEXTBOOK, "", "textbook program"),
        (Variant.LIMIT, "GEMM", "the machine's own limit of 8 cores: GEMM"),
        (Variant.WHOLE, "", "baseline on all 8 cores"),
    ],
)
def test_each_rate_has_one_line_with_what_was_timed(variant: Variant, name: str, said: str) -> None:
    first = e.Rated(variant=Variant.OWN, items_per_s=700.0, seconds=1.0, cores=1)
    second = e.Rated(
        variant=variant, items_per_s=12_300.0, seconds=1.0, cores=8, name=name, value=384.0
    )

    assert lines_for([*arming_events(), first], second) == [f"00:20.0  {said}: 12,300 samples/s"]


@pytest.mark.parametrize(
    ("rated", "said"),
    [
        (
            e.Rated(
                variant=Variant.EFFORT,
                items_per_s=1.0,
                seconds=12.3,
                cores=1,
                settings={"steps": 1024, "mode": "b"},
                quality=0.97512,
                pass_s=12.3,
            ),
            "baseline with steps 1,024, mode b: 12.3 s, accuracy 0.975",
        ),
        (
            e.Rated(
                variant=Variant.ALTERNATIVE,
                items_per_s=1.0,
                seconds=12.3,
                cores=1,
                name="int8",
                quality=0.97512,
                pass_s=12.3,
            ),
            "variant int8: 12.3 s, accuracy 0.975",
        ),
        (
            e.Rated(
                variant=Variant.COPIES,
                items_per_s=1.0,
                seconds=43.2,
                cores=4,
                value=4.0,
                pass_s=43.2,
            ),
            "baseline 4 copies at once: 43.2 s",
        ),
    ],
    ids=["effort", "alternative", "copies"],
)
def test_a_whole_pass_has_its_seconds_and_its_quality(rated: e.Rated, said: str) -> None:
    assert lines_for(arming_events(), rated) == [f"00:20.0  {said}"]


def test_a_proof_that_failed_has_one_line() -> None:
    ended = e.ProofStopped(
        variant=Variant.TEXTBOOK, label="textbook program", reason="ValueError: too slow"
    )

    assert lines_for(arming_events(), ended) == [
        "00:20.0  the proof of the baseline ends here, "
        "textbook program failed: ValueError: too slow"
    ]
    assert lines_for([*arming_events(), ended], e.Progress(done=0)) == []


@given(st.floats(min_value=0.05, max_value=1.0))
def test_asked_once_a_second_five_seconds_never_pass_without_a_line(step: float) -> None:
    events, board, at, last_line_at = some_events(2, 20.0, 12.0), Board(), 0.0, 0.0
    while events:
        before, at = board, at + step
        while events and events[0].at <= at:
            board = apply(board, events.pop(0))
        if new_lines(before, board, a_spec(), at=at, last_line_at=last_line_at):
            last_line_at = at
        assert at - last_line_at < 5.0
