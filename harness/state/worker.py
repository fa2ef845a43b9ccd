"""One worker of a side in its present trial, folded from events.

Pure; may import ``model``, ``events`` and ``series``.
"""

from dataclasses import replace as renewed

import msgspec
from msgspec.structs import replace

from harness import events as e
from harness.model import Process
from harness.state.series import Series, extend

UTILIZATION_POINTS = 100

WorkerEvent = (
    e.Sample | e.Span | e.Struck | e.Thawed | e.Faulted | e.Recovered | e.CaughtUp | e.Inspected
)


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    """One worker of a side in the present trial.

    ``cpu`` is a fraction of one core (None: not sampled yet), ``sampled_at`` the conductor's time
    of the last sample. ``lost_at`` is set while the worker is gone, ``struck`` from a strike on
    until its loss is noticed or it goes on. ``activity`` is in words what it did last (empty: that
    is not said). ``taken_bytes`` is what it has taken of its budget of memory (None: not sampled,
    or it is held to none), ``memory`` that over time.
    """

    process: Process
    cpu: float | None = None
    sampled_at: float | None = None
    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    taken_bytes: int | None = None
    peak_taken_bytes: int | None = None
    memory: Series = Series()
    lost_at: float | None = None
    struck: e.Struck | None = None
    chunks: int = 0
    busy_s: float = 0.0
    cpu_s: float = 0.0
    activity: str = ""
    utilization: Series = Series()


def after_worker_event(
    worker: WorkerState, event: WorkerEvent, since_go_s: float | None
) -> WorkerState:
    """Return the worker after one more event, ``since_go_s`` into its trial (None: none runs)."""
    match event:
        case e.Sample():
            return _add_sample(worker, event, since_go_s)
        case e.Span(busy_s=busy_s, cpu_s=cpu_s, activity=activity):
            return replace(
                worker,
                chunks=worker.chunks + 1,
                busy_s=worker.busy_s + busy_s,
                cpu_s=worker.cpu_s + cpu_s,
                activity=activity,
            )
        case e.Struck():
            return replace(worker, struck=event)
        case e.Thawed():
            return replace(worker, struck=None)
        case e.Faulted():
            return replace(worker, lost_at=event.at, struck=None, cpu=None, taken_bytes=None)
        case e.Recovered(process=process):
            return replace(worker, lost_at=None, struck=None, process=process)
        case e.CaughtUp():
            return worker
        case e.Inspected():
            return replace(worker, process=_inspected(worker.process, event))


def place_of(workers: tuple[WorkerState, ...], name: str) -> int | None:
    """Return the worker's index (None: there is none of that name).

    The ids ``w0, w1, …`` stand in order, so the name usually tells it at once.
    """
    guess = int(name[1:]) if name[1:].isdecimal() and len(name) < 10 else 0
    if guess < len(workers) and workers[guess].process.id == name:
        return guess
    return next((place for place, worker in enumerate(workers) if worker.process.id == name), None)


def _inspected(process: Process, event: e.Inspected) -> Process:
    """Return the process with what the event says of it; the rest stays as it was."""
    return renewed(
        process,
        input_sha256=event.input_sha256 or process.input_sha256,
        nice=process.nice if event.nice is None else event.nice,
        affinity=process.affinity if event.affinity is None else event.affinity,
    )


def _add_sample(worker: WorkerState, event: e.Sample, since_go_s: float | None) -> WorkerState:
    utilization = worker.utilization
    if since_go_s is not None:
        utilization = extend(utilization, since_go_s, event.cpu, UTILIZATION_POINTS)
    if event.taken_bytes is not None:
        worker = _add_memory(worker, event.taken_bytes, since_go_s)
    return replace(
        worker,
        cpu=event.cpu,
        sampled_at=event.at,
        rss_bytes=event.rss_bytes,
        peak_rss_bytes=max(worker.peak_rss_bytes, event.rss_bytes),
        utilization=utilization,
    )


def _add_memory(worker: WorkerState, taken_bytes: int, since_go_s: float | None) -> WorkerState:
    memory = worker.memory
    if since_go_s is not None:
        memory = extend(memory, since_go_s, taken_bytes, UTILIZATION_POINTS)
    peak = max(worker.peak_taken_bytes or 0, taken_bytes)
    return replace(worker, taken_bytes=taken_bytes, peak_taken_bytes=peak, memory=memory)
