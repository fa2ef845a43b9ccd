from dataclasses import replace

import pytest

from harness.run.request_generator import schedule
from harness.serving import HEADROOM, STEP, TRIES
from tests.bench import serving_model as model
from tests.bench.serving_model import (
    CALL_S,
    MICRO_BATCH,
    SEARCH_S,
    Answer,
    Machine,
    Rule,
    World,
    alone,
    offer,
    session,
    together,
)

STEADY = World(drift=0.0)
RULE = Rule(tries=TRIES, headroom=HEADROOM, requests=2_000)


@pytest.fixture(autouse=True)
def equal_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every request take 2 ms."""
    monkeypatch.setattr(model, "WORK_MS", (2.0,))


def test_work_takes_its_time_on_a_core_that_is_as_fast_as_ever() -> None:
    assert Machine(STEADY, 1).done_at(0, 5.0, 0.25) == pytest.approx(5.25)


@pytest.mark.parametrize(("begin", "done"), [(0.0, 1.0), (0.5, 2.5), (1.5, 3.0), (9.5, 11.5)])
def test_work_stands_still_with_its_core(begin: float, done: float) -> None:
    machine = Machine(STEADY, 1)
    machine._stalls = [[(1.0, 2.0), (10.0, 11.0)], []]
    assert machine.done_at(0, begin, 1.0) == pytest.approx(done)
    assert machine.done_at(1, begin, 1.0) == pytest.approx(begin + 1.0)


def test_one_process_answers_what_has_come_in_micro_batches() -> None:
    machine = Machine(STEADY, 1)
    latencies = alone(machine, [0.0] * (MICRO_BATCH + 1), 100)
    first = CALL_S + MICRO_BATCH * 0.002
    assert latencies == pytest.approx([first] * MICRO_BATCH + [first + CALL_S + 0.002])
    assert machine.now == pytest.approx(latencies[-1])


def test_a_request_waits_for_the_other_worker_to_search_its_shard() -> None:
    machine = Machine(STEADY, 1)
    machine._stalls = [[], [(0.0, 1.0)]]
    assert together(machine, [0.0], 1) == pytest.approx([1.0 + CALL_S + SEARCH_S])


@pytest.mark.parametrize("answer", [alone, together])
def test_every_request_is_answered_once_and_none_before_it_is_worked_on(answer: Answer) -> None:
    machine = Machine(replace(STEADY, stalls_a_minute=20.0), 1)
    latencies = answer(machine, schedule(300.0, 3_000, 1), 3_000)
    assert len(latencies) == 3_000
    assert min(latencies) >= 0.002


@pytest.mark.parametrize("answer", [alone, together])
def test_with_too_many_late_a_run_is_over_early(answer: Answer) -> None:
    load = offer(Machine(STEADY, 1), answer, 2_000.0, 2_000)
    assert load.breaks
    assert load.requests < 2_000


def test_two_workers_answer_nearly_twice_as_many_on_a_steady_machine() -> None:
    found = session(STEADY, RULE, 1)
    assert found is not None
    assert 1.7 < found.ratio < 2.1
    assert found.broken == 0


def test_a_machine_that_gets_slower_breaks_trials_with_little_headroom_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = model.find_rate

    def find_and_slow_down(machine: Machine, answer: Answer, rule: Rule) -> float:
        rate = whole(machine, answer, rule)
        if answer is together:
            machine._speeds = [0.88] * len(machine._speeds)
        return rate

    monkeypatch.setattr(model, "find_rate", find_and_slow_down)
    roomy, tight = (session(STEADY, replace(RULE, headroom=room), 1) for room in (HEADROOM, STEP))
    assert roomy is not None
    assert tight is not None
    assert (roomy.broken, tight.broken > 0) == (0, True)


def test_a_table_has_a_row_for_each_machine_and_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model, "WORLDS", {"steady": STEADY})
    monkeypatch.setattr(model, "RULES", {"ours": RULE})
    model.main(2)
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("| steady | ours | 100 % | 0 % | ")
