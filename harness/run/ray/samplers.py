"""What workers on other hosts use, looked at from beside them. May import ``model`` and ``run``."""

from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.model import Process
from harness.run.ray.spares import ANSWER_WITHIN_S
from harness.run.utilization import UtilizationMeter, WorkerLoad


def on_node(node: str, *, or_elsewhere: bool = False) -> NodeAffinitySchedulingStrategy:
    """Wait for room on the node; or, where another one will do, take what there is now."""
    return NodeAffinitySchedulingStrategy(node, soft=or_elsewhere)


class Sampler:
    """Looks at the workers of one remote host through an actor there that holds no core.

    ``workers`` returns the processes of all workers.
    """

    def __init__(self, workers: Callable[[], Sequence[Process]], host: str, node: str) -> None:
        self._workers = workers
        self._host = host
        remote = ray.remote(UtilizationMeter)
        self._meter: Any = remote.options(num_cpus=0, scheduling_strategy=on_node(node)).remote()

    def read(self) -> Sequence[WorkerLoad]:
        """Return the loads of this host's workers."""
        pids = {
            process.id: process.pid for process in self._workers() if process.host == self._host
        }
        loads: Sequence[WorkerLoad] = ray.get(
            self._meter.read.remote(pids), timeout=ANSWER_WITHIN_S
        )
        return loads
