from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.claims.rule import Caveat, Evidence, Measure, Unit
from harness.claims.rules import refusals
from harness.model import Host, Kind, Rate, Results, Schedule, Side, Status, Trial, Variant
from tests.builders import (
    a_digest_of,
    a_fault,
    a_host,
    a_process,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    a_worker,
    an_input,
    an_observer,
    golden_results,
    some_core_seconds,
    some_pairs,
    some_words,
)

BARE = a_spec(workload=some_words(answers_differ=""))


def a_session_whose_distributed_side(**saw: Any) -> Results:
    """Return one pair in which the distributed side differs by these facts, unexplained."""
    return a_results(spec=BARE, trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, **saw)))


def a_session_of(
    change: Callable[[Trial], Trial], facts: Mapping[str, Any] | None = None
) -> Results:
    """Return one pair in which every trial and these facts of the session are changed."""
    results = a_results(spec=BARE, **(facts or {}))
    return replace(results, trials=tuple(change(trial) for trial in results.trials))


def refusals_of(results: Results) -> tuple[Caveat, ...]:
    """Return the reasons to claim nothing of a session."""
    return refusals(Evidence.of(results))


def keys(results: Results) -> list[str]:
    """Return the keys of the reasons, in order."""
    return [reason.key for reason in refusals_of(results)]


def test_an_honest_session_is_not_refused() -> None:
    assert refusals_of(a_results(spec=BARE)) == ()


def test_declared_facts_may_make_a_headline() -> None:
    assert refusals_of(golden_results()) == ()


def a_session_whose_baseline(**saw: Any) -> Results:
    """Return a session of one pair in which the baseline differs by these facts."""
    return a_results(spec=BARE, trials=(a_trial(Side.BASELINE, **saw), a_trial(Side.DISTRIBUTED)))


def a_session_whose_worker(**said: Any) -> Results:
    """Return a session of one pair in which one worker says otherwise."""
    return a_session_whose_distributed_side(
        workers_detail=(a_worker(a_process("w0"), cpu_s=22.0), a_worker(a_process("w1", **said)))
    )


def a_session_whose_worker_spent(**seconds: float) -> Results:
    """Return a session of one pair in which one worker tells of so many seconds."""
    return a_session_whose_distributed_side(
        workers_detail=(a_worker(a_process("w0")), a_worker(a_process("w1"), **seconds))
    )


def a_swept_session(change: Callable[[Trial], Trial]) -> Results:
    """Return a sweep of one and two workers in which the trial on one worker is changed."""
    results = a_sweep({1: [41.0], 2: [22.0]}, spec=replace(BARE, points=(1, 2)))
    alone = (Side.DISTRIBUTED, 1)
    return replace(
        results,
        trials=tuple(
            change(trial) if (trial.side, trial.workers) == alone else trial
            for trial in results.trials
        ),
    )


def took(trial: Trial, wall_s: float) -> Trial:
    """Return the trial as if it had taken so long."""
    detail = tuple(replace(worker, busy_s=wall_s, cpu_s=wall_s) for worker in trial.workers_detail)
    curve = ((0.0, 0), (wall_s, trial.items))
    return replace(
        trial,
        wall_s=wall_s,
        phases={"run": wall_s},
        core_seconds=None,
        curve=curve,
        workers_detail=detail,
    )


def stale(trial: Trial) -> Trial:
    """Return the trial as if its first worker had run other source."""
    first, *others = trial.workers_detail
    old = replace(
        first, process=replace(first.process, source_sha256=a_digest_of("yesterday's source"))
    )
    return replace(trial, workers_detail=(old, *others))


def tuned(factor: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline that another value makes so many times as fast."""
    return Rate(Variant.OWN, 500.0, 5.0, 1), Rate(
        Variant.TUNED, 500.0 * factor, 5.0, 1, "batch", 512.0
    )


def a_session_that_computed(compute_s: float) -> Results:
    """Return a session whose workers used 22 s of CPU time and say they computed this long."""
    workers = tuple(a_worker(a_process(f"w{place}"), cpu_s=11.0) for place in range(2))
    spent = some_core_seconds(compute_s=compute_s)
    return a_session_whose_distributed_side(workers_detail=workers, core_seconds=spent)


SAME = {"held_out": an_input()}

DOCTORED = {
    "pretend work": ("simulated", a_results(kind=Kind.SIMULATED)),
    "stopped": ("aborted", a_results(status=Status.ABORTED)),
    "a side died": ("failed", a_results(status=Status.FAILED)),
    "no trial": ("no-pair", a_results(trials=())),
    "one side only": ("no-pair", a_results(trials=(a_trial(Side.BASELINE),))),
    "no partner": (
        "no-pair",
        a_results(trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, index=1))),
    ),
    "a failed trial": ("no-pair", a_session_whose_distributed_side(failure="raised")),
    "no wall time": ("no-pair", a_session_whose_distributed_side(wall_s=0.0)),
    "another input": (
        "input-differs",
        a_session_whose_distributed_side(input_sha256=a_digest_of("other")),
    ),
    "another held-out set": (
        "held-out-differs",
        a_session_whose_distributed_side(held_out_sha256=a_digest_of("other")),
    ),
    "another answer": (
        "answers-differ",
        a_session_whose_distributed_side(answer_sha256=a_digest_of("other")),
    ),
    "less work": ("items-differ", a_session_whose_distributed_side(items=19_999)),
    "worse": ("quality-moved", a_session_whose_distributed_side(quality=0.9719)),
    "too much better": ("quality-moved", a_session_whose_distributed_side(quality=0.9781)),
    "input unknown": ("input-differs", a_session_of(lambda trial: replace(trial, input_sha256=""))),
    "held-out set unknown": (
        "held-out-differs",
        a_session_of(lambda trial: replace(trial, held_out_sha256="")),
    ),
    "a worker's other input": (
        "worker-input-differs",
        a_session_whose_worker(input_sha256=a_digest_of("other")),
    ),
    "held out nothing": (
        "held-out-is-input",
        a_session_of(lambda trial: replace(trial, held_out_sha256=a_digest_of("input")), SAME),
    ),
    "less work at another scale": (
        "scales-unequal",
        a_swept_session(lambda trial: replace(trial, items=1)),
    ),
    "another input at another scale": (
        "input-differs",
        a_swept_session(lambda trial: replace(trial, input_sha256=a_digest_of("other"))),
    ),
    "another input than the session's": (
        "input-differs",
        a_results(spec=BARE, input=an_input(sha256=a_digest_of("other"))),
    ),
    "another answer at another scale": (
        "answers-differ",
        a_swept_session(lambda trial: replace(trial, answer_sha256=a_digest_of("other"))),
    ),
    "other source at another scale": ("source-differs", a_swept_session(stale)),
    "lost work": ("work-lost", a_session_whose_distributed_side(cpu_s=35.9, workers_detail=())),
    "a sleeping baseline": (
        "baseline-idle",
        a_session_whose_baseline(cpu_s=31.9, workers_detail=()),
    ),
    "a weak baseline": ("baseline-beaten", a_swept_session(lambda trial: took(trial, 37.9))),
    "a trial hidden": ("trials-missing", a_session_whose_distributed_side(order=2)),
    "too few trials": ("trials-missing", a_results(spec=replace(BARE, trials=2))),
    "a scale hidden": ("trials-missing", a_results(spec=replace(BARE, points=(1, 2)))),
    "another order": (
        "order-contradicted",
        a_results(trials=(a_trial(Side.BASELINE, order=1), a_trial(Side.DISTRIBUTED, order=0))),
    ),
    "at once": ("trials-overlap", a_session_whose_distributed_side(began_s=47.9)),
    "before its time": ("outside-session", a_session_whose_distributed_side(startup_s=60.1)),
    "a phase left out": ("phases-unequal", a_session_whose_distributed_side(phases={"run": 21.5})),
    "core-seconds left out": (
        "core-seconds-unequal",
        a_session_whose_distributed_side(core_seconds=some_core_seconds(21.5)),
    ),
    "a far better value than the baseline's": (
        "baseline-weak",
        a_results(spec=BARE, rates=tuned(1.26)),
    ),
    "busy for longer than there was": (
        "impossible-seconds",
        a_session_whose_worker_spent(busy_s=22.5),
    ),
    "more CPU time than cores": ("impossible-seconds", a_session_whose_worker_spent(cpu_s=22.5)),
    "done after its end": (
        "impossible-seconds",
        a_session_whose_distributed_side(curve=((0.0, 0), (22.5, 20_000))),
    ),
    "more computed than used": ("impossible-seconds", a_session_that_computed(22.5)),
    "other source than the session's": (
        "source-differs",
        a_results(
            spec=BARE,
            code=replace(a_results().code, source_sha256=a_digest_of("yesterday's source")),
        ),
    ),
    "a greedy screen": ("watching-costly", a_results(observer=an_observer(cpu_s=0.051 * 62))),
    "answers unknown": (
        "answers-differ",
        a_session_of(lambda trial: replace(trial, answer_sha256="")),
    ),
}


@pytest.mark.parametrize("fault", DOCTORED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = DOCTORED[fault]
    assert keys(results) == [key]


@pytest.mark.parametrize("quality", [0.978, 0.972])
def test_a_quality_that_moved_by_just_the_tolerance_passes(quality: float) -> None:
    assert keys(a_session_whose_distributed_side(quality=quality)) == []


def test_the_pair_that_moved_most_decides() -> None:
    pairs = some_pairs([40.0] * 3, [22.0] * 3)
    assert keys(a_results(trials=(*pairs[:5], replace(pairs[5], quality=0.9)))) == ["quality-moved"]


def test_a_quality_that_moved_is_named_with_its_numbers() -> None:
    (reason,) = refusals_of(a_session_whose_distributed_side(quality=0.9))
    assert reason.measures == (
        Measure("baseline", 0.975, Unit.QUALITY),
        Measure("distributed", 0.9, Unit.QUALITY),
        Measure("change", 0.9 - 0.975, Unit.QUALITY),
        Measure("tolerance", 0.003, Unit.QUALITY),
    )


def test_items_that_differ_are_named_with_their_counts() -> None:
    (reason,) = refusals_of(a_session_whose_distributed_side(items=19_999))
    assert [measure.value for measure in reason.measures] == [19_999, 20_000]


def test_answers_may_differ_where_the_workload_said_why() -> None:
    other = a_trial(Side.DISTRIBUTED, answer_sha256=a_digest_of("other"))
    assert keys(a_results(trials=(a_trial(Side.BASELINE), other))) == []


def other_bits(*hosts: Host, threads: int = 1) -> Results:
    """Return a session whose workers, on host h1, gave other bits than the baseline on h0."""
    detail = tuple(
        a_worker(a_process(f"w{place}", host="h1", threads=threads)) for place in range(2)
    )
    return replace(
        a_session_whose_distributed_side(answer_sha256=a_digest_of("other"), workers_detail=detail),
        hosts=hosts,
    )


@pytest.mark.parametrize(
    "results",
    [
        other_bits(threads=2),
        other_bits(a_host(), a_host(id="h1", cpu_model="another")),
        other_bits(a_host(), a_host(id="h1", blas="openblas 0.3.29")),
    ],
    ids=["threads", "processor", "BLAS"],
)
def test_answers_may_differ_where_the_arithmetic_was_unlike(results: Results) -> None:
    assert keys(results) == []


@pytest.mark.parametrize(
    "results",
    [
        other_bits(a_host(), a_host(id="h1")),
        other_bits(a_host(), a_host(id="h1", cores=2, system="Linux 5.4", memory_bytes=1 << 30)),
        other_bits(a_host(), a_host(id="h1"), a_host(id="h2", cpu_model="another")),
        other_bits(a_host()),
        other_bits(),
    ],
    ids=[
        "equal hosts",
        "other cores",
        "a host that took no part",
        "one host unknown",
        "both unknown",
    ],
)
def test_answers_that_differ_on_like_processors_are_refused(results: Results) -> None:
    assert keys(results) == ["answers-differ"]


def test_unlike_arithmetic_excuses_nothing_but_bits() -> None:
    results = other_bits(threads=2)
    moved = tuple(
        replace(trial, quality=0.9) if trial.side is Side.DISTRIBUTED else trial
        for trial in results.trials
    )
    assert keys(replace(results, trials=moved)) == ["quality-moved"]


def test_a_worker_that_ran_other_source_is_refused() -> None:
    stale = a_worker(a_process("w1", source_sha256=a_digest_of("yesterday's source")))
    assert keys(
        a_session_whose_distributed_side(workers_detail=(a_worker(a_process("w0")), stale))
    ) == ["source-differs"]


def test_every_reason_is_given() -> None:
    results = replace(
        a_session_whose_distributed_side(quality=0.5, items=1),
        kind=Kind.SIMULATED,
        status=Status.FAILED,
    )
    assert keys(results) == ["simulated", "failed", "quality-moved", "items-differ"]


@pytest.mark.parametrize(
    "results",
    [
        a_session_whose_distributed_side(cpu_s=36.0, workers_detail=()),
        a_session_whose_baseline(cpu_s=32.0, workers_detail=()),
        a_swept_session(lambda trial: took(trial, 38.0)),
        a_session_whose_distributed_side(began_s=48.0),
        a_session_whose_distributed_side(startup_s=60.0),
        a_session_whose_distributed_side(phases={"run": 21.56}),
        a_session_whose_distributed_side(core_seconds=some_core_seconds(21.56)),
        a_results(observer=an_observer(cpu_s=0.05 * 62)),
        a_session_whose_worker(input_sha256=an_input().sha256),
        a_session_whose_worker_spent(busy_s=22.48, cpu_s=22.48),
        a_session_whose_distributed_side(curve=((0.0, 0), (22.48, 20_000))),
        a_session_that_computed(22.48),
        a_results(spec=BARE, rates=tuned(1.25)),
        a_results(spec=BARE, code=replace(a_results().code, source_sha256="")),
    ],
    ids=[
        "work",
        "busy",
        "tax",
        "in-turn",
        "armed",
        "phases",
        "core-seconds",
        "watching",
        "input",
        "busy-s",
        "curve",
        "computed",
        "tuned",
        "source",
    ],
)
def test_at_its_limit_nothing_is_refused(results: Results) -> None:
    assert keys(results) == []


def test_a_baseline_off_its_core_for_other_programs_is_not_called_asleep() -> None:
    results = replace(
        a_session_whose_baseline(cpu_s=20.0, workers_detail=()),
        observer=an_observer(foreign_cpu=0.5),
    )
    crowded = replace(
        results,
        trials=(
            a_trial(Side.BASELINE, cpu_s=20.0, workers_detail=(a_worker(cpu_s=0.0),)),
            results.trials[1],
        ),
    )
    assert (keys(results), keys(crowded)) == (["baseline-idle"], [])


def test_a_little_foreign_work_on_a_host_of_many_cores_excuses_no_sleep() -> None:
    asleep = a_trial(Side.BASELINE, cpu_s=20.0, workers_detail=(a_worker(cpu_s=0.0),))
    pair = asleep, a_results().trials[1]
    results = a_results(
        spec=BARE, trials=pair, hosts=(a_host(cores=64),), observer=an_observer(foreign_cpu=0.05)
    )
    assert keys(results) == ["baseline-idle"]


def test_a_baseline_with_more_threads_than_it_kept_busy_is_idle() -> None:
    wide = a_worker(a_process(threads=2, affinity=(0, 1)), cpu_s=0.0)
    assert "baseline-idle" in keys(a_session_whose_baseline(cpu_s=40.0, workers_detail=(wide,)))


def test_what_a_lost_worker_had_used_is_known_from_its_kernels() -> None:
    assert keys(a_session_whose_distributed_side(cpu_s=20.0, faults=(a_fault(),))) == []


def test_the_sides_of_a_pair_may_run_at_once_where_they_were_meant_to() -> None:
    assert (
        keys(replace(a_session_whose_distributed_side(began_s=8.0), schedule=Schedule.TOGETHER))
        == []
    )


def test_two_pairs_may_not_run_at_once() -> None:
    trials = tuple(replace(trial, began_s=8.0) for trial in some_pairs([40.0] * 2, [22.0] * 2))
    assert keys(a_results(trials=trials, schedule=Schedule.TOGETHER)) == ["trials-overlap"]


def test_of_a_rehearsal_nothing_is_asked_that_only_work_can_show() -> None:
    asleep = tuple(replace(trial, cpu_s=0.01, workers_detail=()) for trial in a_results().trials)
    assert keys(
        a_results(kind=Kind.SIMULATED, trials=asleep, observer=an_observer(cpu_s=30.0))
    ) == ["simulated"]


def test_several_sessions_put_together_are_not_counted_as_one() -> None:
    assert keys(a_results(spec=replace(BARE, trials=12), combined=("7c21", "8d32"))) == []


def test_a_side_may_not_run_at_once_with_the_other_side_of_another_pair() -> None:
    first, second = some_pairs([40.0] * 2, [22.0] * 2)[:2], some_pairs([40.0] * 2, [22.0] * 2)[2:]
    began = {0: 8.0, 1: 8.0, 2: 40.0, 3: 62.0}
    trials = tuple(replace(trial, began_s=began[trial.order]) for trial in (*first, *second))
    assert keys(a_results(trials=trials, schedule=Schedule.TOGETHER)) == ["trials-overlap"]


def test_on_one_worker_a_speedup_does_not_make_the_baseline_a_weak_one() -> None:
    assert (
        keys(a_results(spec=replace(BARE, workers=1), trials=some_pairs([40.0], [30.0], workers=1)))
        == []
    )


def test_an_empty_held_out_set_is_not_taken_for_an_empty_input() -> None:
    nothing = an_input(bytes=0)
    unscored = tuple(replace(trial, held_out_sha256=nothing.sha256) for trial in a_results().trials)
    assert keys(a_results(spec=BARE, trials=unscored, input=nothing, held_out=nothing)) == []
