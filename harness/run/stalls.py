"""What should be at work and is not heard of: said once that lasts, and given up in the end.

A side that is slow is not stalled. Silence is counted in the conductor's own frames, so that a lid
that is closed, or a program that is stopped, costs nobody anything. A side that uses its cores has
longer silences than one that does nothing, and may be given up only after ten times as long.
May import ``model``, ``events``, ``text`` and ``run``.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from harness import events as e
from harness import text
from harness.model import ProcessState, Side, Spec
from harness.run.plan import Patience
from harness.run.processes import Signs

LONGEST_FRAME_S = 2.0  # what is beyond, the conductor itself stood still
LOOK_EVERY_S = 1.0
BUSY_CORES = 0.1  # Ray's idle daemons use less
BUSY_UNHEARD_S = 60.0  # so long may a side compute before its first sign of progress
LONGER = 2.0  # than the longest silence so far, or than the longest trial
BUSY_PATIENCE = 10.0
ARMING_ELSEWHERE_S = 60.0  # so long may a cluster start workers, while the driver has nothing to do

SIGNS_OF_PROGRESS = (
    e.AwaitsHosts,
    e.Offered,
    e.Ready,
    e.Probed,
    e.Span,
    e.Faulted,
    e.Recovered,
    e.Finished,
    e.Inspected,
    e.Scored,
    e.AnswerScored,
    e.Rated,
)

END_OF_TURN = (e.Ready, e.Probed, e.Finished, e.Scored, e.Rated)


@dataclass(kw_only=True)
class _Silence:
    """How long a side has not been heard of, in seconds.

    ``spent_s`` is what counts towards its being given up, ``busy`` whether it computes (None: it is
    not known yet). ``cpu_s`` is what its processes had used after ``looked_at_s`` of silence (None:
    nobody has looked).
    """

    quiet_s: float = 0.0
    spent_s: float = 0.0
    looked_at_s: float | None = None
    cpu_s: float = 0.0
    busy: bool | None = None
    name: str = ""
    state: ProcessState = ProcessState.UNKNOWN
    reported: tuple[str, ProcessState] | None = None


def has_changed(before: ProcessState, now: ProcessState) -> bool:
    """Return whether a state is worth saying again: what runs sleeps now and then."""
    return before is not now and ProcessState.STOPPED in (before, now)


def sides_elsewhere(spec: Spec) -> set[Side]:
    """Return the sides that arm on a cluster's hosts, of whose processes little is seen here."""
    elsewhere = {Side.DISTRIBUTED: spec.joined_cluster, Side.BASELINE: spec.baseline_on_node}
    return {side for side, is_elsewhere in elsewhere.items() if is_elsewhere}


class StallWatch:
    """Listens to both sides while they should be at work.

    ``look`` returns what a side's processes show (None: they are gone), with the name of the one
    that says most. ``arming_elsewhere`` are the sides that start on other machines.
    """

    def __init__(
        self,
        patience: Patience,
        look: Callable[[Side], tuple[str, Signs] | None],
        arming_elsewhere: Iterable[Side] = (),
    ) -> None:
        self._patience = patience
        self._look = look
        self._arming_elsewhere = set(arming_elsewhere)
        self._silences: dict[Side, _Silence] = {}
        self._longest_s: dict[Side, float] = {}
        self._wall_s: dict[Side, float] = {}
        self._done = dict.fromkeys(Side, 0)
        self._said_by_side: dict[Side, set[str]] = {side: set() for side in Side}
        self._ticked_at = 0.0

    def note_reports(self, side: Side, events: Iterable[e.Event]) -> list[e.Event]:
        """Note what a side reports; return that it goes on, if it was said to be stalled."""
        counted = progress = False
        for event in events:
            match event:
                case e.Stalled(worker=worker):
                    self._said_by_side[side].add(worker)
                case e.Resumed(worker=worker) | e.Faulted(worker=worker):
                    self._said_by_side[side].discard(worker)
                case e.Ready():
                    self._arming_elsewhere.discard(side)
            moved = self._is_progress(side, event)
            counted = counted or (moved and isinstance(event, e.Progress | e.Span))
            progress = progress or moved
            if isinstance(event, e.Finished):
                self._wall_s[side] = max(self._wall_s.get(side, 0.0), event.wall_s)
            if isinstance(event, END_OF_TURN):  # what comes next may be silent for longer
                self._longest_s.pop(side, None)
                counted = False
        silence = self._silences.get(side)
        if silence is None or not progress:
            return []
        if counted:
            self._longest_s[side] = max(self._longest_s.get(side, 0.0), silence.quiet_s)
        self._silences[side] = _Silence()
        return [e.Resumed(worker=silence.reported[0])] if silence.reported else []

    def _is_progress(self, side: Side, event: e.Event) -> bool:
        if isinstance(event, e.Progress):
            before, self._done[side] = self._done[side], event.done
            return event.done != before
        return isinstance(event, SIGNS_OF_PROGRESS)

    def tick(
        self, now: float, at_work: Collection[Side], *, attended: bool
    ) -> list[tuple[Side, e.Event]]:
        """Return who is found to be stalled now, and who is given up unless somebody looks on."""
        passed_s = min(LONGEST_FRAME_S, now - self._ticked_at)
        self._ticked_at = now
        events: list[tuple[Side, e.Event]] = []
        for side in Side:
            if side not in at_work:
                self._silences.pop(side, None)
                self._said_by_side[side].clear()
                continue
            silence = self._silences.setdefault(side, _Silence())
            self._count(side, silence, passed_s)
            if stalled := self._stalled(side, silence):
                events.append((side, stalled))
            if not attended and silence.spent_s >= self._patience.give_up_after_s:
                events.append((side, self._given_up(side, silence)))
        return events

    def _count(self, side: Side, silence: _Silence, passed_s: float) -> None:
        silence.quiet_s += passed_s
        silence.spent_s += passed_s / (1.0 if silence.busy is False else BUSY_PATIENCE)
        if silence.quiet_s < self._patience.stall_after_s / 2:
            return
        since_s = silence.quiet_s - (silence.looked_at_s or 0.0)
        if silence.looked_at_s is not None and since_s < LOOK_EVERY_S:
            return
        found = self._look(side)
        if found is None:
            return
        silence.name, signs = found
        silence.state = signs.state
        if silence.looked_at_s is not None:
            used = (signs.cpu_s - silence.cpu_s) / since_s
            silence.busy = signs.state is not ProcessState.STOPPED and (
                used >= BUSY_CORES or signs.state is ProcessState.RUNNING
            )
        silence.looked_at_s, silence.cpu_s = silence.quiet_s, signs.cpu_s

    def _stalled(self, side: Side, silence: _Silence) -> e.Stalled | None:
        """Return that a side is stalled, once, and again when it is stopped or no longer so."""
        if silence.looked_at_s is None or self._said_by_side[side]:
            return None
        if silence.reported is None and silence.quiet_s < self._limit_s(side, silence):
            return None
        if silence.reported is not None and not has_changed(silence.reported[1], silence.state):
            return None
        silence.reported = silence.name, silence.state
        return e.Stalled(worker=silence.name, state=silence.state, seconds=silence.quiet_s)

    def _limit_s(self, side: Side, silence: _Silence) -> float:
        """Return how long a silence may be: longer where the side computes."""
        least_s = self._patience.stall_after_s
        if silence.busy is None and silence.state is not ProcessState.STOPPED:
            return math.inf  # it is known at the next look
        if side in self._arming_elsewhere:
            return max(least_s, ARMING_ELSEWHERE_S)
        if not silence.busy:
            return least_s
        longest_s = self._longest_s.get(side)
        if longest_s is not None:
            return max(least_s, LONGER * longest_s)
        # what is timed for the proof takes about as long as a whole trial, and reports at its end
        return max(least_s, BUSY_UNHEARD_S, LONGER * self._wall_s.get(side, 0.0))

    def _given_up(self, side: Side, silence: _Silence) -> e.Failed:
        return e.Failed(
            reason=f"nothing has happened for {text.seconds(silence.quiet_s)}:"
            f" {silence.name or 'its process'} is {silence.state.words}",
            hint=f"read {side}.log in the take's folder, or give it longer with --give-up-after",
        )
