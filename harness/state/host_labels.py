"""What the hosts of a cluster are called where they are shown or kept: by no name or address.

Pure; may import ``model`` and its neighbours.
"""

from collections.abc import Iterator

from harness.model import Process
from harness.state.board import Board

WORKER_HOST, BASELINE_HOST, DRIVER_HOST = "worker-host", "baseline-host", "driver-host"


def host_labels(board: Board) -> dict[str, str]:
    """Return the labels of the hosts of a cluster that was joined, by the hosts' keys.

    A host with workers is ``worker-host-1`` and so on, in the order of the workers that came first.
    One that has only the baseline is ``baseline-host``, or ``driver-host`` where that ran beside
    the driver. On a local cluster there is one host, which needs no name.
    """
    spec = None if board.opened is None else board.opened.spec
    if spec is None or not spec.joined_cluster:
        return {}
    hosts = dict.fromkeys(process.host for process in _of_workers(board))
    labels = {host: f"{WORKER_HOST}-{number}" for number, host in enumerate(hosts, start=1)}
    alone = BASELINE_HOST if spec.baseline_on_node else DRIVER_HOST
    for process in board.baseline.armed.processes:
        labels.setdefault(process.host, alone)
    return labels


def _of_workers(board: Board) -> Iterator[Process]:
    """Yield the processes of the workers: those that were armed, then those that came in."""
    yield from board.distributed.armed.processes
    yield from board.distributed.armed.spares
    for state in (*board.trials, board.distributed):
        if state.side is board.distributed.side:
            yield from (worker.process for worker in state.workers)
