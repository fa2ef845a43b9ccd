"""How a race is put on: what stands around the panel, who follows it, and what takes over where it fails.

May import ``harness``, ``harness.takes.recordings``, ``demo.race.screens`` and ``demo.terminal``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.race.screens import Screen
from demo.terminal import Keys, terminal_size
from harness import text
from harness.errors import BadRequest
from harness.model import Kind, Spec
from harness.state.progress import STALLED_S
from harness.takes.folder import DEFAULT_ROOT
from harness.takes.recordings import Recording, newest


@dataclass(frozen=True)
class Fallback:
    """The recording to fall back on (None: there is none), and whether it takes over by itself, once nothing moved for ``after_s``."""

    recording: Recording | None = None
    by_itself: bool = False
    after_s: float = STALLED_S


@dataclass(frozen=True)
class Staging:
    """What a race is put on with.

    ``badge`` stands first in every frame, ``aside`` gives a few words for its last line; ``attended`` is whether anybody is
    there to be told of keys. ``screen`` makes another screen than the option asked for (None: that one).
    """

    badge: str = ""
    attended: bool = True
    aside: Callable[[], str] = str
    fallback: Fallback = Fallback()
    screen: Callable[[Spec, Keys], Screen] | None = None


BARE = Staging()
"""A race with nothing around it."""


def for_race(
    spec: Spec,
    *,
    live: bool,
    simulated: bool,
    by_itself: bool,
    after_s: float,
    root: Path = DEFAULT_ROOT,
) -> Staging:
    """Return what a presenter's race is put on with: its newest recording to fall back on, on a terminal that can show it.

    Raises ``BadRequest`` where it is to take over by itself and there is none.
    """
    if not live and by_itself:
        raise BadRequest(
            "a recording can take over on a live panel only",
            "leave --fallback out, or run it in a terminal with --ui live",
        )
    columns, rows = terminal_size()
    found = (
        newest(
            root, spec.workload.name, Kind.SIMULATED if simulated else Kind.MEASURED, columns, rows
        )
        if live
        else None
    )
    if by_itself and found is None:
        name, size = text.printable(spec.workload.name), f"{columns}×{rows}"
        raise BadRequest(
            f"there is no verified recording of {name} that fits this terminal of {size}",
            "make one with `twoclocks record`",
        )
    return Staging(fallback=Fallback(found, by_itself, after_s))
