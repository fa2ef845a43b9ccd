"""Whole races of workloads that cheat: each is found out, and the honest one is not suspected.

Most need no Ray: their distributed side is simulated, that is its driver, a real process, does all
the work. The rules judge core-seconds, so that no load makes a cheat look honest.
"""

import contextlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SideFailed
from harness.model import Side
from harness.run.plan import Unattended
from harness.run.processes import descendants_cpu_seconds
from tests.racing import Raced, raced

HERE = Path(__file__).parent

Race = Callable[..., Raced]


two_cores = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="takes two cores, and a system that says which a process may use",
)


class PatientPresenter(Unattended):
    """Starts the clocks once the sides, which should rest, have used 1.5 core-seconds more."""

    def __init__(self) -> None:
        super().__init__()
        self._from_s: float | None = None

    def begin(self) -> bool:
        used_s = descendants_cpu_seconds()
        self._from_s = self._from_s if self._from_s is not None else used_s
        return used_s > self._from_s + 1.5


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Return a function that races a workload of this folder, once with the same arguments."""

    @cache
    def run(name: str, attempt: int = 0, **options: Any) -> Raced:
        folder = tmp_path_factory.mktemp(name)
        return raced(folder, workload=str(HERE / f"{name}.py"), **options)

    return run


SUSPICIONS = {
    "worked-off-clock",
    "busy-off-clock",
    "work-lost",
    "baseline-idle",
    "baseline-waited",
    "quality-by-process",
    "scored-by-its-own-side",
    "unequal-terms",
    "oversubscribed",
    "quality-unrepeatable",
    "padded-work",
    "spare-work",
    "need-not-shown",
    "variant-far-faster",
    "work-differs",
}


def race_to_the_end(race: Race, name: str, controls: Callable[[], Unattended]) -> Raced:
    """Return a race, begun three times at most.

    On a busy machine what works before go keeps its side from starting its clock in time.
    """
    for attempt in range(2):
        with contextlib.suppress(SideFailed):
            return race(name, attempt, controls=controls())
    return race(name, 2, controls=controls())


def found_in(race: Race, name: str) -> set[str]:
    """Return why a session is refused whose distributed side takes no time.

    One that a busy machine starves between its answer and its report ends before that.
    """
    try:
        return set(race(name).keys)
    except SideFailed as error:
        if "it says that its clock ran for 0.00 s" not in str(error):
            raise
        return {"ended before it could be judged"}


def test_the_honest_workload_is_not_suspected(race: Race) -> None:
    """A load that comes or goes may make one side dearer, so it is raced three times at most."""
    suspicions = (
        race("without_ray", attempt, prove=True).keys & SUSPICIONS for attempt in range(3)
    )
    assert set() in suspicions


def test_a_side_that_works_before_its_clock_starts_is_refused(race: Race) -> None:
    assert "worked-off-clock" in race_to_the_end(race, "busy_before_go", PatientPresenter).keys


def test_an_answer_that_is_computed_when_it_is_scored_is_refused(race: Race) -> None:
    assert "worked-off-clock" in race("lazy_answer").keys


def test_a_side_that_works_after_it_has_finished_is_refused(race: Race) -> None:
    assert "worked-off-clock" in race("busy_after_finished").keys


def test_a_distributed_side_that_answers_from_a_cache_is_refused(race: Race) -> None:
    assert found_in(race, "cached_answer") & {"work-lost", "ended before it could be judged"}


def test_a_quality_that_says_something_else_the_second_time_ends_the_race(race: Race) -> None:
    with pytest.raises(SideFailed, match="for the same answer"):
        race("fickle_quality")


def test_a_quality_that_scores_one_answer_in_two_ways_is_refused(race: Race) -> None:
    assert "quality-unrepeatable" in race("partial_quality").keys


def test_a_quality_that_looks_at_its_process_is_refused(race: Race) -> None:
    assert "quality-by-process" in race("partial_process").keys
    assert "quality-by-process" not in race("without_ray", prove=True).keys


def test_both_processes_score_the_distributed_answer(race: Race) -> None:
    assert race("without_ray", prove=True).trial(Side.DISTRIBUTED).rescoring_gap == 0.0


def test_an_answer_that_the_other_process_cannot_read_is_told_of(race: Race) -> None:
    raced = race("kept_answer")
    assert "scored-by-its-own-side" in raced.keys
    assert "cannot pickle" in raced.trial(Side.DISTRIBUTED).not_rescored


def test_a_baseline_that_sleeps_is_refused(race: Race) -> None:
    assert {"baseline-idle", "baseline-waited"} & race("sleeping_baseline").keys


WRITTEN = {
    "finished": "it says that its clock ran for 60.00 s, and finished",
    "early finish": "it sent 'p[a-z]+' after its clock had stopped",
    "go": "it sent 'go', which only the conductor says",
    "progress": r"its progress fell from 20 to \d+",  # its reporter's own may come between the two
    "span": "it sent 'span' of a worker that it does not have: w9",
}


@pytest.mark.parametrize("lie", WRITTEN)
@pytest.mark.parametrize("side", Side)
def test_a_side_that_writes_events_itself_fails(race: Race, side: Side, lie: str) -> None:
    with pytest.raises(SideFailed, match=f"the {side} side failed: {WRITTEN[lie]}"):
        race("writing_side", settings=(f"{side}_writes={lie}",))


def test_a_side_that_claims_to_be_done_and_works_on_fails(race: Race) -> None:
    """By its answer, or sooner by its clock or by what its own reporter still sends."""
    trace = (
        "it (scored its answer but did not hand it over|says that its clock ran|"
        "sent '(progress|span)' (while it had no order|after its clock had stopped))"
    )
    with pytest.raises(SideFailed, match=f"the distributed side failed: {trace}"):
        race("writing_side", settings=("distributed_writes=scored",))


def test_a_side_may_print_what_looks_like_an_event(race: Race) -> None:
    lies = tuple(f"{side}_writes=print scored" for side in Side)
    assert not any(trial.failure for trial in race("writing_side", settings=lies).results.trials)


def test_a_baseline_that_makes_itself_nicer_has_to_say_so(race: Race) -> None:
    assert "unequal-terms" in race("niced_baseline").keys


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="takes Linux's policies")
def test_a_baseline_that_lets_everybody_else_go_first_has_to_say_so(race: Race) -> None:
    assert "unequal-terms" in race("idle_policy").keys


def test_a_baseline_whose_helper_is_nicer_has_to_say_so(race: Race) -> None:
    assert "unequal-terms" in race("niced_helper").keys


def test_a_baseline_that_crowds_itself_out_is_refused(race: Race) -> None:
    assert "work-lost" in race("crowding_baseline").keys


@two_cores
def test_a_baseline_that_keeps_itself_to_one_of_two_cores_has_to_say_so(race: Race) -> None:
    assert "oversubscribed" in race("pinned_baseline", baseline_cores="2").keys
    assert "oversubscribed" not in race("without_ray", baseline_cores="2").keys


def test_work_that_the_quality_does_not_need_is_refused(race: Race) -> None:
    assert "padded-work" in race("padded_work", prove=True).keys


def test_a_baseline_beside_a_far_faster_variant_is_refused(race: Race) -> None:
    assert "variant-far-faster" in race("slow_baseline", prove=True).keys


def test_a_side_that_needs_more_work_for_the_same_result_has_to_say_so(race: Race) -> None:
    assert "work-differs" in race("padded_side").keys
    assert "work-differs" not in race("to_a_result").keys


def test_a_side_that_reports_more_work_than_it_does_is_refused(race: Race) -> None:
    assert "work-lost" in race("overstated_work").keys
