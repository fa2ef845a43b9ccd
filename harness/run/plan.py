"""What a session is: who is to run what and where, what the presenter wishes, and the terms both sides must share.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from harness.errors import Disagreement
from harness.events import Ready
from harness.model import Parameters, Side, Spec
from harness.run.baseline_variants import NO_PROOF, VariantPlan
from harness.run.schedule import CoreShares
from harness.run.wire import Assignment


class Wishes(Protocol):
    """What the presenter asks for while it runs."""

    def stop(self) -> int | None:
        """Return the number of the signal that asks to stop (None: go on)."""

    def begin(self) -> bool:
        """Return whether the clocks may start now that everything is armed."""

    def skip(self) -> bool:
        """Return whether the rest of a replay may be left out."""


@dataclass(frozen=True)
class Session:
    """What the conductor is to run. ``replay_rest`` keeps the frames coming until the replayed baseline has ended.

    ``variant_plan`` is what proves the baseline (default: no proof). ``params`` are those that the sides are given, where the spec
    tells them less openly (None: the spec's). ``common`` is a folder for what adopted programs' answers are held against.
    """

    spec: Spec
    workload: str
    address: str
    core_shares: CoreShares
    simulated: bool
    replay_rest: bool
    out: Path
    variant_plan: VariantPlan = NO_PROOF
    params: Parameters | None = None
    common: Path | None = None


def assignment(session: Session, side: Side) -> Assignment:
    """Return what a side's process is told; its descriptors are filled in where it is launched."""
    spec, core_shares = session.spec, session.core_shares
    distributed = side is Side.DISTRIBUTED
    return Assignment(
        side=side,
        workload=session.workload,
        params=spec.params if session.params is None else session.params,
        workers=spec.scales[-1] if distributed else 1,
        cores_per_worker=spec.cores_per_worker if distributed else spec.baseline_cores,
        cores=core_shares.workers if distributed else (core_shares.baseline,),
        events_fd=-1,
        control_fd=-1,
        address=session.address if distributed else "",
        common=str(session.common or ""),
        first=spec.scales[0] if distributed else 0,
    )


def whole_host(session: Session) -> Assignment:
    """Return what a baseline is told that has all the host's cores."""
    cores = session.variant_plan.cores
    return msgspec.structs.replace(
        assignment(session, Side.BASELINE), cores_per_worker=len(cores), cores=(cores,)
    )


def require_same_terms(baseline: Ready, distributed: Ready) -> None:
    """Raise ``Disagreement`` unless both sides loaded the same input and held-out set and run the same source.

    A worker that was asked for its digest of the input must have the baseline's, too.
    """
    for what, ours, theirs in (
        ("input", baseline.input, distributed.input),
        ("held-out set", baseline.held_out, distributed.held_out),
    ):
        if ours != theirs:
            raise Disagreement(
                f"the sides loaded different {what}s: {ours.sha256[:12]} and {theirs.sha256[:12]}",
                "make the workload's load depend on its parameters alone",
            )
    stray = next(
        (
            worker
            for worker in distributed.workers
            if worker.input_sha256 not in ("", baseline.input.sha256)
        ),
        None,
    )
    if stray is not None:
        raise Disagreement(
            f"worker {stray.id} sees another input: {stray.input_sha256[:12]}, not {baseline.input.sha256[:12]}",
            "bring every machine of the cluster to the same versions of Python and of the workload's packages",
        )
    if len({worker.source_sha256 for worker in (*baseline.workers, *distributed.workers)}) > 1:
        raise Disagreement(
            "the workers run other source code than the baseline",
            "bring every machine of the cluster to the same commit",
        )
