import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.claims.rule import Caveat, Evidence
from harness.claims.rules import caveats
from harness.model import (
    CommandFacts,
    Host,
    Process,
    Rate,
    Results,
    Scaling,
    Schedule,
    Side,
    Spec,
    Trial,
    Variant,
)
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
    an_observer,
    golden_results,
    some_pairs,
    some_prices,
    some_words,
)

SIX = [40.0] * 6, [22.0] * 6
UNDESCRIBED = "environment-incomplete"


def a_spotless_session(**changes: Any) -> Results:
    """Return six equal pairs, run together on three machines of one core: it has no caveat."""
    results = a_results(
        schedule=Schedule.TOGETHER,
        hosts=machines(cores=1),
        trials=tuple(spread(trial) for trial in some_pairs(*SIX)),
    )
    return replace(results, **changes)


def machines(**changes: Any) -> tuple[Host, ...]:
    """Return four hosts of one kind: the baseline's and three for workers."""
    return tuple(a_host(id=f"h{place}", **changes) for place in range(4))


def spread(trial: Trial) -> Trial:
    """Return the trial with each of its workers on a host of its own, apart from the baseline's."""
    return changed(
        trial,
        lambda process: replace(
            process, host="h0" if process.id == "core" else f"h{int(process.id[1:]) + 1}"
        ),
    )


def changed(trial: Trial, change: Callable[[Process], Process]) -> Trial:
    """Return the trial with each of its processes changed."""
    return replace(
        trial,
        workers_detail=tuple(
            replace(worker, process=change(worker.process)) for worker in trial.workers_detail
        ),
    )


def a_session_where(side: Side, change: Callable[[Process], Process]) -> Results:
    """Return the spotless session with each of one side's processes changed."""
    results = a_spotless_session()
    return replace(
        results,
        trials=tuple(
            changed(trial, change) if trial.side is side else trial for trial in results.trials
        ),
    )


def a_session_of_processes(**changes: Any) -> Results:
    """Return the spotless session with every process changed."""
    results = a_spotless_session()
    return replace(
        results,
        trials=tuple(
            changed(trial, lambda process: replace(process, **changes)) for trial in results.trials
        ),
    )


def a_session_of(change: Callable[[Trial], Trial]) -> Results:
    """Return the spotless session with its last distributed trial changed."""
    results = a_spotless_session()
    last = max(
        place for place, trial in enumerate(results.trials) if trial.side is Side.DISTRIBUTED
    )
    return replace(
        results,
        trials=tuple(
            change(trial) if place == last else trial for place, trial in enumerate(results.trials)
        ),
    )


def a_session_timed(baseline_s: list[float], distributed_s: list[float]) -> Results:
    """Return the spotless session with other wall times."""
    return a_spotless_session(
        trials=tuple(spread(trial) for trial in some_pairs(baseline_s, distributed_s))
    )


def caveats_of(results: Results) -> tuple[Caveat, ...]:
    """Return the caveats of a session."""
    return caveats(Evidence.of(results))


def keys(results: Results) -> list[str]:
    """Return the keys of the caveats, in order."""
    return [caveat.key for caveat in caveats_of(results)]


def measures(results: Results) -> dict[str, float]:
    """Return the measures of the only caveat, by name."""
    (caveat,) = caveats_of(results)
    return {measure.name: measure.value for measure in caveat.measures}


def one_host(process: Process) -> Process:
    """Return the process on host h1."""
    return replace(process, host="h1")


def busy(seconds: float) -> Callable[[Trial], Trial]:
    """Return a change that makes workers on three hosts busy for 10 s, 10 s and these seconds."""
    records = (
        a_worker(a_process(f"w{place}", host=f"h{place + 1}"), busy_s=spent)
        for place, spent in enumerate((10.0, 10.0, seconds))
    )
    detail = tuple(records)
    return lambda trial: replace(trial, workers_detail=detail)


def a_session_done(items: int) -> Results:
    """Return the spotless session with so many items reported by every trial."""
    results = a_spotless_session()
    return replace(results, trials=tuple(replace(trial, items=items) for trial in results.trials))


def beside_one_worker(wall_s: float, **changes: Any) -> Results:
    """Return the spotless session with trials on one worker alone, of this wall time, beside it."""
    results = a_spotless_session()
    ones = (
        trial
        for trial in some_pairs(SIX[0], [wall_s] * 6, workers=1, **changes)
        if trial.side is Side.DISTRIBUTED
    )
    return replace(results, trials=(*results.trials, *(spread(trial) for trial in ones)))


def on_all_cores(gain: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline that all its host's cores make so many times as fast."""
    return Rate(Variant.OWN, 500.0, 5.0, 1), Rate(Variant.WHOLE, 500.0 * gain, 5.0, 16)


def proved(variant: Variant, factor: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline beside a variant that is so many times as fast."""
    return Rate(Variant.OWN, 500.0, 5.0, 1), Rate(variant, 500.0 * factor, 5.0, 1)


WIDE = a_spec(baseline_cores=4)
BROAD: dict[str, Any] = {"cores_per_worker": 2, "baseline_cores": 2}
DOCTORED = {
    "slowdown": a_session_timed([22.0] * 6, [40.0] * 6),
    "undecided": a_session_timed(
        [40.0, 41.0, 40.0, 39.0, 40.0, 41.0], [39.0, 41.5, 39.5, 39.5, 41.0, 39.5]
    ),
    "superlinear": a_session_timed([40.0] * 6, [19.0] * 6),
    "one-observation": a_session_timed([40.0], [22.0]),
    "few-observations": a_session_timed([40.0] * 5, [22.0] * 5),
    "cores-stand-for-machines": replace(
        a_session_where(Side.DISTRIBUTED, one_host), hosts=machines()
    ),
    "whole-host-wins": a_spotless_session(rates=on_all_cores(1.85)),
    "baseline-untuned": a_spotless_session(rates=proved(Variant.TUNED, 1.06)),
    "limit-implausible": a_spotless_session(rates=proved(Variant.LIMIT, 0.9)),
    "proof-drifted": a_spotless_session(rates=proved(Variant.OWN, 1.051)),
    "whole-host-slower": a_spotless_session(rates=on_all_cores(0.99)),
    "contention": a_spotless_session(observer=an_observer(contention=0.021)),
    "shared-machine": a_spotless_session(observer=an_observer(foreign_cpu=0.051)),
    "oversubscribed": replace(
        a_session_of_processes(threads=2, affinity=(0,)),
        spec=a_spec(**BROAD),
        hosts=machines(cores=2),
    ),
    "unequal-terms": a_session_where(Side.DISTRIBUTED, lambda process: replace(process, nice=15)),
    "unlike-machines": a_spotless_session(
        hosts=(a_host(id="h0", cores=1, cpu_model="another"), *machines(cores=1)[1:])
    ),
    "items-unreported": a_session_done(19_999),
    "unstable": a_session_timed([40.0, 40.0, 40.0, 60.0, 60.0, 40.0], [22.0] * 6),
    "straggler": a_session_of(busy(12.6)),
    "lost-worker": a_session_of(lambda trial: replace(trial, faults=(a_fault(),))),
    "replayed": a_spotless_session(schedule=Schedule.IN_TURN),
    "answers-differ-in-bits": a_session_of(
        lambda trial: replace(trial, answer_sha256=a_digest_of("other"))
    ),
    "illustrative-prices": a_spotless_session(spec=a_spec(prices=some_prices(illustrative=True))),
    "no-commit": a_spotless_session(code=replace(a_results().code, commit="")),
    "dirty-tree": a_spotless_session(code=replace(a_results().code, dirty=True)),
    "combined": a_spotless_session(combined=("7c21", "8d32")),
    "baseline-matched": beside_one_worker(39.0),
    "weak-scaling": a_spotless_session(spec=a_spec(scaling=Scaling.WEAK)),
    "on-battery": a_spotless_session(hosts=machines(cores=1, on_mains=False)),
    "trial-failed": beside_one_worker(41.0, failure="raised"),
    "unclean-scale": replace(beside_one_worker(41.0, quality=0.979), spec=a_spec(points=(1, 2))),
    "watching-noticed": a_spotless_session(observer=an_observer(cpu_s=0.03 * 372)),
    "prices-unsourced": a_spotless_session(spec=a_spec(prices=some_prices(date=""))),
    "unit-missing": a_spotless_session(spec=a_spec(workload=some_words(metric=""))),
    "start-up-on-clock": a_spotless_session(
        spec=a_spec(commands=CommandFacts(says_ready=False, input_named=True, compared="file"))
    ),
    "input-unnamed": a_spotless_session(
        spec=a_spec(commands=CommandFacts(says_ready=True, input_named=False, compared="file"))
    ),
    "start-up-unlisted": a_session_of(lambda trial: replace(trial, startup_s=0.0)),
    "environment-incomplete": a_spotless_session(hosts=machines(cores=1, cpu_model="")),
}


def test_nothing_is_said_against_a_spotless_session() -> None:
    assert keys(a_spotless_session()) == []


def test_nothing_is_said_of_programs_that_say_when_they_are_ready_and_what_they_read() -> None:
    programs = CommandFacts(says_ready=True, input_named=True, compared="file")
    assert keys(a_spotless_session(spec=a_spec(commands=programs))) == []


@pytest.mark.parametrize("key", DOCTORED)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert keys(DOCTORED[key]) == [key]


def test_declared_facts_are_called_declared() -> None:
    assert keys(golden_results()) == ["declared", "one-observation"]


@pytest.mark.parametrize("key", DOCTORED)
def test_a_sentence_advises_after_a_semicolon_and_holds_no_number(key: str) -> None:
    (caveat,) = caveats_of(DOCTORED[key])
    fact, _, advice = caveat.sentence.partition("; ")
    assert fact
    assert advice or key == "answers-differ-in-bits"
    assert not re.search(r"\d", caveat.sentence)


def test_the_gravest_comes_first() -> None:
    results = replace(DOCTORED["dirty-tree"], trials=DOCTORED["slowdown"].trials)
    assert keys(results) == ["slowdown", "dirty-tree"]


def test_that_one_side_is_a_replay_is_told_before_any_number() -> None:
    results = replace(DOCTORED["slowdown"], schedule=Schedule.IN_TURN)
    assert keys(results) == ["replayed", "slowdown"]


@pytest.mark.parametrize(
    "host", [a_host(id="h2", cores=2), a_host(id="h2", cores=16)], ids=["half", "a sixteenth"]
)
def test_a_worker_that_is_a_part_of_its_host_stands_for_a_machine(host: Host) -> None:
    results = a_spotless_session(hosts=(a_host(id="h0", cores=1), a_host(id="h1", cores=1), host))
    told_so = [caveat for caveat in caveats_of(results) if caveat.key == "cores-stand-for-machines"]
    assert [caveat.sentence.partition(";")[0] for caveat in told_so] == [
        "cores stand for machines: a worker is a part of its host"
    ]


def test_where_cores_stand_for_machines_the_whole_host_stands_beside_it_once_it_was_timed() -> None:
    one = replace(DOCTORED["cores-stand-for-machines"], rates=on_all_cores(1.5))
    (measures,) = (caveat.measures for caveat in caveats_of(one))
    assert [measure.name for measure in measures] == [
        "baseline on all its cores",
        "speedup over that",
    ]
    assert [measure.value for measure in measures] == [1.5, pytest.approx(1.82 / 1.5, rel=0.01)]


def test_workers_of_which_two_share_a_host_stand_for_machines_even_where_it_is_not_described() -> (
    None
):
    doubled = {"core": "h0", "w0": "h1", "w1": "h1", "w2": "h2"}
    pairs = some_pairs(*SIX, workers=3)
    trials = tuple(
        changed(trial, lambda process: replace(process, host=doubled[process.id]))
        for trial in pairs
    )
    assert keys(a_spotless_session(spec=a_spec(workers=3), hosts=(), trials=trials)) == [
        "cores-stand-for-machines",
        UNDESCRIBED,
    ]


def test_workers_as_wide_as_their_hosts_are_machines() -> None:
    spec = a_spec(baseline_cores=16, cores_per_worker=16)
    assert keys(a_spotless_session(spec=spec, hosts=machines())) == []


def test_a_baseline_with_other_cores_than_the_workers_hosts_ran_on_an_unlike_machine() -> None:
    assert keys(a_spotless_session(hosts=(a_host(id="h0", cores=8), *machines(cores=1)[1:]))) == [
        "unlike-machines"
    ]


@pytest.mark.parametrize("known", [(), (0,), (1,), (1, 2), (0, 1)], ids=str)
def test_a_host_that_is_not_described_is_not_called_unlike(known: tuple[int, ...]) -> None:
    assert keys(a_spotless_session(hosts=tuple(machines(cores=1)[place] for place in known))) == [
        UNDESCRIBED
    ]


def test_a_host_that_took_no_part_is_not_compared() -> None:
    assert keys(a_spotless_session(hosts=(*machines(cores=1), a_host(id="h9", cores=64)))) == []


def test_items_that_were_not_reported_are_counted() -> None:
    assert measures(DOCTORED["items-unreported"]) == {"reported": 19_999, "given": 20_000}


def test_of_an_input_that_was_not_counted_nothing_is_missing() -> None:
    assert keys(replace(DOCTORED["items-unreported"], input=None)) == []


AT_ITS_LIMIT = {
    "contention": a_spotless_session(observer=an_observer(contention=0.02)),
    "faster-together": a_spotless_session(observer=an_observer(contention=-0.1)),
    "foreign": a_spotless_session(observer=an_observer(foreign_cpu=0.05)),
    "foreign-unknown": a_spotless_session(observer=an_observer(foreign_cpu=None)),
    "busy": a_session_of(busy(12.5)),
    "ideal": a_session_timed([40.0] * 6, [20.0] * 6),
    "tuned": a_spotless_session(rates=proved(Variant.TUNED, 1.05)),
    "limit": a_spotless_session(rates=proved(Variant.LIMIT, 0.91)),
    "drift": a_spotless_session(rates=proved(Variant.OWN, 1.0499)),
    "whole-host": a_spotless_session(rates=on_all_cores(1.81)),
    "just-enough-cores": a_spotless_session(hosts=machines(cores=1)),
    "unpinned": a_session_where(Side.DISTRIBUTED, lambda process: replace(process, affinity=())),
    "no-details": a_session_of(lambda trial: replace(trial, workers_detail=())),
    "one-worker": beside_one_worker(39.2),
    "one-worker-quality": replace(
        beside_one_worker(41.0, quality=0.978), spec=a_spec(points=(1, 2))
    ),
    "watching": a_spotless_session(observer=an_observer(cpu_s=0.02 * 372)),
    "power-unknown": a_spotless_session(hosts=machines(cores=1, on_mains=None)),
    "same-answers": a_spotless_session(spec=a_spec(params={})),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert keys(AT_ITS_LIMIT[measured]) == []


def test_sides_that_ran_in_turn_did_not_slow_each_other() -> None:
    results = a_spotless_session(schedule=Schedule.IN_TURN, observer=an_observer(contention=0.5))
    assert keys(results) == ["replayed"]


def test_one_worker_stands_for_itself() -> None:
    trials = tuple(spread(trial) for trial in some_pairs([40.0] * 6, [40.0] * 6, workers=1))
    assert keys(a_spotless_session(spec=a_spec(workers=1), trials=trials)) == ["slowdown"]


def test_few_pairs_tell_how_many_are_needed() -> None:
    assert measures(DOCTORED["few-observations"]) == {"pairs": 5, "needed": 6}


def test_an_outlier_is_counted_even_where_the_rest_is_steady() -> None:
    assert (
        measures(a_session_timed([40.0, 40.1, 39.9, 40.0, 40.1, 43.0], [22.0] * 6))["outliers"] == 1
    )


def test_the_cost_of_lost_workers_is_added_up() -> None:
    faults = (a_fault(), a_fault(cost_s=2.5), a_fault(cost_s=None))
    assert measures(a_session_of(lambda trial: replace(trial, faults=faults))) == {
        "lost": 3,
        "recovery": 4.0,
    }


def test_workers_with_more_threads_than_their_host_has_cores_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h1", threads=9, affinity=())
    )
    roomy = replace(results, hosts=machines())
    counted = {
        measure.name: measure.value
        for caveat in caveats_of(roomy)
        if caveat.key == "oversubscribed"
        for measure in caveat.measures
    }
    assert counted == {"threads": 18, "cores": 16}


def test_workers_that_share_a_core_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h1", affinity=(0, 1))
    )
    assert "oversubscribed" in keys(replace(results, hosts=machines()))


def test_sides_that_ran_together_on_one_core_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h0", affinity=(process.pid % 2,))
    )
    assert "oversubscribed" in keys(replace(results, hosts=machines()))


def later(change: Callable[[Process], Process], scale: int) -> Results:
    """Return an oversubscribed sweep with the processes of a scale's last trial changed."""
    results = a_sweep({p: [wall] * 2 for p, wall in ((1, 41.0), (2, 21.2), (4, 11.3))})
    end = max(
        trial.order
        for trial in results.trials
        if trial.side is Side.DISTRIBUTED and trial.workers == scale
    )
    trials = tuple(
        changed(trial, change) if trial.order == end else trial for trial in results.trials
    )
    return replace(
        results, spec=replace(results.spec, workers=2, oversubscribe=True), trials=trials
    )


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(
    "change", [{"nice": 5}, {"threads": 2, "affinity": (0, 1)}], ids=["niceness", "threads"]
)
def test_terms_are_equal_in_every_trial_at_every_scale(change: dict[str, Any], scale: int) -> None:
    assert "unequal-terms" in keys(later(lambda process: replace(process, **change), scale))


@pytest.mark.parametrize(
    ("scale", "said"), [(2, True), (4, False)], ids=["headline", "beyond its cores"]
)
def test_a_core_is_shared_in_any_trial_but_those_meant_to_be_oversubscribed(
    scale: int, said: bool
) -> None:
    assert (
        "oversubscribed" in keys(later(lambda process: replace(process, affinity=(0,)), scale))
    ) is said


def test_a_worker_lost_at_another_scale_is_told_of() -> None:
    results = later(lambda process: process, 4)
    faulty = tuple(
        replace(trial, faults=(a_fault(),)) if trial.workers == 4 else trial
        for trial in results.trials
    )
    assert "lost-worker" in keys(replace(results, trials=faulty))


def test_sides_that_ran_in_turn_may_use_the_same_core() -> None:
    assert keys(a_results(trials=some_pairs(*SIX))) == ["replayed", "cores-stand-for-machines"]


def test_a_process_with_more_threads_than_its_own_cores_is_oversubscribed() -> None:
    results = a_session_where(Side.BASELINE, lambda process: replace(process, threads=2))
    assert keys(replace(results, hosts=())) == ["oversubscribed", "unequal-terms", UNDESCRIBED]


def test_a_baseline_widened_on_purpose_is_on_equal_terms() -> None:
    wide = a_session_where(
        Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3))
    )
    assert keys(replace(wide, spec=WIDE, hosts=())) == ["superlinear", UNDESCRIBED]


def test_a_widened_baseline_is_still_held_to_the_same_niceness() -> None:
    wide = a_session_where(
        Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3), nice=5)
    )
    assert "unequal-terms" in keys(replace(wide, spec=WIDE))


def test_the_reason_why_answers_differ_is_caveats_of() -> None:
    (caveat,) = caveats_of(DOCTORED["answers-differ-in-bits"])
    assert a_spec().workload.answers_differ in caveat.sentence


def test_where_the_workload_gives_no_reason_the_unlike_arithmetic_is_it() -> None:
    bare = a_spec(workload=some_words(answers_differ=""))
    (caveat,) = caveats_of(replace(DOCTORED["answers-differ-in-bits"], spec=bare))
    assert caveat.sentence.endswith(
        "not to the last bit: unlike processors or thread counts round differently"
    )


def test_a_trial_without_details_is_still_judged() -> None:
    pair = a_trial(Side.BASELINE, workers_detail=()), a_trial(Side.DISTRIBUTED, workers_detail=())
    assert keys(a_spotless_session(trials=pair)) == ["one-observation"]


def test_a_baseline_that_other_programs_kept_off_its_core_is_told_of() -> None:
    results = a_spotless_session(observer=an_observer(foreign_cpu=0.4), hosts=machines(cores=1))
    waited = tuple(
        replace(trial, cpu_s=28.0) if trial.side is Side.BASELINE else trial
        for trial in results.trials
    )
    idle = tuple(
        replace(
            trial,
            workers_detail=tuple(replace(worker, cpu_s=0.0) for worker in trial.workers_detail),
        )
        for trial in waited
    )
    assert keys(replace(results, trials=idle)) == ["baseline-crowded", "shared-machine"]


def test_a_side_that_goes_first_twice_running_is_told_of() -> None:
    first, second = some_pairs([40.0] * 2, [22.0] * 2)[:2], some_pairs([40.0] * 2, [22.0] * 2)[2:]
    swapped = tuple(replace(trial, order=5 - trial.order) for trial in second)
    assert "order-unalternated" in keys(a_results(trials=(*first, *swapped)))


def test_where_answers_differ_a_seed_must_be_a_parameter() -> None:
    assert keys(replace(DOCTORED["answers-differ-in-bits"], spec=a_spec(params={}))) == [
        "answers-differ-in-bits",
        "no-seed",
    ]


def test_several_sessions_put_together_have_no_order_between_them() -> None:
    swapped = tuple(replace(trial, order=trial.order ^ 1) for trial in some_pairs(*SIX))
    assert "order-unalternated" not in keys(a_results(trials=swapped, combined=("7c21", "8d32")))


@pytest.mark.parametrize(
    "spec",
    [
        a_spec(workload=some_words(unit="")),
        a_spec(workload=some_words(metric="")),
        a_spec(prices=some_prices(currency="")),
    ],
    ids=["items", "quality", "money"],
)
def test_every_quantity_has_a_unit(spec: Spec) -> None:
    assert keys(a_spotless_session(spec=spec)) == ["unit-missing"]


def test_a_quality_that_moved_at_the_headlines_own_scale_is_no_matter_of_another() -> None:
    assert keys(a_session_of(lambda trial: replace(trial, quality=0.9))) == []
