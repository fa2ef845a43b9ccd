"""The process that sends requests, and the latencies that a side is told, in real time."""

import time
from collections.abc import Iterator
from itertools import pairwise
from statistics import fmean

import pytest

from harness.errors import SideFailed
from harness.run.open_loop import OpenLoop, RequestGenerator
from harness.run.request_generator import schedule
from harness.serving import ServedLoad

BUDGET_S = 0.1


@pytest.fixture(scope="module")
def generator() -> Iterator[RequestGenerator]:
    with RequestGenerator() as started:
        yield started


def served(
    generator: RequestGenerator,
    rate: float,
    count: int,
    *,
    pause_s: float = 0.0,
    at: int = 0,
    late_at_most: int | None = None,
) -> ServedLoad:
    """Answer requests at once, but for a pause before one of them."""
    requests = OpenLoop(generator, rate, count, 1, budget_s=BUDGET_S, late_at_most=late_at_most)
    taken = 0
    while numbers := requests.take(8):
        if taken <= at < taken + len(numbers):
            time.sleep(pause_s)
        taken += len(numbers)
        requests.answered(numbers)
    return requests.close()


def test_the_gaps_of_a_schedule_are_exponential_with_a_mean_of_one_over_the_rate() -> None:
    times = schedule(50.0, 20_000, 7)
    gaps = [after - before for before, after in pairwise([0.0, *times])]
    assert fmean(gaps) == pytest.approx(1 / 50, rel=0.03)
    longer = sum(gap > 1 / 50 for gap in gaps) / len(gaps)
    assert longer == pytest.approx(0.368, abs=0.02)  # 1/e of them


def test_a_schedule_is_the_same_for_one_seed_but_for_its_unit() -> None:
    slow, fast, other = schedule(1.0, 100, 1), schedule(4.0, 100, 1), schedule(1.0, 100, 2)
    assert [4 * at for at in fast] == pytest.approx(slow)
    assert other != slow


def test_all_requests_come_and_are_told_once(generator: RequestGenerator) -> None:
    requests = OpenLoop(generator, 2_000.0, 300, 1, budget_s=BUDGET_S)
    numbers = []
    while batch := requests.take(7):
        assert len(batch) <= 7
        numbers += batch
        requests.answered(batch)
    load = requests.close()
    assert numbers == [*range(300)]
    assert (load.requests, load.failed) == (300, 0)
    assert load.wall_s >= schedule(2_000.0, 300, 1)[-1]


def test_a_pause_of_a_second_makes_the_requests_of_that_second_late_and_not_one(
    generator: RequestGenerator,
) -> None:
    load = served(generator, 100.0, 200, pause_s=1.0, at=50)
    assert 70 <= load.late <= 200
    assert load.p99_s > 0.9
    assert load.failed == 0


def test_requests_that_nobody_answers_have_failed(generator: RequestGenerator) -> None:
    requests = OpenLoop(generator, 2_000.0, 100, 1, budget_s=BUDGET_S)
    requests.answered(requests.take(1))
    while requests.take(8):
        pass
    assert requests.close().failed == 99


def test_a_run_ends_early_once_too_many_were_late_and_the_next_is_a_new_one(
    generator: RequestGenerator,
) -> None:
    broken = served(generator, 200.0, 10_000, pause_s=0.5, at=0, late_at_most=10)
    assert broken.late > 10
    assert broken.requests < 1_000
    assert broken.breaks
    after = served(generator, 1_000.0, 50)
    assert (after.requests, after.failed) == (50, 0)


def test_no_request_is_waited_for_longer_than_is_said(generator: RequestGenerator) -> None:
    requests = OpenLoop(generator, 0.01, 1, 1, budget_s=BUDGET_S)
    before = time.monotonic()
    assert requests.take(1, 0.0) == []
    assert requests.take(1, 0.05) == []
    assert time.monotonic() - before >= 0.05
    requests.close()


def test_what_sending_took_is_told(generator: RequestGenerator) -> None:
    load = served(generator, 1_000.0, 200)
    assert 0 < load.generator_s < load.wall_s
    assert load.sent_late_p99_s > 0


def test_a_generator_that_has_ended_fails_the_side() -> None:
    with RequestGenerator() as started:
        requests = OpenLoop(started, 0.01, 1, 1, budget_s=BUDGET_S)
        started.end()
        with pytest.raises(SideFailed, match="the process that sends requests has ended"):
            requests.take(1)
