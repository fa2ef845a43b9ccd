from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from harness.claims.combine import combine
from harness.claims.headline import Headline
from harness.claims.pairs import complete_pairs
from harness.errors import BadRequest
from harness.files.results import decode, encode
from harness.model import Host, Kind, Offer, Results, Scaling, Schedule, Status
from tests.builders import (
    a_digest_of,
    a_host,
    a_report,
    a_sweep,
    an_input,
    an_observer,
    golden_results,
    some_prices,
    some_words,
)
from tests.capacities import a_search


def a_session(
    run_id: str = "7c21", began_utc: str = "2026-11-22T09:14:07Z", **changes: Any
) -> Results:
    """Return a sweep of two rounds on 1 and 2 workers."""
    sweep = a_sweep({1: (41.0, 42.0), 2: (21.0, 22.0)}, [40.0, 41.0])
    return replace(sweep, run_id=run_id, began_utc=began_utc, **changes)


def the_next(**changes: Any) -> Results:
    """Return a session of the same configuration, an hour later and a little slower."""
    return a_later(1, "8d32", "2026-11-22T10:14:07Z", **changes)


def a_later(late_s: float, run_id: str, began_utc: str, **changes: Any) -> Results:
    """Return a session whose every trial took so much longer."""
    session = a_session(run_id, began_utc, journal_sha256=a_digest_of(run_id))
    later = tuple(
        replace(trial, wall_s=trial.wall_s + late_s, phases={}, core_seconds=None)
        for trial in session.trials
    )
    return replace(session, **({"trials": later} | changes))


def the_reason(*sessions: Results) -> str:
    """Return why these sessions are refused."""
    with pytest.raises(BadRequest) as refused:
        combine(sessions)
    assert refused.value.hint
    return refused.value.sentence


def test_two_sessions_have_the_pairs_of_both() -> None:
    pairs = complete_pairs(combine([a_session(), the_next()]))
    assert pairs is not None
    assert pairs.wall_times == ((40.0, 21.0), (41.0, 22.0), (41.0, 22.0), (42.0, 23.0))


def test_pairs_stay_within_their_session() -> None:
    slow = a_sweep({1: (82.0, 84.0), 2: (42.0, 44.0)}, [80.0, 82.0])
    pairs = complete_pairs(combine([a_session(), the_next(trials=slow.trials)]))
    assert pairs is not None
    assert [one / many for one, many in pairs.wall_times] == pytest.approx(
        [40 / 21, 41 / 22, 80 / 42, 82 / 44]
    )


def test_scales_of_both_sessions_make_one_curve() -> None:
    further = a_sweep({4: (11.3,), 8: (6.2,)}, [40.0], journal_sha256=a_digest_of("8d32"))
    pooled = combine(
        [a_session(), replace(further, run_id="8d32", began_utc="2026-11-22T10:14:07Z")]
    )
    curve = a_report(pooled).curve
    assert curve is not None
    assert [(point.workers, point.pairs) for point in curve.points] == [
        (1, 2),
        (2, 2),
        (4, 1),
        (8, 1),
    ]
    assert (pooled.spec.points, pooled.spec.workers, pooled.spec.trials) == ((1, 2, 4, 8), 8, 3)


def test_a_combined_session_is_a_valid_results_file() -> None:
    pooled = combine([a_session(), the_next()])
    assert decode(encode(pooled)) == pooled


def test_a_combined_session_makes_a_headline() -> None:
    assert isinstance(a_report(combine([a_session(), the_next()])).claim, Headline)


def test_trials_follow_each_other_without_overlap() -> None:
    trials = combine([a_session(), the_next()]).trials
    assert [trial.order for trial in trials] == sorted({trial.order for trial in trials})
    assert all(one.began_s + one.wall_s <= later.began_s for one, later in pairwise(trials))


def test_the_runs_are_named_in_the_order_in_which_they_began() -> None:
    pooled = combine([the_next(), a_session()])
    assert (pooled.combined, pooled.run_id, pooled.began_utc) == (
        ("7c21", "8d32"),
        "7c21-8d32",
        "2026-11-22T09:14:07Z",
    )


def test_the_order_of_the_files_makes_no_difference() -> None:
    assert combine([the_next(), a_session()]) == combine([a_session(), the_next()])


def test_a_name_too_long_for_a_run_tells_the_first_and_how_many_more() -> None:
    sessions = [
        a_later(number, f"run-of-the-morning-{number}", a_session().began_utc)
        for number in range(10, 16)
    ]
    pooled = combine(sessions)
    assert pooled.run_id == "run-of-the-morning-10-and-5-more"
    assert decode(encode(pooled)).combined == tuple(
        f"run-of-the-morning-{number}" for number in range(10, 16)
    )


def test_combined_sessions_can_be_combined_again() -> None:
    third = a_later(2, "9e43", "2026-11-22T11:14:07Z")
    again = combine([combine([a_session(), the_next()]), third])
    assert (again.combined, len(again.trials)) == (("7c21", "8d32", "9e43"), 18)


def test_the_largest_models_are_those_of_the_session_with_the_most_workers() -> None:
    spec = replace(a_session().spec, workers=1, points=(1,))
    narrow = a_session(spec=spec, distributed_capacity=a_search(1))
    wide = the_next(distributed_capacity=a_search(2))
    assert combine([narrow, wide]).distributed_capacity == a_search(2)


def test_no_journal_vouches_for_a_combined_session() -> None:
    assert combine([a_session(), the_next()]).journal_sha256 == ""


def test_one_session_stays_as_it_is() -> None:
    session = a_session(status=Status.ABORTED)
    assert combine([session]) is session


def test_the_noisiest_session_speaks_for_all() -> None:
    quiet = an_observer(foreign_cpu=None, contention=0.01, longest_gap_s=0.2)
    loud = an_observer(foreign_cpu=0.2, contention=None, longest_gap_s=0.4)
    observer = combine([a_session(observer=quiet), the_next(observer=loud)]).observer
    assert (observer.foreign_cpu, observer.contention, observer.longest_gap_s) == (0.2, 0.01, 0.4)


def test_a_session_that_was_dear_to_watch_is_not_diluted() -> None:
    walls_s = [
        sum(trial.wall_s for trial in session.trials) for session in (a_session(), the_next())
    ]
    cheap, dear = an_observer(cpu_s=0.0), an_observer(cpu_s=0.1 * walls_s[1])
    assert combine(
        [a_session(observer=cheap), the_next(observer=dear)]
    ).observer.cpu_s == pytest.approx(0.1 * sum(walls_s))


def test_a_dashboard_that_one_session_had_is_told_of_all() -> None:
    walls_s = [
        sum(trial.wall_s for trial in session.trials) for session in (a_session(), the_next())
    ]
    watched = an_observer(cpu_s=0.1 * walls_s[1], dashboard_cpu_s=0.08 * walls_s[1])
    both = combine([a_session(), the_next(observer=watched)]).observer
    assert both.dashboard_cpu_s == pytest.approx(0.08 * sum(walls_s))
    assert combine([a_session(), the_next()]).observer.dashboard_cpu_s is None


def test_uncommitted_changes_in_one_session_are_told_of_all() -> None:
    dirty = replace(a_session().code, dirty=True)
    assert combine([a_session(), the_next(code=dirty)]).code.dirty


def test_two_commits_of_one_source_are_no_commit() -> None:
    other = replace(a_session().code, commit="1" * 40)
    assert combine([a_session(), the_next(code=other)]).code.commit == ""


def test_a_machine_that_was_ever_off_the_mains_is_told_as_that() -> None:
    assert combine([a_session(hosts=(a_host(on_mains=False),)), the_next()]).hosts == (
        a_host(on_mains=False),
    )


def test_a_machine_started_anew_in_between_is_the_same_machine() -> None:
    assert len(combine([a_session(), the_next(hosts=(a_host(id="h9"),))]).hosts) == 2


def test_sessions_on_several_hosts_of_one_kind_say_so() -> None:
    pooled = combine([a_session(remark="a note"), the_next(hosts=(a_host(id="h9"),))])
    assert pooled.remark == "a note; on 2 hosts of one kind"


def test_sessions_on_one_host_have_no_remark() -> None:
    assert combine([a_session(), the_next()]).remark == ""


def test_memory_that_a_kernel_keeps_for_itself_makes_no_other_machine() -> None:
    assert combine(
        [a_session(), the_next(hosts=(a_host(memory_bytes=(16 << 30) - 5_000_000),))]
    ).hosts


def respecified(**changes: Any) -> Callable[[Results], Results]:
    return lambda results: replace(results, spec=replace(results.spec, **changes))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda results: replace(results, input=an_input(sha256=a_digest_of("other"))), "input"),
        (lambda results: replace(results, held_out=an_input()), "held-out set"),
        (
            lambda results: replace(
                results, code=replace(results.code, source_sha256=a_digest_of("other"))
            ),
            "source",
        ),
        (lambda results: replace(results, kind=Kind.SIMULATED), "kind"),
        (lambda results: replace(results, schedule=Schedule.TOGETHER), "schedule"),
        (respecified(params={"steps": 100}), "the setting steps: 200 and 100"),
        (
            respecified(workload=some_words(tolerance=0.5)),
            "workload, in its tolerance: 0.003 and 0.5",
        ),
        (respecified(prices=some_prices(offers=(Offer("spot", 0.1, 0.1, 0.0),))), "prices"),
        (respecified(baseline_cores=2), "the baseline's cores: 1 and 2"),
        (respecified(cores_per_worker=2), "cores per worker"),
        (respecified(scaling=Scaling.WEAK), "scaling"),
        (respecified(joined_cluster=True), "cluster"),
    ],
)
def test_sessions_of_unlike_configurations_are_refused_with_what_differs(
    changed: Callable[[Results], Results], says: str
) -> None:
    assert f"runs 7c21 and 8d32 differ in {says}" in the_reason(a_session(), changed(the_next()))


@pytest.mark.parametrize(
    ("host", "what"),
    [
        (a_host(cpu_model="another"), "processor: "),
        (a_host(cores=8), "cores: "),
        (a_host(blas="mkl"), "BLAS: "),
        (a_host(python="3.12.1"), "Python: 3.11.7 and 3.12.1"),
        (a_host(packages={"numpy": "2.3.0"}), "numpy: 2.2.0 and 2.3.0"),
        (a_host(memory_bytes=32 << 30), "memory in GiB: "),
    ],
    ids=["processor", "cores", "blas", "python", "packages", "memory"],
)
def test_sessions_on_unlike_machines_are_refused_with_what_differs(host: Host, what: str) -> None:
    reason = the_reason(a_session(), the_next(hosts=(host,)))
    assert f"differ in machine or its software, {what}" in reason


@pytest.mark.parametrize("status", [Status.ABORTED, Status.FAILED])
def test_an_unfinished_session_is_refused(status: Status) -> None:
    assert f"run 8d32 is {status}" in the_reason(a_session(), the_next(status=status))


def test_the_same_run_twice_is_refused() -> None:
    assert "run 7c21 is there twice" in the_reason(a_session(), the_next(), a_session())


def test_one_journal_cannot_vouch_for_two_sessions() -> None:
    assert "runs 7c21 and 8d32 are one session under two names" in the_reason(
        a_session(), the_next(journal_sha256=a_session().journal_sha256)
    )


def test_a_copy_under_another_name_is_refused() -> None:
    copy = a_session("8d32", "2026-11-22T10:14:07Z", journal_sha256=a_digest_of("8d32"))
    assert "runs 7c21 and 8d32 are one session under two names" in the_reason(a_session(), copy)


def test_a_copy_of_a_part_of_a_combined_session_is_refused() -> None:
    copy = replace(the_next(), run_id="9e43", journal_sha256="")
    assert "are one session under two names" in the_reason(combine([a_session(), the_next()]), copy)


def test_sessions_of_which_no_journal_is_known_are_not_copies_for_that() -> None:
    assert combine([a_session(journal_sha256=""), the_next(journal_sha256="")]).combined == (
        "7c21",
        "8d32",
    )


def test_a_run_within_a_combined_session_is_not_counted_again() -> None:
    assert "run 8d32 is there twice" in the_reason(combine([a_session(), the_next()]), the_next())


def test_declared_numbers_are_refused() -> None:
    assert "declared" in the_reason(golden_results(), replace(golden_results(), run_id="8d32"))


def test_no_session_at_all_is_refused() -> None:
    assert the_reason() == "there is no session to combine"
