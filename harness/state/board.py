"""The one fold: ``board = apply(board, event)``.

Live panel, replay and results all read the board, so they cannot disagree. Pure: time comes in on the
events, nothing is read from the machine. May import ``model``, ``events`` and ``trace``.
"""

from dataclasses import replace as renewed
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from harness import events as e
from harness.model import CoreSeconds, Digest, Fault, Host, Process, Rate, Schedule, Side
from harness.state.series import Trace, extend

CURVE_POINTS = 200
UTILIZATION_POINTS = 100
OfSession = e.Opened | e.Scheduled | e.Rated | e.ProofStopped | e.Watched | e.Closed


class Stage(StrEnum):
    """How far a side has come with its present trial."""

    WAITING = "waiting"
    ARMING = "arming"
    READY = "ready"
    RUNNING = "running"
    FINISHED = "finished"
    SCORED = "scored"
    FAILED = "failed"


class WorkerState(msgspec.Struct, frozen=True):
    """One worker of a side in the present trial. ``cpu`` is a fraction of one core (None: not seen yet).

    ``seen_at`` is the conductor's time of the last sample; ``lost_at`` is set while the worker is gone.
    """

    process: Process
    cpu: float | None = None
    seen_at: float | None = None
    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    lost_at: float | None = None
    chunks: int = 0
    busy_s: float = 0.0
    cpu_s: float = 0.0
    utilization: Trace = Trace()


class Lane(msgspec.Struct, frozen=True):
    """One side as the room sees it, in its present trial.

    ``armed`` are all its processes, ``workers`` those that work in this trial. ``items`` is the trial's size
    (0: not known yet), ``done`` cumulative. ``started_at`` is the conductor's time of go, ``last_progress_at`` that of the
    last item done since; ``wall_s`` is set once the clock has stopped.
    """

    side: Side
    stage: Stage = Stage.WAITING
    launched_at: float | None = None
    ready_at: float | None = None
    startup: dict[str, float] = {}
    unit: str = ""
    items: int = 0
    input: Digest | None = None
    held_out: Digest | None = None
    hosts: tuple[Host, ...] = ()
    armed: tuple[Process, ...] = ()
    workers: tuple[WorkerState, ...] = ()
    trial: int = 0
    order: int = 0
    started_at: float | None = None
    done: int = 0
    last_progress_at: float | None = None
    curve: Trace = Trace()
    phases: dict[str, float] = {}
    spent: CoreSeconds | None = None
    part_bytes: int | None = None
    faults: tuple[Fault, ...] = ()
    wall_s: float | None = None
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0
    items_finished: int = 0
    answer_sha256: str = ""
    quality: float | None = None
    reason: str = ""
    last_words: str = ""
    solo_rate: float | None = None
    shared_rate: float | None = None

    @property
    def startup_s(self) -> float | None:
        """Seconds from launch to ready (None: not ready yet)."""
        if self.launched_at is None or self.ready_at is None:
            return None
        return self.ready_at - self.launched_at


class Board(msgspec.Struct, frozen=True):
    """Everything known of the session: both lanes, and every trial that has been scored, in order.

    ``schedule`` is None until it is decided, ``opened``, ``unproved``, ``watched``, ``closed`` until that event has come.
    """

    opened: e.Opened | None = None
    schedule: Schedule | None = None
    baseline: Lane = Lane(Side.BASELINE)
    distributed: Lane = Lane(Side.DISTRIBUTED)
    trials: tuple[Lane, ...] = ()
    rates: tuple[Rate, ...] = ()
    unproved: e.ProofStopped | None = None
    watched: e.Watched | None = None
    closed: e.Closed | None = None
    at: float = 0.0

    def lane(self, side: Side) -> Lane:
        """Return the side's present lane."""
        return self.baseline if side is Side.BASELINE else self.distributed


def apply(board: Board, event: e.Event) -> Board:
    """Return the board after one more event. Events that make no sense now change nothing but the time."""
    if isinstance(
        event, OfSession
    ):  # a trial that never ended lasted until the last event before the session was closed
        return _of_session(
            board if isinstance(event, e.Closed) else replace(board, at=event.at), event
        )
    before = board.lane(event.side)
    board = replace(board, at=event.at, **{str(event.side): _moved(before, event)})
    if isinstance(event, e.Scored) and before.stage is Stage.FINISHED:
        return replace(board, trials=(*board.trials, board.lane(event.side)))
    return board


def _of_session(board: Board, event: OfSession) -> Board:
    match event:
        case e.Opened():
            return replace(board, opened=event)
        case e.Scheduled(schedule=schedule):
            return replace(board, schedule=schedule)
        case e.Rated():
            rate = Rate(
                event.variant,
                event.items_per_s,
                event.seconds,
                event.cores,
                event.name,
                event.value,
            )
            return replace(board, rates=(*board.rates, rate))
        case e.ProofStopped():
            return replace(board, unproved=event)
        case e.Watched():
            return replace(board, watched=event)
        case e.Closed():
            return replace(board, closed=event)


def _moved(lane: Lane, event: e.Event) -> Lane:
    match event:
        case e.Sample() | e.Span() | e.Faulted() | e.Recovered() | e.Inspected():
            return _worker_moved(lane, event)
        case e.Progress(done=done) if lane.stage is Stage.RUNNING:
            last_progress_at = event.at if done > lane.done else lane.last_progress_at
            return replace(
                lane,
                done=done,
                last_progress_at=last_progress_at,
                curve=extend(lane.curve, _since(lane, event), done, CURVE_POINTS),
            )
        case e.Phase(name=name, seconds=seconds):
            return replace(lane, phases=lane.phases | {name: lane.phases.get(name, 0.0) + seconds})
        case e.CoreTime():
            spent = CoreSeconds(
                event.compute_s, event.exchange_s, event.waiting_s, event.serial_s, event.idle_s
            )
            return replace(lane, spent=spent, part_bytes=event.part_bytes)
        case e.Launched():
            return replace(lane, stage=Stage.ARMING, launched_at=event.at)
        case e.Ready():
            return _armed(lane, event)
        case e.Probed(rate=rate, together=together):
            return replace(lane, shared_rate=rate) if together else replace(lane, solo_rate=rate)
        case e.Go():
            return _gone(lane, event)
        case e.Finished() if lane.stage is Stage.RUNNING:
            return _stopped(lane, event)
        case e.Scored(answer_sha256=digest, quality=quality) if lane.stage is Stage.FINISHED:
            return replace(lane, stage=Stage.SCORED, answer_sha256=digest, quality=quality)
        case e.Failed(reason=reason, last_words=last_words):
            return replace(lane, stage=Stage.FAILED, reason=reason, last_words=last_words)
        case _:
            return lane


def _since(lane: Lane, event: e.Event) -> float:
    return max(0.0, event.at - lane.started_at) if lane.started_at is not None else 0.0


def _armed(lane: Lane, event: e.Ready) -> Lane:
    return replace(
        lane,
        stage=Stage.READY,
        ready_at=event.at,
        startup=event.startup,
        unit=event.unit,
        items=event.items,
        input=event.input,
        held_out=event.held_out,
        hosts=event.hosts,
        armed=event.workers,
        workers=tuple(WorkerState(process) for process in event.workers),
    )


def _gone(lane: Lane, event: e.Go) -> Lane:
    """Start a trial: what was measured of the last one is cleared, what arming found is kept."""
    seen_at = {worker.process.id: worker.seen_at for worker in lane.workers}
    working = lane.armed[: event.workers] if event.workers else lane.armed
    return Lane(
        side=lane.side,
        stage=Stage.RUNNING,
        launched_at=lane.launched_at,
        ready_at=lane.ready_at,
        startup=lane.startup,
        unit=lane.unit,
        items=lane.items,
        input=lane.input,
        held_out=lane.held_out,
        hosts=lane.hosts,
        armed=lane.armed,
        workers=tuple(WorkerState(process, seen_at=seen_at.get(process.id)) for process in working),
        trial=event.trial,
        order=event.order,
        started_at=event.at,
        last_progress_at=event.at,
        curve=Trace(((0.0, 0.0),), 1, 1),
        solo_rate=lane.solo_rate,
        shared_rate=lane.shared_rate,
    )


def _stopped(lane: Lane, event: e.Finished) -> Lane:
    return replace(
        lane,
        stage=Stage.FINISHED,
        wall_s=event.wall_s,
        cpu_s=event.cpu_s,
        peak_rss_bytes=event.peak_rss_bytes,
        items_finished=event.items,
        done=event.items,
        curve=replace(lane.curve, points=(*lane.curve.points, (event.wall_s, float(event.items)))),
    )


def _worker_moved(
    lane: Lane, event: e.Sample | e.Span | e.Faulted | e.Recovered | e.Inspected
) -> Lane:
    place = _place(lane.workers, event.worker)
    if place is None:
        return lane
    worker = lane.workers[place]
    match event:
        case e.Sample():
            worker = _sampled(worker, event, lane)
        case e.Span(busy_s=busy, cpu_s=cpu):
            worker = replace(
                worker,
                chunks=worker.chunks + 1,
                busy_s=worker.busy_s + busy,
                cpu_s=worker.cpu_s + cpu,
            )
        case e.Faulted():
            worker = replace(worker, lost_at=event.at, cpu=None)
        case e.Recovered(process=process):
            worker = replace(worker, lost_at=None, process=process)
        case e.Inspected(input_sha256=digest):
            worker = replace(worker, process=renewed(worker.process, input_sha256=digest))
    workers = (*lane.workers[:place], worker, *lane.workers[place + 1 :])
    known = isinstance(event, e.Recovered | e.Inspected)
    armed = (
        tuple(worker.process if process.id == event.worker else process for process in lane.armed)
        if known
        else lane.armed
    )
    return replace(lane, workers=workers, armed=armed, faults=_faults(lane, event))


def _place(workers: tuple[WorkerState, ...], name: str) -> int | None:
    """Return the worker's index; ids ``w0, w1, …`` stand in order, so the name usually tells it at once."""
    guess = int(name[1:]) if name[1:].isdecimal() and len(name) < 10 else 0
    if guess < len(workers) and workers[guess].process.id == name:
        return guess
    return next((place for place, worker in enumerate(workers) if worker.process.id == name), None)


def _sampled(worker: WorkerState, event: e.Sample, lane: Lane) -> WorkerState:
    running = lane.stage is Stage.RUNNING
    seen = (
        extend(worker.utilization, _since(lane, event), event.cpu, UTILIZATION_POINTS)
        if running
        else worker.utilization
    )
    return replace(
        worker,
        cpu=event.cpu,
        seen_at=event.at,
        rss_bytes=event.rss_bytes,
        peak_rss_bytes=max(worker.peak_rss_bytes, event.rss_bytes),
        utilization=seen,
    )


def _faults(lane: Lane, event: e.Event) -> tuple[Fault, ...]:
    match event:
        case e.Faulted(worker=worker, reason=reason):
            return (*lane.faults, Fault(worker, reason, at_s=_since(lane, event)))
        case e.Recovered(worker=worker, seconds=seconds):
            due = (worker, None)
            return tuple(
                renewed(fault, cost_s=seconds) if (fault.worker, fault.cost_s) == due else fault
                for fault in lane.faults
            )
        case _:
            return lane.faults
