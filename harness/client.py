"""The client of a race: what a Python program of a command pair calls.

It reports what cannot be observed from outside: readiness, workers, their spans and the quality.
Outside a race these calls do nothing::

    race = ready(items=len(rows))                     # input loaded, warm: the clock starts here
    race.finish(quality=accuracy, spans=spans)        # the answer is complete

Imports the standard library only, since it runs in the program's own process. It writes one JSON
object a line to an inherited pipe, which ``harness.run.commands.process`` reads.
"""

import json
import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SAY = "TWOCLOCKS_SAY"
GO = "TWOCLOCKS_GO"


class Span(NamedTuple):
    """What one worker, counted from 0, did at one time.

    ``busy_s`` are the seconds inside the kernel, ``cpu_s`` the core-seconds that it used there.
    """

    worker: int
    items: int
    busy_s: float
    cpu_s: float = 0.0


class RaceClient:
    """The program's end of the pipe (None: it does not run in a race, and nothing is sent)."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def progress(self, done: int) -> None:
        """Report how many items are done so far."""
        self.send({"say": "progress", "done": int(done)})

    def span(self, worker: int, items: int, busy_s: float, cpu_s: float = 0.0) -> None:
        """Report what one worker did, as in ``Span``."""
        self.send(
            {
                "say": "span",
                "worker": int(worker),
                "items": int(items),
                "busy_s": float(busy_s),
                "cpu_s": float(cpu_s),
            }
        )

    def finish(self, quality: float | None = None, spans: Iterable[Sequence[float]] = ()) -> None:
        """Report the quality on the held-out set (None: it is found otherwise) and last spans."""
        for worker, items, busy_s, *cpu_s in spans:
            self.span(int(worker), int(items), busy_s, *cpu_s[:1])
        if quality is not None:
            self.send({"say": "quality", "quality": float(quality)})

    def send(self, message: dict[str, object]) -> None:
        """Write one message, if the program runs in a race."""
        if self._descriptor is None:
            return
        line = json.dumps(message).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:  # the race is over or was stopped: the program runs on
            self._descriptor = None


def ready(*, items: int | None = None, unit: str = "", workers: Sequence[int] = ()) -> RaceClient:
    """Report that input is loaded and kernels are warm, then wait for the clock to start.

    ``items`` counts the work in ``unit`` (None: unknown). ``workers`` holds the process ids of
    the workers, in order.
    """
    race = RaceClient(_inherited_pipe(SAY))
    go = _inherited_pipe(GO)
    race.send(
        {
            "say": "ready",
            "items": int(items or 0),
            "unit": str(unit),
            "workers": [int(pid) for pid in workers],
        }
    )
    if go is not None:
        os.read(go, 1)  # returns too when the race's process has died
    return race


def _inherited_pipe(name: str) -> int | None:
    """Return the pipe that an environment variable names (None: there is none).

    The variable is removed, so that child processes do not write to the pipe.
    """
    value = os.environ.pop(name, "")
    try:
        return int(value) if value and stat.S_ISFIFO(os.fstat(int(value)).st_mode) else None
    except (ValueError, OSError):
        return None
