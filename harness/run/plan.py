"""A session before it starts: what to run and where, and the terms that both sides must share.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace as replace_fields

from harness.errors import FILES_ARE_KEPT, Disagreement
from harness.events import Ready
from harness.model import Parameters, Side, Spec
from harness.run.baseline_variants import NO_PROOF, VariantPlan
from harness.run.commands.environment import changes as program_changes
from harness.run.commands.environment import names as names_of_changes
from harness.run.dashboard import RayDashboard
from harness.run.home import hide_home
from harness.run.host import CAN_PIN
from harness.run.schedule import CoreShares
from harness.run.wire import Assignment

SEE_LOG = "see {side}.log in the take's folder"
NO_LOG = "run `twoclocks race` and read {side}.log in the take's folder"


class Controls(Protocol):
    """What the presenter controls while a session runs."""

    def stop(self) -> int | None:
        """Return the number of the signal that asks to stop (None: go on)."""

    def begin(self) -> bool:
        """Return whether the clocks may start now that both sides are armed."""

    def skip(self) -> bool:
        """Return whether to leave out the rest of a replay or of a proof."""

    def attended(self) -> bool:
        """Return whether somebody is there who can press keys."""


@dataclass(frozen=True)
class Unattended:
    """No presenter: begin at once, skip nothing, stop for a signal only."""

    stop_signal: Callable[[], int | None] = lambda: None

    def stop(self) -> int | None:
        """Return the signal that asks to stop."""
        return self.stop_signal()

    def begin(self) -> bool:
        """Begin at once."""
        return True

    def skip(self) -> bool:
        """Skip nothing."""
        return False

    def attended(self) -> bool:
        """Return that nobody is there."""
        return False


@dataclass(frozen=True, kw_only=True)
class Patience:
    """After how many seconds without a sign of progress a side counts as stalled.

    And after how many it is given up where nobody could press a key.
    """

    stall_after_s: float = 10.0
    give_up_after_s: float = 900.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One session, checked and complete: the spec, the workload's name, and where each side runs.

    ``spec.params`` are the real parameters; ``published_spec`` hides home folders. ``address`` is
    that of a Ray cluster (empty: a local one). ``user_modules_sha256`` is the digest of the modules
    that the user brings (empty: the workload is built in), ``own_files`` are these modules' files
    and those that a command pair names (None: it is built in). So long the distributed side waits
    for hosts that a cluster has not yet (None: a usual time where an autoscaler starts them).
    """

    spec: Spec
    workload: str
    core_shares: CoreShares
    simulated: bool
    address: str = ""
    variant_plan: VariantPlan = NO_PROOF
    user_modules_sha256: str = ""
    patience: Patience = Patience()
    wait_for_hosts_s: float | None = None
    own_files: tuple[str, ...] | None = None

    def published_spec(self, home: Path | None) -> Spec:
        """Return the spec as it may be published: without the name of a home folder."""
        return replace(self.spec, params=redact_home(self.spec.params, home))


def redact_home(params: Parameters, home: Path | None) -> Parameters:
    """Return the parameters with the path of the home folder replaced by a tilde."""
    return {
        key: hide_home(value, home) if isinstance(value, str) else value
        for key, value in params.items()
    }


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How many seconds the conductor waits for what.

    ``frame_s`` lies between two batches of events; ``probe_s`` is how long the speed of a side is
    probed; the load of arming is over once ``quiet_for_s`` were quiet, or ``settle_within_s``;
    sides that do not end by themselves ``end_within_s`` are ended.
    """

    frame_s: float = 0.25
    probe_s: float = 1.5
    quiet_for_s: float = 1.0
    settle_within_s: float = 8.0
    end_within_s: float = 6.0


@dataclass(frozen=True, kw_only=True)
class Session:
    """One execution of a plan; ``out`` is the folder for the sides' logs.

    ``shared_folder`` is where the programs of a command pair compare their answers (None: each
    side uses its own scratch folder). ``replay_rest`` keeps the frames coming until the replayed
    baseline has ended. ``log_hint`` says where to look if a side fails and says nothing,
    ``stop_hint`` what is left of a session that a signal stops. ``watchers`` are the pids of other
    processes that show the session: what they use is a part of what watching costs. ``dashboard``
    is told of Ray's own dashboard once Ray has started (None: none is wanted); what we start for it
    is a part of that, too.
    """

    plan: Plan
    out: Path
    shared_folder: Path | None = None
    replay_rest: bool = False
    waits: Waits = Waits()
    log_hint: str = SEE_LOG
    stop_hint: str = FILES_ARE_KEPT
    watchers: tuple[int, ...] = ()
    dashboard: Callable[[RayDashboard], None] | None = None


def assignment(session: Session, side: Side) -> Assignment:
    """Return what a side's process is to do; ``launch`` fills in its descriptors and scratch."""
    plan, spec = session.plan, session.plan.spec
    shared_folder = str(session.shared_folder or "")
    if side is Side.BASELINE:
        return Assignment(
            address=plan.address if spec.baseline_on_node else "",
            cores_beside=spec.scales[-1] * spec.cores_per_worker,
            side=side,
            workload=plan.workload,
            params=spec.params,
            workers=1,
            cores_per_worker=spec.baseline_cores,
            cores=(plan.core_shares.baseline,),
            shared_folder=shared_folder,
            program_environment=_program_environment(plan, spec.baseline_cores),
        )
    return Assignment(
        side=side,
        workload=plan.workload,
        params=spec.params,
        workers=spec.scales[-1],
        cores_per_worker=spec.cores_per_worker,
        cores=plan.core_shares.workers,
        address=plan.address,
        shared_folder=shared_folder,
        workers_in_first_trial=spec.scales[0],
        stall_after_s=plan.patience.stall_after_s,
        wait_for_hosts_s=plan.wait_for_hosts_s,
        chaos=spec.chaos,
        spares=spec.spares,
        program_environment=_program_environment(plan, spec.scales[-1] * spec.cores_per_worker),
        dashboard=session.dashboard is not None,
    )


def _program_environment(plan: Plan, cores: int) -> dict[str, str] | None:
    """Return what changes in the environment of a command pair's program (None: it is none)."""
    if plan.spec.commands is None:
        return None
    return program_changes(
        os.environ,
        address=plan.address,
        cores=0 if CAN_PIN or plan.address else cores,
    )


def with_program_environment(plan: Plan) -> Plan:
    """Return the plan with the names of what changes in the environment of its programs."""
    changed, commands = _program_environment(plan, 1), plan.spec.commands
    if changed is None or commands is None:
        return plan
    named = replace(commands, environment=names_of_changes(changed))
    return replace(plan, spec=replace(plan.spec, commands=named))


def whole_host_assignment(session: Session) -> Assignment:
    """Return what a second baseline process is to do with all the host's cores."""
    cores = session.plan.variant_plan.cores
    return replace_fields(_of_variants(session), cores_per_worker=len(cores), cores=(cores,))


def copy_assignments(session: Session) -> tuple[Assignment, ...]:
    """Return what copies of the baseline are to do at once, each on the cores of one worker."""
    plan = session.plan
    return tuple(
        replace_fields(_of_variants(session), cores=(cores,))
        for cores in plan.core_shares.workers[: plan.spec.workers]
    )


def _of_variants(session: Session) -> Assignment:
    return replace_fields(assignment(session, Side.BASELINE), times_variants=True)


def require_same_terms(baseline: Ready, distributed: Ready) -> None:
    """Raise ``Disagreement`` unless both sides have the same input, held-out set and source.

    A worker that took the digest of the input must have the baseline's, too.
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
    _require_same_input(baseline.input.sha256, distributed)
    processes = (*baseline.workers, *distributed.workers, *distributed.spares)
    if len({process.source_sha256 for process in processes}) > 1:
        raise Disagreement(
            "the workers run other source code than the baseline",
            "bring every machine of the cluster to the same commit",
        )


def _require_same_input(expected: str, distributed: Ready) -> None:
    for worker in distributed.workers:
        if worker.input_sha256 not in ("", expected):
            raise Disagreement(
                f"worker {worker.id} sees another input:"
                f" {worker.input_sha256[:12]}, not {expected[:12]}",
                "bring every machine of the cluster to the same versions of Python"
                " and of the workload's packages",
            )
