"""The conductor's eyes: how busy each local worker is, what watching costs, what else the machine does.

May import ``model``, ``events`` and ``run.probe``.
"""

import os
import time
from collections.abc import Iterable, Mapping

from harness.events import Event, Sample, Watched, stamp
from harness.model import Process, Side
from harness.run.host import host_key
from harness.run.processes import Ledger, Probe, Seen, Tree

LOOK_EVERY_S = 0.5


class Watch:
    """Looks at the workers twice a second and keeps the accounts of the screen's own process.

    ``trees``: a side may be a program of its own, whose workers are the processes below it.
    """

    def __init__(self, *, trees: bool = False) -> None:
        self._here, self._trees = host_key(), {side: Tree() for side in Side} if trees else {}
        self._eyes = {side: Probe() for side in Side}
        self._pids: dict[Side, dict[str, int]] = {side: {} for side in Side}
        self._at_work: dict[Side, int] = {}
        self._looked = 0.0
        self._frames = 0
        self._last_frame: float | None = None
        self._longest_gap_s = 0.0
        self._cpu_s = 0.0
        self._foreign: float | None = None
        self._ledger: Ledger | None = None
        self._cpu_before = 0.0

    def follow(self, side: Side, processes: Iterable[Process]) -> None:
        """Watch these processes too, as far as they run on this host."""
        self._pids[side] |= {
            process.id: process.pid for process in processes if process.host == self._here
        }

    def looks(
        self, now: float, running: Iterable[Side], trials: dict[Side, int]
    ) -> tuple[Event, ...]:
        """Return the samples that are due: sides that run are looked at, the others rest."""
        if now < self._looked + LOOK_EVERY_S:
            return ()
        self._looked = now
        return tuple(
            stamp(Sample(worker=name, cpu=cpu, rss_bytes=rss), now, side, trials[side])
            for side in running
            for name, cpu, rss in self._look(side)
        )

    def _look(self, side: Side) -> list[Seen]:
        """Look at a side's workers; where all are known by their driver alone, at the places in the tree below it."""
        pids = self._pids[side]
        if self._trees and len(set(pids.values())) == 1:
            return self._trees[side].look(
                next(iter(pids.values())), [*pids][: self._at_work.get(side) or None]
            )
        return self._eyes[side].look(pids)

    def frame(self, now: float) -> None:
        """Count a frame that is handed over, while a trial runs."""
        if self._ledger is None:
            return
        if self._last_frame is not None:
            self._longest_gap_s = max(self._longest_gap_s, now - self._last_frame)
        self._last_frame = now
        self._frames += 1

    def begin(
        self, now: float, at_rest: Iterable[int], workers_at_work: Mapping[Side, int]
    ) -> None:
        """Open the accounts of a trial. A side that rests counts as foreign: what its daemons do weighs on the side that runs.

        ``at_rest`` holds the pids of such sides, ``workers_at_work`` how many workers each other side
        has in it (0: all). What they did before
        is left out.
        """
        self._at_work = dict(workers_at_work)
        self._ledger = Ledger([os.getpid()], at_rest)
        self._last_frame = None
        self._cpu_before = time.process_time()
        for side in Side:
            self._look(side)
        self._looked = now

    def end(self) -> None:
        """Close the accounts of a trial. The foreign load kept is the worst of all trials."""
        if self._ledger is not None:
            self._foreign = max(self._foreign or 0.0, self._ledger.foreign())
        self._ledger = None
        self._cpu_s += time.process_time() - self._cpu_before

    def event(self, contention: float | None) -> Watched:
        """Return the accounts."""
        return Watched(
            cpu_s=self._cpu_s,
            frames=self._frames,
            longest_gap_s=self._longest_gap_s,
            foreign_cpu=self._foreign,
            contention=contention,
        )
