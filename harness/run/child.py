"""One side's process: arm, report ``ready``, wait for ``go``, run, score.

``start.py harness.run.child ASSIGNMENT`` with the assignment as JSON, below a ``guard``, which
ends it with all that it has started once the conductor is gone. Everything that a side reports goes
through its event pipe; everything that it prints goes to its log.
May import ``model``, ``events``, ``errors``, ``workload``, ``run`` and ``command_pair``.
"""

import contextlib
import dataclasses
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from harness.command_pair import CommandPair
from harness.errors import TwoclocksError
from harness.events import Failed, Offered, Prepared, Probed, Ready
from harness.model import CapacitySearch, Digest, Side
from harness.run import wire
from harness.run.armed_side import ArmedWorkload, Served, pass_rate, run_trial
from harness.run.capacity_search import search_capacity
from harness.run.digest import digest
from harness.run.failure import failure_of
from harness.run.find import find
from harness.run.guard import die_with_parent
from harness.run.handed_over import score_handed_over
from harness.run.host import pin
from harness.run.loaded import LoadedProblem
from harness.run.off_clock import OffClockMeter
from harness.run.open_loop import RequestGenerator
from harness.run.progress_reports import no_report
from harness.run.rate_search import search_rate
from harness.run.sides.opening import open_side
from harness.run.sides.runner import SideRunner, cores_of
from harness.run.variant_timing import time_variant
from harness.workload import AnyProblem, AnyWorkload

if TYPE_CHECKING:
    from harness.run.commands.side import CommandSide

LONGEST_READING = 400


class PhaseTimer:
    """Seconds of consecutive phases, by name."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.phases: dict[str, float] = {}
        self._last = clock()

    def lap(self, name: str) -> None:
        """Add the time since the last lap to a phase, which moves to the end."""
        now = self._clock()
        self.phases[name] = self.phases.pop(name, 0.0) + now - self._last
        self._last = now


def run_side(
    assignment: wire.Assignment, commands: Iterable[wire.Command], send: wire.SendEvent
) -> None:
    """Arm the side, report that it is ready, then carry out commands until there are no more."""
    timer = PhaseTimer()
    with contextlib.ExitStack() as stack:
        armed = _arm(assignment, send, stack, timer)
        for command in commands:
            _carry_out(command, armed, assignment)
            armed.meter.lap()


def _arm(
    assignment: wire.Assignment,
    send: wire.SendEvent,
    stack: contextlib.ExitStack,
    timer: PhaseTimer,
) -> ArmedWorkload:
    """Load, warm up and report that the side is ready; ``stack`` ends it."""
    found = find(assignment.workload)
    timer.lap("import")
    program: CommandSide | None = None
    if isinstance(found, CommandPair):
        program = stack.enter_context(_command_side(found, assignment, send))
        program.arm(timer.lap)
        found = program.as_workload()
    loaded = LoadedProblem(found, {} if program else assignment.params)  # else in its commands
    problem = loaded.own
    timer.lap("load")
    input_digest = digest(problem.input, problem.items)
    timer.lap("digests")
    if program is not None:
        program.note_input(input_digest)
    side: SideRunner = program or stack.enter_context(
        open_side(
            assignment=assignment,
            workload=found,
            problem=problem,
            input_digest=input_digest,
            send=send,
            lap=timer.lap,
        )
    )
    timer.lap("workers")
    _warm_up(side, problem)
    timer.lap("warm-up")
    meter, scratch = OffClockMeter(side), assignment.scratch
    armed = ArmedWorkload(
        loaded=loaded, side=side, send=send, meter=meter, program=program, scratch=scratch
    )
    return _make_ready(armed, input_digest, assignment, stack, timer)


def _make_ready(
    armed: ArmedWorkload,
    input_digest: Digest,
    assignment: wire.Assignment,
    stack: contextlib.ExitStack,
    timer: PhaseTimer,
) -> ArmedWorkload:
    """Search what the workload asks for, and report that the side is ready."""
    if not assignment.times_variants:
        armed = _search(armed, input_digest, assignment.workers, stack, timer)
    armed.send(_ready(armed, input_digest, timer))
    armed.meter.lap()
    return armed


def _search(
    armed: ArmedWorkload,
    input_digest: Digest,
    workers: int,
    stack: contextlib.ExitStack,
    timer: PhaseTimer,
) -> ArmedWorkload:
    """Search what the workload asks for."""
    workload, problem, side = armed.loaded.workload, armed.loaded.own, armed.side
    capacity = _capacity(workload, problem, input_digest, side, timer, workers)
    armed = dataclasses.replace(armed, capacity=capacity)
    if workload.service is not None:
        generator = stack.enter_context(RequestGenerator())
        found = search_rate(
            workload.service,
            side,
            problem.input,
            generator,
            input_sha256=input_digest.sha256,
            workers=workers,
            offered=lambda load: armed.send(Offered(load=load)),
        )
        timer.lap("rates")
        armed = dataclasses.replace(armed, served=Served(generator, found))
    return armed


def _warm_up(side: SideRunner, problem: AnyProblem) -> None:
    if problem.warmup is not None:
        side.run(problem.warmup, no_report, 0)
        side.rest(0)
        side.warm_up_spares(problem.warmup)


def _capacity(
    workload: AnyWorkload,
    problem: AnyProblem,
    input_digest: Digest,
    side: SideRunner,
    timer: PhaseTimer,
    devices: int,
) -> CapacitySearch | None:
    """Return what the search for the largest model came to (None: nothing is searched)."""
    if workload.capacity is None:
        return None
    found = search_capacity(
        workload.capacity,
        side,
        problem.input,
        input_sha256=input_digest.sha256,
        devices=devices,
    )
    timer.lap("capacity")
    return found


def _command_side(
    pair: CommandPair, assignment: wire.Assignment, send: wire.SendEvent
) -> "CommandSide":
    """Return the side of a pair, imported late: no other workload should wait for it."""
    from harness.run.commands.side import CommandSide

    return CommandSide(pair.with_settings(assignment.params), assignment, send)


def _ready(armed: ArmedWorkload, input_digest: Digest, timer: PhaseTimer) -> Ready:
    workload, problem, side = armed.loaded.workload, armed.loaded.own, armed.side
    held_out = digest(problem.held_out, problem.held_out_items or 0)
    workers = tuple(side.worker_processes())
    hosts = side.hosts()
    timer.lap("digests")
    return Ready(
        items=problem.items,
        unit=workload.unit,
        workers=workers,
        spares=tuple(side.spares()),
        input=input_digest,
        held_out=held_out,
        startup=timer.phases,
        hosts=hosts,
        stops_early=workload.until is not None,
        reading=problem.reading[:LONGEST_READING],
        capacity=armed.capacity,
        service=None if armed.served is None else armed.served.rates,
    )


def _carry_out(command: wire.Command, armed: ArmedWorkload, assignment: wire.Assignment) -> None:
    match command:
        case wire.ProbeSpeed(seconds=seconds, together=together):
            rate = pass_rate(armed.side, armed.loaded.own, seconds)
            armed.send(Probed(rate=rate, together=together))
        case wire.PrepareTrial(workers=workers) if armed.program is not None:
            armed.send(Prepared(cpu_s=armed.program.prepare(workers)))
        case wire.StartTrial():
            run_trial(armed, command)
        case wire.ScoreAnswer(path=path):
            armed.send(score_handed_over(path, armed.loaded, armed.meter))
        case wire.TimeVariant():
            armed.send(time_variant(command, armed.loaded, cores_of(assignment)))
        case wire.LetGo():
            armed.loaded.let_go()


def main() -> int:
    """Run the side that the assignment on the command line names."""
    # ignored where we were started by nohup or with &: whatever the side starts would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    die_with_parent()
    assignment = msgspec.json.decode(sys.argv[1], type=wire.Assignment)
    assignment = replace(assignment, guard_pid=os.getppid())
    if assignment.side is Side.BASELINE and assignment.cores:
        pin(assignment.cores[0])  # before any numeric library counts the cores it may use
    writer = wire.EventWriter.start(wire.required(assignment.events_fd))
    try:
        run_side(assignment, wire.read_commands(wire.required(assignment.control_fd)), writer.send)
    except TwoclocksError as error:
        writer.send(Failed(reason=error.sentence, hint=error.hint))
    except Exception as error:  # whatever the author's code raises ends the side
        writer.send(failure_of(error))
        with contextlib.suppress(OSError):  # the log's disk may be full
            traceback.print_exc()
    else:
        return 0
    finally:
        writer.close()
    return 1
