"""The inside of one worker: what runs in its process, with every kernel timed.

A plain class; ``cluster`` makes a Ray actor of it. Imports no numeric library.
May import ``model``, ``workload`` and ``run``.
"""

import math
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import ray

from harness.model import Host, Process
from harness.run import start
from harness.run.core_seconds import Timing
from harness.run.digest import digest, source_digest
from harness.run.host import pin, terms, this_host, this_process
from harness.run.processes import descendants_cpu_seconds, peak_rss_bytes
from harness.run.ray.peers import Address, PeerLost, connect, listen
from harness.run.ray.replica import Advanced, Replica
from harness.run.ray.timed import Timed, time_call
from harness.workload import AnyLockstep


class Worker:
    """One worker: pinned to its cores, it runs chunks, or holds a replica of a lockstep's state."""

    def __init__(
        self,
        name: str,
        cores: tuple[int, ...],
        source_extra: str,
        folder: str = "",
        path: Sequence[str] = (),
    ) -> None:
        """Stand in the driver's ``folder`` and find the user's modules on its ``path``."""
        start.secure_path()
        start.follow(folder, path)
        pin(cores)
        self._name = name
        self._source = source_digest(source_extra)
        self._place = 0
        self._listener: socket.socket | None = None
        self._replica: Replica | None = None

    def describe(self) -> Process:
        """Return what this process is, read from inside it."""
        return this_process(self._name, self._source)

    def host(self) -> Host:
        """Return the facts of this machine; the numeric libraries are those that kernels use."""
        return this_host()

    def terms(self) -> tuple[int, tuple[int, ...]]:
        """Return the niceness of this process, and the cores it may run on."""
        return terms()

    def digest(self, value: Any) -> str:
        """Return the SHA-256 of a value as it reaches this process."""
        return digest(value, 0).sha256

    def usage(self) -> tuple[float, int]:
        """Return the core-seconds of this process so far and its peak resident bytes.

        With those of all processes below it.
        """
        return time.process_time() + descendants_cpu_seconds(), peak_rss_bytes()

    def run(self, function: Callable[..., Any], chunk: Any, *shared: Any) -> Timed:
        """Run one chunk; return its value and what it took."""
        return time_call(lambda: function(chunk, *shared))

    def scatter(
        self, function: Callable[..., Any], partitions: int, chunk: Any, *shared: Any
    ) -> tuple[Any, ...]:
        """Run one chunk of a shuffle; return a piece for every partition and what that took."""
        pieces, timing = time_call(lambda: tuple(function(chunk, *shared)))
        if len(pieces) != partitions:
            raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
        return *pieces, timing

    def gather(
        self, function: Callable[..., Any], partition: int, chunks: int, *pieces_and_shared: Any
    ) -> Timed:
        """Run one partition of a shuffle on its pieces.

        There is one piece of each chunk; they come before what is shared.
        """
        pieces, shared = list(pieces_and_shared[:chunks]), pieces_and_shared[chunks:]
        return time_call(lambda: function(partition, pieces, *shared))

    def begin(
        self, program: AnyLockstep, share: Any, place: int, size: int, *shared: Any
    ) -> Timing:
        """Take a share of a lockstep program and make its first state; return what that took.

        As worker ``place`` of ``size``.
        """
        self._let_go()
        self._place = place
        self._replica = Replica(program, share, place, size, shared)
        return self._replica.start()

    def listen(self, host: str = "") -> Address:
        """Wait for peers on a port of this machine's address in the cluster; return both."""
        if self._listener is None:
            self._listener = listen(host or node_address())
        address, port = self._listener.getsockname()[:2]
        return str(address), int(port)

    def link(self, addresses: Sequence[Address], token: bytes, attempt: int, origin: int) -> bool:
        """Connect with the workers at these addresses, by place, to exchange parts from ``origin``.

        Returns whether all of them are there.
        """
        if self._listener is None:
            raise RuntimeError("the worker does not listen")
        try:
            peers = connect(self._listener, self._place, addresses, token, attempt)
        except PeerLost:
            return False
        self._begun().link(peers, origin)
        return True

    def advance(self, steps: int, seconds: float, patience_s: float = math.inf) -> Advanced:
        """Take steps up to a number of them, until so many seconds have passed, one at least.

        No part of another worker is waited for longer than the patience.
        """
        return self._begun().advance(steps, seconds, patience_s)

    def stand(self) -> int:
        """Return how many steps the state has combined."""
        return 0 if self._replica is None else self._replica.combined

    def snapshot(self) -> tuple[int, Any]:
        """Return (steps combined, state)."""
        return self._begun().combined, self._begun().state

    def restore(self, combined: int, state: Any) -> None:
        """Take over a peer's state."""
        self._begun().restore(combined, state)

    def conclude(self) -> Any:
        """Return the final state."""
        return self._begun().state

    def release(self) -> None:
        """Let go of the state and of what was shared, so that a trial starts from nothing."""
        self._let_go()

    def _let_go(self) -> None:
        if self._replica is not None:
            self._replica.cut_off()
        self._replica = None
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _begun(self) -> Replica:
        if self._replica is None:
            raise RuntimeError("the worker has not begun a lockstep program")
        return self._replica


def node_address() -> str:
    """Return the address of this machine in the cluster."""
    address: str = ray.util.get_node_ip_address()
    return address
