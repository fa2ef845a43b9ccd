"""A verb's broadcast: begun before anything else, announced, and kept for those who still read.

May import its neighbours.
"""

import contextlib
from collections.abc import Iterator

from demo.broadcast.sender import PanelBroadcast, broadcasting


@contextlib.contextmanager
def broadcast_to(typed: str, ui: str, *, wait: bool) -> Iterator[PanelBroadcast | None]:
    """Broadcast what the block shows, where that was asked for (None: it was not).

    Once a race came to its end, headline and report stay to be read.
    """
    with broadcasting(typed) as broadcast:
        if broadcast is None:
            yield None
            return
        # a race without a broadcast needs no QR code
        from demo.broadcast.invitation import invite, stay

        invite(broadcast, live=ui == "live", wait=wait)
        yield broadcast
        if broadcast.is_over:
            stay(broadcast)
