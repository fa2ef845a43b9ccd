"""Races in the test's own process, without the program around them.

For what a race comes to, not for how it is shown: nothing is drawn or written, and the load of
arming is hardly waited for. May import ``demo.options`` and ``harness``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from demo.options import make_plan
from harness import events as e
from harness.model import Results, Side, Status, Trial
from harness.report import Report
from harness.run.conductor import Conductor
from harness.run.digest import source_digest
from harness.run.host import code
from harness.run.plan import Session, Unattended, Waits
from harness.state.board import Board, apply
from harness.state.to_results import results_of
from tests.builders import an_opening
from tests.options import some_options

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
        """Return the code that the program would end with."""
        return Report.of(self.results, self.events).exit_code

    def trial(self, side: Side) -> Trial:
        """Return a side's only trial."""
        (only,) = [trial for trial in self.results.trials if trial.side is side]
        return only


def raced(folder: Path, look: Look = just_race, **options: Any) -> Raced:
    """Race on Ray; after every frame ``look`` is given all events so far, and may interfere."""
    plan = make_plan(some_options(**{"workers": 2} | options))
    opened = an_opening(
        spec=plan.published_spec(Path.home()), code=code(source_digest(plan.user_modules_sha256))
    )
    seen: list[e.Event] = [opened]
    session = Session(plan=plan, out=folder, waits=HARDLY)
    for batch in Conductor(session, Unattended()).frames():
        seen += batch
        look(seen)
    closed = e.stamp(e.Closed(status=Status.COMPLETE), seen[-1].at, Side.BASELINE, 0)
    events = (*seen, closed)
    return Raced(events, results_of(reduce(apply, events, Board()), ""))
