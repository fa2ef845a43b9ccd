"""A finished lane as it looked earlier in its run: what a replay shows beside a side that runs.

Pure; may import ``board`` and ``trace``.
"""

from msgspec.structs import replace

from harness.score.board import Lane, Stage
from harness.score.trace import done_at, value_at


def rewound(lane: Lane, elapsed: float) -> Lane:
    """Return a finished lane as it looked ``elapsed`` seconds after its go; itself once its wall time has passed.

    This is what a replay shows: the recorded curve and utilization, read at the same moment of the run.
    """
    if lane.wall_s is None or elapsed >= lane.wall_s:
        return lane
    workers = tuple(replace(worker, cpu=value_at(worker.utilization, elapsed), lost_at=None) for worker in lane.workers)
    return replace(lane, stage=Stage.RUNNING, done=done_at(lane.curve, elapsed), workers=workers, wall_s=None, quality=None)
