"""Every check in its order: what it takes is gathered here, and judged next door.

May import everything.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.check import arming, machine, takes, terminal
from demo.check.machine import Watch
from demo.check.result import Finding, failure, warning
from demo.check.terminal import Display
from demo.options import Options, make_plan
from harness.errors import BadRequest, SideFailed
from harness.model import Kind
from harness.run import host
from harness.run.arming import Armed
from harness.run.conductor import Conductor
from harness.run.plan import NO_LOG, Plan, Session, Unattended
from harness.takes.recordings import Recording, newest, recordings
from harness.talk.history import REHEARSALS_NAME, configuration_of, history_of, read_rehearsals

_ENDLESS = 1_000_000


@dataclass(frozen=True)
class Around:
    """What goes on around the checks: ``stop`` returns the signal that asked to (None: go on), ``doing`` hears what takes a while."""

    stop: Callable[[], int | None]
    doing: Callable[[str], None]


def of_display(seen: Display) -> tuple[Finding, ...]:
    """Return what is found of the terminal."""
    return terminal.size(seen), terminal.colours(seen), terminal.letters(seen)


def requested(asked: Options) -> Plan | Finding:
    """Return the session that would be run, or why it cannot be."""
    try:
        return make_plan(asked)
    except BadRequest as bad:
        return failure("request", bad.sentence, bad.hint)


def of_machine(
    wanted: Plan | Finding, watch: Watch, root: Path, seen: Display, around: Around
) -> Iterator[Finding]:
    """Yield everything else, each as soon as it is known; ``root`` is where takes are kept, and ``watch`` began some time ago.

    Raises ``Interrupted`` while sides are armed, once a signal has asked to stop.
    """
    asked = wanted if isinstance(wanted, Plan) else None
    yield machine.power(host.on_mains())
    yield from _busy(watch)
    if asked is not None:
        yield machine.memory(host.free_memory_bytes(), machine.needed_bytes(asked))
    yield from _folder(root)
    loopback, others = host.interfaces()
    yield machine.network(loopback, others, joined=asked is not None and asked.spec.joined_cluster)
    yield from (
        (wanted,) if isinstance(wanted, Finding) else _sides(wanted, around, loopback=loopback)
    )
    around.doing("looking through the takes")
    yield from _kept(asked, root, seen)


def _busy(watch: Watch) -> Iterator[Finding]:
    foreign, heavy = watch.end()
    yield machine.load(os.getloadavg()[0], foreign, len(host.usable_cores()))
    yield machine.others(heavy)


def _folder(root: Path) -> Iterator[Finding]:
    nearest = machine.existing(root)
    yield machine.disk(machine.free_disk_bytes(nearest))
    yield machine.folder(root, nearest, machine.fault(nearest))


def _sides(wanted: Plan, around: Around, *, loopback: bool) -> Iterator[Finding]:
    """Arm both sides and yield what is found of them; a side that fails is one failure, and the rest is not known."""
    if not (loopback or wanted.simulated):
        yield failure(
            "arming",
            "not tried: Ray needs the loopback interface, and would wait for it",
            "ip link set lo up",
        )
        return
    around.doing("arming both sides")
    try:
        armed = _armed(wanted, around)
    except SideFailed as failed:
        yield failure("arming", failed.sentence, failed.hint)
        return
    yield arming.ray(_versions(armed, wanted), simulated=wanted.simulated)
    yield arming.start_up(armed, simulated=wanted.simulated)
    yield arming.loopback(armed, simulated=wanted.simulated, joined=wanted.spec.joined_cluster)
    yield arming.given(armed)


def _armed(wanted: Plan, around: Around) -> Armed:
    """Arm the sides of the session that would be run; their logs go to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tc-check-") as folder:
        session = Session(
            plan=wanted,
            out=Path(folder),
            log_hint=NO_LOG,
            stop_hint="nothing that was started is still there",
        )
        return Conductor(session, Unattended(around.stop)).arm_only()


def _versions(armed: Armed, wanted: Plan) -> list[str]:
    hosts = armed.baseline.hosts if wanted.simulated else armed.distributed.hosts
    return [host.packages["ray"] for host in hosts if "ray" in host.packages]


def _kept(wanted: Plan | None, root: Path, seen: Display) -> Iterator[Finding]:
    kind = None if wanted is None else Kind.SIMULATED if wanted.simulated else Kind.MEASURED
    if wanted is not None and kind is not None:
        yield _rehearsed(wanted, kind, root)
    workload = None if wanted is None else wanted.spec.workload.name
    yield takes.fallback(
        _recordings(root, workload, kind, seen), workload, kind, seen.size, datetime.now(UTC)
    )
    yield takes.secrets(takes.scanned(root, takes.identity()))


def _rehearsed(wanted: Plan, kind: Kind, root: Path) -> Finding:
    try:
        known = read_rehearsals(root / REHEARSALS_NAME)
    except BadRequest as bad:
        return warning("rehearsals", bad.sentence, bad.hint)
    alike = configuration_of(wanted.published_spec(Path.home()), kind)
    others = sum(1 for each in known if each.complete and each.configuration != alike)
    return takes.rehearsals(history_of(known, alike), others)


def _recordings(
    root: Path, workload: str | None, kind: Kind | None, seen: Display
) -> tuple[Recording, ...]:
    """Return the recording to fall back on alone, or where there is none all that there are: reading them takes its time."""
    columns, rows = seen.size or (_ENDLESS, _ENDLESS)
    if (
        workload is not None
        and kind is not None
        and (found := newest(root, workload, kind, columns, rows)) is not None
    ):
        return (found,)
    return recordings(root)
