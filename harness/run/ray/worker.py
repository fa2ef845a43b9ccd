"""The inside of one worker: what runs in its process, with every kernel timed.

A plain class; ``cluster`` makes a Ray actor of it. Imports no numeric library.
May import ``model``, ``workload`` and ``run``.
"""

import contextlib
import math
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import ray

from harness.model import Host, Process
from harness.run import start
from harness.run.core_seconds import Timing
from harness.run.digest import digest
from harness.run.host import move, pin, terms, this_host, this_process
from harness.run.processes import descendants_cpu_seconds, peak_rss_bytes
from harness.run.ray.fleet_member import FleetMember
from harness.run.ray.peers import Address, PeerLost, Peers, await_call, connect, listen
from harness.run.ray.replica import Advanced, Replica
from harness.run.ray.sendable_errors import sendable_errors
from harness.run.ray.stage import Stage, StageAdvanced
from harness.run.ray.timed import Timed, time_call
from harness.run.sources import source_digest
from harness.workload import AnyFleet, AnyLockstep, AnyPipeline


class Worker:
    """One worker: pinned to its cores, it runs chunks, or holds what it has of a state.

    That is a replica in a lockstep, and a stage in a pipeline.
    """

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
        self._cores = cores
        self._source = source_digest(source_extra)
        self._listener: socket.socket | None = None
        self._replica: Replica | None = None
        self._stage: Stage | None = None
        self._member: FleetMember | None = None

    def describe(self) -> Process:
        """Return what this process is, read from inside it."""
        return this_process(self._name, self._source)

    def step_in(self, name: str, cores: tuple[int, ...]) -> Process:
        """Take over a lost worker's name and its cores; return what this process then is."""
        move(self._cores, cores)
        self._name, self._cores = name, cores
        return self.describe()

    def host(self) -> Host:
        """Return the facts of this machine; the numeric libraries are those that kernels use."""
        return this_host()

    def node(self) -> str:
        """Return Ray's id of this machine."""
        return str(ray.get_runtime_context().get_node_id())

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

    @sendable_errors()
    def run(self, function: Callable[..., Any], chunk: Any, *shared: Any) -> Timed:
        """Run one chunk; return its value and what it took."""
        return time_call(lambda: function(chunk, *shared))

    @sendable_errors()
    def scatter(
        self, function: Callable[..., Any], partitions: int, chunk: Any, *shared: Any
    ) -> tuple[Any, ...]:
        """Run one chunk of a shuffle; return a piece for every partition and what that took."""
        pieces, timing = time_call(lambda: tuple(function(chunk, *shared)))
        if len(pieces) != partitions:
            raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
        return *pieces, timing

    @sendable_errors()
    def gather(
        self, function: Callable[..., Any], partition: int, chunks: int, *pieces_and_shared: Any
    ) -> Timed:
        """Run one partition of a shuffle on its pieces.

        There is one piece of each chunk; they come before what is shared.
        """
        pieces, shared = list(pieces_and_shared[:chunks]), pieces_and_shared[chunks:]
        return time_call(lambda: function(partition, pieces, *shared))

    @sendable_errors()
    def begin(
        self, program: AnyLockstep, numbers: Sequence[int], alone: bool, *shares_and_shared: Any
    ) -> Timing:
        """Take shares of a lockstep program and make its first state; return what that took.

        There is one share for each number; they come before what is shared. ``alone``: there is no
        other worker to connect with.
        """
        self._let_go()
        shares = dict(zip(numbers, shares_and_shared, strict=False))
        self._replica = Replica(program, shares, shares_and_shared[len(numbers) :])
        if alone:
            self._replica.link(Peers({}))
        return self._replica.start()

    @sendable_errors()
    def rehearse(self) -> None:
        """Compute a part of the first step that nobody needs, so that no kernel is cold."""
        self._begun().rehearse()

    def hold(self, numbers: Sequence[int], *shares: Any) -> None:
        """Contribute these shares from now on, one for each number."""
        self._begun().hold(dict(zip(numbers, shares, strict=True)))

    def listen(self, host: str = "") -> Address:
        """Wait for peers on a port of this machine's address in the cluster; return both."""
        if self._listener is None:
            self._listener = listen(host or node_address())
        address, port = self._listener.getsockname()[:2]
        return str(address), int(port)

    def link(self, addresses: Sequence[Address], rank: int, token: bytes, attempt: int) -> bool:
        """Connect with the workers at these addresses, of which this one's is at ``rank``.

        Returns whether all of them are there.
        """
        peers = self._connect(addresses, rank, token, attempt)
        if peers is not None:
            self._begun().link(peers)
        return peers is not None

    def _connect(
        self, addresses: Sequence[Address], rank: int, token: bytes, attempt: int
    ) -> Peers | None:
        if self._listener is None:
            raise RuntimeError("the worker does not listen")
        try:
            return connect(self._listener, rank, addresses, token, attempt)
        except PeerLost:
            return None

    @sendable_errors()
    def advance(self, steps: int, seconds: float, patience_s: float = math.inf) -> Advanced:
        """Take steps up to a number of them, until so many seconds have passed, one at least.

        No part of another worker is waited for longer than the patience.
        """
        return self._begun().advance(steps, seconds, patience_s)

    def stand(self) -> int:
        """Exchange nothing any more; return how many steps the state has combined."""
        holds = self._replica or self._stage
        if holds is None:
            return 0
        holds.cut_off()
        return holds.combined

    def snapshot(self) -> tuple[int, Any]:
        """Return (steps combined, state)."""
        return self._begun().combined, self._begun().state

    @sendable_errors()
    def restore(self, combined: int, state: Any) -> None:
        """Take over a peer's state."""
        self._begun().restore(combined, state)

    def conclude(self) -> Any:
        """Return the final state."""
        return self._begun().state

    @sendable_errors()
    def begin_stage(
        self, program: AnyPipeline, micro_batches: int, share: Any, *shared: Any
    ) -> Timing:
        """Make this worker's stage of a pipeline from its share; return what that took."""
        self._let_go()
        self._stage = Stage(program, micro_batches, share, shared)
        return self._stage.start()

    def link_stage(
        self, addresses: Sequence[Address], place: int, token: bytes, attempt: int
    ) -> bool:
        """Connect with the stages at these addresses, as ``link`` does."""
        peers = self._connect(addresses, place, token, attempt)
        if peers is None:
            return False
        try:
            self._begun_stage().link(peers, place)
        except PeerLost:
            return False
        return True

    @sendable_errors()
    def advance_stage(self, steps: int, patience_s: float) -> StageAdvanced:
        """Take steps up to a number of them; wait for no message longer than the patience."""
        return self._begun_stage().advance(steps, patience_s)

    def copy_stage(self) -> Any:
        """Return this worker's part of the state."""
        return self._begun_stage().state

    def restore_stage(self, combined: int, state: Any) -> None:
        """Take over a copy of this stage, as it was after so many steps."""
        self._begun_stage().restore(combined, state)

    @sendable_errors()
    def conclude_stage(self) -> Any:
        """Return what of this stage belongs to the answer."""
        return self._begun_stage().conclude()

    @sendable_errors()
    def join(
        self,
        program: AnyFleet,
        sample: Sequence[Any],
        number: int,
        shares: Sequence[Any],
        *shared: Any,
    ) -> Address:
        """Join a fleet with a shard, and encode a sample of requests, so that no kernel is cold.

        The ``shares`` are Ray's references. Returns where this worker waits for calls.
        """
        self._let_go()
        self._member = FleetMember(program, lambda number: ray.get(shares[number]), shared)
        self._member.hold(number)
        self._member.rehearse(sample)
        return self.listen()

    @sendable_errors()
    def answer_calls(self, token: bytes, attempt: int) -> None:
        """Answer the calls of a fleet over a connection, until it is closed or does not come."""
        if self._member is None or self._listener is None:
            raise RuntimeError("the worker has not joined a fleet")
        with contextlib.suppress(PeerLost):
            self._member.answer_calls(await_call(self._listener, token, attempt))

    def release(self) -> None:
        """Let go of the state and of what was shared, so that a trial starts from nothing."""
        self._let_go()

    def _let_go(self) -> None:
        for holds in (self._replica, self._stage):
            if holds is not None:
                holds.cut_off()
        self._replica = self._stage = self._member = None
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _begun(self) -> Replica:
        if self._replica is None:
            raise RuntimeError("the worker has not begun a lockstep program")
        return self._replica

    def _begun_stage(self) -> Stage:
        if self._stage is None:
            raise RuntimeError("the worker has not begun a pipeline")
        return self._stage


def node_address() -> str:
    """Return the address of this machine in the cluster."""
    address: str = ray.util.get_node_ip_address()
    return address
