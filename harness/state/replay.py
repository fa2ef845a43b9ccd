"""A finished side as it was earlier in its trial: what a replay shows beside a side that runs.

Pure; may import ``series``, ``side`` and ``worker``.
"""

from msgspec.structs import replace

from harness.state.series import done_at, value_at
from harness.state.side import SideStage, SideState
from harness.state.worker import WorkerState


def at_moment(state: SideState, elapsed: float) -> SideState:
    """Return a finished side as it was ``elapsed`` seconds after its go.

    Curve, utilization and memory are read at that moment of the trial. Once the wall time has
    passed it is the side itself.
    """
    if state.wall_s is None or elapsed >= state.wall_s:
        return state
    workers = tuple(
        replace(
            worker,
            cpu=value_at(worker.utilization, elapsed),
            taken_bytes=_taken_bytes(worker, elapsed),
            lost_at=None,
            struck=None,
        )
        for worker in state.workers
    )
    return replace(
        state,
        stage=SideStage.RUNNING,
        done=done_at(state.curve, elapsed) if _reported_progress(state) else 0,
        workers=workers,
        faults=tuple(fault for fault in state.faults if fault.at_s <= elapsed),
        wall_s=None,
        quality_so_far=None,
        quality=None,
    )


def _taken_bytes(worker: WorkerState, elapsed: float) -> int | None:
    taken_bytes = value_at(worker.memory, elapsed)
    return None if taken_bytes is None else int(taken_bytes)


def _reported_progress(state: SideState) -> bool:
    """Return whether the side reported anything between nothing and all; none is made up."""
    return any(0 < done < state.items_finished for _, done in state.curve.points)
