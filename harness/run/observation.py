"""What the conductor observes beside the sides' events: loads, its own cost, foreign load.

May import ``model``, ``events`` and ``run``.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from harness.events import Event, Observed, Sample, stamp
from harness.model import Process, ProcessState, Side
from harness.run.elsewhere import Elsewhere
from harness.run.host import host_key
from harness.run.processes import Signs
from harness.run.utilization import (
    ForeignLoadMeter,
    TreeMeter,
    UtilizationMeter,
    WorkerLoad,
    sample_of,
)

SAMPLE_EVERY_S = 0.5
LOOK_EVERY_S = 1.0  # so much may be missing of what a process used that is killed
FOREIGN_EVERY_S = 2.0


class Observation:
    """Samples the workers twice a second and adds up what observing costs.

    ``trees``: a side may be a program of its own, whose workers are the processes below it.
    ``cpu_clock`` reads the core-seconds of the screen's own process. ``foreign_now`` is the share
    of the machine that other programs used in the last two seconds (None: no trial runs, or it has
    just begun).
    """

    def __init__(
        self, *, trees: bool = False, cpu_clock: Callable[[], float] = time.process_time
    ) -> None:
        self._host = host_key()
        self._cpu_clock = cpu_clock
        self._tree_meters = {side: TreeMeter() for side in Side} if trees else {}
        self._meters = {side: UtilizationMeter() for side in Side}
        self._pids: dict[Side, dict[str, int]] = {side: {} for side in Side}
        self._workers_at_work: dict[Side, int] = {}
        self._sampled_at = 0.0
        self._frames = 0
        self._last_frame_at = 0.0
        self._longest_gap_s = 0.0
        self._cpu_s = 0.0
        self._cpu_before_s = 0.0
        self._dashboard_clock: Callable[[], float] | None = None
        self._dashboard_s = 0.0
        self._dashboard_before_s = 0.0
        self._foreign: float | None = None
        self._foreign_meter: ForeignLoadMeter | None = None
        self._search_meter: ForeignLoadMeter | None = None
        self.foreign_now: float | None = None
        self._look_due = 0.0
        self._recent_until = 0.0
        self._recent_elsewhere_s = 0.0
        self._elsewhere = {side: Elsewhere(self._host) for side in Side}
        self._elsewhere_before_s = 0.0

    def follow(
        self, side: Side, processes: Collection[Process], guard_pid: int | None = None
    ) -> None:
        """Sample these processes too, as far as they run on this host.

        The samples of those on other hosts are to be noted. What a guard above them has adopted is
        the work of the last one (None: they have none).
        """
        here = {process.id: process.pid for process in processes if process.host == self._host}
        self._pids[side] |= here
        self._meters[side].note_memory(here.values())
        self._elsewhere[side].follow(processes)
        if guard_pid is not None:
            self._meters[side].guards |= {pid: guard_pid for pid in self._pids[side].values()}

    def follow_dashboard(self, cpu_clock: Callable[[], float]) -> None:
        """Count the core-seconds of Ray's dashboard, a part of those of watching, by themselves."""
        self._dashboard_clock = cpu_clock

    def names(self, side: Side) -> dict[int, str]:
        """Return the names of the side's workers here, by pids that only one of them has."""
        pids = self._pids[side]
        counts = Counter(pids.values())
        return {pid: name for name, pid in pids.items() if counts[pid] == 1}

    def note_sample(self, side: Side, sample: Sample, now: float) -> None:
        """Note what a side says of a worker on another host."""
        self._elsewhere[side].note(sample, now)

    def with_other_hosts(self, side: Side, here: Signs, now: float) -> Signs:
        """Return what a side's processes show here, with what it does on other hosts."""
        elsewhere = self._elsewhere[side]
        computes = elsewhere.is_busy(now) and here.state is not ProcessState.STOPPED
        state = ProcessState.RUNNING if computes else here.state
        return here._replace(cpu_s=here.cpu_s + elsewhere.cpu_s, state=state)

    def samples(
        self, now: float, running: Iterable[Side], trials: Mapping[Side, int]
    ) -> tuple[Event, ...]:
        """Return the samples that are due, of the sides that run."""
        if now < self._sampled_at + SAMPLE_EVERY_S:
            return ()
        self._sampled_at = now
        self._watch_foreign_load(now)
        return tuple(
            stamp(sample_of(load), now, side, trials[side])
            for side in running
            for load in self._read(side)
        )

    def _watch_foreign_load(self, now: float) -> None:
        """Measure what other programs use now, every two seconds of a trial."""
        if self._foreign_meter is None or now < self._look_due:
            return
        self._look_due = now + LOOK_EVERY_S
        if now < self._recent_until:
            self._foreign_meter.look()
            return
        self._recent_until = now + FOREIGN_EVERY_S
        before_s, self._recent_elsewhere_s = self._recent_elsewhere_s, self._on_this_machine_s()
        self.foreign_now = self._foreign_meter.next_share(self._recent_elsewhere_s - before_s)

    def _read(self, side: Side) -> list[WorkerLoad]:
        """Read the meters of a side's workers.

        Where only the pid of their driver is known, the processes below it are read.
        """
        pids = self._pids[side]
        if self._tree_meters and len(set(pids.values())) == 1:
            root = next(iter(pids.values()))
            workers = [*pids][: self._workers_at_work.get(side) or None]
            return self._tree_meters[side].read(root, workers)
        return self._meters[side].read(pids)

    def count_frame(self, now: float) -> None:
        """Count a frame that is handed over while a trial runs."""
        if self._foreign_meter is None:
            return
        self._longest_gap_s = max(self._longest_gap_s, now - self._last_frame_at)
        self._last_frame_at = now
        self._frames += 1

    def begin_search(self, at_rest: Collection[int]) -> None:
        """Start to measure what other programs use while a side searches the rate of its trials.

        That rate is its speed, so that a search is disturbed as a trial is. ``at_rest`` is as in
        ``begin_trial``. While a search is measured this changes nothing.
        """
        if self._search_meter is None:
            self._search_meter = ForeignLoadMeter([os.getpid()], at_rest)

    def end_search(self) -> None:
        """Stop measuring a search, if there was one."""
        if self._search_meter is not None:
            self._foreign = max(self._foreign or 0.0, self._search_meter.share())
        self._search_meter = None

    def begin_trial(
        self, now: float, at_rest: Collection[int], workers_at_work: Mapping[Side, int]
    ) -> None:
        """Start to measure a trial.

        ``at_rest`` holds the pids of the sides that wait: what their daemons do is foreign load for
        the side that runs. ``workers_at_work`` is each other side's number of workers (0: all).
        """
        self._workers_at_work = dict(workers_at_work)
        self._foreign_meter = ForeignLoadMeter([os.getpid()], at_rest)
        self._elsewhere_before_s = self._recent_elsewhere_s = self._on_this_machine_s()
        self._look_due = now + LOOK_EVERY_S
        self._recent_until = now + FOREIGN_EVERY_S
        self._last_frame_at = now  # a stall before the first frame counts, too
        for side in Side:
            self._read(side)  # what they did before is left out
        self._sampled_at = now
        self._dashboard_before_s = self._of_dashboard_s()
        self._cpu_before_s = self._cpu_clock()  # last: no clock runs before this

    def end_trial(self) -> None:
        """Stop measuring a trial. What is kept is the worst of all trials, and of searches.

        A watcher that ended meanwhile takes its core-seconds with it, also those of before.
        """
        used_s = self._cpu_clock() - self._cpu_before_s  # first: no clock runs after this
        self._cpu_s += max(0.0, used_s)
        self._dashboard_s += max(0.0, self._of_dashboard_s() - self._dashboard_before_s)
        if self._foreign_meter is not None:
            ours_s = self._on_this_machine_s() - self._elsewhere_before_s
            self._foreign = max(self._foreign or 0.0, self._foreign_meter.share(ours_s))
        self._foreign_meter = self.foreign_now = None

    def _on_this_machine_s(self) -> float:
        """Return the core-seconds of the workers on other hosts which are parts of this machine."""
        return sum(elsewhere.on_this_machine_s for elsewhere in self._elsewhere.values())

    def _of_dashboard_s(self) -> float:
        return 0.0 if self._dashboard_clock is None else self._dashboard_clock()

    def event(self, contention: float | None) -> Observed:
        """Return what observing cost, and the foreign load.

        What is read of a dashboard is read a little before and after the rest of watching.
        """
        of_dashboard_s = min(self._dashboard_s, self._cpu_s)
        return Observed(
            cpu_s=self._cpu_s,
            frames=self._frames,
            longest_gap_s=self._longest_gap_s,
            foreign_cpu=self._foreign,
            contention=contention,
            dashboard_cpu_s=None if self._dashboard_clock is None else of_dashboard_s,
        )
