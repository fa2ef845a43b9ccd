"""Look at a cluster before it is joined, in a process of its own that ends in time, whatever hangs.

May import ``run``.
"""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator

import msgspec

from harness.run import start
from harness.run.cluster_facts import Fact, decode
from harness.run.cluster_token import with_token_sent
from harness.run.guarded import guarded_process
from harness.run.scratch import Scratch, short_folder

SURVEY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.25


def survey_cluster(
    address: str, is_stopped: Callable[[], bool], within_s: float = SURVEY_WITHIN_S
) -> Iterator[Fact]:
    """Yield every fact of the cluster at an address as soon as it is known.

    Ends ``within_s``, or once ``is_stopped``, even if the cluster tells nothing. Leaves no process.
    """
    until = time.monotonic() + within_s
    facts_read, facts_write = os.pipe()
    with Scratch.make(short_folder()) as scratch, os.fdopen(facts_read, "rb", buffering=0) as pipe:
        try:
            child = guarded_process(
                start.command("harness.run.ray.survey", str(facts_write), address),
                pass_fds=(facts_write,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=scratch,
                env=with_token_sent(os.environ),
            )
            with child:
                os.close(facts_write)
                facts_write = -1
                yield from _read(pipe.fileno(), until, is_stopped)
        finally:
            if facts_write >= 0:
                os.close(facts_write)


def _read(descriptor: int, until: float, is_stopped: Callable[[], bool]) -> Iterator[Fact]:
    """Yield the facts that come through a pipe, until it is closed or time is up."""
    os.set_blocking(descriptor, False)
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while time.monotonic() < until and not is_stopped():
            if not selector.select(LOOK_EVERY_S):
                continue
            more = os.read(descriptor, 1 << 16)
            if not more:
                return
            *lines, received = (received + more).split(b"\n")
            for line in lines:
                with contextlib.suppress(msgspec.MsgspecError):
                    yield decode(line)
