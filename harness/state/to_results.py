"""From the board to the facts that are kept: one ``Results`` of a session, in printable text.

Pure. Series are thinned so that a session of six pairs on eight workers stays under 200 kB on
disk; times and counts are kept as they came. May import ``model``, ``state`` and ``text``.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from harness.model import Digest, Host, Observer, Results, Status, Trial, WorkerTrial
from harness.quantities import MOST_STRIKES
from harness.state.board import Board
from harness.state.host_labels import host_labels
from harness.state.series import Series
from harness.state.side import CURVE_POINTS, SideStage, SideState
from harness.state.worker import UTILIZATION_POINTS, WorkerState
from harness.state.worker_groups import grouped
from harness.text import printable

CURVE_POINTS_OF_ALL = 4_000
UTILIZATION_POINTS_OF_ALL = 8_000
FEWEST_POINTS = 4


def results_of(board: Board, journal_sha256: str = "") -> Results:
    """Return the facts of a session: every trial that was started, whether or not it finished.

    Everything comes from the board, so that whoever folds the journal again gets the same facts. A
    session that was not closed ended in mid-run. Raises ``ValueError`` for one that was never
    opened.
    """
    opened, closed = board.opened, board.closed
    if opened is None:
        raise ValueError("a session that was not opened has no results")
    results = Results(
        run_id=opened.run_id,
        began_utc=opened.began_utc,
        kind=opened.kind,
        status=closed.status if closed is not None else Status.FAILED,
        spec=opened.spec,
        schedule=board.schedule or opened.spec.schedule,
        input=_first(board.baseline.armed.input, board.distributed.armed.input),
        held_out=_first(board.baseline.armed.held_out, board.distributed.armed.held_out),
        code=opened.code,
        hosts=_hosts(board),
        trials=_with_labels(
            _trials((*board.trials, *_unscored(board)), board.at), host_labels(board)
        ),
        observer=_observer(board),
        journal_sha256=journal_sha256,
        remark=closed.remark if closed is not None else "its end is not in the journal",
        rates=board.rates,
        reading=board.reading,
        baseline_capacity=board.baseline.armed.capacity,
        distributed_capacity=board.distributed.armed.capacity,
        baseline_service=board.baseline.armed.service,
        distributed_service=board.distributed.armed.service,
    )
    return msgspec.convert(_plain_tree(msgspec.to_builtins(results)), Results)


def _plain_tree(tree: Any) -> Any:
    match tree:
        case str():
            return printable(tree)
        case dict():
            return {printable(key): _plain_tree(value) for key, value in tree.items()}
        case list() | tuple():
            return [_plain_tree(value) for value in tree]
        case _:
            return tree


def _unscored(board: Board) -> Iterator[SideState]:
    """Yield the present states that got their go and are not among the scored trials."""
    kept = {(state.side, state.order) for state in board.trials}
    for state in (board.baseline, board.distributed):
        if state.started_at is not None and (state.side, state.order) not in kept:
            yield state


def _first(*digests: Digest | None) -> Digest | None:
    return next((digest for digest in digests if digest is not None), None)


def _hosts(board: Board) -> tuple[Host, ...]:
    labels = host_labels(board)
    described = (*board.distributed.armed.hosts, *board.baseline.armed.hosts)
    hosts = {host.id: replace(host, id=labels.get(host.id, host.id)) for host in described}
    order = [*labels, *hosts]
    return tuple(hosts[key] for key in sorted(hosts, key=order.index))


def _observer(board: Board) -> Observer:
    observed = board.observed
    if observed is None:
        return Observer(cpu_s=0.0, frames=0, longest_gap_s=0.0)
    foreign = None if observed.foreign_cpu is None else max(0.0, observed.foreign_cpu)
    return Observer(
        observed.cpu_s,
        observed.frames,
        observed.longest_gap_s,
        foreign,
        observed.contention,
        observed.dashboard_cpu_s,
    )


def _trials(states: tuple[SideState, ...], at: float) -> tuple[Trial, ...]:
    """Share the points that a file may hold between the trials and their workers."""
    curve_points = _share(CURVE_POINTS, CURVE_POINTS_OF_ALL, len(states))
    rows = sum(len(state.workers) for state in states)
    utilization_points = _share(UTILIZATION_POINTS, UTILIZATION_POINTS_OF_ALL, rows)
    return tuple(
        _trial(state, at, curve_points, _workers(state, at, utilization_points, rows))
        for state in sorted(states, key=lambda state: state.order)
    )


def _share(most: int, of_all: int, sharers: int) -> int:
    return max(FEWEST_POINTS, min(most, of_all // max(1, sharers)))


def _wall_s(state: SideState, at: float) -> float:
    """Return how long the trial took, or has taken until the session's end."""
    return state.wall_s if state.wall_s is not None else max(0.0, at - (state.started_at or 0.0))


def _trial(
    state: SideState, at: float, curve_points: int, workers: tuple[WorkerTrial, ...]
) -> Trial:
    wall_s = _wall_s(state, at)
    return Trial(
        side=state.side,
        workers=max(1, len(state.workers)),
        index=state.trial,
        order=state.order,
        began_s=state.started_at or 0.0,
        startup_s=state.armed.startup_s or 0.0,
        wall_s=wall_s,
        cpu_s=state.cpu_s,
        items=state.done,
        answer_sha256=state.answer_sha256,
        quality=state.quality or 0.0,
        peak_rss_bytes=state.peak_rss_bytes,
        phases=dict(state.phases),
        faults=state.faults,
        curve=_curve(state.curve, wall_s, state.done, curve_points),
        workers_detail=workers,
        input_sha256=state.armed.input.sha256 if state.armed.input else "",
        held_out_sha256=state.armed.held_out.sha256 if state.armed.held_out else "",
        failure=_failure(state),
        core_seconds=state.core_time,
        part_bytes=state.part_bytes,
        off_clock_cpu_s=state.off_clock_cpu_s,
        waited_s=state.waited_s,
        score_differences=state.score_differences,
        rescoring_gap=state.rescoring_gap,
        not_rescored=state.not_rescored,
        ended_s=state.finished_at,
        answer_difference=state.answer_difference,
        prepared_cpu_s=state.armed.prepared_cpu_s,
        unstruck=state.unstruck[:MOST_STRIKES],
        served=state.served,
    )


def _with_labels(trials: tuple[Trial, ...], labels: Mapping[str, str]) -> tuple[Trial, ...]:
    """Return the trials with the labels of hosts in the place of the hosts' keys."""

    def labelled(worker: WorkerTrial) -> WorkerTrial:
        host = labels.get(worker.process.host, worker.process.host)
        return replace(worker, process=replace(worker.process, host=host))

    return tuple(
        replace(trial, workers_detail=tuple(map(labelled, trial.workers_detail)))
        for trial in trials
    )


def _failure(state: SideState) -> str:
    match state.stage:
        case SideStage.SCORED:
            return ""
        case SideStage.FAILED:
            return state.reason or "failed without a word"
        case SideStage.FINISHED:
            return "stopped before its answer was scored"
        case _:
            return "stopped before its end"


def _workers(state: SideState, at: float, most: int, rows: int) -> tuple[WorkerTrial, ...]:
    """Return what each worker did; very many are told by host."""
    wall_s = _wall_s(state, at)
    return grouped([_worker(worker, wall_s, most) for worker in state.workers], rows)


def _worker(worker: WorkerState, wall_s: float, most: int) -> WorkerTrial:
    return WorkerTrial(
        worker.process,
        worker.chunks,
        worker.busy_s,
        worker.cpu_s,
        _utilization(worker.utilization, wall_s, most),
    )


def _curve(series: Series, wall_s: float, items: int, most: int) -> tuple[tuple[float, int], ...]:
    """Return at most ``most`` points, the first and the last among them.

    Progress reaches the conductor a moment late, so a point can lie past the end by the side's own
    clock: it is moved onto it.
    """
    points, last = series.points, len(series.points) - 1
    places = (
        range(last + 1)
        if last < most
        else sorted({round(step * last / (most - 1)) for step in range(most)})
    )
    return tuple(
        (round(min(points[place][0], wall_s), 4), min(int(points[place][1]), items))
        for place in places
    )


def _utilization(series: Series, wall_s: float, most: int) -> tuple[float, ...]:
    """Return the fractions of one core at evenly spaced moments.

    A sample speaks for the time before it.
    """
    times = [at for at, _ in series.points]
    count = min(most, len(times))
    moments = (wall_s * (step + 0.5) / count for step in range(count))
    places = (min(bisect_left(times, moment), len(times) - 1) for moment in moments)
    return tuple(round(series.points[place][1], 3) for place in places)
