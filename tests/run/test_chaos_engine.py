"""The engine beside the driver: whom it strikes, and that it strikes only while the clock runs."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness import events as e
from harness.chaos import Strike, read_chaos
from harness.run.chaos_engine import ChaosEngine
from harness.run.losses import Losses
from harness.run.strikes import TrialStrikes
from tests.builders import a_process

WITHIN_S = 30.0


class Crew:
    """Two workers that note what is done to them."""

    def __init__(self, strikes: Sequence[str], items: int = 100, *, planned: bool = True) -> None:
        self.done: list[str] = []
        self.said: list[e.Event] = []
        self.losses = Losses(self.said.append)
        self.losses.begin(range(2), measures=True)
        asked = [one for one in read_chaos(strikes) if isinstance(one, Strike)]
        chaos = tuple(replace(one, planned=planned) for one in asked)
        strikes_of_trial = TrialStrikes(chaos, 2)
        self.engine = ChaosEngine(strikes_of_trial, self, self.losses, items)

    def places(self, strike: Strike) -> Sequence[int]:
        return [0, 1] if strike.is_at_host else [strike.number]

    def kill(self, place: int) -> None:
        self.done.append(f"kill w{place}")

    def freeze(self, place: int) -> None:
        self.done.append(f"freeze w{place}")

    def thaw(self, place: int) -> None:
        self.done.append(f"thaw w{place}")

    def announce(self, place: int, notice_s: float) -> None:
        self.done.append(f"announce w{place} {notice_s:g} s")

    def end_overdue(self) -> None:
        self.done.append("end overdue")

    def kill_host(self, host: int) -> None:
        self.done.append(f"kill h{host}")


def come(done: Callable[[], bool]) -> bool:
    """Wait until something is so."""
    until = time.monotonic() + WITHIN_S
    while not done() and time.monotonic() < until:
        time.sleep(0.005)
    return done()


def test_a_strike_comes_once_its_share_is_reported() -> None:
    crew, reported = Crew(["kill:w1@50%"]), list[int]()
    with crew.engine.at_work(reported.append) as report:
        report(49)
        before = [*crew.done]
        report(50)
        assert come(lambda: crew.done == ["kill w1"])
    assert (before, reported, crew.engine.not_come) == ([], [49, 50], [])


def test_a_strike_comes_at_its_second_although_nothing_is_reported() -> None:
    crew = Crew(["kill:w1@0.05s"])
    with crew.engine.at_work(lambda _: None):
        assert come(lambda: crew.done == ["kill w1"])


def test_no_strike_comes_once_the_clock_stands() -> None:
    crew = Crew(["kill:w1@0.2s", "kill:w0@50%"])
    with crew.engine.at_work(lambda _: None) as report:
        pass
    report(100)
    time.sleep(0.3)
    assert (crew.done, crew.said) == ([], [])
    assert crew.engine.not_come == ["kill:w1@0.2s", "kill:w0@50%"]


def test_a_frozen_worker_goes_on_when_its_time_is_over() -> None:
    crew = Crew(["freeze:w1@50%,0.1s"])
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        assert come(lambda: crew.done == ["freeze w1", "thaw w1"])


def test_a_worker_that_is_frozen_at_the_end_goes_on_then() -> None:
    crew = Crew(["freeze:w1@50%,60s"])
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        assert come(lambda: crew.done == ["freeze w1"])
    assert crew.done == ["freeze w1", "thaw w1"]
    assert [type(event) for event in crew.said] == [e.Struck, e.Thawed]


def test_who_does_not_leave_within_its_notice_is_killed() -> None:
    crew = Crew(["drain:w1@50%,notice=0.1s"])
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        assert come(lambda: crew.done == ["announce w1 0.1 s", "kill w1", "end overdue"])


def test_who_has_left_its_place_and_still_works_is_ended_with_its_notice() -> None:
    crew = Crew(["drain:w1@50%,notice=0.3s"])
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        assert come(lambda: crew.done == ["announce w1 0.3 s"])
        crew.losses.noticed(1, "it left after notice", time.perf_counter())
        assert come(lambda: crew.done == ["announce w1 0.3 s", "end overdue"])


def test_a_second_freeze_lasts_its_own_time_although_the_first_one_was_a_loss() -> None:
    crew = Crew(["freeze:w1@20%,0.4s", "freeze:w1@50%,60s"])
    with crew.engine.at_work(lambda _: None) as report:
        report(20)
        assert come(lambda: crew.done == ["freeze w1"])
        crew.losses.noticed(1, "stalled", time.perf_counter())
        crew.losses.replaced(1, a_process("w1"))
        report(50)
        assert come(lambda: crew.done == ["freeze w1", "freeze w1"])
        time.sleep(0.6)
        assert crew.done == ["freeze w1", "freeze w1"]


def test_a_strike_at_a_worker_that_is_away_waits_for_its_return() -> None:
    crew = Crew(["kill:w1@50%"])
    crew.losses.noticed(1, "killed", 0.0)
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        time.sleep(0.1)
        before = [*crew.done]
        crew.losses.replaced(1, a_process("w1"))
        assert come(lambda: crew.done == ["kill w1"])
    assert before == []


def test_a_drawn_strike_at_a_worker_that_is_away_never_comes() -> None:
    crew = Crew(["kill:w1@50%"], planned=False)
    crew.losses.noticed(1, "killed", 0.0)
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        time.sleep(0.1)
        crew.losses.replaced(1, a_process("w1"))
        time.sleep(0.1)
    assert (crew.done, crew.engine.not_come) == ([], [])


def test_a_host_is_killed_once_and_all_its_workers_are_struck() -> None:
    crew = Crew(["node:h2@50%"])
    with crew.engine.at_work(lambda _: None) as report:
        report(50)
        assert come(lambda: len(crew.said) == 2)
    assert crew.done == ["kill h2"]
    assert [event.worker for event in crew.said if isinstance(event, e.Struck)] == ["w0", "w1"]


def test_the_engine_leaves_no_thread() -> None:
    before = threading.active_count()
    with Crew(["kill:w1@50%"]).engine.at_work(lambda _: None):
        pass
    assert threading.active_count() == before
