"""Strikes at workers on Ray in a map, a shuffle and a lockstep, all in one race."""

import pytest

from harness import events as e
from harness.claims.audit import audit
from harness.claims.rules import refusals
from harness.model import Fault, FaultKind, Side, Status, Trial
from tests.races import OF_OTHER_PROGRAMS, accounted
from tests.racing import Raced, raced

pytestmark = pytest.mark.ray

IN_THE_MAP = ("kill:w1@8%", "freeze:w0@20%,0.3s")
IN_THE_SHUFFLE = ("kill:w0@40%", "freeze:w1@52%,0.3s")
IN_THE_LOCKSTEP = ("kill:w1@70%", "freeze:w0@80%,0.3s")


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race in which workers are killed and frozen."""
    return raced(
        tmp_path_factory.mktemp("take"),
        workload="tests/struck.py",
        chaos=(*IN_THE_MAP, *IN_THE_SHUFFLE, *IN_THE_LOCKSTEP),
    )


def trial(struck: Raced) -> Trial:
    return struck.trial(Side.DISTRIBUTED)


def faults(struck: Raced, kind: FaultKind) -> list[Fault]:
    return [fault for fault in trial(struck).faults if fault.kind is kind]


def test_a_race_whose_workers_were_struck_ends_with_the_baselines_answer(struck: Raced) -> None:
    answers = {trial.answer_sha256 for trial in struck.results.trials}
    assert (struck.results.status, len(answers)) == (Status.COMPLETE, 1)


def test_it_passes_the_audit(struck: Raced) -> None:
    refused = {raised.key for raised in refusals(audit(struck.results, struck.events).evidence)}
    assert refused <= (OF_OTHER_PROGRAMS if struck.results.disturbed else set())


def test_every_strike_came_in_its_order(struck: Raced) -> None:
    assert trial(struck).unstruck == ()
    assert [(fault.kind, fault.worker) for fault in trial(struck).faults] == [
        (FaultKind.KILL, "w1"),
        (FaultKind.FREEZE, "w0"),
        (FaultKind.KILL, "w0"),
        (FaultKind.FREEZE, "w1"),
        (FaultKind.KILL, "w1"),
        (FaultKind.FREEZE, "w0"),
    ]


def test_a_killed_worker_is_struck_then_noticed_then_replaced(struck: Raced) -> None:
    for fault in faults(struck, FaultKind.KILL):
        assert fault.struck_at_s is not None
        assert fault.cost_s is not None
        assert 0 < fault.struck_at_s < fault.at_s < fault.at_s + fault.cost_s


def test_every_loss_is_made_up_for_after_it_was_noticed_and_before_the_end(struck: Raced) -> None:
    for fault in trial(struck).faults:
        assert fault.struck_at_s is not None
        assert fault.caught_up_s is not None
        assert fault.at_s <= fault.struck_at_s + fault.caught_up_s <= trial(struck).wall_s + 0.5


def test_of_a_map_or_a_shuffle_one_chunk_at_most_is_done_again_of_a_lockstep_no_step(
    struck: Raced,
) -> None:
    in_the_map, in_the_shuffle, in_the_lockstep = faults(struck, FaultKind.KILL)
    assert {in_the_map.redone, in_the_shuffle.redone} <= {0, 1}
    assert in_the_lockstep.redone == 0


def test_what_a_killed_worker_threw_away_is_less_than_what_it_had_begun(struck: Raced) -> None:
    for fault in faults(struck, FaultKind.KILL):
        assert fault.lost_cpu_s is not None
        assert 0 <= fault.lost_cpu_s < 5.0


def test_the_side_states_what_killed_workers_had_used_too(struck: Raced) -> None:
    kernels_s = sum(event.cpu_s for event in struck.events if isinstance(event, e.Span))
    assert trial(struck).cpu_s >= 0.9 * kernels_s  # the rest: since the last look at those killed


def test_a_frozen_worker_goes_on_and_is_not_lost(struck: Raced) -> None:
    lost = [event for event in struck.events if isinstance(event, e.Faulted)]
    frozen = faults(struck, FaultKind.FREEZE)
    assert len(lost) == len(faults(struck, FaultKind.KILL))
    assert [fault.redone for fault in frozen] == [0, 0, 0]
    assert all((fault.cost_s or 0.0) >= 0.3 for fault in frozen)


def test_nobody_is_struck_while_no_clock_runs(struck: Raced) -> None:
    [go, finished] = [
        event.at
        for event in struck.events
        if isinstance(event, e.Go | e.Finished) and event.side is Side.DISTRIBUTED
    ]
    strikes = [event.at for event in struck.events if isinstance(event, e.Struck)]
    assert go < min(strikes) < max(strikes) < finished
    assert all(
        0 < (fault.struck_at_s or 0.0) < trial(struck).wall_s for fault in trial(struck).faults
    )


def test_the_baseline_is_never_struck(struck: Raced) -> None:
    assert struck.trial(Side.BASELINE).faults == ()


def test_core_seconds_still_add_up(struck: Raced) -> None:
    assert accounted(trial(struck)) == pytest.approx(1.0, rel=0.02)
