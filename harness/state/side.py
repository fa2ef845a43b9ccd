"""One side in its present trial, folded from events.

Pure; may import ``model``, ``events`` and its neighbours but ``board``.
"""

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from harness import events as e
from harness.model import (
    AnswerDifference,
    CoreSeconds,
    Process,
    ScoreDifferences,
    Side,
)
from harness.serving import ServedLoad
from harness.state.armed_side import ArmedSide as ArmedSide
from harness.state.faults import Faults, faults_after
from harness.state.series import Series, extend
from harness.state.stalls import Stalls, after_stall_event
from harness.state.worker import WorkerEvent, WorkerState, after_worker_event, place_of

CURVE_POINTS = 200


class SideStage(StrEnum):
    """How far a side has come with its present trial."""

    WAITING = "waiting"
    ARMING = "arming"
    READY = "ready"
    RUNNING = "running"
    FINISHED = "finished"
    SCORED = "scored"
    FAILED = "failed"


class SideState(msgspec.Struct, frozen=True, kw_only=True):
    """One side in its present trial; ``armed`` is kept over trials, all else begins anew with each.

    ``workers`` are those of this trial, ``done`` is cumulative. ``started_at`` and ``finished_at``
    are the conductor's times of go and of the end, ``last_progress_at`` that of the last item done
    since. ``quality_so_far`` is what the side last reported, ``quality`` that of the held-out set.
    ``wall_s`` is set once the clock has stopped. ``unstruck`` and ``served`` are as in
    ``model.Trial``.
    """

    side: Side
    stage: SideStage = SideStage.WAITING
    armed: ArmedSide = ArmedSide()
    workers: tuple[WorkerState, ...] = ()
    trial: int = 0
    order: int = 0
    started_at: float | None = None
    done: int = 0
    last_progress_at: float | None = None
    quality_so_far: float | None = None
    curve: Series = Series()
    phases: dict[str, float] = {}
    core_time: CoreSeconds | None = None
    part_bytes: int | None = None
    faults: Faults = ()
    unstruck: tuple[str, ...] = ()
    served: ServedLoad | None = None
    stalls: Stalls = ()
    finished_at: float | None = None
    wall_s: float | None = None
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0
    items_finished: int = 0
    answer_sha256: str = ""
    quality: float | None = None
    off_clock_cpu_s: float | None = None
    waited_s: float | None = None
    score_differences: ScoreDifferences | None = None
    rescoring_gap: float | None = None
    not_rescored: str = ""
    answer_difference: AnswerDifference | None = None
    reason: str = ""
    last_words: str = ""

    @property
    def items(self) -> int:
        """Return the size of the trial, in items (0: not known yet).

        Of one that stops early it is the most that it may do, and once it has finished, and in its
        replay, what it did.
        """
        ended_early = self.armed.stops_early and self.wall_s is not None
        return self.items_finished if ended_early else self.armed.items


def after_event(state: SideState, event: e.Event) -> SideState:
    """Return the side after one more event; one that makes no sense now changes nothing."""
    match event:
        case _ if isinstance(event, WorkerEvent):
            return _after_worker_event(state, event)
        case e.Unstruck(strike=strike):
            return replace(state, unstruck=(*state.unstruck, strike))
        case e.Stalled() | e.Resumed():
            return replace(state, stalls=after_stall_event(state.stalls, event))
        case e.Progress() if state.stage is SideStage.RUNNING:
            return _add_progress(state, event)
        case e.Phase(name=name, seconds=seconds):
            phases = state.phases | {name: state.phases.get(name, 0.0) + seconds}
            return replace(state, phases=phases)
        case e.CoreTime():
            return _add_core_time(state, event)
        case e.Launched():
            armed = replace(state.armed, launched_at=event.at, loads=())
            return replace(state, stage=SideStage.ARMING, armed=armed)
        case e.AwaitsHosts() | e.Offered():
            return replace(state, armed=_arming(state.armed, event))
        case e.Ready():
            return _ready(state, event)
        case e.Probed(rate=rate, together=together):
            name = "rate_together" if together else "rate_alone"
            return replace(state, armed=replace(state.armed, **{name: rate}))
        case e.Go():
            return _start_trial(state, event)
        case e.Finished() if state.stage is SideStage.RUNNING:
            return _finish_trial(state, event)
        case e.Scored() if state.stage is SideStage.FINISHED:
            return _score(state, event)
        case e.Prepared(cpu_s=cpu_s):
            return replace(state, armed=replace(state.armed, prepared_cpu_s=cpu_s))
        case e.Failed(reason=reason, last_words=last_words):
            failed = replace(state, stage=SideStage.FAILED, stalls=())
            return replace(failed, reason=reason, last_words=last_words)
        case _:
            return state


def _arming(armed: ArmedSide, event: e.AwaitsHosts | e.Offered) -> ArmedSide:
    match event:
        case e.AwaitsHosts(workers=workers, seconds=seconds):
            return replace(armed, awaited_workers=workers, awaited_s=seconds)
        case e.Offered(load=load):
            return replace(armed, loads=(*armed.loads, load))


def since_go(state: SideState, event: e.Event) -> float:
    """Return how long after the side's go an event came (0: it had no go)."""
    return max(0.0, event.at - state.started_at) if state.started_at is not None else 0.0


def _add_progress(state: SideState, event: e.Progress) -> SideState:
    return replace(
        state,
        done=event.done,
        last_progress_at=event.at if event.done > state.done else state.last_progress_at,
        quality_so_far=state.quality_so_far if event.quality is None else event.quality,
        curve=extend(state.curve, since_go(state, event), event.done, CURVE_POINTS),
    )


def _add_core_time(state: SideState, event: e.CoreTime) -> SideState:
    core_time = CoreSeconds(
        compute_s=event.compute_s,
        exchange_s=event.exchange_s,
        waiting_s=event.waiting_s,
        serial_s=event.serial_s,
        idle_s=event.idle_s,
    )
    return replace(state, core_time=core_time, part_bytes=event.part_bytes)


def _ready(state: SideState, event: e.Ready) -> SideState:
    armed = replace(
        state.armed,
        ready_at=event.at,
        awaited_workers=0,
        startup=event.startup,
        unit=event.unit,
        items=event.items,
        stops_early=event.stops_early,
        reading=event.reading,
        input=event.input,
        held_out=event.held_out,
        hosts=event.hosts,
        processes=event.workers,
        spares=event.spares,
        capacity=event.capacity,
        service=event.service,
    )
    workers = tuple(WorkerState(process=process) for process in event.workers)
    return replace(state, stage=SideStage.READY, armed=armed, workers=workers, stalls=())


def _start_trial(state: SideState, event: e.Go) -> SideState:
    """Start a trial: what was measured in the last one is dropped."""
    sampled_at = {worker.process.id: worker.sampled_at for worker in state.workers}
    processes = state.armed.processes[: event.workers or None]
    return SideState(
        side=state.side,
        stage=SideStage.RUNNING,
        armed=state.armed,
        workers=tuple(
            WorkerState(process=process, sampled_at=sampled_at.get(process.id))
            for process in processes
        ),
        trial=event.trial,
        order=event.order,
        started_at=event.at,
        last_progress_at=event.at,
        curve=Series(points=((0.0, 0.0),), stride=1, offered=1),
    )


def _finish_trial(state: SideState, event: e.Finished) -> SideState:
    last = event.wall_s, float(event.items)
    return replace(
        state,
        stage=SideStage.FINISHED,
        stalls=(),
        finished_at=event.at,
        wall_s=event.wall_s,
        cpu_s=event.cpu_s,
        peak_rss_bytes=event.peak_rss_bytes,
        items_finished=event.items,
        waited_s=event.waited_s,
        served=event.served,
        done=event.items,
        curve=replace(state.curve, points=(*state.curve.points, last)),
    )


def _score(state: SideState, event: e.Scored) -> SideState:
    return replace(
        state,
        stage=SideStage.SCORED,
        stalls=(),
        answer_sha256=event.answer_sha256,
        quality=event.quality,
        off_clock_cpu_s=event.off_clock_cpu_s,
        answer_difference=event.difference,
    )


def _steps_in(spare: Process, event: e.Recovered) -> bool:
    """Return whether it is this spare that fills a place now."""
    if event.spare is not None:
        return spare.id == event.spare
    return (spare.host, spare.pid) == (event.process.host, event.process.pid)


def _after_worker_event(state: SideState, event: WorkerEvent) -> SideState:
    place = place_of(state.workers, event.worker)
    if place is None:
        return state
    struck = state.workers[place].struck
    running = state.stage is SideStage.RUNNING
    since_go_s = since_go(state, event) if running else None
    worker = after_worker_event(state.workers[place], event, since_go_s)
    state = replace(
        state,
        workers=(*state.workers[:place], worker, *state.workers[place + 1 :]),
        faults=faults_after(state.faults, event, since_go(state, event), struck),
        stalls=after_stall_event(state.stalls, event),
    )
    if not isinstance(event, e.Recovered | e.Inspected):
        return state
    processes = tuple(
        worker.process if process.id == event.worker else process
        for process in state.armed.processes
    )
    spares = state.armed.spares
    if isinstance(event, e.Recovered):
        spares = tuple(one for one in spares if not _steps_in(one, event))
    return replace(state, armed=replace(state.armed, processes=processes, spares=spares))
