import msgspec
import pytest

from harness import events as e
from harness import text
from harness.model import CommandFacts, Kind, SessionStage, Side
from tests.builders import (
    a_board,
    a_digest_of,
    a_process,
    a_ready,
    an_input,
    an_opening,
    arming_events,
    some_events,
    some_words,
    trial_events,
)
from tests.show.terminal.panels import (
    a_proof,
    armed_on_hosts_of,
    board_at,
    draw,
    draw_sweep,
    one_side_then_the_other,
)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (3.0, "nothing on the clock yet"),
        (20.0, "one side at a time, the same input"),
        (70.0, "from a common zero"),
        (90.0, "gap 10.0 s"),
        (300.0, "gap 20.0 s"),
    ],
)
def test_the_gap_is_shown_once_there_is_one(at: float, said: str) -> None:
    assert said in draw(board_at(one_side_then_the_other(), at), at, 200, 60)


@pytest.mark.parametrize(("named", "says"), [(True, True), (False, False)])
def test_the_input_is_shown_only_where_adopted_programs_name_it(named: bool, says: bool) -> None:
    adopted = CommandFacts(says_ready=True, input_named=named, compared="output")
    board = board_at(one_side_then_the_other(), 20.0)
    picture = draw(board, 20.0, 200, 60, spec={"commands": adopted})

    assert "DISTRIBUTED · 2 workers" in picture
    assert [
        word in picture for word in ("the same input", f"input {text.digest(an_input().sha256)}")
    ] == [says, says]


def test_how_the_input_was_read_is_shown_until_a_clock_starts() -> None:
    reading = "300 users, 200 items, 7,500 ratings, columns user_id and book_id"
    armed = [
        *arming_events(),
        *(e.stamp(a_ready(side, reading=reading), 9.0, side, 0) for side in Side),
    ]

    assert f" input: {reading}\n" in draw(board_at(armed, 10.0), 10.0, prompt="press Enter " * 3)
    running = [*armed, e.stamp(e.Go(order=0), 11.0, Side.BASELINE, 0)]
    assert reading not in draw(board_at(running, 12.0), 12.0)


@pytest.mark.parametrize(("foreign", "stamped"), [(0.05, False), (0.2, True)])
def test_a_gap_that_other_programs_disturbed_is_stamped(foreign: float, stamped: bool) -> None:
    observed = e.Observed(cpu_s=0.1, frames=9, longest_gap_s=0.1, foreign_cpu=foreign)
    over = [an_opening(), *some_events(), e.stamp(observed, 300.0, Side.BASELINE, 0)]
    assert ("   DISTURBED" in draw(a_board(over), 301.0)) is stamped


@pytest.mark.parametrize(("foreign_now", "said"), [(None, False), (0.05, False), (0.37, True)])
def test_a_machine_is_called_disturbed_while_it_is(foreign_now: float | None, said: bool) -> None:
    events = [an_opening(), *one_side_then_the_other()]
    picture = draw(board_at(events, 90.0), 90.0, 120, 40, foreign_now=foreign_now)

    assert (" DISTURBED: other programs use 37 % of the machine" in picture) is said
    assert ("at least · DISTURBED" in picture) is said


def test_a_fact_that_had_no_room_stands_beside_the_keys() -> None:
    killed = e.stamp(
        e.Faulted(worker="w1", reason="it ended with SIGKILL"), 75.0, Side.DISTRIBUTED, 0
    )
    back = e.Recovered(worker="w1", process=a_process("w1", pid=9), seconds=1.3)
    events = [
        *one_side_then_the_other(),
        killed,
        e.stamp(back, 76.3, Side.DISTRIBUTED, 0),
    ]
    board = board_at(sorted(events, key=lambda event: event.at), 90.0)
    *_, news, last = draw(board, 90.0, workers=8, keys=(("Ctrl-C ends the run",),)).splitlines()

    assert news == " w1 LOST at 00:15.0, back after 1.30 s · one observation"
    assert last.startswith(" Ctrl-C ends the run  ")
    assert last.endswith("  cold start 5.00 s off the clock")


def test_the_last_line_holds_every_key_and_ends_with_the_prompt() -> None:
    keys = (
        ("press Enter to start the baseline", "press Enter to start"),
        ("f plays the recording",),
        ("Ctrl-C ends the run", "Ctrl-C ends"),
    )
    lines = [
        draw(a_board(), 200.0, columns, 24, keys=keys, prompt=prompt).splitlines()[-1]
        for columns, prompt in ((80, "armed"), (80, "talk 0:20/12:00"), (100, "armed"))
    ]

    assert [" ".join(line.split()) for line in lines] == [
        "press Enter to start the baseline · f plays the recording · Ctrl-C ends armed",
        "press Enter to start · f plays the recording · Ctrl-C ends talk 0:20/12:00",
        "press Enter to start the baseline · f plays the recording · Ctrl-C ends the run armed",
    ]


def test_a_prompt_is_cut_before_a_key_is_left_out() -> None:
    keys = (("Ctrl-C ends the command and keeps what has come", "Ctrl-C ends the command"),)
    last = draw(a_board(), 200.0, keys=keys, prompt="no link: " + "refused " * 20).splitlines()[-1]

    assert last.startswith(" Ctrl-C ends the command  no link: refused")
    assert last.endswith("…")


@pytest.mark.parametrize(("quality", "said"), [(0.975, True), (0.9, False)])
def test_there_is_no_ratio_where_the_quality_did_not_hold(quality: float, said: bool) -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0, order=1, quality=quality),
    ]

    assert (" 2.00×\n" in draw(a_board(events), 90.0, workers=8)) is said


def test_there_is_no_ratio_between_trials_of_different_pairs() -> None:
    second = trial_events(Side.BASELINE, 90.0, 40.0, trial=1, order=2)
    board = board_at([*one_side_then_the_other(), *second], 120.0)
    picture = draw(board, 120.0)

    assert "gap 10.0 s and growing" in picture.replace("\n", " ")
    assert "at least" not in picture


def test_a_ratio_of_simulated_times_says_so() -> None:
    opening = an_opening(kind=Kind.SIMULATED)
    board = board_at([opening, *one_side_then_the_other()], 95.0)

    assert "at least · SIMULATED" in draw(board, 95.0, 120, 40)


def test_a_slower_distributed_side_is_called_behind() -> None:
    events = one_side_then_the_other(distributed_s=50.0)

    picture = draw(board_at(events, 106.0), 106.0, 200, 60)

    assert "┤ gap 6.00 s" in picture
    assert "Ray takes at least" in picture


def test_a_second_baseline_run_is_not_compared_before_it_has_passed_the_other() -> None:
    events = [*one_side_then_the_other(), e.stamp(e.Go(order=2), 90.0, Side.BASELINE, 1)]

    assert "one side at a time" in draw(a_board(events), 95.0)


def test_a_failed_side_leaves_no_gap() -> None:
    events = [*arming_events(), e.stamp(e.Failed(reason="no memory"), 6.0, Side.DISTRIBUTED, 0)]
    picture = draw(a_board(events), 7.0)

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

    assert said in draw(a_board(events), 90.0)


def test_a_quality_within_its_tolerance_is_not_called_held_where_answers_differ() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *(
            msgspec.structs.replace(event, answer_sha256=a_digest_of("other"))
            if isinstance(event, e.Scored)
            else event
            for event in trial_events(Side.DISTRIBUTED, 20.0, 2.0)
        ),
    ]
    picture = draw(a_board(events), 90.0)

    assert "0.975 · Δ +0.000 within tolerance" in picture
    assert "held" not in picture.lower()


@pytest.mark.parametrize("side", Side)
def test_the_quality_so_far_is_shown_while_a_side_runs(side: Side) -> None:
    events = [
        *arming_events(),
        *trial_events(side, 20.0, 2.0)[:1],
        e.stamp(e.Progress(done=5_000, quality=0.9114), 20.5, side, 0),
        e.stamp(e.Progress(done=6_000), 21.0, side, 0),
    ]

    assert "accuracy 0.911 so far" in draw(a_board(events), 21.5)


def test_quality_is_computed_with_the_clock_stopped() -> None:
    events = [*arming_events(), *trial_events(Side.DISTRIBUTED, 10.0, 4.0)[:-1]]

    assert "clock stopped, computing quality" in draw(a_board(events), 15.0)


def test_workers_on_one_host_stand_for_machines_and_the_panel_says_so() -> None:
    picture = draw(a_board(), 200.0)

    assert "BASELINE · 1 core " in picture
    assert "RAY · 2 workers " in picture
    assert "cores stand for machines" in picture


def test_workers_on_hosts_of_their_own_are_machines() -> None:
    picture = draw(a_board(armed_on_hosts_of(1)), 2.0)

    assert "BASELINE · 1 machine " in picture
    assert "RAY · 2 machines " in picture
    assert "cores stand for machines" not in picture


def test_workers_that_are_parts_of_their_hosts_are_no_machines() -> None:
    picture = draw(a_board(armed_on_hosts_of(8)), 2.0, 120, 40)

    assert "BASELINE · 1 core " in picture
    assert "RAY · 2 workers on 2 machines " in picture


def test_workers_on_parts_of_hosts_stand_for_machines_and_the_panel_says_so() -> None:
    assert "cores stand for machines: a worker is a part of its host" in draw(
        a_board(armed_on_hosts_of(8)), 2.0
    )


def test_workers_on_several_machines_are_shown_uncut_where_room_is_short() -> None:
    assert "─ RAY · 2 workers, 2 hosts ── READY ─" in draw(a_board(armed_on_hosts_of(8)), 2.0)


def test_nothing_stands_for_a_machine_before_the_workers_are_known() -> None:
    assert "stand for machines" not in draw(a_board([]), 0.0)


@pytest.mark.parametrize(
    ("at", "title"),
    [
        (6.0, "RAY · 4 workers ─"),
        (40.0, "RAY · 1 of 4 workers ─"),
        (56.0, "RAY · 2 of 4 workers ─"),
    ],
)
def test_a_sweep_shows_how_many_of_its_workers_have_a_part_now(at: float, title: str) -> None:
    assert title in draw_sweep(at)


def test_a_sweep_on_machines_of_their_own_counts_machines() -> None:
    events = [*armed_on_hosts_of(1), e.stamp(e.Go(order=0, workers=1), 3.0, Side.DISTRIBUTED, 0)]
    picture = draw(a_board(events), 4.0, spec={"points": (1, 2)})

    assert "BASELINE · 1 machine " in picture
    assert "RAY · 1 of 2 machines " in picture


def test_only_the_workers_that_have_a_part_in_a_point_have_rows() -> None:
    assert [f" w{place} " in draw_sweep(56.0) for place in range(4)] == [True, True, False, False]


def test_a_sweep_of_one_round_is_one_observation_a_point() -> None:
    assert "one observation a point" in draw_sweep(40.0)


def test_the_rounds_of_a_sweep_are_counted_once() -> None:
    picture = draw_sweep(40.0, rounds=2)

    assert "round 1 of 2" in picture
    assert "pair 1 of 2" not in picture


def test_the_proof_of_the_baseline_shows_what_is_measured_and_the_last_rate() -> None:
    picture = a_proof(SessionStage.PROVING, "proving the baseline: micro_batch 768")

    assert picture.endswith(" proving the baseline: micro_batch 768\n")
    assert "baseline with micro_batch 384: 12,300 samples/s" in picture


def test_no_rate_is_shown_after_the_proof() -> None:
    assert "samples/s" not in a_proof(SessionStage.REPLAYING, "Enter skips the rest of the replay")


def test_the_quality_of_the_rehearsal_is_shown_uncut() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0),
    ]
    picture = draw(
        a_board(events),
        90.0,
        spec={"workload": some_words(metric="pretend quality", tolerance=0.0)},
    )

    assert "│ pretend quality 0.975 · Δ ≤ 0.000    │" in picture
    assert "│ pretend quality 0.975, Δ +0.000 held │" in picture


def test_the_change_of_a_quality_with_a_long_name_is_shown_uncut() -> None:
    events = [
        *arming_events(),
        *trial_events(Side.BASELINE, 10.0, 4.0),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0, quality=0.9715),
    ]
    picture = draw(
        a_board(events), 90.0, spec={"workload": some_words(metric="normalized discounted gain")}
    )

    assert "│ 0.972 · Δ −0.0035 NOT HELD           │" in picture


def test_a_lost_worker_is_shown_and_when_it_is_back() -> None:
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

    assert "w1 LOST at 00:04.2: killed" in draw(a_board(lost), 15.0)
    assert "w1 LOST at 00:04.2, back after 1.30 s" in draw(a_board(back), 16.0)


def test_what_cores_stand_for_is_shortened_where_it_has_no_line_of_its_own() -> None:
    board = a_board(some_events(8))

    assert draw(board, 200.0).splitlines()[-2] == (
        " cores stand for machines: all workers share one host"
    )
    assert draw(board, 200.0, workers=8).splitlines()[-2] == (
        " one observation · cores stand for machines · cold start 5.00 s off the clock"
    )


def test_pairs_are_counted_where_there_are_several() -> None:
    board = a_board(some_events(pairs=2))

    assert "pair 2 of 6" in draw(board, 300.0, spec={"trials": 6})
