"""Play a take's recording: in this terminal, in a browser, or into a file of another format.

A file may hold anything, so that only what draws is written to the terminal. Every frame is
labelled as recorded. May import ``harness`` and the rest of ``demo``.
"""

import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from demo.broadcast.invitation import close_with, invite
from demo.broadcast.sender import broadcasting
from demo.recording.browser import open_page
from demo.terminal import FullScreen, Keys, Signals, can_draw, terminal_size
from harness import text
from harness.cast.emulator import Drawing, drawings
from harness.cast.format import CAST, Cast
from harness.errors import BadRequest, ExitCode, Interrupted
from harness.model import Kind
from harness.show.terminal.lines import cut, first_fitting, justify
from harness.takes.folder import PAGE_NAME, SHIPPED_SHOWCASE
from harness.takes.recordings import Recording, recording, recordings
from harness.text import printable

Size = tuple[int, int]

LOOK_EVERY_S = 0.05
_KEYS = ("n goes to the next moment, q leaves", "n next, q leaves", "q leaves")

_EMPTY_SCREEN = "\x1b[0m\x1b[2J\x1b[H"
_LEAVE_ALTERNATE = "\x1b[?1049l"
_SCREEN_SWITCHES = re.compile(r"\x1b\[\?(?:25|1049)[hl]")
# Our recordings draw with these alone. Anything else could do more to a terminal than draw.
_DRAWING = re.compile(
    r"\x1b\[[0-9;]*[ABCDGHJKfmd]|\x1b\[\?(?:25|1049)[hl]|[^\x00-\x1f\x7f-\x9f]+|[\r\n\t\b]"
)


def play(take: Path | None, into: Path | None, broadcast: str = "") -> int:
    """Play a take's recording (None: the newest), or write it ``into`` a file.

    ``broadcast`` is where browsers may watch (empty: nowhere). Returns the exit code. Raises
    ``BadRequest`` if there is no recording, or no way to play it.
    """
    if into is not None and broadcast:
        raise BadRequest("--into writes a file and --broadcast plays", "run play once for each")
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
            "this terminal cannot draw, so it cannot play a recording",
            _page_hint(chosen),
        )
    if chosen.fits(*terminal_size()):
        return _play_here(chosen, broadcast)
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
        """Return the label as one line, with the keys and at its end the recording's own time."""
        position = f"{text.clock(at)} of {text.clock(duration_s)}"
        label = f"{self.kind} {self.description}"
        variants = [*(f"{label} · {keys}" for keys in _KEYS), label]
        room = columns - 3 - len(position)
        return f" {justify(first_fitting(variants, room), position, columns - 2)} "


def label_of(recording: Recording) -> Label:
    """Return the label of a recording."""
    facts = recording.results
    kind = "RECORDED" if facts.kind is Kind.MEASURED else "RECORDED · SIMULATED"
    workload = text.printable(facts.spec.workload.name)
    return Label(kind, f"{recording.cast.date} · {workload} · run {text.printable(facts.run_id)}")


class Player:
    """Plays recordings at true speed; q, a signal or the end of the terminal stops it.

    n leads to the next labelled moment, so that nobody has to sit through a proof. While the
    terminal is smaller than the recording, a notice stands where its panel would.
    """

    def __init__(
        self,
        screen: FullScreen,
        keys: Keys,
        signals: Signals,
        clock: Callable[[], float] = time.monotonic,
        size: Callable[[], Size] = terminal_size,
    ) -> None:
        self._screen = screen
        self._keys = keys
        self._signals = signals
        self._clock = clock
        self._size = size
        self._began = 0.0
        self._on_normal_screen = False
        self._shown_at: Size | None = None

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
            self._show(drawing, before, label, cast)
            before += drawing.text
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

    def _show(self, drawing: Drawing, before: str, label: Label, cast: Cast) -> None:
        """Write one drawing; all that came ``before`` it too, where the screen lacks that.

        One drawing may hold only what changed, and after Ctrl-Z, or in a terminal of another size,
        the screen is empty or out of place.
        """
        if self._on_normal_screen:
            self._screen.leave(_without_switches(drawing.text))
            return
        panel, leaves, headline = drawing.text.partition(_LEAVE_ALTERNATE)
        columns, rows = size = self._size()
        lost = not self._screen.visible or size != self._shown_at
        if columns < cast.columns or rows < cast.rows:
            if lost:
                self._write_notice(size, label, cast)
        else:
            panel = f"{_EMPTY_SCREEN}{before}{panel}" if lost else panel
            line = label.line(drawing.at, cast.duration_s, cast.columns)
            self._write_panel(panel, line, cast, whole=lost)
        self._shown_at = size
        if leaves:
            self._on_normal_screen = True
            self._screen.leave(f"{_closing_line(label)}\r\n{_without_switches(headline)}")

    def _write_panel(self, panel: str, line: str, cast: Cast, *, whole: bool) -> None:
        """Write a drawing of the panel, with the label's line in its last row."""
        self._screen.write(
            f"{_without_switches(panel)}\x1b7\x1b[{cast.rows};1H\x1b[0;1;7m{line}\x1b[0m\x1b8",
            whole=whole,
        )

    def _write_notice(self, size: Size, label: Label, cast: Cast) -> None:
        """Write what the recording needs, in place of a panel that would be torn."""
        columns, rows = size
        notice = f"{label.kind} · {_too_small(size, cast)}: enlarge it; the recording goes on"
        lines = textwrap.wrap(notice, max(1, columns - 1))[:rows]
        self._screen.write(_EMPTY_SCREEN + "\r\n".join(lines), whole=True)


def _without_switches(text: str) -> str:
    """Return what draws in a text, without switching screens or hiding the cursor."""
    return _SCREEN_SWITCHES.sub("", only_drawing(text))


def _closing_line(label: Label) -> str:
    return f"\x1b[1;7m {label.kind} \x1b[0m {cut(label.description, 100)}"


def _folder(take: Path) -> Path:
    """Return the take's folder, given the folder or the cast in it."""
    return take.parent if take.name == CAST else take


def _newest() -> Recording:
    """Return the newest verified recording, or the newest of all if none is verified."""
    known = recordings() or recordings(SHIPPED_SHOWCASE.parent)
    if not known:
        raise BadRequest("there is no recording here", "make one with `twoclocks record`")
    return next((one for one in known if one.verified), known[0])


def _warn_unverified(chosen: Recording) -> None:
    folder = printable(str(chosen.folder))
    click.echo("warning: this recording is not verified", err=True)
    click.echo(f"hint: verify it with `twoclocks verify-cast {folder}`", err=True)


def _play_here(chosen: Recording, broadcast: str) -> int:
    keys = Keys()
    signals = Signals()
    with broadcasting(broadcast) as room:
        if room is not None:
            invite(room, live=True, wait=True)
        screen = FullScreen(keys, room)
        with signals.catch(), screen.open():
            Player(screen, keys, signals).play(chosen.cast, label_of(chosen))
        if room is not None:
            close_with(room, chosen.folder)
    return ExitCode.DONE


def _open_in_browser(chosen: Recording) -> int:
    """Open the page of a recording that does not fit this terminal.

    Raises ``BadRequest`` if there is no browser or no page.
    """
    too_small = _too_small(terminal_size(), chosen.cast)
    page = chosen.folder / PAGE_NAME
    if not page.is_file() or not open_page(page):
        raise BadRequest(too_small, f"enlarge the terminal, or {_page_hint(chosen)}")
    length = text.clock(chosen.duration_s)
    click.echo(f"{too_small}: opened {printable(str(page))} in a browser, {length} long")
    return ExitCode.DONE


def _too_small(size: Size, cast: Cast) -> str:
    columns, rows = size
    return f"this terminal is {columns}×{rows}, the recording needs {cast.columns}×{cast.rows}"


def _page_hint(chosen: Recording) -> str:
    """Return how to see a recording without this terminal."""
    folder = printable(str(chosen.folder))
    if (chosen.folder / PAGE_NAME).is_file():
        return f"open {folder}/{PAGE_NAME} in a browser"
    return f"write a page for a browser with `twoclocks play {folder} --into {PAGE_NAME}`"
