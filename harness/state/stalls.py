"""What is stalled on one side, folded from events. Pure; may import ``model`` and ``events``."""

import msgspec

from harness import events as e
from harness.model import ProcessState


class Stall(msgspec.Struct, frozen=True):
    """What is not heard of since a moment on the conductor's clock, and what its process does.

    ``worker`` is as in the event.
    """

    worker: str
    state: ProcessState
    since: float


Stalls = tuple[Stall, ...]


def after_stall_event(stalls: Stalls, event: e.Event) -> Stalls:
    """Return what is stalled after one more event: a worker that is lost no longer is."""
    if not isinstance(event, e.Stalled | e.Resumed | e.Faulted):
        return stalls
    others = tuple(stall for stall in stalls if stall.worker != event.worker)
    if not isinstance(event, e.Stalled):
        return others
    return (*others, Stall(event.worker, event.state, max(0.0, event.at - event.seconds)))
