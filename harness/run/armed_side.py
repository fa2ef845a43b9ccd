"""A side that is loaded and warm: how fast it is on its warm-up slice, and its trials.

May import ``model``, ``events``, ``workload`` and ``run``.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from harness.events import Finished
from harness.model import CapacitySearch, RateSearch
from harness.run import wire
from harness.run.handed_over import hand_over
from harness.run.loaded import LoadedProblem
from harness.run.off_clock import OffClockMeter, scored_event
from harness.run.open_loop import OpenLoop, RequestGenerator
from harness.run.progress_reports import ProgressReporter, no_report
from harness.run.sides.runner import SideRunner, seconds_between, usage_between
from harness.serving import ServedLoad
from harness.workload import AnyProblem, QualityReporter

if TYPE_CHECKING:
    from harness.run.commands.side import CommandSide


class Served(NamedTuple):
    """Who sends requests, and what the search for the rate of the trials came to."""

    generator: RequestGenerator
    rates: RateSearch


@dataclass(frozen=True, kw_only=True)
class ArmedWorkload:
    """A side with what it runs, loaded and warm. ``meter`` was last read when it came to rest.

    ``program`` is the side itself where it is one of a command pair's (else None).
    An answer that it hands over lies in its folder ``scratch``. ``served`` is who
    sends requests, and at what rate (None: none come one by one), ``capacity`` what the search for
    the largest model came to (None: nothing was searched).
    """

    loaded: LoadedProblem
    side: SideRunner
    send: wire.SendEvent
    meter: OffClockMeter
    program: "CommandSide | None" = None
    scratch: str = ""
    served: Served | None = None
    capacity: CapacitySearch | None = None

    def run(self, report: QualityReporter, workers: int) -> tuple[Any, ServedLoad | None]:
        """Run once; return the answer, and what became of the requests where some come."""
        service, given = self.loaded.workload.service, self.loaded.own.input
        if service is None or self.served is None or self.served.rates.raced is None:
            return self.side.run(given, report, workers), None
        requests = OpenLoop(
            self.served.generator,
            self.served.rates.raced,
            service.count(given),
            service.seed,
            budget_s=service.budget_s(given),
        )
        answer = self.side.serve(service, given, requests, report, workers)
        return answer, requests.close()


def pass_rate(side: SideRunner, problem: AnyProblem, seconds: float) -> float:
    """Return passes per second through the warm-up slice (0: there is no slice)."""
    if problem.warmup is None:
        return 0.0
    began = time.perf_counter()
    passes = 0
    while (elapsed := time.perf_counter() - began) < seconds:
        side.run(problem.warmup, no_report, 0)
        passes += 1
    return passes / elapsed


def run_trial(armed: ArmedWorkload, command: wire.StartTrial) -> None:
    """Run once against the clock, then score.

    Nothing but the side's own work lies between the two readings of the clock.
    """
    ordered = time.perf_counter()
    side, problem = armed.side, armed.loaded.own
    before_go_s = armed.meter.lap()
    report = ProgressReporter(armed.send)
    before, waited_before_s = side.usage(command.workers), side.waited_s()
    began = time.perf_counter()
    items = command.expected_items or problem.items
    with side.under_strikes(report, items, command.workers) as counted:
        answer, served = armed.run(counted, command.workers)
    wall_s = time.perf_counter() - began
    report.stop()
    waited_s = seconds_between(waited_before_s, side.waited_s())
    cpu_s, peak_rss_bytes = usage_between(before, side.usage(command.workers))
    for event in side.time_parts(wall_s, cpu_s):
        armed.send(event)
    armed.send(
        Finished(
            wall_s=wall_s,
            cpu_s=cpu_s,
            peak_rss_bytes=peak_rss_bytes,
            items=report.done,
            waited_s=waited_s,
            served=served,
            unclocked_s=max(0.0, time.perf_counter() - ordered - wall_s),
        )
    )
    side.inspect()
    scored = scored_event(armed.meter, armed.loaded, answer, before_go_s)
    if armed.program is not None:
        scored = replace(scored, difference=armed.program.answer_difference)
    if command.hands_over:
        scored = replace(scored, kept_back=hand_over(answer, armed.scratch))
    side.rest(command.next_workers)  # before the other side's clock may start
    armed.send(scored)
