"""Work whose amount is known in core-seconds, however fast the machine is and whatever loads it."""

import time


def work_for(core_s: float) -> None:
    """Use so many core-seconds of the calling thread."""
    until = time.thread_time() + core_s
    while time.thread_time() < until:
        pass
