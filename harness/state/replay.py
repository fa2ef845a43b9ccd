"""A finished lane as it looked earlier in its run: what a replay shows beside a side that runs.

Pure; may import ``board`` and ``trace``.
"""

from msgspec.structs import replace

from harness.state.board import Lane, Stage
from harness.state.series import done_at, value_at


def at_moment(lane: Lane, elapsed: float) -> Lane:
    """Return a finished lane as it looked ``elapsed`` seconds after its go; itself once its wall time has passed.

    This is what a replay shows: the recorded curve and utilization, read at the same moment of the run.
    """
    if lane.wall_s is None or elapsed >= lane.wall_s:
        return lane
    workers = tuple(
        replace(worker, cpu=value_at(worker.utilization, elapsed), lost_at=None)
        for worker in lane.workers
    )
    done = done_at(lane.curve, elapsed) if _told(lane) else 0
    return replace(lane, stage=Stage.RUNNING, done=done, workers=workers, wall_s=None, quality=None)


def _told(lane: Lane) -> bool:
    """Return whether anything was said of the way between nothing and all: where it was not, no progress is made up."""
    return any(0 < done < lane.items_finished for _, done in lane.curve.points)
