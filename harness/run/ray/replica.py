"""One worker's part in a lockstep: its replica of the state, and what it exchanges.

May import ``workload``, ``run`` and, of Ray, its pickle.
"""

import copy
import math
import pickle
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ray import cloudpickle

from harness.run.core_seconds import Timing, together
from harness.run.ray.peers import PeerLost, Peers
from harness.run.ray.timed import Timed, time_call
from harness.workload import AnyLockstep


class Advanced(NamedTuple):
    """What a replica has done in a call.

    ``combined`` is how many steps its state now has; the ``timings`` are those of the last of them,
    in which it contributed these ``shares``. ``over``: the program has stopped. ``cut``: another
    worker was lost, or not connected. ``quality`` is that of the state so far (None: not known).
    """

    combined: int
    timings: list[Timing]
    over: bool
    cut: bool
    shares: tuple[int, ...]
    quality: float | None


class Replica:
    """A replica of the state of a lockstep, with the shares that its worker contributes, by number.

    It stands at a known step whatever happens: a step whose parts do not all arrive leaves the
    state as it was. What it has contributed to that step is kept until the step is combined.
    """

    def __init__(
        self, program: AnyLockstep, shares: Mapping[int, Any], shared: tuple[Any, ...]
    ) -> None:
        self._program = program
        self._shares = dict(shares)
        self._shared = shared
        self._peers: Peers | None = None
        self._state: Any = None
        self._combined = 0
        self._own: dict[int, Timed] = {}
        self._over = False
        self._patience_s = math.inf

    def start(self) -> Timing:
        """Make the first state; return what that took."""
        self._state, timing = time_call(lambda: self._program.start(*self._shared))
        return timing._replace(part_bytes=0)  # the state stays here

    def rehearse(self) -> None:
        """Contribute to the first step for nobody, so that no kernel is cold when others wait."""
        for share in self._shares.values():
            self._program.contribute(self._state, 0, share, *self._shared)

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
        self._own = {}
        self._over = self._program.is_over(self._state, combined, *self._shared)

    def hold(self, shares: Mapping[int, Any]) -> None:
        """Contribute these shares from now on."""
        self._shares = dict(shares)
        self._own = {share: timed for share, timed in self._own.items() if share in shares}

    def link(self, peers: Peers) -> None:
        """Exchange with these peers from now on; all have combined as many steps."""
        self.cut_off()
        self._peers = peers

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
                timings.append(self._step())
                if time.perf_counter() >= until:
                    break
        except PeerLost:
            cut = True
            self.cut_off()
        except BaseException:
            self.cut_off()
            raise
        quality = self._program.quality_so_far(self._state, self._combined, *self._shared)
        shares = tuple(sorted(self._shares))
        return Advanced(self._combined, timings, self._over, cut, shares, quality)

    def _step(self) -> Timing:
        step = self._combined
        if self._peers is None:
            raise PeerLost("not connected")
        for number, share in self._shares.items():
            if number not in self._own:
                self._own[number] = self._contribute(step, share)
        parts = {number: part for number, (part, _) in self._own.items()}
        contributing = together([timing for _, timing in self._own.values()])
        for message in self._exchange(self._peers, step, parts):
            parts |= pickle.loads(message)
        _, combining = time_call(lambda: self._combine(step, parts))
        return Timing(
            contributing.busy_s + combining.busy_s,
            contributing.cpu_s + combining.cpu_s,
            0 if self._peers.alone else contributing.part_bytes,
        )

    def _contribute(self, step: int, share: Any) -> Timed:
        return time_call(lambda: self._program.contribute(self._state, step, share, *self._shared))

    def _exchange(self, peers: Peers, step: int, parts: Mapping[int, Any]) -> list[bytearray]:
        """Return the messages of the others, each with parts by the number of the share."""
        if peers.alone:
            return []
        return peers.swap(step, cloudpickle.dumps(parts, protocol=5), self._patience_s)

    def _combine(self, step: int, parts: Mapping[int, Any]) -> None:
        in_order = tuple(parts[number] for number in sorted(parts))
        self._state = self._program.combine(self._state, step, in_order, *self._shared)
        self._combined = step + 1
        self._own = {}
        self._over = self._program.is_over(self._state, self._combined, *self._shared)
