"""Sides that report what is not so: each is found out in one sentence, its honest twin is not."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.model import ChaosKind, ScoreDifferences, Side, Status, Variant
from harness.run import wire
from harness.run.protocol import MAY_REPORT, Conversation, Rights
from tests.builders import a_digest_of, a_process, a_ready, an_opening
from tests.capacities import a_probe, a_search

Step = wire.Command | e.Event | float
"""An order, what the side reports, or seconds that pass."""

READY = a_ready(Side.DISTRIBUTED, workers=2)
GO = wire.StartTrial()
PROBE = wire.ProbeSpeed(1.0, together=False)
JUDGE = wire.ScoreAnswer("answer")
JUDGED = e.AnswerScored(answer_sha256=a_digest_of("answer"), quality=0.97)
LIBRARY = wire.TimeVariant(Variant.ALTERNATIVE, 1.0, name="a library's")
SCORED = e.Scored(answer_sha256=a_digest_of("answer"), quality=0.97)
SPENT = e.CoreTime(compute_s=4.0, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0)
SPAN = e.Span(worker="w0", chunk=0, items=5, busy_s=1.0, cpu_s=1.0)
SAMPLE = e.Sample(worker="w0", cpu=1.0, rss_bytes=1)
LOST = e.Faulted(worker="w1", reason="killed")
BACK = e.Recovered(worker="w1", process=a_process("w1"), seconds=1.0)
RATED = e.Rated(
    variant=Variant.ALTERNATIVE, name="a library's", items_per_s=9.0, seconds=1.0, cores=1
)


def finished(wall_s: float, *, items: int = 10, unclocked_s: float | None = None) -> e.Finished:
    return e.Finished(
        wall_s=wall_s, cpu_s=wall_s, peak_rss_bytes=1, items=items, unclocked_s=unclocked_s
    )


def progress(done: int) -> e.Progress:
    return e.Progress(done=done)


TWO_WORKERS = Rights(workers=2, host="h0")
SIMULATED = TWO_WORKERS._replace(own_samples=True)
PROGRAMS = TWO_WORKERS._replace(new_programs=True)
CHAOS = TWO_WORKERS._replace(chaos=True)
KILLED = e.Struck(worker="w1", kind=ChaosKind.KILL)
FROZEN = e.Struck(worker="w1", kind=ChaosKind.FREEZE)
THAWED = e.Thawed(worker="w1", seconds=5.0)
CAUGHT_UP = e.CaughtUp(worker="w1", seconds=1.9, redone=1)


@dataclass(frozen=True)
class Case:
    """What passes between the conductor and a side that is ready; ``fault`` is that of the last."""

    says: str
    steps: tuple[Step, ...]
    fault: str = ""
    rights: Rights = TWO_WORKERS
    ready: tuple[Step, ...] = (READY,)


HONEST = (
    Case(
        "a whole trial",
        (GO, progress(4), SPAN, 4.0, SPENT, finished(4.0), e.Inspected(worker="w0"), SCORED),
    ),
    Case("two trials", (GO, 4.0, finished(4.0), SCORED, GO, progress(1), 4.0, finished(4.0))),
    Case("a probe", (PROBE, SPAN, e.Probed(rate=2.0, together=False))),
    Case("a variant", (LIBRARY, RATED)),
    Case("the score of the other side's answer", (JUDGE, JUDGED)),
    Case("a warm-up on the workers before it is ready", (SPAN, LOST, BACK, READY), ready=()),
    Case(
        "all workers are lost in the warm-up, and come back one after the other",
        (
            LOST,
            replace(LOST, worker="w0"),
            BACK,
            replace(CAUGHT_UP, worker="w0"),
            replace(BACK, worker="w0", process=a_process("w0")),
            CAUGHT_UP,
            READY,
        ),
        ready=(),
    ),
    Case(
        "the largest model that its devices hold",
        (replace(READY, capacity=a_search(2)),),
        ready=(),
    ),
    Case("a worker that is lost twice and comes back", (GO, LOST, LOST, BACK)),
    Case("a lost worker that comes back once the clock has stopped", (GO, LOST, finished(0), BACK)),
    Case("a program that is started anew", (GO, BACK), rights=PROGRAMS),
    Case("the last spans of a program", (GO, 1.0, finished(1.0), SPAN), rights=PROGRAMS),
    Case("samples of simulated workers", (GO, SAMPLE), rights=SIMULATED),
    Case(
        "samples of a worker on another host",
        (GO, SAMPLE),
        ready=(replace(READY, workers=(a_process("w0", host="h1"), a_process("w1"))),),
    ),
    Case(
        "a worker that is killed on purpose, twice",
        (GO, KILLED, LOST, BACK, CAUGHT_UP, KILLED, LOST, finished(0), BACK, CAUGHT_UP),
        rights=CHAOS,
    ),
    Case("a worker that is frozen, twice", (GO, *(FROZEN, THAWED, CAUGHT_UP) * 2), rights=CHAOS),
    Case("a frozen worker that is given up", (GO, FROZEN, LOST, BACK, KILLED), rights=CHAOS),
    Case("a strike too late", (GO, e.Unstruck(strike="kill:w1@99%")), rights=CHAOS),
    Case("a failure", (GO, e.Failed(reason="no memory"))),
    Case("a clock that stopped a moment ago", (GO, 4.2, finished(4.0))),
    Case("what a side has used is read slowly", (GO, 9.0, finished(4.0, unclocked_s=5.0))),
)

ONLY_CONDUCTOR = ", which only the conductor says"

LIARS = (
    Case("a second finish", (GO, 1.0, finished(1.0), finished(1.0)), "after its clock had stopped"),
    Case("a finish before go", (finished(1.0),), "it sent 'finished' while it had no order"),
    Case("a finish before it is ready", (finished(1.0),), "before it was ready", ready=()),
    Case("a finish after its score", (GO, finished(0), SCORED, finished(0)), "had no order"),
    Case("a score before its finish", (GO, SCORED), "it sent 'scored' while its clock ran"),
    Case("a second score", (GO, finished(0), SCORED, SCORED), "it sent 'scored' while it had no"),
    Case("a score of nothing", (SCORED,), "it sent 'scored' while it had no order"),
    Case("a longer time than has passed", (GO, 1.0, finished(1.5)), "ran for 1.50 s, and finished"),
    Case("half of its time", (GO, 10.0, finished(5.0)), "5.00 s, and finished 10.00 s after go"),
    Case("a little less than its time", (GO, 100.0, finished(97.5)), "97.50 s, and finished 100.0"),
    Case(
        "the second trial's time as the first's",
        (GO, 9.0, finished(9.0), SCORED, GO, 2.0, finished(9.0)),
        "9.00 s, and finished 2.00 s after go",
    ),
    Case("progress that falls", (GO, progress(5), progress(4)), "its progress fell from 5 to 4"),
    Case("progress before go", (progress(5),), "it sent 'progress' while it had no order"),
    Case(
        "progress after its finish",
        (GO, finished(0), progress(5)),
        "it sent 'progress' after its clock had stopped",
    ),
    Case(
        "fewer items than its progress",
        (GO, progress(9), finished(0, items=5)),
        "it finished with 5 items after a progress of 9",
    ),
    Case("a second arming", (READY,), "it sent 'ready' while it had no order"),
    Case(
        "fewer workers than it was given",
        (a_ready(Side.DISTRIBUTED, workers=1),),
        "it has 1 workers",
        ready=(),
    ),
    Case(
        "two workers of one name",
        (replace(READY, workers=(a_process("w0"), a_process("w0"))),),
        "two of its workers have one name",
        ready=(),
    ),
    Case(
        "a search on more devices than it has workers",
        (replace(READY, capacity=a_search(3)),),
        "it searched on 3 devices, and has 2 workers",
        ready=(),
    ),
    Case(
        "a search with another input",
        (replace(READY, capacity=a_search(2, input_sha256="cd" * 32)),),
        "it searched with another input than it has loaded",
        ready=(),
    ),
    Case(
        "a largest model beyond which another one fits",
        (replace(READY, capacity=a_search(2, largest=488, probes=(a_probe(489, fits=True),))),),
        "its search of the largest model contradicts itself: it was not shown that size 488 fits",
        ready=(),
    ),
    Case("a span between two trials", (SPAN,), "it sent 'span' while it had no order"),
    Case(
        "a span of a worker that it does not have",
        (GO, e.Span(worker="w2", chunk=0, items=5, busy_s=1.0, cpu_s=1.0)),
        "it sent 'span' of a worker that it does not have: w2",
    ),
    Case(
        "a loss of a worker that it does not have",
        (GO, e.Faulted(worker="x", reason="")),
        "does not have: x",
    ),
    Case("a strike that nobody planned", (GO, KILLED), "it sent 'struck', and no strike was"),
    Case("a strike before go", (KILLED,), "it sent 'struck' while it had no order", rights=CHAOS),
    Case(
        "a strike after its finish",
        (GO, finished(0), KILLED),
        "it sent 'struck' after its clock had stopped",
        rights=CHAOS,
    ),
    Case(
        "a strike at a lost worker",
        (GO, LOST, KILLED),
        "of a worker that was lost or frozen already: w1",
        rights=CHAOS,
    ),
    Case("a thaw without frost", (GO, KILLED, THAWED), "was not frozen: w1", rights=CHAOS),
    Case(
        "terms of a worker that it does not have",
        (GO, finished(0), e.Inspected(worker="core")),
        "does not have: core",
    ),
    Case(
        "terms in mid-run",
        (GO, e.Inspected(worker="w0", nice=0)),
        "it sent 'inspected' while its clock ran",
    ),
    Case("a worker that was not lost comes back", (GO, BACK), "of a worker that was not lost: w1"),
    Case("a worker comes back twice", (GO, LOST, BACK, BACK), "of a worker that was not lost: w1"),
    Case(
        "a worker comes back as another",
        (GO, LOST, e.Recovered(worker="w1", process=a_process("w0"), seconds=0.0)),
        "it sent 'recovered' of w1 with the process of w0",
    ),
    Case("how busy it is", (GO, SAMPLE), "it sent 'sample' of a worker that only the conductor"),
    Case(
        "a phase twice",
        (GO, e.Phase(name="run", seconds=1.0), e.Phase(name="run", seconds=1.0)),
        "the phase 'run' twice",
    ),
    Case("its core-seconds twice", (GO, SPENT, SPENT), "it sent 'spent' twice"),
    Case(
        "a speed that nobody probed",
        (e.Probed(rate=9.0, together=False),),
        "it sent 'probed' while",
    ),
    Case("the speed of another probe", (PROBE, e.Probed(rate=9.0, together=True)), "not asked for"),
    Case("a rate that nobody asked for", (RATED,), "it sent 'rated' while it had no order"),
    Case("a rate in mid-run", (GO, RATED), "it sent 'rated' while its clock ran"),
    Case(
        "the rate of another variant",
        (LIBRARY, e.Rated(variant=Variant.LIMIT, items_per_s=9.0, seconds=1.0, cores=1)),
        "it sent the rate of a variant that it was not asked for: limit",
    ),
    Case("a score of the other side's answer that nobody asked for", (JUDGED,), "had no order"),
    Case(
        "two scores of the other side's answer",
        (JUDGE, JUDGED, JUDGED),
        "it sent 'answer-scored' while it had no order",
    ),
    Case("its own score while it judges the other's", (JUDGE, SCORED), "other side's answer"),
    Case(
        "that its answer was scored again",
        (e.Rescored(order=1, gap=0.0),),
        "it sent 'rescored'" + ONLY_CONDUCTOR,
    ),
    Case("anything after its failure", (GO, e.Failed(reason="no"), SCORED), "after it had failed"),
    Case("its own go", (e.Go(order=0),), "it sent 'go'" + ONLY_CONDUCTOR),
    Case("its own launch", (e.Launched(pid=1),), "it sent 'launched'" + ONLY_CONDUCTOR, ready=()),
    Case("another opening", (an_opening(),), "it sent 'opened'" + ONLY_CONDUCTOR),
    Case("the end", (e.Closed(status=Status.COMPLETE),), "it sent 'closed'" + ONLY_CONDUCTOR),
    Case(
        "what watching cost",
        (e.Observed(cpu_s=0.0, frames=1, longest_gap_s=0.0),),
        "it sent 'watched'" + ONLY_CONDUCTOR,
    ),
    Case(
        "a schedule",
        (e.Scheduled(schedule=an_opening().spec.schedule),),
        "it sent 'scheduled'" + ONLY_CONDUCTOR,
    ),
    Case(
        "how the scores differ",
        (e.Compared(order=1, differences=ScoreDifferences(items=50, sd=0.0, span=1.0, step=1.0)),),
        "it sent 'compared'" + ONLY_CONDUCTOR,
    ),
    Case(
        "the end of the proof",
        (LIBRARY, e.ProofStopped(variant=Variant.LIMIT, label="the limit", reason="no")),
        "it sent 'unproved'" + ONLY_CONDUCTOR,
    ),
    Case(
        "an event of the other side",
        (GO, e.stamp(progress(1), 0.0, Side.DISTRIBUTED, 0)),
        "a side or a trial",
    ),
    Case(
        "an event at its own time", (GO, e.stamp(progress(1), 3.0, Side.BASELINE, 0)), "with a time"
    ),
    Case(
        "an event of another trial", (GO, e.stamp(progress(1), 0.0, Side.BASELINE, 1)), "or a trial"
    ),
)


class Clock:
    """A clock that stands still until a case says that seconds pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def faults(case: Case) -> Iterator[str]:
    """Yield what is wrong with each report of a case (empty: nothing)."""
    clock = Clock()
    conversation = Conversation(case.rights, clock)
    for step in (*case.ready, *case.steps):
        match step:
            case e.Event():
                yield conversation.fault(step, heard_at=clock.now)
            case float():
                clock.now += step
            case order:
                conversation.begin_order(order)
                conversation.order_delivered()


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.says)
def test_an_honest_side_may_report(case: Case) -> None:
    assert {*faults(case)} == {""}


@pytest.mark.parametrize("case", LIARS, ids=lambda case: case.says)
def test_a_side_may_not_report(case: Case) -> None:
    *before, last = faults(case)
    assert {*before} <= {""}
    assert case.fault in last
    assert last


HELD_UP = {
    "between two frames": (0.0, 5.0),
    "while it wrote the order": (5.0, 0.0),
}


@pytest.mark.parametrize("where", HELD_UP)
def test_a_conductor_that_is_held_up_suspects_nobody(where: str) -> None:
    writing_s, drawing_s = HELD_UP[where]
    clock = Clock()
    conversation = Conversation(TWO_WORKERS, clock)
    conversation.fault(READY, heard_at=clock.now)
    conversation.begin_order(GO)
    clock.now += writing_s
    conversation.order_delivered()
    clock.now += 2.0
    heard_at = clock.now
    clock.now += drawing_s
    assert conversation.fault(finished(2.0), heard_at) == ""


def test_every_kind_of_event_is_a_sides_or_the_conductors() -> None:
    the_conductors = {
        e.Opened,
        e.Scheduled,
        e.Launched,
        e.Go,
        e.Compared,
        e.Rescored,
        e.ProofStopped,
        e.Observed,
        e.Closed,
    }
    assert {*e.Event.__subclasses__()} == the_conductors | {*MAY_REPORT}
