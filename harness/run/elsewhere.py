"""What a side's workers on other hosts do, by the samples that the side sends of them.

May import ``model``, ``events`` and ``run.host``.
"""

from collections.abc import Iterable

from harness.events import Sample
from harness.model import Process
from harness.run.host import on_one_machine

LONGEST_SPAN_S = 2.0  # a sample speaks for no more than that
BUSY_CORES = 0.1


class Elsewhere:
    """The workers of one side on other hosts than ``own_host``.

    ``cpu_s`` are their core-seconds so far, and ``on_this_machine_s`` those of hosts that are
    containers or the like on this machine.
    """

    def __init__(self, own_host: str) -> None:
        self._own_host = own_host
        self._hosts: dict[str, str] = {}
        self._sampled_at: dict[str, float] = {}
        self._loads: dict[str, float] = {}
        self.cpu_s = 0.0
        self.on_this_machine_s = 0.0

    def is_busy(self, now: float) -> bool:
        """Return whether a worker computed when it was sampled, which is not long ago."""
        return any(
            cpu >= BUSY_CORES and now < self._sampled_at[worker] + LONGEST_SPAN_S
            for worker, cpu in self._loads.items()
        )

    def follow(self, processes: Iterable[Process]) -> None:
        """Note where the workers are."""
        self._hosts |= {process.id: process.host for process in processes}

    def note(self, sample: Sample, now: float) -> None:
        """Add a worker's sample, which speaks for the time since the one before."""
        host = self._hosts.get(sample.worker, self._own_host)
        before = self._sampled_at.get(sample.worker)
        self._sampled_at[sample.worker] = now
        if host == self._own_host:
            return
        self._loads[sample.worker] = sample.cpu
        used_s = 0.0 if before is None else sample.cpu * min(LONGEST_SPAN_S, now - before)
        self.cpu_s += used_s
        if on_one_machine(host, self._own_host):
            self.on_this_machine_s += used_s
