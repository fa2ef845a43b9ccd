"""Several sessions of one configuration as one set of facts.

They are pooled only where nothing but the moment and the scale differ: runs that were favourable
under other conditions cannot be stitched together, since whatever differs is named and refused. May
import ``model``, ``errors``, ``text`` and ``observed_trials``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import is_dataclass, replace
from itertools import combinations
from typing import Any

from harness.claims.observed_trials import ObservedTrial, ObservedTrials
from harness.errors import BadRequest
from harness.model import (
    Code,
    Host,
    Kind,
    Observer,
    Results,
    Revision,
    Spec,
    Status,
    Trial,
)
from harness.text import printable

LONGEST_RUN_ID = 64
_LONGEST_VALUE = 60
_ONCE = "name each session once"
_ALONE = "show it by itself"
_ALIKE = "show each by itself, or run both with the same options, on one machine and one commit"


def combine(several: Sequence[Results]) -> Results:
    """Return one set of facts with the trials of all the sessions, each pair still of one session.

    Sessions follow each other on one clock in the order in which they began, without the time
    between them. A single session is returned as it is. Raises ``BadRequest`` where there is none,
    one is given twice (under another name too), is unfinished or only declared, or their
    configurations differ.
    """
    if not several:
        raise BadRequest(
            "there is no session to combine", "give the results.json of two sessions or more"
        )
    if len(several) == 1:
        return several[0]
    sessions = sorted(several, key=_moment)
    for fault, hint in _faults(sessions):
        raise BadRequest(f"these sessions cannot be combined: {fault}", hint)
    return _combine(sessions)


def combine_observed(several: Sequence[tuple[Results, ObservedTrials]]) -> ObservedTrials:
    """Return what was observed of the trials of all sessions, by their order once combined."""
    joint: dict[int, ObservedTrial] = {}
    order = 0
    for results, observed in sorted(several, key=lambda session: _moment(session[0])):
        joint |= {order + place: trial for place, trial in observed.items()}
        order += _orders(results)
    return joint


def _moment(results: Results) -> tuple[str, str]:
    return results.began_utc, results.run_id


def _orders(results: Results) -> int:
    """Return how many places a session's trials take in the order of all."""
    return 1 + max((trial.order for trial in results.trials), default=0)


def _faults(sessions: list[Results]) -> Iterator[tuple[str, str]]:
    """Yield every reason not to combine them, a clause with the values that differ, and a hint."""
    runs = [run for results in sessions for run in _runs(results)]
    for run in dict.fromkeys(runs):
        if runs.count(run) > 1:
            yield f"run {printable(run)} is there twice", _ONCE
    for results in sessions:
        yield from ((fault, _ALONE) for fault in _own_faults(results))
    for one, other in combinations(sessions, 2):
        if _is_copy(one, other):
            yield f"{_both(one, other)} are one session under two names", _ONCE
    first, *others = sessions
    for what, value_of in _CONFIGURATION.items():
        for other in others:
            if value_of(other) != value_of(first):
                difference = _difference(what, value_of(first), value_of(other))
                yield f"{_both(first, other)} differ in {difference}", _ALIKE


def _own_faults(results: Results) -> Iterator[str]:
    run = printable(results.run_id)
    if results.status is not Status.COMPLETE:
        yield f"run {run} is {results.status}"
    if results.kind is Kind.DECLARED:
        yield f"run {run} is declared, and nothing can show that it is of the same configuration"


def _both(one: Results, other: Results) -> str:
    return f"runs {printable(one.run_id)} and {printable(other.run_id)}"


def _is_copy(one: Results, other: Results) -> bool:
    """Return whether both have one journal, or one has all the other's times and answers."""
    fewer, more = sorted(map(_trial_marks, (one, other)), key=len)
    one_journal = bool(one.journal_sha256) and one.journal_sha256 == other.journal_sha256
    return one_journal or (bool(fewer) and fewer <= more)


def _trial_marks(results: Results) -> set[tuple[object, ...]]:
    return {
        (trial.side, trial.workers, trial.wall_s, trial.answer_sha256) for trial in results.trials
    }


def _difference(what: str, one: object, other: object) -> str:
    """Return what differs: the setting, the field or the fact of a machine, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        return _first_difference("the setting " if what == _PARAMETERS else f"{what}, ", one, other)
    if is_dataclass(one) and is_dataclass(other):
        return _first_difference(f"{what}, in its ", vars(one), vars(other))
    return _with_values(what, one, other)


def _first_difference(what: str, one: dict[str, Any], other: dict[str, Any]) -> str:
    name = next(name for name in [*one, *other] if one.get(name) != other.get(name))
    return _with_values(f"{what}{name.replace('_', ' ')}", one.get(name), other.get(name))


def _with_values(what: str, one: object, other: object) -> str:
    """Return what differs with both values, the beginning of long ones where that differs."""
    values = [printable("none" if value is None else str(value)) for value in (one, other)]
    plain = all(isinstance(value, str | int | float | None) for value in (one, other))
    short = [value[:_LONGEST_VALUE] for value in values]
    return f"{what}: {' and '.join(short)}" if plain and short[0] != short[1] else what


def _machine_kinds(results: Results) -> object:
    """Return the kind of the only host by its facts, or the kinds of several."""
    kinds = [machine_kind(host) for host in results.hosts]
    return kinds[0] if len(kinds) == 1 else {tuple(kind.items()) for kind in kinds}


def machine_kind(host: Host) -> dict[str, object]:
    """Return what two hosts must share, by name; memory is in whole GiB: kernels keep a few MB."""
    return {
        "processor": host.cpu_model,
        "cores": host.cores,
        "memory in GiB": round(host.memory_bytes / 2**30),
        "BLAS": host.blas,
        "system": host.system,
        "Python": host.python,
        **dict(sorted(host.packages.items())),
    }


_PARAMETERS = "parameters"
_CONFIGURATION: dict[str, Callable[[Results], object]] = {
    "kind": lambda results: results.kind,
    "workload": lambda results: results.spec.workload,
    _PARAMETERS: lambda results: results.spec.params,
    "input, by its digest": lambda results: results.input,
    "held-out set, by its digest": lambda results: results.held_out,
    "source, by its digest": lambda results: results.code.source_sha256,
    "machine or its software": _machine_kinds,
    "prices": lambda results: results.spec.prices,
    "the baseline's cores": lambda results: results.spec.baseline_cores,
    "cores per worker": lambda results: results.spec.cores_per_worker,
    "schedule": lambda results: results.schedule,
    "scaling": lambda results: results.spec.scaling,
    "cluster": lambda results: results.spec.joined_cluster,
}


def _combine(sessions: Sequence[Results]) -> Results:
    first = sessions[0]
    widest = max(sessions, key=lambda results: results.spec.workers)  # its p is that of them all
    runs = tuple(run for results in sessions for run in _runs(results))
    return replace(
        first,
        run_id=_run_id(runs),
        spec=_joint_spec([results.spec for results in sessions]),
        code=_joint_code([results.code for results in sessions]),
        hosts=_hosts(sessions),
        trials=tuple(_trials_in_line(sessions)),
        observer=_worst_observer(sessions),
        journal_sha256="",
        remark=_remark(sessions),
        rates=tuple(rate for results in sessions for rate in results.rates),
        combined=runs,
        baseline_capacity=widest.baseline_capacity,
        distributed_capacity=widest.distributed_capacity,
        baseline_service=widest.baseline_service,
        distributed_service=widest.distributed_service,
    )


def _runs(results: Results) -> tuple[str, ...]:
    return results.combined or (results.run_id,)


def _run_id(runs: tuple[str, ...]) -> str:
    joined = "-".join(runs)
    if len(joined) <= LONGEST_RUN_ID:
        return joined
    rest = f"-and-{len(runs) - 1}-more"
    return runs[0][: LONGEST_RUN_ID - len(rest)] + rest


def _joint_spec(specs: Sequence[Spec]) -> Spec:
    return replace(
        specs[0],
        workers=max(spec.workers for spec in specs),
        points=tuple(sorted({scale for spec in specs for scale in spec.scales})),
        trials=sum(spec.trials for spec in specs),
        oversubscribe=any(spec.oversubscribe for spec in specs),
        prove_baseline=any(spec.prove_baseline for spec in specs),
    )


def _joint_code(codes: Sequence[Code]) -> Code:
    """Return the code of all sessions; equal sources of several commits are of no one commit."""
    commits, versions, workloads = (
        {getattr(code, name) for code in codes} for name in ("commit", "version", "workload")
    )
    changed = any(revision.dirty for code in codes for revision in code.workload)
    return replace(
        codes[0],
        commit=codes[0].commit if len(commits) == 1 else "",
        dirty=any(code.dirty for code in codes),
        version=codes[0].version if len(versions) == 1 else "",
        workload=codes[0].workload
        if len(workloads) == 1
        else (Revision(commit="", dirty=changed),),
    )


def _hosts(sessions: Iterable[Results]) -> tuple[Host, ...]:
    """Return every host once; one that ever ran on battery counts as on battery."""
    hosts = [host for results in sessions for host in results.hosts]
    battery_last = sorted(hosts, key=lambda host: host.on_mains is False)
    return tuple({host.id: host for host in battery_last}.values())


def _remark(sessions: Sequence[Results]) -> str:
    """Return every remark once, and the number of hosts where no session had them all."""
    remarks = [results.remark for results in sessions]
    hosts = len(_hosts(sessions))
    if hosts > max(len(results.hosts) for results in sessions):
        remarks.append(f"on {hosts} hosts of one kind")
    return printable("; ".join(dict.fromkeys(filter(None, remarks))))


def _trials_in_line(sessions: Iterable[Results]) -> Iterator[Trial]:
    """Yield all trials, session after session, so that none share an index, order or moment."""
    index, order, began_s = 0, 0, 0.0
    for results in sessions:
        for trial in results.trials:
            yield replace(
                trial,
                index=index + trial.index,
                order=order + trial.order,
                began_s=began_s + trial.began_s,
                ended_s=None if trial.ended_s is None else began_s + trial.ended_s,
            )
        index += 1 + max((trial.index for trial in results.trials), default=0)
        order += _orders(results)
        began_s += max((trial.began_s + trial.wall_s for trial in results.trials), default=0.0)


def _worst_observer(sessions: Sequence[Results]) -> Observer:
    """Return the cost of watching as if every session had that of the worst."""
    observers = [results.observer for results in sessions]
    walls_s = [sum(trial.wall_s for trial in results.trials) for results in sessions]
    timed = [pair for pair in zip(observers, walls_s, strict=True) if pair[1] > 0]
    share = max((one.cpu_s / wall_s for one, wall_s in timed), default=0.0)
    dashboards = [
        one.dashboard_cpu_s / wall_s for one, wall_s in timed if one.dashboard_cpu_s is not None
    ]
    return Observer(
        cpu_s=share * sum(walls_s),
        dashboard_cpu_s=max(dashboards) * sum(walls_s) if dashboards else None,
        frames=sum(one.frames for one in observers),
        longest_gap_s=max(one.longest_gap_s for one in observers),
        foreign_cpu=_largest(one.foreign_cpu for one in observers),
        contention=_largest(one.contention for one in observers),
    )


def _largest(shares: Iterable[float | None]) -> float | None:
    """Return the largest share that is known (None: none is)."""
    return max((share for share in shares if share is not None), default=None)
