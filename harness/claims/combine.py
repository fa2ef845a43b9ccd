"""Several sessions of one configuration as one set of facts: pooled only where nothing but the moment and the scale differ.

Runs that were favourable under other conditions cannot be stitched together: whatever differs is named and refused.
May import ``model``, ``errors`` and ``evidence``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from harness.errors import BadRequest
from harness.model import Host, Kind, Observer, Results, Status, Trial
from harness.text import printable

LONGEST_RUN_ID = 64
_HINT = "combine complete sessions of one workload with the same --set and prices, on one machine and one commit"


def combine(several: Sequence[Results]) -> Results:
    """Return one set of facts with the trials of all the sessions, each pair still of one session.

    Sessions follow each other on one clock in the order in which they began, without the time between them. Raises
    ``BadRequest`` where there are none, one is given twice, under another name too, is unfinished or only declared, or their
    configurations differ.
    A single session is returned as it is.
    """
    if not several:
        raise BadRequest(
            "there is no session to combine", "give the results.json of two sessions or more"
        )
    if len(several) == 1:
        return several[0]
    sessions = sorted(several, key=lambda results: (results.began_utc, results.run_id))
    for fault in _faults(sessions):
        raise BadRequest(f"these sessions cannot be combined: {fault}", _HINT)
    return _combined(sessions)


def _faults(sessions: list[Results]) -> Iterator[str]:
    """Yield every reason not to put them together, each a clause with the values that differ."""
    runs = [run for results in sessions for run in _runs(results)]
    yield from (
        f"run {printable(run)} is there twice" for run in dict.fromkeys(runs) if runs.count(run) > 1
    )
    for results in sessions:
        if results.status is not Status.COMPLETE:
            yield f"run {printable(results.run_id)} is {results.status}"
        if results.kind is Kind.DECLARED:
            yield f"run {printable(results.run_id)} is declared, and nothing can show that it is of the same configuration"
    for one, other in combinations(sessions, 2):
        if _is_copy(one, other):
            yield f"runs {printable(one.run_id)} and {printable(other.run_id)} are one session under two names"
    for what, of in _CONFIGURATION.items():
        for results in sessions[1:]:
            if of(results) != of(sessions[0]):
                yield f"runs {printable(sessions[0].run_id)} and {printable(results.run_id)} differ in {what}"


def _is_copy(one: Results, other: Results) -> bool:
    """Return whether one journal vouches for both, or all trials of one are in the other, by their wall times and answers."""
    fewer, more = sorted(map(_seen, (one, other)), key=len)
    one_journal = bool(one.journal_sha256) and one.journal_sha256 == other.journal_sha256
    return one_journal or (bool(fewer) and fewer <= more)


def _seen(results: Results) -> set[tuple[object, ...]]:
    return {
        (trial.side, trial.workers, trial.wall_s, trial.answer_sha256) for trial in results.trials
    }


def _machines(results: Results) -> set[tuple[object, ...]]:
    return {_kind(host) for host in results.hosts}


def _kind(host: Host) -> tuple[object, ...]:
    """Return what two hosts must share; memory in whole GiB, since a kernel keeps a few MB more or less for itself."""
    memory = round(host.memory_bytes / 2**30)
    return (
        host.cpu_model,
        host.cores,
        memory,
        host.blas,
        host.system,
        host.python,
        *sorted(host.packages.items()),
    )


_CONFIGURATION: dict[str, Callable[[Results], object]] = {
    "kind": lambda results: results.kind,
    "workload": lambda results: results.spec.workload,
    "parameters": lambda results: results.spec.params,
    "input, by its digest": lambda results: results.input,
    "held-out set, by its digest": lambda results: results.held_out,
    "source, by its digest": lambda results: results.code.source_sha256,
    "machine or its software": _machines,
    "prices": lambda results: results.spec.prices,
    "the baseline's cores": lambda results: results.spec.baseline_cores,
    "cores per worker": lambda results: results.spec.cores_per_worker,
    "schedule": lambda results: results.schedule,
    "scaling": lambda results: results.spec.scaling,
    "cluster": lambda results: results.spec.joined_cluster,
}


def _combined(sessions: list[Results]) -> Results:
    first, specs = sessions[0], [results.spec for results in sessions]
    runs = tuple(run for results in sessions for run in _runs(results))
    spec = replace(
        first.spec,
        workers=max(spec.workers for spec in specs),
        points=tuple(sorted({scale for spec in specs for scale in spec.scales})),
        trials=sum(spec.trials for spec in specs),
        oversubscribe=any(spec.oversubscribe for spec in specs),
        prove_baseline=any(spec.prove_baseline for spec in specs),
    )
    return replace(
        first,
        run_id=_run_id(runs),
        spec=spec,
        code=replace(
            first.code,
            commit=first.code.commit
            if len({results.code.commit for results in sessions}) == 1
            else "",
            dirty=any(results.code.dirty for results in sessions),
        ),
        hosts=_hosts(sessions),
        trials=tuple(_in_line(sessions)),
        observer=_worst(sessions),
        journal_sha256="",
        remark=printable(
            "; ".join(
                dict.fromkeys(
                    filter(None, (*(results.remark for results in sessions), _spread(sessions)))
                )
            )
        ),
        rates=tuple(rate for results in sessions for rate in results.rates),
        combined=runs,
    )


def _runs(results: Results) -> tuple[str, ...]:
    return results.combined or (results.run_id,)


def _run_id(runs: tuple[str, ...]) -> str:
    joined = "-".join(runs)
    if len(joined) <= LONGEST_RUN_ID:
        return joined
    rest = f"-and-{len(runs) - 1}-more"
    return runs[0][: LONGEST_RUN_ID - len(rest)] + rest


def _hosts(sessions: Iterable[Results]) -> tuple[Host, ...]:
    """Return every host once; one that was ever off the mains is told as that."""
    told = [host for results in sessions for host in results.hosts]
    return tuple(
        {host.id: host for host in sorted(told, key=lambda host: host.on_mains is False)}.values()
    )


def _spread(sessions: Sequence[Results]) -> str:
    """Return on how many hosts the sessions ran, where no one of them had all."""
    hosts = _hosts(sessions)
    return (
        f"on {len(hosts)} hosts of one kind"
        if len(hosts) > max(len(results.hosts) for results in sessions)
        else ""
    )


def _in_line(sessions: Iterable[Results]) -> Iterator[Trial]:
    """Yield all trials, one session after the other: no index, order or moment of one is also another's."""
    indices, orders, began_s = 0, 0, 0.0
    for results in sessions:
        for trial in results.trials:
            yield replace(
                trial,
                index=indices + trial.index,
                order=orders + trial.order,
                began_s=began_s + trial.began_s,
            )
        indices += 1 + max((trial.index for trial in results.trials), default=0)
        orders += 1 + max((trial.order for trial in results.trials), default=0)
        began_s += max((trial.began_s + trial.wall_s for trial in results.trials), default=0.0)


def _worst(sessions: Sequence[Results]) -> Observer:
    """Return what watching cost as if it had cost as much throughout as in the worst session, so that none hides another."""
    seen = [results.observer for results in sessions]
    walls_s = [sum(trial.wall_s for trial in results.trials) for results in sessions]
    dearest = max(
        (one.cpu_s / wall_s for one, wall_s in zip(seen, walls_s, strict=True) if wall_s > 0),
        default=0.0,
    )
    return Observer(
        cpu_s=dearest * sum(walls_s),
        frames=sum(one.frames for one in seen),
        longest_gap_s=max(one.longest_gap_s for one in seen),
        foreign_cpu=_most(one.foreign_cpu for one in seen),
        contention=_most(one.contention for one in seen),
    )


def _most(shares: Iterable[float | None]) -> float | None:
    return max((share for share in shares if share is not None), default=None)
