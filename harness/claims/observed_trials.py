"""What the conductor itself wrote down of each trial: its own stamps, and samples of the workers.

A side says how long it took and how many core-seconds it used. The conductor's clock, and the
operating system's account of each process, say the same independently. Pure; may import ``events``
and ``model``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness import events as e
from harness.model import ChaosKind, Side

SAMPLED_WITHIN_S = 1.0


@dataclass
class SampledWorker:
    """A worker's core-seconds by its samples, which reach to ``until_s`` on the conductor's clock.

    A sample speaks for the time since the one before it, the first for that since go. ``gaps_s`` is
    the time between samples that came late, in which a process may have ended and another begun.
    """

    until_s: float
    cpu_s: float = 0.0
    gaps_s: float = 0.0


@dataclass
class ObservedTrial:
    """A trial by the conductor's clock, and its workers by their samples until it was over.

    ``ended_s`` is None for one that did not come to its end. ``silent_s`` is the longest time in it
    without any event, ``lost`` tells that a worker was lost or is to be, ``span_items`` are
    those of its chunks. ``hurried_s`` is by how much longer than stated some recovery took.
    """

    began_s: float
    ended_s: float | None = None
    silent_s: float = 0.0
    lost: bool = False
    span_items: int = 0
    hurried_s: float = 0.0
    workers: dict[str, SampledWorker] = field(default_factory=dict)

    def unseen_s(self, worker: str) -> float:
        """Return how long a worker worked after its last sample."""
        ended_s = self.began_s if self.ended_s is None else self.ended_s
        sampled = self.workers.get(worker)
        return ended_s - (self.began_s if sampled is None else sampled.until_s)


class _OpenLosses:
    """When workers were struck or lost, by the conductor's clock, until that was made up for."""

    def __init__(self) -> None:
        self._since: dict[str, list[float]] = {}
        self._struck: set[str] = set()
        self._lost_at: dict[str, float] = {}

    def lasted_s(self, event: e.Recovered | e.CaughtUp) -> float | None:
        """Return how long a loss lasted until it was made up for (None: it had not begun)."""
        if isinstance(event, e.Recovered):
            since = self._lost_at.pop(event.worker, None)
        else:
            open_losses = self._since.get(event.worker)
            since = open_losses.pop(0) if open_losses else None
            self._struck.discard(event.worker)
        return None if since is None else event.at - since

    def note(self, event: e.Struck | e.Faulted) -> None:
        """Take in the next strike or loss; the loss that a strike ends in is one with it."""
        if isinstance(event, e.Faulted):
            self._lost_at[event.worker] = event.at
        if event.worker not in self._struck:
            self._since.setdefault(event.worker, []).append(event.at)
        if isinstance(event, e.Struck):
            self._struck.add(event.worker)
        else:
            self._struck.discard(event.worker)


ObservedTrials = Mapping[int, ObservedTrial]
"""Trials by their order in the session."""


class TrialObserver:
    """Gathers what a journal's events, one after the other, say of each trial."""

    def __init__(self) -> None:
        self.trials: dict[int, ObservedTrial] = {}
        self._running: dict[Side, ObservedTrial] = {}
        self._losses: dict[Side, _OpenLosses] = {}
        self._at = 0.0

    def note(self, event: e.Event) -> None:
        """Take in the next event."""
        if event.at > self._at:
            self._note_silence(event.at)
        if isinstance(event, e.Sample):
            if (trial := self._running.get(event.side)) is not None:
                _add_sample(trial, event)
        elif isinstance(event, e.Span):
            if (trial := self._running.get(event.side)) is not None:
                trial.span_items += event.items
        elif not isinstance(event, e.Progress):
            self._note_rare(event)

    def _note_silence(self, at: float) -> None:
        silent_s, self._at = at - self._at, at
        for trial in self._running.values():
            if silent_s > trial.silent_s:
                trial.silent_s = silent_s

    def _note_rare(self, event: e.Event) -> None:
        match event:
            case e.Go(order=order):
                trial = self.trials[order] = ObservedTrial(began_s=event.at)
                self._running[event.side] = trial
                self._losses[event.side] = _OpenLosses()
            case e.Finished() if event.side in self._running:
                self._running.pop(event.side).ended_s = event.at
            case e.Faulted() | e.Struck() if event.side in self._running:
                is_frozen = isinstance(event, e.Struck) and event.kind is ChaosKind.FREEZE
                self._running[event.side].lost |= not is_frozen
                self._losses[event.side].note(event)
            case e.Recovered(seconds=stated_s) | e.CaughtUp(seconds=stated_s) if (
                event.side in self._running
            ):
                lasted_s = self._losses[event.side].lasted_s(event)
                trial = self._running[event.side]
                trial.hurried_s = max(trial.hurried_s, (lasted_s or 0.0) - stated_s)


def _add_sample(trial: ObservedTrial, sample: e.Sample) -> None:
    worker = trial.workers.get(sample.worker)
    if worker is None:
        worker = trial.workers[sample.worker] = SampledWorker(until_s=trial.began_s)
    since_s = sample.at - worker.until_s
    worker.cpu_s += sample.cpu * since_s
    worker.gaps_s += since_s if since_s > SAMPLED_WITHIN_S else 0.0
    worker.until_s = sample.at
