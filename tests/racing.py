"""Races in the test's own process, without the program around them.

For what a race comes to, not for how it is shown: nothing is drawn or written, and the load of
arming is hardly waited for. May import ``demo.options`` and ``harness``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec

from demo.options import make_plan
from harness import events as e
from harness.claims.audit import audit
from harness.claims.rules import caveats, refusals
from harness.model import Results, Side, Status, Trial, Variant
from harness.report import Report
from harness.run.baseline_variants import VariantPlan, declared_variants
from harness.run.conductor import Conductor
from harness.run.plan import Controls, Plan, Session, Unattended, Waits
from harness.run.provenance import code
from harness.run.sources import source_digest
from harness.run.wire import TimeVariant
from harness.state.board import Board, apply
from harness.state.to_results import results_of
from tests.builders import an_opening, find_workload
from tests.options import some_options
from tests.races import code_when_quiet

HARDLY = Waits(frame_s=0.1, probe_s=0.2, quiet_for_s=0.2, settle_within_s=1.0)

Look = Callable[[list[e.Event]], None]


def just_race(_: list[e.Event]) -> None:
    """Look on."""


@dataclass(frozen=True)
class Raced:
    """A race that came to its end: all its events in their order, and its facts."""

    events: tuple[e.Event, ...]
    results: Results

    @property
    def exit_code(self) -> int:
        """Return the code that the program would end with on a machine of its own."""
        return code_when_quiet(Report.of(self.results, self.events).exit_code, self.results)

    @property
    def keys(self) -> set[str]:
        """Return the keys of all that is raised, caveats of a rule that refuses among them."""
        evidence = audit(self.results, self.events).evidence
        return {raised.key for raised in (*refusals(evidence), *caveats(evidence))}

    def trial(self, side: Side) -> Trial:
        """Return a side's only trial."""
        (only,) = [trial for trial in self.results.trials if trial.side is side]
        return only


def raced(
    folder: Path,
    look: Look = just_race,
    controls: Controls | None = None,
    *,
    prove: bool = False,
    **options: Any,
) -> Raced:
    """Race; after every frame ``look`` is given all events so far, and may interfere.

    What is simulated counts as measured: its baseline and its driver are real processes. ``prove``
    has the baseline and all that the workload declares beside it timed once.
    """
    plan = make_plan(some_options(**{"workers": 2} | options))
    plan = with_proof(plan) if prove else plan
    opened = an_opening(
        spec=plan.published_spec(Path.home()),
        code=code(source_digest(plan.user_modules_sha256), plan.own_files),
    )
    seen: list[e.Event] = [opened]
    session = Session(plan=plan, out=folder, waits=HARDLY, shared_folder=folder)
    for batch in Conductor(session, controls or Unattended()).frames():
        seen += map(as_measured, batch) if plan.simulated else batch
        look(seen)
    closed = e.stamp(e.Closed(status=Status.COMPLETE), seen[-1].at, Side.BASELINE, 0)
    events = (*seen, closed)
    return Raced(events, results_of(reduce(apply, events, Board()), ""))


def as_measured(event: e.Event) -> e.Event:
    """Return what a side says with a process for each of its workers, as if none was simulated."""
    if not isinstance(event, e.Ready) or len({worker.pid for worker in event.workers}) > 1:
        return event
    workers = (replace(one, pid=one.pid + place) for place, one in enumerate(event.workers))
    return msgspec.structs.replace(event, workers=tuple(workers))


def with_proof(plan: Plan) -> Plan:
    """Return the plan with a short proof of the baseline in this session's own processes."""
    declared = declared_variants(find_workload(plan.workload), plan.spec.params)
    timings = (TimeVariant(Variant.OWN, 0.0), *declared)
    return replace(plan, variant_plan=VariantPlan(timings))
