"""What rehearsals took, kept over the days: one JSON line a rehearsal, appended whole, checked whenever it is read.

Facts only: durations, and what was rehearsed. May import ``harness`` and ``harness.takes.folder``.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from harness.errors import BadRequest, TwoclocksError
from harness.files import atomic
from harness.model import Kind, Parameters, Schedule, Spec, Status
from harness.takes.folder import DEFAULT_ROOT
from harness.talk.agenda import DEMO
from harness.talk.forecast import Record
from harness.text import printable

REHEARSALS = "rehearsals.jsonl"
DEFAULT_PATH = DEFAULT_ROOT / REHEARSALS
LARGEST_BYTES = 10_000_000
LONGEST_LINE_BYTES = 100_000
_HINT = "take that line out of the file, or move the file away to begin anew"

Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Text = Annotated[str, Meta(max_length=200)]
Walls = Annotated[tuple[Seconds, ...], Meta(max_length=1_000)]


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A beat that ended: its name, its budget and what it took, in seconds."""

    name: Text
    budget: Seconds
    taken: Seconds


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was run: rehearsals of different configurations say nothing of each other."""

    workload: Text
    params: Parameters
    workers: Count
    cores_per_worker: Count
    baseline_cores: Count
    schedule: Schedule
    trials: Count
    simulated: bool
    joined_cluster: bool = False
    prove_baseline: bool = False


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rehearsal. ``alone``: of the demo beat, with nobody at the keyboard.

    ``length`` is the talk's in seconds, ``beats`` those that ended; wall times in seconds, one a trial. ``run_id`` is
    that of the session (empty: it never came to one). Only a complete rehearsal counts in a spread.
    """

    schema: Literal["twoclocks.rehearsals/1"] = "twoclocks.rehearsals/1"
    began_utc: Text
    status: Status
    alone: bool
    configuration: Configuration
    length: Seconds
    beats: Annotated[tuple[Taken, ...], Meta(max_length=100)] = ()
    baseline_s: Walls = ()
    distributed_s: Walls = ()
    run_id: Text = ""

    @property
    def complete(self) -> bool:
        """Return whether it went through to its end."""
        return self.status is Status.COMPLETE

    @property
    def demo_s(self) -> float | None:
        """Return the seconds of the demo beat (None: it did not end)."""
        return next((beat.taken for beat in self.beats if beat.name == DEMO), None)


def configuration(spec: Spec, kind: Kind) -> Configuration:
    """Return what a session runs, as rehearsals are told apart by."""
    return Configuration(
        workload=printable(spec.workload.name)[:200],
        params=spec.params,
        workers=spec.workers,
        cores_per_worker=spec.cores_per_worker,
        baseline_cores=spec.baseline_cores,
        schedule=spec.schedule,
        trials=spec.trials,
        simulated=kind is Kind.SIMULATED,
        joined_cluster=spec.joined_cluster,
        prove_baseline=spec.prove_baseline,
    )


def kept(path: Path = DEFAULT_PATH) -> tuple[Rehearsal, ...]:
    """Return every rehearsal in a file, oldest first (none: there is no file); raise ``BadRequest`` that names a bad line."""
    if not path.exists():
        return ()
    lines = atomic.read(path, LARGEST_BYTES, "list of rehearsals", _HINT).split(b"\n")
    return tuple(
        _rehearsal(line, f"line {place:,} of {printable(str(path))}")
        for place, line in enumerate(lines, 1)
        if line
    )


def keep(rehearsal: Rehearsal, path: Path = DEFAULT_PATH) -> None:
    """Append a rehearsal as a line of its own, whole or not at all; raise ``TwoclocksError`` where that cannot be."""
    line = msgspec.json.encode(rehearsal) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o644)
        try:
            _append(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        sentence = f"this rehearsal cannot be kept in {printable(str(path))}: {error.strerror}"
        raise TwoclocksError(sentence, "make room, or move that file away") from error


def record(rehearsals: Iterable[Rehearsal], wanted: Configuration) -> Record:
    """Return what the complete rehearsals of one configuration took; of several trials their median."""
    alike = [each for each in rehearsals if each.complete and each.configuration == wanted]
    demos = [(each.alone, each.demo_s) for each in alike if each.demo_s is not None]
    return Record(
        baseline=tuple(median(each.baseline_s) for each in alike if each.baseline_s),
        distributed=tuple(median(each.distributed_s) for each in alike if each.distributed_s),
        demos=tuple(seconds for alone, seconds in demos if not alone),
        alone=tuple(seconds for alone, seconds in demos if alone),
    )


def _rehearsal(line: bytes, name: str) -> Rehearsal:
    if len(line) > LONGEST_LINE_BYTES:
        raise BadRequest(f"{name} is too long for a rehearsal ({len(line):,} bytes)", _HINT)
    try:
        return msgspec.json.decode(line, type=Rehearsal)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(f"{name} is no rehearsal: {printable(str(error))[:200]}", _HINT) from error


def _append(descriptor: int, line: bytes) -> None:
    """Write a line at the end, after a line that was cut short; take back what was not written whole."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    try:
        left = line
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise
