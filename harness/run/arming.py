"""Both sides armed for once and sent home: what the race would begin with, found out before anybody watches.

Sides are started, told and ended as the conductor does it; no clock ever starts.
May import ``model``, ``events``, ``errors`` and ``run``.
"""

import ipaddress
import selectors
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.errors import Interrupted, SideFailed
from harness.events import Event, Failed, Ready
from harness.model import Side
from harness.run import processes
from harness.run.launch import Child, end_all, launch
from harness.run.plan import Session, assignment

ARMED_WITHIN_S = 120.0
LEAVE_WITHIN_S = 6.0
LISTEN_S = 0.1
LOOK_AGAIN_S = 0.02

Stop = Callable[[], int | None]


@dataclass(frozen=True)
class Armed:
    """What either side said once it was ready, and the addresses at which the distributed side accepts connections.

    ``listening`` holds all of them, ``exposed`` those that other machines can reach too.
    """

    baseline: Ready
    distributed: Ready
    listening: tuple[str, ...] = ()

    @property
    def exposed(self) -> tuple[str, ...]:
        """Return the addresses that are not on loopback."""
        return off_loopback(self.listening)


def arm(session: Session, stop: Stop, within_s: float = ARMED_WITHIN_S) -> Armed:
    """Arm both sides one after the other, look at them, and end them; leave no process behind.

    Raises ``SideFailed`` for a side that fails or is not ready ``within_s``, ``Interrupted`` once ``stop`` names a signal.
    """
    children: list[Child] = []
    try:
        ready = {side: _armed(session, side, children, stop, within_s) for side in Side}
        listening = processes.listening(children[-1].family)
        _leave(children, stop)
    finally:
        survivors = end_all(children, patience_s=0.0)
    if survivors:
        raise SideFailed(f"processes {survivors} could not be ended", "end them by hand")
    return Armed(ready[Side.BASELINE], ready[Side.DISTRIBUTED], tuple(sorted(listening)))


def off_loopback(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses that are not on loopback; one that listens everywhere is not, nor is one that cannot be read."""
    return tuple(address for address in addresses if not _on_loopback(address))


def _on_loopback(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return (mapped or known).is_loopback


def _armed(
    session: Session, side: Side, children: list[Child], stop: Stop, within_s: float
) -> Ready:
    """Start a side, noted among the children before anything else can happen, and return what it says once it is ready."""
    child = launch(assignment(session, side), session.out / f"{side}.log")
    children.append(child)
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        for event in _heard(child):
            match event:
                case Ready():
                    child.recount()
                    return event
                case Failed(reason=reason, hint=hint, last_words=words):
                    raise SideFailed(f"the {side} side failed: {reason}", hint or _last_line(words))
        if (signal_number := stop()) is not None:
            raise Interrupted(signal_number, "nothing that was started is still there")
    raise SideFailed(
        f"the {side} side was not ready within {within_s:.0f} s",
        "run `twoclocks race` and read that side's log",
    )


def _heard(child: Child) -> tuple[Event, ...]:
    """Wait a moment for what a side says; one that hangs up without a word has failed."""
    with selectors.DefaultSelector() as ready:
        ready.register(child.reader.descriptor, selectors.EVENT_READ)
        ready.select(LISTEN_S)
    said = child.reader.listen()
    if child.reader.closed and not any(isinstance(event, Failed) for event in said):
        said = (*said, child.ending())
    return said


def _leave(children: Sequence[Child], stop: Stop) -> None:
    """Let the sides end of themselves, but not for ever; a signal hurries them."""
    for child in children:
        child.hang_up()
    until = time.monotonic() + LEAVE_WITHIN_S
    while (
        not all([child.gone() for child in children])
        and time.monotonic() < until
        and stop() is None
    ):
        time.sleep(LOOK_AGAIN_S)


def _last_line(words: str) -> str:
    lines = words.strip().splitlines()
    return (
        f"its last words: {lines[-1].strip()}"
        if lines
        else "run `twoclocks race` and read that side's log"
    )
