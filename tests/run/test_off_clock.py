import time
from typing import Any

import pytest

from harness.run.loaded import LoadedProblem
from harness.run.off_clock import OffClockMeter, score_twice
from harness.run.sides.runner import OneProcess, SideRunner
from harness.workload import AnyWorkload, Problem, Workload


class Resting(OneProcess):
    """A side that is this process and never runs."""

    run: Any = None
    serve: Any = None
    worker_processes: Any = None
    time_parts: Any = None
    try_size: Any = None


class Lazy:
    """An answer that is worked out when it is asked for."""

    def __init__(self) -> None:
        self.known: float | None = None

    def value(self) -> float:
        if self.known is None:
            burn(0.2)
            self.known = 0.5
        return self.known


def burn(cpu_s: float) -> None:
    until = time.process_time() + cpu_s
    while time.process_time() < until:
        pass


def a_side() -> SideRunner:
    return Resting()


def scored_by(quality: Any) -> LoadedProblem:
    nothing: Any = None
    problem = Problem(input=0, held_out=0, items=1)
    workload: AnyWorkload = Workload(
        name="lazy",
        load=lambda _: problem,
        baseline=nothing,
        distributed=nothing,
        quality=quality,
    )
    return LoadedProblem(workload, {})


def test_a_side_that_rests_uses_next_to_nothing() -> None:
    meter = OffClockMeter(a_side())
    time.sleep(0.2)
    assert meter.lap() < 0.1


def test_what_a_side_does_while_it_should_rest_is_measured() -> None:
    meter = OffClockMeter(a_side())
    burn(0.2)
    assert meter.lap() >= 0.2
    assert meter.lap() < 0.1


def test_an_answer_that_is_worked_out_when_it_is_scored_is_work_off_the_clock() -> None:
    side, loaded = a_side(), scored_by(lambda answer, _: answer.value())
    score, off_clock_s = score_twice(OffClockMeter(side), loaded, Lazy())
    assert score.quality == 0.5
    assert off_clock_s > 0.15


def test_scoring_itself_is_no_work_off_the_clock() -> None:
    def quality(answer: float, _: int) -> float:
        burn(0.2)
        return answer

    score, off_clock_s = score_twice(OffClockMeter(a_side()), scored_by(quality), 0.5)
    assert score.quality == 0.5
    assert off_clock_s < 0.1


def test_a_quality_that_says_something_else_the_second_time_is_refused() -> None:
    scores = iter([0.5, 0.75])
    loaded = scored_by(lambda *_: next(scores))
    with pytest.raises(ValueError, match=r"quality came to 0\.5 and then to 0\.75"):
        score_twice(OffClockMeter(a_side()), loaded, None)


def test_other_scores_of_the_same_mean_the_second_time_are_refused_too() -> None:
    scores = iter([[0.0, 1.0], [1.0, 0.0]])
    loaded = scored_by(lambda *_: next(scores))
    with pytest.raises(ValueError, match=r"other scores the second time"):
        score_twice(OffClockMeter(a_side()), loaded, None)
