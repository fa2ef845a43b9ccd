"""How an adopted Python program says what cannot be seen from outside: that it is ready, its workers, their spans, its quality.

Two lines, and outside a race they do nothing::

    say = ready(items=len(rows))                      # loaded and warm: the clock starts here
    say.done(quality=accuracy, spans=spans)           # the answer is there

Imports the standard library only: it runs in the program's own process. One JSON object a line goes through an
inherited pipe; ``harness.run.commands.process`` reads them.
"""

import json
import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SAY, GO = "TWOCLOCKS_SAY", "TWOCLOCKS_GO"


class Span(NamedTuple):
    """What the worker at a place, counted from 0, did at a time: items, seconds inside the kernel, core-seconds there."""

    worker: int
    items: int
    busy_s: float
    cpu_s: float = 0.0


class Voice:
    """The program's end of the pipe (None: it is not in a race, and nothing is said)."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def progress(self, done: int) -> None:
        """Say how many items are done, cumulative."""
        self.say({"say": "progress", "done": int(done)})

    def span(self, worker: int, items: int, busy_s: float, cpu_s: float = 0.0) -> None:
        """Say what the worker at a place did, as in ``Span``."""
        self.say(
            {
                "say": "span",
                "worker": int(worker),
                "items": int(items),
                "busy_s": float(busy_s),
                "cpu_s": float(cpu_s),
            }
        )

    def done(self, quality: float | None = None, spans: Iterable[Sequence[float]] = ()) -> None:
        """Say the quality on the held-out set (None: it is found elsewhere), and spans that were not said one by one."""
        for worker, items, busy_s, *cpu_s in spans:
            self.span(int(worker), int(items), busy_s, *cpu_s[:1])
        if quality is not None:
            self.say({"say": "quality", "quality": float(quality)})

    def say(self, told: dict[str, object]) -> None:
        """Write one object, if anybody listens."""
        if self._descriptor is None:
            return
        line = json.dumps(told).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:  # nobody listens any more: the work goes on
            self._descriptor = None


def ready(*, items: int = 0, unit: str = "", workers: Sequence[int] = ()) -> Voice:
    """Say that the program is loaded and warm, wait for the clock to start, and return a voice for the rest.

    ``items`` counts the work in ``unit`` (0: not told); ``workers`` holds the process ids of the workers, in order.
    """
    voice, go = Voice(_pipe(SAY)), _pipe(GO)
    voice.say(
        {
            "say": "ready",
            "items": int(items),
            "unit": str(unit),
            "workers": [int(pid) for pid in workers],
        }
    )
    if go is not None:
        os.read(go, 1)  # or its end, where whoever started the program is gone
    return voice


def _pipe(name: str) -> int | None:
    """Return an inherited pipe (None: there is none), and forget it: what the program starts has no part in it."""
    told = os.environ.pop(name, "")
    try:
        return int(told) if told and stat.S_ISFIFO(os.fstat(int(told)).st_mode) else None
    except (ValueError, OSError):
        return None
