"""One worker's part in a lockstep: its replica of the state, and what it exchanges.

May import ``workload``, ``run`` and, of Ray, its pickle.
"""

import copy
import math
import pickle
import time
from typing import Any, NamedTuple

from ray import cloudpickle

from harness.run.core_seconds import Timing
from harness.run.ray.peers import PeerLost, Peers
from harness.run.ray.timed import size, time_call
from harness.workload import AnyLockstep


class Advanced(NamedTuple):
    """What a replica has done in a call.

    ``combined`` is how many steps its state now has; the ``timings`` are those of the last of them.
    ``over``: the program has stopped. ``cut``: another worker was lost, or not connected.
    """

    combined: int
    timings: list[Timing]
    over: bool
    cut: bool


class Replica:
    """A replica of the state of a lockstep on one of ``workers`` workers.

    It stands at a known step whatever happens: a step whose parts do not all arrive leaves the
    state as it was. The messages of the last two steps are kept, since a worker that is rebuilt
    stands at most one step behind and has to be sent them again.
    """

    def __init__(
        self, program: AnyLockstep, share: Any, place: int, workers: int, shared: tuple[Any, ...]
    ) -> None:
        self._program = program
        self._share = share
        self._place = place
        self._alone = workers == 1
        self._shared = shared
        self._peers: Peers | None = None
        self._state: Any = None
        self._combined = 0
        self._exchanged = 0
        self._own: Any = None
        self._contributing: Timing | None = None
        self._messages: dict[int, bytes] = {}
        self._over = False
        self._patience_s = math.inf

    def start(self) -> Timing:
        """Make the first state; return what that took."""
        self._state, timing = time_call(lambda: self._program.start(*self._shared))
        return timing._replace(part_bytes=0)  # the state stays here

    @property
    def combined(self) -> int:
        """Return the steps that the state has combined."""
        return self._combined

    @property
    def state(self) -> Any:
        """Return the state."""
        return self._state

    def restore(self, combined: int, state: Any) -> None:
        """Take over a peer's state. It may be read-only, in shared memory, hence the copy."""
        self._combined = combined
        self._state = copy.deepcopy(state)
        self._over = self._program.is_over(self._state, combined, *self._shared)

    def link(self, peers: Peers, origin: int) -> None:
        """Exchange with these peers from now on, from step ``origin``.

        That is the first step that one of them has not combined.
        """
        self.cut_off()
        self._peers = peers
        self._exchanged = origin

    def cut_off(self) -> None:
        """Close the connections, so that nobody waits for this worker."""
        if self._peers is not None:
            self._peers.close()
        self._peers = None

    def advance(self, steps: int, seconds: float, patience_s: float = math.inf) -> Advanced:
        """Take steps up to a number of them, until so many seconds have passed, one at least.

        No part of another worker is waited for longer than the patience.
        """
        self._patience_s = patience_s
        timings: list[Timing] = []
        until = time.perf_counter() + seconds
        cut = False
        try:
            while self._combined < steps and not self._over:
                if (timing := self._step()) is not None:
                    timings.append(timing)
                if timings and time.perf_counter() >= until:
                    break
        except PeerLost:
            cut = True
            self.cut_off()
        except BaseException:
            self.cut_off()
            raise
        return Advanced(self._combined, timings, self._over, cut)

    def _step(self) -> Timing | None:
        """Take the next step; or send again what a rebuilt worker lacks, and return None."""
        step = self._exchanged if not self._alone else self._combined
        if step < self._combined:
            self._exchange(step)
            return None
        if self._contributing is None:
            self._own, self._contributing = time_call(
                lambda: self._program.contribute(self._state, step, self._share, *self._shared)
            )
            self._contributing = self._contributing._replace(part_bytes=self._part_bytes())
        contributing = self._contributing
        others = [] if self._alone else self._exchange(step)
        _, combining = time_call(lambda: self._combine(step, others))
        self._contributing = None
        return Timing(
            contributing.busy_s + combining.busy_s,
            contributing.cpu_s + combining.cpu_s,
            contributing.part_bytes,
        )

    def _part_bytes(self) -> int | None:
        return 0 if self._alone else size(self._own)

    def _exchange(self, step: int) -> list[Any]:
        """Return the parts of the others, in their order."""
        if self._peers is None:
            raise PeerLost("not connected")
        if step not in self._messages:
            self._messages = {
                earlier: message
                for earlier, message in self._messages.items()
                if earlier == step - 1
            }
            self._messages[step] = cloudpickle.dumps(self._own, protocol=5)
        received = self._peers.swap(step, self._messages[step], self._patience_s)
        self._exchanged = step + 1
        return [pickle.loads(message) for message in received]

    def _combine(self, step: int, others: list[Any]) -> None:
        parts = (*others[: self._place], self._own, *others[self._place :])
        self._state = self._program.combine(self._state, step, parts, *self._shared)
        self._combined = step + 1
        self._over = self._program.is_over(self._state, self._combined, *self._shared)
