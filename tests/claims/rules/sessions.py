"""Sessions that tests of the rules judge, and what is raised against them.

May import ``harness`` and the builders.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.claims.rule import Caveat, Evidence
from harness.claims.rules import caveats, refusals
from harness.model import (
    Host,
    Process,
    Rate,
    Results,
    Schedule,
    Side,
    Trial,
    Variant,
)
from tests.builders import (
    a_host,
    a_process,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    a_worker,
    an_own_rate,
    some_efforts,
    some_pairs,
    some_words,
)

SIX = [40.0] * 6, [22.0] * 6


UNDESCRIBED = "environment-incomplete"


def a_spotless_session(**changes: Any) -> Results:
    """Return six equal pairs, run together on three machines of one core: it has no caveat."""
    results = a_results(
        spec=a_spec(joined_cluster=True),
        schedule=Schedule.TOGETHER,
        hosts=machines(cores=1),
        trials=tuple(on_own_hosts(at_once(trial)) for trial in some_pairs(*SIX)),
    )
    return replace(results, **changes)


def at_once(trial: Trial) -> Trial:
    """Return the trial at the time of its pair, of which there is one every hundred seconds."""
    return replace(trial, began_s=8.0 + 100.0 * trial.index)


def machines(**changes: Any) -> tuple[Host, ...]:
    """Return four hosts of one kind: the baseline's and three for workers."""
    return tuple(a_host(id=f"h{place}", **changes) for place in range(4))


def on_own_hosts(trial: Trial) -> Trial:
    """Return the trial with each of its workers on a host of its own, apart from the baseline's."""
    return with_processes(
        trial,
        lambda process: replace(
            process, host="h0" if process.id == "core" else f"h{int(process.id[1:]) + 1}"
        ),
    )


def with_processes(trial: Trial, change: Callable[[Process], Process]) -> Trial:
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
            with_processes(trial, change) if trial.side is side else trial
            for trial in results.trials
        ),
    )


def a_session_ending_with(change: Callable[[Trial], Trial]) -> Results:
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
        trials=tuple(
            on_own_hosts(at_once(trial)) for trial in some_pairs(baseline_s, distributed_s)
        )
    )


def caveats_of(results: Results) -> tuple[Caveat, ...]:
    """Return the caveats of a session."""
    return caveats(Evidence.of(results))


def caveat_keys(results: Results) -> list[str]:
    """Return the keys of the caveats, in order."""
    return [caveat.key for caveat in caveats_of(results)]


def measures(results: Results) -> dict[str, float]:
    """Return the measures of the only caveat, by name."""
    (caveat,) = caveats_of(results)
    return {measure.name: measure.value for measure in caveat.measures}


def beside_one_worker(wall_s: float, **changes: Any) -> Results:
    """Return the spotless session with trials on one worker alone, of this wall time, beside it."""
    results = a_spotless_session()
    ones = (
        trial
        for trial in some_pairs(SIX[0], [wall_s] * 6, workers=1, **changes)
        if trial.side is Side.DISTRIBUTED
    )
    return replace(results, trials=(*results.trials, *(on_own_hosts(trial) for trial in ones)))


def proved_beside(*rates: Rate) -> tuple[Rate, ...]:
    """Return the proof of a baseline whose work is needed, and these rates."""
    return an_own_rate(), *some_efforts([a_trial(Side.BASELINE)]), *rates


def a_proof_against(variant: Variant, factor: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline beside a variant that is so many times as fast."""
    return proved_beside(Rate(variant, 500.0 * factor, 5.0, 1))


def a_sweep_changed_at(change: Callable[[Process], Process], scale: int) -> Results:
    """Return an oversubscribed sweep with the processes of a scale's last trial changed."""
    results = a_sweep({p: [wall] * 2 for p, wall in ((1, 41.0), (2, 21.2), (4, 11.3))})
    end = max(
        trial.order
        for trial in results.trials
        if trial.side is Side.DISTRIBUTED and trial.workers == scale
    )
    trials = tuple(
        with_processes(trial, change) if trial.order == end else trial for trial in results.trials
    )
    return replace(
        results, spec=replace(results.spec, workers=2, oversubscribe=True), trials=trials
    )


BARE = a_spec(workload=some_words(answers_differ=""))


def a_pair_whose_distributed_side(**facts: Any) -> Results:
    """Return one pair in which the distributed side differs by these facts, unexplained."""
    return a_results(spec=BARE, trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, **facts)))


def a_pair_of(change: Callable[[Trial], Trial], facts: Mapping[str, Any] | None = None) -> Results:
    """Return one pair in which every trial and these facts of the session are changed."""
    results = a_results(spec=BARE, **(facts or {}))
    return replace(results, trials=tuple(change(trial) for trial in results.trials))


def a_pair_whose_baseline(**facts: Any) -> Results:
    """Return a session of one pair in which the baseline differs by these facts."""
    return a_results(spec=BARE, trials=(a_trial(Side.BASELINE, **facts), a_trial(Side.DISTRIBUTED)))


def a_pair_whose_worker(**facts: Any) -> Results:
    """Return a session of one pair in which one worker reports these facts."""
    return a_pair_whose_distributed_side(
        workers_detail=(a_worker(a_process("w0"), cpu_s=22.0), a_worker(a_process("w1", **facts)))
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


def refusals_of(results: Results) -> tuple[Caveat, ...]:
    """Return the reasons to claim nothing of a session."""
    return refusals(Evidence.of(results))


def refusal_keys(results: Results) -> list[str]:
    """Return the keys of the reasons, in order."""
    return [reason.key for reason in refusals_of(results)]
