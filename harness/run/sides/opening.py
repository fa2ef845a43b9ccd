"""Open the side of a workload that is assigned: the baseline, a simulated one, or one on Ray.

Ray is imported only where the side needs it: the baseline must not pay for it.
May import ``model``, ``run`` and ``workload``.
"""

import contextlib
from collections.abc import Callable, Iterator

from harness.model import Digest, Side
from harness.run.digest import user_module_digest
from harness.run.find import user_modules
from harness.run.sides.baseline import Baseline
from harness.run.sides.runner import SideRunner
from harness.run.sides.simulated import SimulatedSide
from harness.run.sources import source_digest
from harness.run.wire import Assignment, SendEvent
from harness.workload import AnyProblem, AnyWorkload


@contextlib.contextmanager
def open_side(
    *,
    assignment: Assignment,
    workload: AnyWorkload,
    problem: AnyProblem,
    input_digest: Digest,
    send: SendEvent,
    lap: Callable[[str], None],
) -> Iterator[SideRunner]:
    """Yield the assigned side with its workers answering.

    ``input_digest`` is that of the ``problem``'s input as it was loaded here; ``lap`` is told what
    part of the start-up has just ended.
    """
    modules_sha256 = user_module_digest(user_modules(assignment.workload))
    if assignment.side is Side.DISTRIBUTED and not workload.simulated:
        from harness.run.ray.side import ray_side

        with ray_side(assignment, workload, problem, modules_sha256, send, lap) as side:
            yield side
        return
    del problem  # a variant's problem takes its place, and both may not fit into memory
    kind = Baseline if assignment.side is Side.BASELINE else SimulatedSide
    yield kind(
        assignment=assignment,
        workload=workload,
        source_sha256=source_digest(modules_sha256),
        input_digest=input_digest,
        send=send,
    )
