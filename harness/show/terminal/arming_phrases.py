"""What a side that is being armed waits for. Pure. May import ``state`` and ``text``."""

from harness import text
from harness.state.side import ArmedSide


def host_wait_phrases(armed: ArmedSide) -> tuple[str, ...]:
    """Return what hosts are waited for, and for how long by now, the longest first.

    None if no hosts are waited for.
    """
    if not armed.awaited_workers:
        return ()
    seconds = f"{int(armed.awaited_s):,} s"
    return (
        f"waiting for hosts with room for {text.number_of(armed.awaited_workers, 'more worker')},"
        f" {seconds}",
        f"waiting for hosts: {text.number_of(armed.awaited_workers, 'worker')}, {seconds}",
    )
