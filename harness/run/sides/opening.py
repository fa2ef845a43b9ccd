"""Open the side of a workload that is assigned: the baseline, a simulated one, or one on Ray.

Ray is imported only where the side needs it: the baseline must not pay for it.
May import ``model``, ``run`` and ``workload``.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from harness.model import Digest, Side
from harness.run.digest import source_digest, user_module_digest
from harness.run.find import user_modules
from harness.run.sides.baseline import Baseline
from harness.run.sides.runner import SideRunner
from harness.run.sides.simulated import SimulatedSide
from harness.run.wire import Assignment, SendEvent
from harness.workload import AnyWorkload


@contextlib.contextmanager
def open_side(
    *,
    assignment: Assignment,
    workload: AnyWorkload,
    given: Any,
    input_digest: Digest,
    send: SendEvent,
) -> Iterator[SideRunner]:
    """Yield the assigned side with its workers answering.

    ``input_digest`` is that of the input ``given`` as it was loaded here.
    """
    modules_sha256 = user_module_digest(user_modules(assignment.workload))
    if assignment.side is Side.DISTRIBUTED and not workload.simulated:
        from harness.run.ray.side import ray_side

        with ray_side(assignment, workload, given, modules_sha256, send) as side:
            yield side
        return
    del given  # a variant's problem takes its place, and both may not fit into memory
    kind = Baseline if assignment.side is Side.BASELINE else SimulatedSide
    yield kind(
        assignment=assignment,
        workload=workload,
        source_sha256=source_digest(modules_sha256),
        input_digest=input_digest,
        send=send,
    )
