"""Simulated workers that are struck: what every loss comes to is exact."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import events as e
from harness.chaos import Strike, read_chaos
from harness.errors import SideFailed
from harness.model import ChaosKind, Side
from harness.run.losses import Losses
from harness.run.protocol import Conversation, Rights
from harness.run.sides.simulated_crew import DoneChunk, SimulatedCrew
from harness.run.strikes import TrialStrikes
from harness.run.wire import StartTrial
from tests.builders import a_process, a_ready

WORKERS = 2


def run(
    strikes: Sequence[str], chunks: int = 4, spares: int = 0, *, planned: bool = True
) -> tuple[list[DoneChunk], list[e.Event], list[str]]:
    """Return what two workers do with chunks of a second, what is said, and what never came."""
    said: list[e.Event] = []
    chaos = read_chaos(strikes)
    drawn = tuple(replace(one, planned=False) for one in chaos if isinstance(one, Strike))
    crew = SimulatedCrew(
        processes=[a_process(f"w{place}") for place in range(WORKERS)],
        losses=Losses(said.append),
        strikes=TrialStrikes(chaos if planned else drawn, WORKERS),
        items=chunks,
        spares=[a_process(f"s{number}") for number in range(spares)],
    )
    done = [*crew.course([1.0] * chunks, [1] * chunks, 0.0, lambda _: None)]
    crew.thaw_all()
    return done, said, crew.not_come


def rounded(event: e.Event) -> e.Event:
    """Return the event without what its floats have gained on the way."""
    changes = {
        name: round(value, 9)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), float)
    }
    return type(event)(**({f: getattr(event, f) for f in event.__struct_fields__} | changes))


BACK = a_process("w1")
FACTS: dict[str, list[e.Event]] = {
    "kill:w1@0.5s": [
        e.Struck(worker="w1", kind=ChaosKind.KILL, after_s=0.5),
        e.Faulted(worker="w1", reason="killed", after_s=0.1),
        e.CaughtUp(worker="w1", seconds=1.5, redone=1, lost_cpu_s=0.5),
        e.Recovered(worker="w1", process=BACK, seconds=1.5, spare=""),
    ],
    "freeze:w1@0.5s,2s": [
        e.Struck(worker="w1", kind=ChaosKind.FREEZE, after_s=0.5),
        e.Thawed(worker="w1", seconds=2.0),
        e.CaughtUp(worker="w1", seconds=2.5, redone=0, lost_cpu_s=0.0),
    ],
    "drain:w1@0.5s,notice=2s": [
        e.Struck(worker="w1", kind=ChaosKind.DRAIN, notice_s=2.0, after_s=0.5),
        e.Faulted(worker="w1", reason="left after notice", after_s=1.5),
        e.CaughtUp(worker="w1", seconds=1.5, redone=0, lost_cpu_s=0.0),
        e.Recovered(worker="w1", process=BACK, seconds=0.0, spare=""),
    ],
    "drain:w1@0.5s,notice=0.25s": [
        e.Struck(worker="w1", kind=ChaosKind.DRAIN, notice_s=0.25, after_s=0.5),
        e.Faulted(worker="w1", reason="killed", after_s=0.25),
        e.CaughtUp(worker="w1", seconds=1.5, redone=1, lost_cpu_s=0.75),
        e.Recovered(worker="w1", process=BACK, seconds=1.25, spare=""),
    ],
}


@pytest.mark.parametrize("strike", FACTS)
def test_the_facts_of_a_loss_are_exact(strike: str) -> None:
    _, said, not_come = run([strike], chunks=8)
    assert ([*map(rounded, said)], not_come) == (FACTS[strike], [])


def test_a_chunk_that_was_lost_is_done_before_those_that_wait() -> None:
    done, _, _ = run(["kill:w1@0.5s"])
    assert [(round(row.at_s, 9), row.place, row.chunk) for row in done] == [
        (1.0, 0, 0),
        (2.0, 0, 1),
        (3.0, 0, 2),
        (3.1, 1, 3),
    ]


def back(strikes: Sequence[str], spares: int) -> list[tuple[str | None, float]]:
    """Return which spare fills each place, and after how long."""
    events = run(strikes, 12, spares)[1]
    return [(one.spare, round(one.seconds, 9)) for one in events if isinstance(one, e.Recovered)]


def test_a_spare_steps_in_sooner_than_a_fresh_worker() -> None:
    assert back(["kill:w1@0.5s"], spares=1) == [("s0", 0.05)]


def test_a_spare_that_stepped_in_is_followed_by_another_one_that_has_to_start() -> None:
    strikes = ["kill:w1@0.5s", "kill:w0@0.6s", "kill:w0@4s"]
    assert back(strikes, spares=1) == [("s0", 0.05), ("", 1.5), ("s0", 0.05)]


def test_a_spare_goes_down_with_its_host() -> None:
    assert back(["node:h1@0.5s"], spares=1) == [("", 1.5), ("", 1.5)]


def test_a_worker_that_is_frozen_without_a_chunk_goes_on_at_the_end() -> None:
    _, said, _ = run(["freeze:w1@1s,60s"], chunks=3)
    assert [type(event) for event in said] == [e.Struck, e.Thawed]


def test_a_strike_at_a_share_comes_with_the_chunk_that_completes_it() -> None:
    done, said, _ = run(["kill:w1@50%"])
    [lost] = [event for event in said if isinstance(event, e.CaughtUp)]
    assert max(row.at_s for row in done) == pytest.approx(3.0)
    assert lost.lost_cpu_s == pytest.approx(0.0)


def test_a_strike_beyond_the_end_never_comes() -> None:
    assert run(["kill:w1@99s"])[1:] == ([], ["kill:w1@99s"])


def test_a_strike_at_a_worker_that_is_away_is_put_off_until_it_is_back() -> None:
    _, said, _ = run(["kill:w1@0.5s", "kill:w1@0.7s"], chunks=8)
    kinds = [type(event) for event in said if not isinstance(event, e.CaughtUp)]
    assert kinds == [e.Struck, e.Faulted, e.Recovered] * 2


def test_a_drawn_strike_at_a_worker_that_is_away_never_comes() -> None:
    _, said, not_come = run(["kill:w1@0.5s", "kill:w1@0.7s"], chunks=8, planned=False)
    assert [one.after_s for one in said if isinstance(one, e.Struck)] == [0.5]
    assert not_come == []


def test_a_chunk_for_which_the_strikes_leave_no_time_ends_the_side() -> None:
    with pytest.raises(SideFailed, match="workers were struck 41 times"):
        run([f"poisson:mtbf=1s,seed={seed}" for seed in range(20)], chunks=4)


SPECS = st.sampled_from(
    [
        "kill:w0@{}s",
        "kill:w1@{}s",
        "freeze:w0@{}s,0.7s",
        "freeze:w1@{}s,3s",
        "drain:w0@{}s,notice=0.3s",
        "drain:w1@{}s,notice=4s",
        "poisson:mtbf={}s,kind=kill",
    ]
)
CHAOS = st.lists(
    st.builds(lambda spec, tenths: spec.format(1 + tenths / 10), SPECS, st.integers(0, 60)),
    max_size=5,
)


@settings(deadline=None)
@given(CHAOS, st.integers(1, 12), st.integers(0, 2))
def test_whatever_strikes_every_chunk_is_done_once_and_nothing_is_said_that_cannot_be(
    chaos: list[str], chunks: int, spares: int
) -> None:
    done, said, _ = run(chaos, chunks, spares)
    assert sorted(row.chunk for row in done) == [*range(chunks)]
    conversation = Conversation(Rights(workers=WORKERS, host="h0", chaos=True))
    conversation.fault(a_ready(Side.DISTRIBUTED, workers=WORKERS), heard_at=0.0)
    conversation.begin_order(StartTrial())
    assert {conversation.fault(event, heard_at=0.0) for event in said} <= {""}
