"""The events of workers that are lost, struck, stalled, and at work again.

A side measures by its own clock how long after a strike something was noticed, replaced and caught
up, so that these durations agree. Others import them from ``events``.
May import ``model`` and ``event_base``.
"""

from harness.event_base import Count, Duration, Event
from harness.model import ChaosKind, Process, ProcessState


class Struck(Event, frozen=True, tag="struck"):
    """A worker is struck on purpose, or its end is announced ``notice_s`` beforehand.

    That was ``after_s`` after go by the side's own clock (None: it does not say).
    """

    worker: str
    kind: ChaosKind
    notice_s: Duration = 0.0
    after_s: Duration | None = None


class Thawed(Event, frozen=True, tag="thawed"):
    """A worker that was frozen for ``seconds`` goes on."""

    worker: str
    seconds: Duration


class Unstruck(Event, frozen=True, tag="unstruck"):
    """A planned ``strike`` found nobody to strike while the clock ran."""

    strike: str


class Faulted(Event, frozen=True, tag="fault"):
    """A worker was lost, which was noticed ``after_s`` after it was struck (None: it was not)."""

    worker: str
    reason: str
    after_s: Duration | None = None


class Recovered(Event, frozen=True, tag="recovered"):
    """A worker is another process now: a lost one is back, or a program was started anew.

    ``seconds`` have passed since the loss was noticed (0: none was lost). ``spare`` is the name
    of the spare that stepped in (empty: none did; None: it is known by its process, which a
    simulated one shares with all others).
    """

    worker: str
    process: Process
    seconds: Duration
    spare: str | None = None


class CaughtUp(Event, frozen=True, tag="caught-up"):
    """All that a loss had undone is done again, ``seconds`` after the strike.

    After the loss was noticed where nobody struck. ``redone`` and ``lost_cpu_s`` are as in
    ``model.Fault``.
    """

    worker: str
    seconds: Duration
    redone: Count
    lost_cpu_s: Duration | None = None


class Stalled(Event, frozen=True, tag="stalled"):
    """Nothing was heard for ``seconds`` of what should be at work, and what its process does.

    It is a worker or another process, by its name (empty: the side's own). It is said again when
    it is stopped, or no longer so.
    """

    worker: str
    state: ProcessState
    seconds: Duration


class Resumed(Event, frozen=True, tag="resumed"):
    """What was stalled is heard of again."""

    worker: str
