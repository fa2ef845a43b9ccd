from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadRequest
from harness.model import Schedule, Side
from harness.run.schedule import (
    SLOWDOWN_TOLERATED,
    CoreShares,
    choose_schedule,
    rounds,
    share_cores,
    worth_probing,
)
from tests.builders import a_process, a_spec

CORES = st.lists(st.integers(0, 200), unique=True, min_size=1, max_size=24).map(tuple)
SCALES = st.lists(st.integers(1, 64), unique=True, min_size=1, max_size=6).map(
    lambda scales: tuple(sorted(scales))
)
ASKED = st.fixed_dictionaries(
    {
        "workers": st.integers(1, 8),
        "cores_per_worker": st.integers(1, 3),
        "baseline_cores": st.integers(1, 4),
        "schedule": st.sampled_from(Schedule),
        "joined_cluster": st.booleans(),
    }
)


def allotted(asked: dict[str, Any], cores: tuple[int, ...]) -> CoreShares | None:
    try:
        return share_cores(a_spec(**asked), cores, simulated=False)
    except BadRequest:
        return None


@given(ASKED, CORES)
def test_every_share_has_the_cores_that_were_asked_for(
    asked: dict[str, Any], cores: tuple[int, ...]
) -> None:
    given = allotted(asked, cores)
    if given is not None and not asked["joined_cluster"]:
        assert len(given.baseline) == asked["baseline_cores"]
        assert [len(share) for share in given.workers] == [asked["cores_per_worker"]] * asked[
            "workers"
        ]


@given(ASKED, CORES)
def test_no_core_is_given_to_two_workers(asked: dict[str, Any], cores: tuple[int, ...]) -> None:
    given = allotted(asked, cores)
    if given is not None:
        shared = list(chain(*given.workers))
        assert len(shared) == len(set(shared))
        assert {*shared, *given.baseline} <= set(cores)


@given(ASKED, CORES)
def test_shares_that_may_run_at_once_are_disjoint(
    asked: dict[str, Any], cores: tuple[int, ...]
) -> None:
    given = allotted(asked, cores)
    if given is not None and given.disjoint and asked["schedule"] is not Schedule.IN_TURN:
        assert not set(given.baseline) & set(chain(*given.workers))


@given(ASKED, CORES)
def test_together_is_refused_rather_than_shared(
    asked: dict[str, Any], cores: tuple[int, ...]
) -> None:
    given = allotted(asked | {"schedule": Schedule.TOGETHER, "joined_cluster": False}, cores)
    assert given is None or given.disjoint


@given(ASKED, CORES)
def test_the_cores_of_a_joined_cluster_are_not_known_to_be_disjoint(
    asked: dict[str, Any], cores: tuple[int, ...]
) -> None:
    given = allotted(asked | {"joined_cluster": True}, cores)
    assert given is None or not given.disjoint


@given(ASKED, CORES)
def test_a_screen_has_a_core_only_where_one_is_left(
    asked: dict[str, Any], cores: tuple[int, ...]
) -> None:
    given = allotted(asked, cores)
    if given is not None and given.screen_has_core:
        assert set(cores) - set(given.baseline) - set(chain(*given.workers))


def test_in_turn_both_sides_use_the_first_cores() -> None:
    given = share_cores(a_spec(schedule=Schedule.IN_TURN), (4, 5, 6, 7), simulated=False)
    assert (given.baseline, given.workers) == ((4,), ((4,), (5,)))


def test_at_once_the_workers_come_after_the_baseline() -> None:
    given = share_cores(a_spec(schedule=Schedule.TOGETHER), (4, 5, 6), simulated=False)
    assert (given.baseline, given.workers) == ((4,), ((5,), (6,)))


def test_the_workers_of_a_joined_cluster_are_not_pinned() -> None:
    given = share_cores(a_spec(joined_cluster=True, workers=64), (4, 5), simulated=False)
    assert (given.baseline, given.workers) == ((4,), ())


def test_pretend_workers_need_no_cores() -> None:
    given = share_cores(a_spec(workers=1000), (0,), simulated=True)
    assert (given.baseline, given.workers) == ((), ())


def test_the_largest_scale_of_a_sweep_decides_how_many_workers_there_are() -> None:
    given = share_cores(
        a_spec(schedule=Schedule.IN_TURN, workers=3, points=(1, 3)), (4, 5, 6, 7), simulated=False
    )
    assert (given.baseline, given.workers) == ((4,), ((4,), (5,), (6,)))


def test_workers_beyond_the_last_core_begin_anew_at_the_first() -> None:
    crowded = a_spec(schedule=Schedule.IN_TURN, points=(1, 2, 5), oversubscribe=True)
    given = share_cores(crowded, (4, 5), simulated=False)
    assert given == CoreShares(
        baseline=(4,),
        workers=((4,), (5,), (4,), (5,), (4,)),
        disjoint=False,
        screen_has_core=False,
    )


def test_no_worker_is_given_a_core_twice_however_crowded() -> None:
    crowded = a_spec(
        schedule=Schedule.IN_TURN, workers=1, points=(1, 4), cores_per_worker=2, oversubscribe=True
    )
    given = share_cores(crowded, (4, 5, 6), simulated=False)
    assert given.workers == ((4, 5), (6, 4), (5, 6), (4, 5))


REFUSED = {
    "workers": (
        {"workers": 5},
        "5 workers with 1 core each need 5 cores; this machine has 4",
        "use --workers 4 or fewer",
    ),
    "wide workers": (
        {"cores_per_worker": 3},
        "2 workers with 3 cores each need 6 cores; this machine has 4",
        "use --workers 1",
    ),
    "too wide": (
        {"workers": 1, "cores_per_worker": 9},
        "1 worker with 9 cores each need 9 cores; this machine has 4",
        "use --cores-per-worker 4 or fewer",
    ),
    "a sweep": (
        {"points": (1, 2, 8)},
        "8 workers with 1 core each need 8 cores; this machine has 4",
        "leave out what is above --workers 4, or add --oversubscribe",
    ),
    "a sweep of nothing else": (
        {"points": (6, 8), "workers": 6, "oversubscribe": True},
        "6 workers with 1 core each need 6 cores; this machine has 4",
        "begin with --workers 4 or fewer: the headline is about a scale that fits",
    ),
    "a sweep that is too wide": (
        {"points": (1,), "workers": 1, "cores_per_worker": 5, "oversubscribe": True},
        "1 worker with 5 cores each need 5 cores; this machine has 4",
        "use --cores-per-worker 4 or fewer",
    ),
    "baseline": (
        {"baseline_cores": 5},
        "the baseline needs 5 cores; this machine has 4",
        "use --baseline-cores 4 or fewer",
    ),
    "together": (
        {"workers": 4, "schedule": Schedule.TOGETHER},
        "--schedule together needs 5 cores, so that no two processes share one; this machine has 4",
        "use --schedule in-turn, or fewer workers",
    ),
}


@pytest.mark.parametrize(("asked", "sentence", "hint"), REFUSED.values(), ids=REFUSED)
def test_too_few_cores_are_refused_with_what_would_fit(
    asked: dict[str, Any], sentence: str, hint: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        share_cores(a_spec(**asked), (0, 1, 2, 3), simulated=False)
    assert (refused.value.sentence, refused.value.hint) == (sentence, hint)


ROOMY = CoreShares(baseline=(0,), workers=((1,),), disjoint=True, screen_has_core=True)
HERE, ELSEWHERE = (
    (a_process("w0"), a_process("w1")),
    (a_process("w0", host="h1"), a_process("w1", host="h2")),
)


@pytest.mark.parametrize(
    ("core_shares", "workers", "worth"),
    [
        (ROOMY, HERE, True),
        (ROOMY, ELSEWHERE, False),
        (ROOMY, (*ELSEWHERE, *HERE), True),
        (
            CoreShares(baseline=(0,), workers=((0,),), disjoint=False, screen_has_core=True),
            HERE,
            False,
        ),
        (
            CoreShares(baseline=(0,), workers=((1,),), disjoint=True, screen_has_core=False),
            HERE,
            False,
        ),
    ],
)
def test_contention_is_probed_only_where_both_at_once_could_be_fair(
    core_shares: CoreShares, workers: Any, worth: bool
) -> None:
    assert worth_probing(core_shares, a_process("core"), workers) is worth


@pytest.mark.parametrize("asked", [Schedule.IN_TURN, Schedule.TOGETHER])
@pytest.mark.parametrize("slowdown", [None, 0.0, 0.5])
def test_a_schedule_that_was_asked_for_is_kept(asked: Schedule, slowdown: float | None) -> None:
    assert choose_schedule(asked, one_host=True, disjoint=True, slowdown=slowdown) is asked


@pytest.mark.parametrize(
    ("one_host", "slowdown", "schedule"),
    [
        (False, None, Schedule.TOGETHER),
        (True, None, Schedule.IN_TURN),
        (True, 0.0, Schedule.TOGETHER),
        (True, SLOWDOWN_TOLERATED, Schedule.TOGETHER),
        (True, SLOWDOWN_TOLERATED + 0.001, Schedule.IN_TURN),
    ],
)
def test_auto_is_together_only_where_that_is_fair(
    one_host: bool, slowdown: float | None, schedule: Schedule
) -> None:
    assert (
        choose_schedule(Schedule.AUTO, one_host=one_host, disjoint=True, slowdown=slowdown)
        is schedule
    )


@pytest.mark.parametrize("asked", Schedule)
@pytest.mark.parametrize("slowdown", [None, 0.0, 0.5])
def test_on_a_shared_host_without_known_disjoint_cores_sides_always_run_in_turn(
    asked: Schedule, slowdown: float | None
) -> None:
    assert (
        choose_schedule(asked, one_host=True, disjoint=False, slowdown=slowdown) is Schedule.IN_TURN
    )


@pytest.mark.parametrize(
    ("asked", "schedule"),
    [
        (Schedule.AUTO, Schedule.TOGETHER),
        (Schedule.TOGETHER, Schedule.TOGETHER),
        (Schedule.IN_TURN, Schedule.IN_TURN),
    ],
)
def test_on_hosts_of_their_own_it_does_not_matter_whose_cores_are_whose(
    asked: Schedule, schedule: Schedule
) -> None:
    assert choose_schedule(asked, one_host=False, disjoint=False, slowdown=None) is schedule


def test_trials_in_turn_alternate_who_goes_first() -> None:
    (b, d) = Side
    flat = [one for starting in rounds(3, Schedule.IN_TURN, (4,)) for one in starting]
    assert flat == [(b, 0, 0), (d, 0, 4), (d, 1, 4), (b, 1, 0), (b, 2, 0), (d, 2, 4)]


def test_a_sweep_climbs_the_scales_in_one_round_and_comes_down_in_the_next() -> None:
    (b, d) = Side
    flat = [one for starting in rounds(2, Schedule.IN_TURN, (1, 2, 4)) for one in starting]
    assert flat == [
        (b, 0, 0),
        (d, 0, 1),
        (d, 0, 2),
        (d, 0, 4),
        (d, 1, 4),
        (d, 1, 2),
        (d, 1, 1),
        (b, 1, 0),
    ]


def test_together_both_sides_start_at_once() -> None:
    (b, d) = Side
    assert list(rounds(2, Schedule.TOGETHER, (4,))) == [
        ((b, 0, 0), (d, 0, 4)),
        ((b, 1, 0), (d, 1, 4)),
    ]


@given(st.integers(1, 50), st.sampled_from([Schedule.IN_TURN, Schedule.TOGETHER]))
def test_every_side_runs_every_trial_once(trials: int, schedule: Schedule) -> None:
    begun = [
        (side, index) for starting in rounds(trials, schedule, (4,)) for side, index, _ in starting
    ]
    assert sorted(begun) == sorted((side, index) for side in Side for index in range(trials))


@given(st.integers(1, 20), SCALES)
def test_every_round_of_a_sweep_measures_the_baseline_and_every_scale_one_at_a_time(
    trials: int, scales: tuple[int, ...]
) -> None:
    starting = list(rounds(trials, Schedule.IN_TURN, scales))
    assert sorted(start for (start,) in starting) == sorted(
        (side, index, workers)
        for index in range(trials)
        for side, workers in (
            (Side.BASELINE, 0),
            *((Side.DISTRIBUTED, workers) for workers in scales),
        )
    )


@given(st.integers(1, 25).map(lambda pairs: 2 * pairs), SCALES)
def test_in_turn_neither_side_is_always_first(trials: int, scales: tuple[int, ...]) -> None:
    flat = [side for ((side, _, _),) in rounds(trials, Schedule.IN_TURN, scales)]
    firsts = flat[:: 1 + len(scales)]
    assert firsts.count(Side.BASELINE) == firsts.count(Side.DISTRIBUTED)


@given(st.integers(1, 25).map(lambda pairs: 2 * pairs), SCALES)
def test_no_scale_of_a_sweep_is_measured_later_than_another_on_average(
    trials: int, scales: tuple[int, ...]
) -> None:
    flat = [start for (start,) in rounds(trials, Schedule.IN_TURN, scales)]
    moments = [
        sum(moment for moment, (_, _, workers) in enumerate(flat) if workers == scale)
        for scale in (0, *scales)
    ]
    assert len(set(moments)) == 1


def test_spares_have_cores_of_their_own_behind_those_of_the_workers() -> None:
    given = share_cores(a_spec(workers=2, spares=1), (4, 5, 6), simulated=False)
    assert (given.workers, given.disjoint) == (((4,), (5,), (6,)), False)


@pytest.mark.parametrize(("spares", "hint"), [(1, "use --workers 1"), (2, "use fewer --spares")])
def test_spares_without_cores_are_refused(spares: int, hint: str) -> None:
    with pytest.raises(BadRequest, match=r"2 workers and .* this machine has 2") as refused:
        share_cores(a_spec(workers=2, spares=spares), (4, 5), simulated=False)
    assert refused.value.hint == hint


def test_spares_share_cores_where_workers_may() -> None:
    spec = a_spec(workers=2, points=(1, 2), oversubscribe=True, spares=1)
    assert share_cores(spec, (4, 5), simulated=False).workers == ((4,), (5,), (4,))
