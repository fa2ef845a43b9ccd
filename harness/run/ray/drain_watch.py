"""Nodes that are about to leave a cluster that was joined, as Ray tells of them.

Ray has no public interface for that. What it has is asked, and where a version lacks it nothing is
announced: such a node is then lost like any other. Imports nothing of ours.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

LOOK_EVERY_S = 1.0
WITHOUT_DEADLINE_S = 30.0  # so long a node is taken to stay that is drained without a deadline


def draining_nodes() -> dict[str, float]:
    """Return the seconds that are left of each node that is drained, by its id."""
    with contextlib.suppress(Exception):  # it is private, and not in every version
        from ray._private.state import state

        now = time.time()
        return {
            node: deadline_ms / 1000 - now if deadline_ms else WITHOUT_DEADLINE_S
            for node, deadline_ms in state.get_draining_nodes().items()
        }
    return {}


def node_of(actor: Any) -> str:
    """Return the id of the node that an actor is on (empty: it is not known)."""
    with contextlib.suppress(Exception):
        from ray._private.state import state

        return str(state.actor_table(actor._actor_id.hex())["Address"]["NodeID"])
    return ""


def announce(
    draining: Mapping[str, float],
    nodes: Iterable[str],
    leaving: Callable[[int, float], None],
) -> None:
    """Announce every place whose worker is on one of the nodes that are drained.

    ``nodes`` are those of the workers by place; ``leaving`` is given a reading of
    ``time.monotonic``.
    """
    for place, node in enumerate(nodes):
        if node in draining:
            leaving(place, time.monotonic() + draining[node])


@contextlib.contextmanager
def drains_announced(
    actors: Callable[[], Iterable[Any]],
    drained: Callable[[Iterable[str]], None],
    leaving: Callable[[int, float], None],
) -> Iterator[None]:
    """Announce whose node is drained, as long as the block lasts.

    ``actors`` returns the workers by place, ``drained`` is told the nodes.
    """
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            if draining := draining_nodes():
                drained(draining)
                announce(draining, map(node_of, actors()), leaving)

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()
