"""One side's process: arm, say ``ready``, wait for ``go``, run, score.

``python -m harness.run.child ASSIGNMENT`` with the assignment as JSON. Everything a side says goes through
its event pipe; what it prints goes to its log.
May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
"""

import math
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from harness.command_pair import CommandPair
from harness.errors import TwoclocksError
from harness.events import Failed, Finished, Probed, Ready, Scored
from harness.model import Digest, Side
from harness.run import processes, wire
from harness.run.baseline_variants import time_variant
from harness.run.commands.side import Runner
from harness.run.digest import digest
from harness.run.find import find
from harness.run.host import pin
from harness.run.sides.runner import Contestant, contestant, cores_of, used
from harness.workload import AnyProblem, AnyWorkload, Workload

ORPHAN_GRACE_S = 4.0
LAST_WORDS = 4_000
OURS = Path(__file__).resolve().parents[1]


class Stopwatch:
    """Seconds of consecutive phases, by name."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Book the time since the last lap on a phase; one that is booked again counts as the latest."""
        now = time.perf_counter()
        self.phases[name] = self.phases.pop(name, 0.0) + now - self._last
        self._last = now


def perform(
    assignment: wire.Assignment, orders: Iterator[wire.Command], writer: wire.EventWriter
) -> None:
    """Arm the side, say ``ready``, then carry out commands until there are no more."""
    watch = Stopwatch()
    found = find(assignment.workload)
    watch.lap("import")
    runner, workload = _entrant(found, assignment, writer)
    if runner is not None:
        watch.lap("program")
    own = assignment.params if runner is None else {}  # a pair's are in its commands already
    problem = workload.load(workload.configure(own))
    watch.lap("load")
    given = digest(problem.input, problem.items)
    watch.lap("digests")
    with _side(runner, assignment, workload, problem, given, writer) as side:
        watch.lap("workers")
        _warm(side, problem)
        watch.lap("warm-up")
        writer.send(_ready(workload, problem, given, side, watch))
        for order in orders:
            match order:
                case wire.ProbeSpeed(seconds=seconds, together=together):
                    writer.send(Probed(rate=_pass_rate(side, problem, seconds), together=together))
                case wire.StartTrial():
                    _trial(workload, problem, side, writer, order)
                case wire.TimeVariant():
                    writer.send(
                        time_variant(
                            order, workload, assignment.params, problem, cores_of(assignment)
                        )
                    )


def _entrant(
    found: AnyWorkload | CommandPair, assignment: wire.Assignment, writer: wire.EventWriter
) -> tuple[Runner | None, AnyWorkload]:
    """Return the workload, and what runs it where it is one of two programs, the first run's program ready if it says so."""
    if isinstance(found, Workload):
        return None, found
    runner = Runner(found.with_settings(assignment.params), assignment, writer.send)
    runner.arm(assignment.first_workers)
    return runner, runner.workload


def _side(
    runner: Runner | None,
    assignment: wire.Assignment,
    workload: AnyWorkload,
    problem: AnyProblem,
    given: Digest,
    writer: wire.EventWriter,
) -> AbstractContextManager[Contestant]:
    return (
        contestant(assignment, workload, problem.input, given, writer.send)
        if runner is None
        else runner.contestant(given)
    )


def _warm(side: Contestant, problem: AnyProblem) -> None:
    if problem.warmup is not None:
        side.run(problem.warmup, lambda _: None, 0)
        side.rest(0)


def _ready(
    workload: AnyWorkload, problem: AnyProblem, given: Digest, side: Contestant, watch: Stopwatch
) -> Ready:
    held_out = digest(problem.held_out, problem.held_out_items or 0)
    workers, hosts = tuple(side.workers()), side.hosts()
    watch.lap("digests")
    return Ready(
        items=problem.items,
        unit=workload.unit,
        workers=workers,
        input=given,
        held_out=held_out,
        startup=watch.phases,
        hosts=hosts,
    )


def _pass_rate(side: Contestant, problem: AnyProblem, seconds: float) -> float:
    """Return passes per second through the warm-up slice over at least ``seconds`` (0: there is no slice)."""
    if problem.warmup is None:
        return 0.0
    began, passes = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        side.run(problem.warmup, lambda _: None, 0)
        passes += 1
    return passes / elapsed


def _trial(
    workload: AnyWorkload,
    problem: AnyProblem,
    side: Contestant,
    writer: wire.EventWriter,
    order: wire.StartTrial,
) -> None:
    """Run once against the clock, then score: nothing but the side's own work lies between the two readings."""
    report = wire.ProgressReporter(writer.send)
    before = side.usage(order.workers)
    began = time.perf_counter()
    answer = side.run(problem.input, report, order.workers)
    wall_s = time.perf_counter() - began
    cpu_s, peak = used(before, side.usage(order.workers))
    for event in side.split(wall_s, cpu_s):
        writer.send(event)
    writer.send(Finished(wall_s=wall_s, cpu_s=cpu_s, peak_rss_bytes=peak, items=report.done))
    side.inspect()
    scored = Scored(
        answer_sha256=digest(answer, 0).sha256, quality=_quality(workload, problem, answer)
    )
    side.rest(order.then)  # before the other side's clock may start
    writer.send(scored)


def _quality(workload: AnyWorkload, problem: AnyProblem, answer: Any) -> float:
    quality = float(workload.quality(answer, problem.held_out))
    if not math.isfinite(quality):
        raise ValueError(
            f"the answer's {workload.metric.name} is {quality}, not a number to compare"
        )
    return quality


def listen(descriptor: int) -> Iterator[wire.Command]:
    """Yield the conductor's commands. If it hangs up in mid-run the side ends too, so that nothing is orphaned."""
    heard: queue.SimpleQueue[wire.Command | None] = queue.SimpleQueue()

    def hear() -> None:
        for command in wire.read_commands(descriptor):
            heard.put(command)
        heard.put(None)
        time.sleep(ORPHAN_GRACE_S)
        _vanish()

    threading.Thread(target=hear, daemon=True).start()
    while (command := heard.get()) is not None:
        yield command


def _vanish() -> None:
    """End at once, with all that this process has started where it leads a group of its own: Ray's daemons may outlive their driver.

    A program that was adopted may lead another group.
    """
    processes.send_signal(
        {
            pid: born
            for pid, born in processes.process_tree(os.getpid()).items()
            if pid != os.getpid()
        },
        signal.SIGKILL,
    )
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _failure(error: Exception) -> Failed:
    """Return what the author's code raised and where. Files go by their bare names: a journal tells no path."""
    reason = traceback.format_exception_only(error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    told = [
        f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}" for frame in frames
    ]
    theirs = [
        place
        for place, frame in zip(told, frames, strict=True)
        if not Path(frame.filename).is_relative_to(OURS)
    ]
    hint = f"it was raised in {theirs[-1]}" if theirs else "the side's log has the whole account"
    return Failed(reason=reason[:LAST_WORDS], last_words="\n".join(told)[-LAST_WORDS:], hint=hint)


def main() -> int:
    """Play the side that the assignment on the command line names."""
    # ignored where we were started by nohup or with &: whatever the side starts would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assignment = msgspec.json.decode(sys.argv[1], type=wire.Assignment)
    if assignment.side is Side.BASELINE and assignment.cores:
        pin(assignment.cores[0])  # before any numeric library counts the cores it may use
    writer = wire.EventWriter.start(wire.required(assignment.events_fd))
    try:
        perform(assignment, listen(wire.required(assignment.control_fd)), writer)
    except TwoclocksError as error:
        writer.send(Failed(reason=error.sentence, hint=error.hint))
    except (
        Exception
    ) as error:  # whatever the author's code raises ends the side, with its words kept
        traceback.print_exc()
        writer.send(_failure(error))
    else:
        return 0
    finally:
        writer.close()
    return 1


if __name__ == "__main__":
    sys.exit(main())
