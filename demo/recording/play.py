"""Play a take's recording: in this terminal, in a browser, or into a file of another format.

A file may hold anything, so that only what draws is written to the terminal. Every frame is
labelled as recorded. May import ``harness`` and the rest of ``demo``.
"""

import re
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from demo.terminal import FullScreen, Keys, Signals, can_draw, terminal_size
from harness import text
from harness.cast.emulator import Drawing, drawings
from harness.cast.format import CAST, Cast
from harness.errors import BadRequest, ExitCode, Interrupted
from harness.model import Kind
from harness.show.terminal.lines import cut, justify
from harness.takes.folder import PAGE_NAME
from harness.takes.recordings import Recording, recording, recordings
from harness.text import printable

LOOK_EVERY_S = 0.05

_LEAVE_ALTERNATE = "\x1b[?1049l"
_SCREEN_SWITCHES = re.compile(r"\x1b\[\?(?:25|1049)[hl]")
# Our recordings draw with these alone. Anything else could do more to a terminal than draw.
_DRAWING = re.compile(
    r"\x1b\[[0-9;]*[ABCDGHJKfmd]|\x1b\[\?(?:25|1049)[hl]|[^\x00-\x1f\x7f-\x9f]+|[\r\n\t\b]"
)


def play(take: Path | None, into: Path | None) -> int:
    """Play a take's recording (None: the newest), or write it ``into`` a file.

    Returns the exit code. Raises ``BadRequest`` if there is no recording, or no way to play it.
    """
    chosen = recording(_folder(take)) if take is not None else _newest()
    if not chosen.verified:
        _warn_unverified(chosen)
    if into is not None:
        from demo.recording.export import export

        export(chosen, into)
        click.echo(printable(str(into)))
        return ExitCode.DONE
    if not can_draw():
        raise BadRequest(
            "this terminal cannot draw, so that it cannot play a recording",
            f"open {_page(chosen)} in a browser",
        )
    if chosen.fits(*terminal_size()):
        return _play_here(chosen)
    return _open_in_browser(chosen)


def only_drawing(text: str) -> str:
    """Return the text without control sequences that do more than draw."""
    return "".join(_DRAWING.findall(text))


@dataclass(frozen=True)
class Label:
    """What a playing recording is labelled with: its kind, and its date, workload and run."""

    kind: str
    description: str

    def line(self, at: float, duration_s: float, columns: int) -> str:
        """Return the label as one line, ending with the recording's own time ``at``."""
        position = f"{text.clock(at)} of {text.clock(duration_s)}"
        return f" {justify(f'{self.kind} {self.description}', position, columns - 2)} "


def label_of(recording: Recording) -> Label:
    """Return the label of a recording."""
    facts = recording.results
    kind = "RECORDED" if facts.kind is Kind.MEASURED else "RECORDED · SIMULATED"
    workload = text.printable(facts.spec.workload.name)
    return Label(kind, f"{recording.cast.date} · {workload} · run {text.printable(facts.run_id)}")


class Player:
    """Plays recordings at true speed; q, a signal or the end of the terminal stops it.

    n leads to the next labelled moment, so that nobody has to sit through a proof.
    """

    def __init__(
        self,
        screen: FullScreen,
        keys: Keys,
        signals: Signals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen
        self._keys = keys
        self._signals = signals
        self._clock = clock
        self._began = 0.0
        self._on_normal_screen = False

    def play(self, cast: Cast, label: Label, since: float = 0.0) -> bool:
        """Play from ``since`` seconds on; return whether it was played to its end.

        What comes before ``since`` is drawn at once. Raises ``Interrupted`` for a signal.
        """
        self._on_normal_screen = False
        self._began = self._clock() - since
        before = ""
        for drawing in drawings(cast):
            if not self._wait_until(drawing.at, cast):
                self._screen.leave(f"{_closing_line(label)}\r\n")
                return False
            before += drawing.text
            # After Ctrl-Z the screen is empty, and one drawing may hold only what changed.
            resumed = not (self._screen.visible or self._on_normal_screen)
            self._draw(replace(drawing, text=before) if resumed else drawing, label, cast)
        self._wait_until(cast.duration_s, cast)
        self._screen.leave()
        return True

    def _wait_until(self, at: float, cast: Cast) -> bool:
        """Wait for a moment of the recording; return False if q was pressed before it."""
        while (left := self._began + at - self._clock()) > 0:
            if self._signals.first is not None:
                raise Interrupted(self._signals.first, "the recording did not play to its end")
            pressed = self._keys.pressed().lower()
            if b"q" in pressed:
                return False
            for _ in range(pressed.count(b"n")):
                self._go_to_next_marker(cast)
            if not pressed:
                time.sleep(min(left, LOOK_EVERY_S))
        return True

    def _go_to_next_marker(self, cast: Cast) -> None:
        """Go on at the next labelled moment, if there is one, and draw what is before it."""
        position = self._clock() - self._began
        following = (marker.at for marker in cast.markers if marker.at > position)
        self._began -= next(following, position) - position

    def _draw(self, drawing: Drawing, label: Label, cast: Cast) -> None:
        """Write one drawing, labelled in the last row of the panel, or above the headline."""
        drawn = only_drawing(drawing.text)
        if self._on_normal_screen:
            self._screen.leave(_SCREEN_SWITCHES.sub("", drawn))
            return
        panel, leaves, headline = drawn.partition(_LEAVE_ALTERNATE)
        line = label.line(drawing.at, cast.duration_s, cast.columns)
        self._screen.write(
            f"{_SCREEN_SWITCHES.sub('', panel)}"
            f"\x1b7\x1b[{cast.rows};1H\x1b[0;1;7m{line}\x1b[0m\x1b8"
        )
        if leaves:
            self._on_normal_screen = True
            rest = _SCREEN_SWITCHES.sub("", headline)
            self._screen.leave(f"{_closing_line(label)}\r\n{rest}")


def _closing_line(label: Label) -> str:
    return f"\x1b[1;7m {label.kind} \x1b[0m {cut(label.description, 100)}"


def _folder(take: Path) -> Path:
    """Return the take's folder, given the folder or the cast in it."""
    return take.parent if take.name == CAST else take


def _newest() -> Recording:
    """Return the newest verified recording, or the newest of all if none is verified."""
    known = recordings()
    if not known:
        raise BadRequest("there is no recording here", "make one with `twoclocks record`")
    return next((one for one in known if one.verified), known[0])


def _warn_unverified(chosen: Recording) -> None:
    folder = printable(str(chosen.folder))
    click.echo("warning: this recording is not verified", err=True)
    click.echo(f"hint: verify it with `twoclocks verify-cast {folder}`", err=True)


def _play_here(chosen: Recording) -> int:
    keys = Keys()
    signals = Signals()
    screen = FullScreen(keys)
    with signals.catch(), screen.open():
        Player(screen, keys, signals).play(chosen.cast, label_of(chosen))
    return ExitCode.DONE


def _open_in_browser(chosen: Recording) -> int:
    """Open the page of a recording that does not fit this terminal.

    Raises ``BadRequest`` if there is no browser or no page.
    """
    columns, rows = terminal_size()
    too_small = (
        f"this terminal is {columns}×{rows}, the recording needs {chosen.columns}×{chosen.rows}"
    )
    page = chosen.folder / PAGE_NAME
    if not page.is_file() or not webbrowser.open(page.resolve().as_uri()):
        raise BadRequest(too_small, f"enlarge the terminal, or open {_page(chosen)} in a browser")
    length = text.clock(chosen.duration_s)
    click.echo(f"{too_small}: opened {printable(str(page))} in a browser, {length} long")
    return ExitCode.DONE


def _page(chosen: Recording) -> str:
    return printable(str(chosen.folder / PAGE_NAME))
