"""What rehearsals of the talk took: one JSON line a rehearsal, kept over the days.

Facts only: durations, and what was rehearsed. The file is untrusted input like every file.
May import ``errors``, ``files``, ``model``, ``text``, ``takes.folder`` and its neighbours.
"""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from harness.errors import LACKS, MachineFailed, reason_of
from harness.files import atomic, jsonl
from harness.model import Kind, Parameters, Schedule, Spec, Status
from harness.quantities import MOST_STRIKES
from harness.takes.folder import DEFAULT_ROOT
from harness.talk.agenda import DEMO
from harness.talk.forecast import RehearsalHistory
from harness.text import printable

REHEARSALS_NAME = "rehearsals.jsonl"
DEFAULT_PATH = DEFAULT_ROOT / REHEARSALS_NAME
LARGEST_BYTES = 10_000_000
_HINT = "take that line out of the file, or move the file away to begin anew"

Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Text = Annotated[str, Meta(max_length=200)]
Strikes = Annotated[tuple[Text, ...], Meta(max_length=MOST_STRIKES)]
WallTimes = Annotated[tuple[Seconds, ...], Meta(max_length=1_000)]


class BeatDuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A beat that ended: its name, its budget and what it took, in seconds."""

    name: Text
    budget: Seconds
    taken: Seconds


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was run: rehearsals of different configurations are not compared."""

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
    chaos: Strikes = ()
    spares: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rehearsal. ``alone``: of the demo beat only, with nobody at the keyboard.

    ``length`` is the talk's in seconds, ``beats`` are those that ended; wall times are in seconds,
    one a trial. ``run_id`` is the session's (empty: none was run). Only complete rehearsals count.
    """

    schema: Literal["twoclocks.rehearsals/1"] = "twoclocks.rehearsals/1"
    began_utc: Text
    status: Status
    alone: bool
    configuration: Configuration
    length: Seconds
    beats: Annotated[tuple[BeatDuration, ...], Meta(max_length=100)] = ()
    baseline_s: WallTimes = ()
    distributed_s: WallTimes = ()
    run_id: Text = ""

    @property
    def complete(self) -> bool:
        """Return whether it went through to its end."""
        return self.status is Status.COMPLETE

    @property
    def demo_s(self) -> float | None:
        """Return the seconds of the demo beat (None: it did not end)."""
        return next((beat.taken for beat in self.beats if beat.name == DEMO), None)


_decoder = msgspec.json.Decoder(Rehearsal)


def configuration_of(spec: Spec, kind: Kind) -> Configuration:
    """Return the configuration that a session runs."""
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
        chaos=spec.chaos,
        spares=spec.spares,
    )


def read_rehearsals(path: Path = DEFAULT_PATH) -> tuple[Rehearsal, ...]:
    """Return every rehearsal in a file, oldest first; without a file there are none.

    Raises ``BadRequest`` that names a bad line.
    """
    if not path.exists():
        return ()
    content = atomic.read(path, LARGEST_BYTES, "list of rehearsals", _HINT)
    name = printable(str(path))
    return jsonl.read_all(content, _decoder.decode, name=name, noun="a rehearsal", hint=_HINT)


def append_rehearsal(rehearsal: Rehearsal, path: Path = DEFAULT_PATH) -> None:
    """Append a rehearsal, whole or not at all; raise ``MachineFailed`` where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        jsonl.append(path, msgspec.json.encode(rehearsal))
    except OSError as error:
        raise MachineFailed(
            f"this rehearsal cannot be kept in {printable(str(path))}: {reason_of(error)}",
            LACKS.get(error.errno or 0, "make that file one that you may write to"),
        ) from error


def history_of(rehearsals: Iterable[Rehearsal], wanted: Configuration) -> RehearsalHistory:
    """Return what complete rehearsals of a configuration took; of several trials the median."""
    alike = [each for each in rehearsals if each.complete and each.configuration == wanted]
    demos = [(each.alone, each.demo_s) for each in alike if each.demo_s is not None]
    return RehearsalHistory(
        baseline=tuple(median(each.baseline_s) for each in alike if each.baseline_s),
        distributed=tuple(median(each.distributed_s) for each in alike if each.distributed_s),
        demos=tuple(seconds for alone, seconds in demos if not alone),
        alone=tuple(seconds for alone, seconds in demos if alone),
        beats=tuple(
            (beat.name, beat.taken) for each in alike if not each.alone for beat in each.beats
        ),
    )
