"""Every check in its order: what it takes is gathered here, and judged next door.

May import everything.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from demo.checks import display, machine, sides, takes
from demo.checks.display import Display
from demo.checks.finding import Finding, failure, warning
from demo.fallback import Recording, newest, recordings
from demo.rehearsals import REHEARSALS, configuration, kept, record
from demo.request import Asked, Request, request
from harness.errors import BadRequest, SideFailed
from harness.model import Kind
from harness.run import host
from harness.run.arming import Armed, arm
from harness.run.session import Session

_ENDLESS = 1_000_000

Stop = Callable[[], int | None]
Doing = Callable[[str], None]


def of_display(seen: Display) -> tuple[Finding, ...]:
    """Return what is found of the terminal."""
    return display.size(seen), display.colours(seen), display.letters(seen)


def of_machine(asked: Asked, root: Path, seen: Display, stop: Stop, doing: Doing) -> Iterator[Finding]:
    """Yield everything else, each as soon as it is known; ``root`` is where takes are kept, ``doing`` hears what takes a while.

    Raises ``Interrupted`` while sides are armed, once ``stop`` names a signal.
    """
    watch = machine.Watch()
    wanted, refusal = _requested(asked)
    joined = wanted is not None and wanted.spec.joined_cluster
    yield machine.power(host.on_mains())
    yield from _busy(watch)
    if wanted is not None:
        yield machine.memory(host.free_memory_bytes(), machine.needed_bytes(wanted))
    yield from _folder(root)
    loopback, others = host.interfaces()
    yield machine.network(loopback, others, joined=joined)
    yield from refusal
    if wanted is not None:
        yield from _sides(wanted, stop, doing, loopback=loopback)
    doing("looking through the takes")
    yield from _kept(wanted, root, seen)


def _requested(asked: Asked) -> tuple[Request | None, tuple[Finding, ...]]:
    """Return what would be run, or why it cannot be."""
    try:
        return request(asked), ()
    except BadRequest as bad:
        return None, (failure("request", bad.sentence, bad.hint),)


def _busy(watch: machine.Watch) -> Iterator[Finding]:
    foreign, heavy = watch.end()
    yield machine.load(os.getloadavg()[0], foreign, len(host.usable_cores()))
    yield machine.others(heavy)


def _folder(root: Path) -> Iterator[Finding]:
    nearest = machine.existing(root)
    yield machine.disk(machine.free_disk_bytes(nearest))
    yield machine.folder(root, nearest, machine.fault(nearest))


def _sides(wanted: Request, stop: Stop, doing: Doing, *, loopback: bool) -> Iterator[Finding]:
    """Arm both sides and yield what is found of them; a side that fails is one failure, and the rest is not known."""
    if not (loopback or wanted.simulated):
        yield failure("arming", "not tried: Ray needs the loopback interface, and would wait for it", "ip link set lo up")
        return
    doing("arming both sides")
    try:
        armed = _armed(wanted, stop)
    except SideFailed as failed:
        yield failure("arming", failed.sentence, failed.hint)
        return
    yield sides.ray(_versions(armed, wanted), sides.pinned(_requirements()), simulated=wanted.simulated)
    yield sides.cold_start(armed)
    yield sides.loopback(armed, simulated=wanted.simulated, joined=wanted.spec.joined_cluster)
    yield sides.given(armed)


def _armed(wanted: Request, stop: Stop) -> Armed:
    """Arm the sides of the session that would be run; their logs go to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tc-check-") as folder:
        where = wanted.workload, wanted.address, wanted.allotment, wanted.simulated
        return arm(Session(wanted.spec, *where, replay_rest=False, out=Path(folder)), stop)


def _versions(armed: Armed, wanted: Request) -> list[str]:
    hosts = armed.baseline.hosts if wanted.simulated else armed.distributed.hosts
    return [host.packages["ray"] for host in hosts if "ray" in host.packages]


def _requirements() -> list[str]:
    """Return what this program says it needs; nothing where it is not installed."""
    try:
        return metadata.requires("twoclocks") or []
    except metadata.PackageNotFoundError:
        return []


def _kept(wanted: Request | None, root: Path, seen: Display) -> Iterator[Finding]:
    kind = None if wanted is None else Kind.SIMULATED if wanted.simulated else Kind.MEASURED
    if wanted is not None and kind is not None:
        yield _rehearsed(wanted, kind, root)
    workload = None if wanted is None else wanted.spec.workload.name
    yield takes.fallback(_recordings(root, workload, kind, seen), workload, kind, seen.size, datetime.now(UTC))
    yield takes.secrets(takes.scanned(root, takes.identity()))


def _rehearsed(wanted: Request, kind: Kind, root: Path) -> Finding:
    try:
        known = kept(root / REHEARSALS)
    except BadRequest as bad:
        return warning("rehearsals", bad.sentence, bad.hint)
    alike = configuration(wanted.spec, kind)
    others = sum(1 for each in known if each.complete and each.configuration != alike)
    return takes.rehearsals(record(known, alike), others)


def _recordings(root: Path, workload: str | None, kind: Kind | None, seen: Display) -> tuple[Recording, ...]:
    """Return the recording to fall back on alone, or where there is none all that there are: reading them takes its time."""
    columns, rows = seen.size or (_ENDLESS, _ENDLESS)
    if workload is not None and kind is not None and (found := newest(root, workload, kind, columns, rows)) is not None:
        return (found,)
    return recordings(root)
