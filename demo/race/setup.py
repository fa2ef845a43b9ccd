"""How a race is set up: what a verb adds to it, who controls it, what takes over if it fails.

May import ``harness``, ``demo.broadcast``, ``demo.dashboard``, ``demo.metrics``,
``demo.race.screens`` and ``demo.terminal``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from demo.broadcast.sender import PanelBroadcast
from demo.dashboard import DashboardLink
from demo.metrics import BoardMetrics
from demo.race.screens import Screen
from demo.terminal import Keys, Signals, terminal_size
from harness import text
from harness.errors import BadRequest
from harness.model import Kind, Schedule, SessionStage, Spec
from harness.run.scratch import Scratch, sweep_temporary
from harness.show.terminal.panel_phrases import Variants
from harness.state.last_take import LastTake
from harness.state.progress import STALLED_S
from harness.takes.folder import DEFAULT_ROOT
from harness.takes.newest_take import last_take
from harness.takes.recordings import Recording, newest

_BEGIN = b"\r\n"
_SKIP = b"\r\n sS"
_FALL_BACK = b"fF"
_CTRL_C = ("Ctrl-C ends the run", "Ctrl-C ends")


@dataclass(frozen=True)
class Fallback:
    """The recording to fall back on (None: there is none).

    ``by_itself``: it takes over once a side fails, or makes no progress for ``after_s`` seconds.
    """

    recording: Recording | None = None
    by_itself: bool = False
    after_s: float = STALLED_S


@dataclass(frozen=True, kw_only=True)
class RaceSetup:
    """What a verb adds to a race.

    ``badge`` comes first in every frame, ``footer`` returns a few words for its last line.
    ``attended``: somebody is there who can press keys. ``screen`` makes another screen than the one
    that was asked for (None: that one). ``announce`` is given the run's id and folder before it
    begins. ``recorded``: frames name no key but Enter, since whoever plays them has other keys.
    ``last_take`` is shown while the distributed side awaits its turn (None: nothing is). A
    recording has none, since it is held against its own results file alone. ``broadcast`` shows the
    panel in browsers, too, ``metrics`` tells dashboards, and ``dashboard`` leads to Ray's own
    (None: they do not).
    """

    badge: str = ""
    attended: bool = True
    footer: Callable[[], str] = str
    fallback: Fallback = Fallback()
    screen: Callable[[Spec, Keys], Screen] | None = None
    announce: Callable[[str, Path], None] = lambda *_: None
    recorded: bool = False
    last_take: LastTake | None = None
    broadcast: PanelBroadcast | None = None
    metrics: BoardMetrics | None = None
    dashboard: DashboardLink | None = None


class PresenterControls:
    """What the presenter asks for by keys and signals, kept until it is read.

    ``wait``: the clocks wait for Enter where there is a keyboard. ``attended`` is as in
    ``RaceSetup``.
    """

    def __init__(self, signals: Signals, keys: Keys, *, wait: bool, attended: bool = True) -> None:
        self._attended = attended
        self._signals = signals
        self._keys = keys
        self._wait = wait
        self._unread = b""
        self._recording_wanted = False

    def stop(self) -> int | None:
        """Return the signal that asked to stop (None: none did)."""
        return self._signals.first

    def begin(self) -> bool:
        """Return whether the clocks may start: Enter was pressed, or nobody is asked to."""
        return not (self._wait and self._keys.present) or self._pressed(_BEGIN)

    def skip(self) -> bool:
        """Return whether the rest of a replay or of a proof is to be skipped."""
        return self._pressed(_SKIP)

    def attended(self) -> bool:
        """Return whether somebody is there who can press keys."""
        return self._attended and self._keys.present

    def recording_wanted(self) -> bool:
        """Return whether the recording was asked for; once asked for, it stays so."""
        self._read_keys()
        return self._recording_wanted

    def _pressed(self, wanted: bytes) -> bool:
        self._read_keys()
        typed, self._unread = self._unread, b""
        return any(key in wanted for key in typed)

    def _read_keys(self) -> None:
        typed = self._keys.pressed()
        self._recording_wanted = self._recording_wanted or any(key in _FALL_BACK for key in typed)
        self._unread += typed


def prompt(stage: SessionStage, subject: str, setup: RaceSetup) -> str:
    """Return what the last line says: what a session does, and what the verb adds.

    Nothing is said of what the clocks show, nor of a dashboard while they run.
    """
    doing = _doing(stage, subject)
    place = setup.dashboard.words if setup.dashboard is not None and doing else ""
    return " · ".join(filter(None, (doing, place, setup.footer())))


def _doing(stage: SessionStage, subject: str) -> str:
    """Return what a session does, where its clocks do not show it."""
    match stage:
        case SessionStage.RUNNING | SessionStage.REPLAYING:
            return ""
        case SessionStage.PROVING:
            return f"{stage}: {subject}"
        case _:
            return f"{stage} {subject}".rstrip()


def keys(
    stage: SessionStage, schedule: Schedule, setup: RaceSetup, *, measured: bool
) -> tuple[Variants, ...]:
    """Return what each key does that does something now, the most wanted first, long and short.

    ``measured``: every trial is scored, so that nothing takes over any more.
    """
    words = [_enter(stage, schedule)]
    if not setup.recorded:
        recording = setup.fallback.recording is not None and not measured
        words += [("f plays the recording",) if recording else (), _CTRL_C]
    return tuple(filter(None, words))


def _enter(stage: SessionStage, schedule: Schedule) -> Variants:
    """Return what Enter does now, long and short; empty if it does nothing."""
    match stage:
        case SessionStage.ARMED if schedule is Schedule.IN_TURN:
            return "press Enter to start the baseline", "press Enter to start"
        case SessionStage.ARMED:
            return "press Enter to start both clocks", "press Enter to start"
        case SessionStage.REPLAYING:
            return "Enter skips the rest of the replay", "Enter skips the rest"
        case SessionStage.PROVING:
            return "Enter skips the rest of the proof", "Enter skips the rest"
        case _:
            return ()


def clean_scratch() -> Scratch:
    """Remove what killed runs have left, and return a folder for this one.

    Without a word: a line above the panel would stand in a recording, whose every frame must show
    the clocks.
    """
    sweep_temporary()
    return Scratch.make(gettempdir())


NO_EXTRAS = RaceSetup()
"""A race to which the verb adds nothing."""


def for_presenter(
    spec: Spec,
    *,
    live: bool,
    simulated: bool,
    by_itself: bool,
    after_s: float,
    root: Path = DEFAULT_ROOT,
) -> RaceSetup:
    """Return the setup of a presenter's race, with its newest recording to fall back on.

    A recording needs a live panel whose terminal can show it. Raises ``BadRequest`` if the
    recording is to take over by itself and there is none.
    """
    if not live and by_itself:
        raise BadRequest(
            "--fallback works only with the live panel",
            "leave --fallback out, or run it in a terminal with --ui live",
        )
    columns, rows = terminal_size()
    kind = Kind.SIMULATED if simulated else Kind.MEASURED
    recording = newest(root, spec.workload.name, kind, columns, rows) if live else None
    if by_itself and recording is None:
        name = text.printable(spec.workload.name)
        size = f"{columns}×{rows}"
        raise BadRequest(
            f"there is no verified recording of {name} that fits this terminal of {size}",
            "make one with `twoclocks record`",
        )
    return RaceSetup(
        fallback=Fallback(recording, by_itself, after_s),
        last_take=last_take(root, spec) if live and not simulated else None,
    )
