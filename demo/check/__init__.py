"""Check the machine before the talk: one line for each check, as soon as it is known.

Exits with 0 or 1. A failure must be fixed first; a warning should be read. May import everything.
"""

import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console

from demo.check import checklist, terminal
from demo.check.checklist import TalkFiles
from demo.check.machine import LoadWatch
from demo.check.result import CheckResult, all_passed, draw, summarize, to_document
from demo.check.terminal import Display
from demo.options import Options
from demo.terminal import Signals
from harness.errors import ExitCode, Interrupted
from harness.files import atomic
from harness.run.plan import Plan
from harness.show.pptx import LARGEST_BYTES
from harness.show.pptx_file import slide_texts
from harness.show.terminal.lines import Frame
from harness.show.terminal.test_card import draw_test_card
from harness.takes.folder import DEFAULT_ROOT
from harness.talk.agenda_file import read_agenda

_PROMPT_ROWS = 2
_TALL = 200
_UNWRAPPED = 10_000  # columns: other programs read a pipe line by line
_CLEAR_LINE = "\r\x1b[K"


def check(
    options: Options, out: Path | None, talk: Path | None, deck: Path | None, *, as_json: bool
) -> int:
    """Check the machine for a session and print the results; return whether it is ready.

    ``out`` is the folder of the takes (None: ``recordings``), ``talk`` the agenda's file (None: the
    example), ``deck`` the presenter's (None: it is not looked at). Raises ``Interrupted`` for a
    signal, once everything that was started has ended.
    """
    began = time.monotonic()
    files = _talk_files(talk, deck)
    display = terminal.read_display()
    printer = Printer(display, silent=as_json)
    printer.show(draw_test_card(display.columns))
    results = [printer.print(result) for result in checklist.check_terminal(display)]
    watch = LoadWatch.start()
    planned = checklist.plan_session(options)
    results += _check_machine(planned, watch, out or DEFAULT_ROOT, display, printer, files)
    seconds = time.monotonic() - began
    print(_json(results, seconds) if as_json else summarize(results, seconds), flush=True)
    return ExitCode.DONE if all_passed(results) else ExitCode.NOT_READY


def _talk_files(talk: Path | None, deck: Path | None) -> TalkFiles:
    """Return the agenda and the deck; raise ``BadRequest`` for what cannot be read."""
    agenda = read_agenda(talk)
    if deck is None:
        return TalkFiles(agenda)
    content = atomic.read(deck, LARGEST_BYTES, "deck", "name a .pptx file")
    return TalkFiles(agenda, slide_texts(content))


def show_card() -> int:
    """Show the test card as large as the terminal, with room for a prompt below it."""
    display = terminal.read_display()
    rows = display.size[1] if display.size else 0
    card = draw_test_card(display.columns, rows - _PROMPT_ROWS)
    print(render(card, display), end="", flush=True)
    return ExitCode.DONE


def _check_machine(
    planned: Plan | CheckResult,
    watch: LoadWatch,
    root: Path,
    display: Display,
    printer: "Printer",
    files: TalkFiles,
) -> Iterator[CheckResult]:
    """Yield the checks of the machine, each printed; a signal ends them in good order."""
    signals = Signals()
    progress = checklist.Progress(lambda: signals.first, printer.show_activity)
    with signals.catch(), printer.clears_activity():
        for result in checklist.check_machine(planned, watch, root, display, progress, files):
            if signals.first is not None:
                raise Interrupted(signals.first, checklist.SIDES_ENDED)
            yield printer.print(result)


def render(frame: Frame, display: Display) -> str:
    """Return a frame as text: coloured for a terminal that can draw, else plain."""
    if not (display.terminal and display.draws):
        return frame.plain
    console = Console(file=io.StringIO(), force_terminal=True)
    console.size = (display.columns, _TALL)
    with console.capture() as rendered:
        console.print(frame, end="")
    return rendered.get()


class Printer:
    """Prints each result as it comes; a ``silent`` one prints nothing, for JSON at the end."""

    def __init__(self, display: Display, *, silent: bool) -> None:
        self._display = display
        self._silent = silent
        self._live = display.terminal and display.draws and not silent
        self._shows_activity = False

    def print(self, result: CheckResult) -> CheckResult:
        """Print one result, and return it."""
        self.show_activity("")
        if not self._silent:
            columns = self._display.columns if self._display.terminal else _UNWRAPPED
            print(render(draw(result, columns), self._display), end="", flush=True)
        return result

    def show(self, frame: Frame) -> None:
        """Show a picture, on a terminal only."""
        if self._live:
            print(render(frame, self._display), end="", flush=True)

    def show_activity(self, activity: str) -> None:
        """Show what is going on in place of what was shown before, on a terminal only.

        An empty one clears the line. A terminal that is gone is no error here: its signal is
        handled elsewhere.
        """
        if not self._live or not (activity or self._shows_activity):
            return
        clear = _CLEAR_LINE if self._shows_activity else ""
        line = f"      {activity} …" if activity else ""
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), f"{clear}{line}".encode())
        self._shows_activity = bool(activity)

    @contextlib.contextmanager
    def clears_activity(self) -> Iterator[None]:
        """Clear what is shown as going on at the end of the block, however it ends."""
        try:
            yield
        finally:
            self.show_activity("")


def _json(results: list[CheckResult], seconds: float) -> str:
    return msgspec.json.format(msgspec.json.encode(to_document(results, seconds))).decode()
