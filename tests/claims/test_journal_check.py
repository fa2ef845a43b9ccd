from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.claims.journal_check import MOST_LISTED, check
from harness.model import ChaosKind, FaultKind, Results, Side, Status
from harness.state.to_results import results_of
from tests.builders import a_board, a_digest_of, a_fault, a_process, some_events

JOURNAL = some_events(pairs=2)
SHA = a_digest_of("journal")
RECORDED = results_of(a_board(JOURNAL), SHA)


def difference_lines(
    results: Results, journal: Sequence[e.Event], sha256: str = SHA
) -> tuple[str, ...]:
    """Return what the results file states otherwise than its journal."""
    return check(results, journal, sha256).differences


def with_trial(place: int, **changes: Any) -> Results:
    """Return the recorded session with one of its trials edited."""
    trials = RECORDED.trials
    return replace(
        RECORDED, trials=(*trials[:place], replace(trials[place], **changes), *trials[place + 1 :])
    )


@given(st.integers(1, 4), st.floats(0.1, 1e4), st.floats(0.1, 1e4), st.integers(1, 3))
def test_a_session_that_nobody_edited_agrees_with_its_journal(
    workers: int, baseline_s: float, distributed_s: float, pairs: int
) -> None:
    journal = some_events(workers, baseline_s, distributed_s, pairs)
    assert difference_lines(results_of(a_board(journal), SHA), journal, SHA) == ()


STRUCK = next(
    place
    for place, event in enumerate(JOURNAL)
    if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
)
UNDER_STRIKES = [
    *JOURNAL[: STRUCK + 1],
    *(
        e.stamp(event, JOURNAL[STRUCK].at, Side.DISTRIBUTED, 0)
        for event in (
            e.Struck(worker="w1", kind=ChaosKind.KILL),
            e.Faulted(worker="w1", reason="killed", after_s=0.1),
            e.Recovered(worker="w1", process=a_process("w1"), seconds=1.3),
            e.CaughtUp(worker="w1", seconds=1.9, redone=3, lost_cpu_s=0.88),
        )
    ),
    *JOURNAL[STRUCK + 1 :],
]
PRETTIER: dict[str, tuple[dict[str, Any], str]] = {
    "a shorter recovery": ({"caught_up_s": 0.4}, "caught_up_s: the file says 0.4, the journal 1.9"),
    "a loss noticed sooner": ({"at_s": 0.0}, "at_s: the file says 0.0, the journal 0.1"),
    "less done again": ({"redone": 0}, "redone: the file says 0, the journal 3"),
    "less thrown away": (
        {"lost_cpu_s": 0.0},
        "lost_cpu_s: the file says 0.0, the journal 0.88",
    ),
    "an accident": (
        {"kind": FaultKind.LOST},
        "kind: the file says lost, the journal kill",
    ),
}


@pytest.mark.parametrize("lie", PRETTIER)
def test_a_recovery_that_is_told_better_than_it_was_is_found_in_the_journal(lie: str) -> None:
    changes, difference = PRETTIER[lie]
    results = results_of(a_board(UNDER_STRIKES), SHA)
    place = next(place for place, trial in enumerate(results.trials) if trial.faults)
    trial = results.trials[place]
    told = replace(trial, faults=(replace(trial.faults[0], **changes),))
    trials = (*results.trials[:place], told, *results.trials[place + 1 :])

    found = difference_lines(replace(results, trials=trials), UNDER_STRIKES)

    assert found == (f"trials[{place}].faults[0].{difference}",)


EDITED = {
    "a time": (
        with_trial(3, wall_s=41.5),
        "trials[3].wall_s: the file says 41.5, the journal 40.0",
    ),
    "a quality": (
        with_trial(0, quality=0.98),
        "trials[0].quality: the file says 0.98, the journal 0.975",
    ),
    "a fault hidden": (
        with_trial(1, faults=(a_fault(),)),
        "trials[1].faults: the file says a list of 1, the journal a list of 0",
    ),
    "a trial hidden": (
        replace(RECORDED, trials=RECORDED.trials[:3]),
        "trials: the file says a list of 3, the journal a list of 4",
    ),
    "a status": (
        replace(RECORDED, status=Status.FAILED),
        "status: the file says failed, the journal complete",
    ),
    "a commit": (
        replace(RECORDED, code=replace(RECORDED.code, dirty=True)),
        "code.dirty: the file says True, the journal False",
    ),
    "an input": (
        replace(RECORDED, input=None),
        "input: the file says nothing, the journal an object",
    ),
    "a phase": (
        with_trial(0, phases={}),
        "trials[0].phases.compute: the file says nothing, the journal 40.0",
    ),
    "a long text": (
        replace(RECORDED, remark="x" * 50),
        f"remark: the file says {'x' * 40}…, the journal ",
    ),
}


@pytest.mark.parametrize("edit", EDITED)
def test_an_edited_fact_is_named_with_both_values(edit: str) -> None:
    results, lines = EDITED[edit]
    assert difference_lines(results, JOURNAL, SHA) == (lines,)


def test_another_journal_than_the_files_own_is_a_difference() -> None:
    (line,) = difference_lines(RECORDED, JOURNAL, a_digest_of("another journal"))
    assert line.startswith("journal_sha256: the file says ")


def test_after_twenty_differences_the_rest_is_counted() -> None:
    numbers: dict[str, Any] = dict.fromkeys(
        ("began_s", "startup_s", "wall_s", "cpu_s", "items", "peak_rss_bytes"), 7
    )
    edited = replace(RECORDED, trials=tuple(replace(trial, **numbers) for trial in RECORDED.trials))
    lines = difference_lines(edited, JOURNAL, SHA)
    assert (len(lines), lines[-1]) == (
        MOST_LISTED + 1,
        f"and {len(numbers) * 4 - MOST_LISTED} more",
    )


def test_a_journal_that_tells_of_no_session_makes_no_results() -> None:
    assert difference_lines(RECORDED, [], SHA) == (
        "the journal makes no results: a session that was not opened has no results",
    )


@given(st.lists(st.sampled_from(JOURNAL), max_size=60))
def test_whatever_a_journal_tells_it_can_be_recounted(journal: list[e.Event]) -> None:
    assert isinstance(difference_lines(RECORDED, journal, SHA), tuple)


@given(st.integers(0, len(JOURNAL) - 1))
def test_an_event_left_out_is_a_difference_or_told_nothing_that_is_kept(place: int) -> None:
    journal = [*JOURNAL[:place], *JOURNAL[place + 1 :]]
    unchanged = results_of(a_board(journal), SHA) == RECORDED if place else False
    assert bool(difference_lines(RECORDED, journal, SHA)) is not unchanged
