"""What is known of a side before its first trial.

Pure; may import ``model``.
"""

import msgspec

from harness.model import CapacitySearch, Digest, Host, Process, RateSearch
from harness.serving import ServedLoad


class ArmedSide(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a side before its first trial, and holds for all of them.

    ``items`` is the size of a trial, or the most that it may do if it ``stops_early`` (0: not known
    yet). ``processes`` are all that it armed, ``spares`` those that stand by; ``reading``,
    ``capacity`` and ``service`` are as in ``Ready``. ``loads`` were offered while it armed.
    The rates are passes a second through the warm-up slice, with the other side at rest and at
    work (None: not probed). ``prepared_cpu_s`` are the core-seconds that preparing for the last
    trial took, or for the next (None: it was not prepared for). Hosts with room for
    ``awaited_workers`` are waited for (0: none is), for ``awaited_s`` seconds so far.
    """

    launched_at: float | None = None
    awaited_workers: int = 0
    awaited_s: float = 0.0
    ready_at: float | None = None
    startup: dict[str, float] = {}
    unit: str = ""
    items: int = 0
    stops_early: bool = False
    reading: str = ""
    input: Digest | None = None
    held_out: Digest | None = None
    hosts: tuple[Host, ...] = ()
    processes: tuple[Process, ...] = ()
    spares: tuple[Process, ...] = ()
    capacity: CapacitySearch | None = None
    loads: tuple[ServedLoad, ...] = ()
    service: RateSearch | None = None
    rate_alone: float | None = None
    rate_together: float | None = None
    prepared_cpu_s: float | None = None

    @property
    def startup_s(self) -> float | None:
        """Return the seconds from launch to ready (None: not ready yet)."""
        if self.launched_at is None or self.ready_at is None:
            return None
        return self.ready_at - self.launched_at
