"""One worker's stage of a pipeline: its part of the state, and what it passes to its neighbours.

May import ``workload`` and ``run``.
"""

import copy
import math
import time
from typing import Any, NamedTuple

from harness.run.core_seconds import Timing
from harness.run.ray.channel import Channel, wait_for
from harness.run.ray.messages import pack, unpack
from harness.run.ray.peers import PeerLost, Peers
from harness.run.ray.shared_memory import open_channel
from harness.run.ray.timed import cpu_seconds, size, time_call
from harness.workload import AnyPipeline


class StageAdvanced(NamedTuple):
    """What a stage has done in a call.

    ``combined`` is how many steps it has taken; the ``timings`` are those of the last of them, and
    ``waited_s`` how long it waited for its neighbours in all of these. ``cut``: a neighbour was
    lost, or not connected.
    """

    combined: int
    timings: list[Timing]
    waited_s: float
    cut: bool


class Stage:
    """The stage of one worker, with its share, by its place among the stages.

    Between two steps it stands at a known step. One that was cut off within a step has to be
    restored before it goes on.
    """

    def __init__(
        self, program: AnyPipeline, micro_batches: int, share: Any, shared: tuple[Any, ...]
    ) -> None:
        self._program = program
        self._micro_batches = micro_batches
        self._share = share
        self._shared = shared
        self._peers: Peers | None = None
        self._before: Channel | None = None
        self._after: Channel | None = None
        self._state: Any = None
        self._combined = 0
        self._waited_s = 0.0
        self._patience_s = math.inf

    def start(self) -> Timing:
        """Make the stage as it is before the first step; return what that took."""
        self._state = None  # the memory of an earlier one is needed
        self._state, timing = time_call(lambda: self._program.start(self._share, *self._shared))
        self._combined = 0
        return timing._replace(part_bytes=0)  # it stays here

    @property
    def combined(self) -> int:
        """Return the steps that this stage has taken."""
        return self._combined

    @property
    def state(self) -> Any:
        """Return this stage's part of the state."""
        return self._state

    def restore(self, combined: int, state: Any) -> None:
        """Take over a copy. It may be read-only, in shared memory, hence another one is made."""
        self._state = None
        self._state = copy.deepcopy(state)
        self._combined = combined

    def link(self, peers: Peers, place: int) -> None:
        """Exchange with the neighbours of a place from now on; all have taken as many steps.

        These link at the same time. Raises ``PeerLost`` if one is gone.
        """
        self.cut_off()
        self._peers = peers
        before, after = peers.connection(place - 1), peers.connection(place + 1)
        self._before = None if before is None else open_channel(before)
        self._after = None if after is None else open_channel(after)

    def cut_off(self) -> None:
        """Close the connections, so that nobody waits for this stage."""
        if self._peers is not None:
            self._peers.close()
        self._peers = self._before = self._after = None

    def conclude(self) -> Any:
        """Return what belongs to the answer."""
        return self._program.conclude(self._state, *self._shared)

    def advance(self, steps: int, patience_s: float = math.inf) -> StageAdvanced:
        """Take steps up to a number of them; wait for no message longer than the patience."""
        self._patience_s = patience_s
        self._waited_s = 0.0
        timings: list[Timing] = []
        cut = False
        try:
            while self._combined < steps:
                timings.append(self._step())
            while any(channel.is_sending for channel in self._channels):
                self._waited_s += wait_for(self._channels, patience_s)
        except PeerLost:
            cut = True
            self.cut_off()
        except BaseException:
            self.cut_off()
            raise
        return StageAdvanced(self._combined, timings, self._waited_s, cut)

    def _step(self) -> Timing:
        if self._peers is None:
            raise PeerLost("not connected")
        step = _Step()
        began, cpu_s, waited_s = time.perf_counter(), cpu_seconds(), self._waited_s
        while step.updates < self._micro_batches:
            self._exchange(step)
            if self._after is not None and self._after.has_message:
                self._go_back(step, unpack(self._after.take(self._number(step.backwards))))
            elif step.forwards < self._micro_batches and self._can_go_forward:
                self._go_forward(step)
            elif step.forwards == self._micro_batches and step.updates < step.backwards:
                self._update(step)
            else:
                self._waited_s += wait_for(self._channels, self._patience_s)
        self._combined += 1
        active_s = time.perf_counter() - began - (self._waited_s - waited_s)
        return step.timing(active_s, cpu_seconds() - cpu_s)

    def _exchange(self, step: "_Step") -> None:
        """Exchange what this step waits for: each look takes a call of the system's."""
        for channel, done in ((self._before, step.forwards), (self._after, step.backwards)):
            if channel is None:
                continue
            is_awaited = done < self._micro_batches and not channel.has_message
            if is_awaited or channel.is_sending:
                channel.exchange()

    @property
    def _channels(self) -> list[Channel]:
        return [channel for channel in (self._before, self._after) if channel is not None]

    @property
    def _can_go_forward(self) -> bool:
        return self._before is None or self._before.has_message

    def _number(self, micro_batch: int) -> int:
        """Return the number of the messages of a micro-batch of this step."""
        return self._combined * self._micro_batches + micro_batch

    def _go_forward(self, step: "_Step") -> None:
        """Compute a micro-batch's part; the last stage turns it round."""
        part = None
        if self._before is not None:
            part = unpack(self._before.take(self._number(step.forwards)))
        micro_batch = step.forwards
        part = self._timed(step, self._program.forward, micro_batch, part)
        step.forwards += 1
        if self._after is not None:
            self._send(step, self._after, micro_batch, part)
        else:
            self._go_back(step, self._timed(step, self._program.turn, micro_batch, part))

    def _go_back(self, step: "_Step", part: Any) -> None:
        micro_batch = step.backwards
        part = self._timed(step, self._program.backward, micro_batch, part)
        step.backwards += 1
        if self._before is not None:
            self._send(step, self._before, micro_batch, part)

    def _update(self, step: "_Step") -> None:
        self._timed(step, self._program.update, step.updates)
        step.updates += 1

    def _timed(self, step: "_Step", function: Any, micro_batch: int, *part: Any) -> Any:
        began = time.perf_counter()
        value = function(self._state, self._combined, micro_batch, *part, *self._shared)
        step.busy_s += time.perf_counter() - began
        return value

    def _send(self, step: "_Step", channel: Channel, micro_batch: int, part: Any) -> None:
        sent_bytes = size(part)
        if step.part_bytes is not None:
            step.part_bytes = None if sent_bytes is None else step.part_bytes + sent_bytes
        channel.put(self._number(micro_batch), pack(part))


class _Step:
    """How many micro-batches are through with each function in a step, and what that took.

    ``busy_s`` is the time in the program's functions, ``part_bytes`` are those of what was sent
    (None: not known).
    """

    def __init__(self) -> None:
        self.forwards = self.backwards = self.updates = 0
        self.busy_s = 0.0
        self.part_bytes: int | None = 0

    def timing(self, active_s: float, cpu_s: float) -> Timing:
        """Return the step's timing: it was active for so long and used so many core-seconds.

        Those of the program's functions are as large a share of all as their time: to read the
        core-seconds before and after each of them would take a twentieth of the step.
        """
        share = min(1.0, self.busy_s / active_s) if active_s > 0 else 0.0
        return Timing(self.busy_s, cpu_s * share, self.part_bytes)
