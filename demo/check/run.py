"""The check before walking up: what of the machine can be known beforehand, one line each, and exit 0 or 1.

Each line is told as soon as it is known. A warning is to be known of, a failure is to be mended first.
May import everything.
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

from demo.check import every, terminal
from demo.check.machine import Watch
from demo.check.result import Finding, document, drawn, passed, summary
from demo.check.terminal import Display
from demo.options import Options
from demo.terminal import Signals
from harness.errors import ExitCode, Interrupted
from harness.run.plan import Plan
from harness.show.terminal.lines import Frame
from harness.show.terminal.test_card import draw_test_card
from harness.takes.folder import DEFAULT_ROOT

_NOTHING_LEFT = "nothing that was started is still there"
_FOR_A_PROMPT = 2
_TALL = 200
_A_LINE = 10_000  # in a pipe a line is not broken: it is for other programs
_WIPE = "\r\x1b[K"


def check(asked: Options, out: Path | None, *, as_json: bool) -> int:
    """Check the machine for the session that is asked for, and tell it; return the exit code.

    ``out`` is where takes are kept (None: in ``recordings``). Raises ``Interrupted`` for a signal; nothing is left running then.
    """
    began, seen = time.monotonic(), terminal.look()
    teller = Teller(seen, silent=as_json)
    teller.show(draw_test_card(seen.columns))
    found = [teller.tell(finding) for finding in every.of_display(seen)]
    watch, wanted = Watch(), every.requested(asked)
    found += _machine(wanted, watch, out or DEFAULT_ROOT, seen, teller)
    seconds = time.monotonic() - began
    print(_json(found, seconds) if as_json else summary(found, seconds), flush=True)
    return ExitCode.DONE if passed(found) else ExitCode.FAILED


def _machine(
    wanted: Plan | Finding, watch: Watch, root: Path, seen: Display, teller: "Teller"
) -> Iterator[Finding]:
    """Yield what is found of the machine, each told; a signal ends it, and what it has started, in good order."""
    signals = Signals()
    around = every.Around(lambda: signals.first, teller.doing)
    with signals.catch(), teller.at_work():
        for finding in every.of_machine(wanted, watch, root, seen, around):
            if signals.first is not None:
                raise Interrupted(signals.first, _NOTHING_LEFT)
            yield teller.tell(finding)


def show_card() -> int:
    """Show the test card as large as the terminal, but for a prompt below it; return the exit code."""
    seen = terminal.look()
    print(
        picture(
            draw_test_card(seen.columns, (seen.size[1] if seen.size else 0) - _FOR_A_PROMPT), seen
        ),
        end="",
        flush=True,
    )
    return ExitCode.DONE


def picture(frame: Frame, seen: Display) -> str:
    """Return a frame as text for standard output: painted for a terminal that can draw, else plain."""
    if not (seen.terminal and seen.draws):
        return frame.plain
    console = Console(file=io.StringIO(), force_terminal=True)
    console.size = (seen.columns, _TALL)
    with console.capture() as drawing:
        console.print(frame, end="")
    return drawing.get()


class Teller:
    """Says each finding as it comes; ``silent``: says nothing, since all is told as one document at the end."""

    def __init__(self, seen: Display, *, silent: bool) -> None:
        self._seen, self._silent = seen, silent
        self._live = seen.terminal and seen.draws and not silent
        self._pending = False

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Leave nothing of what was being done on the terminal, however the block ends."""
        try:
            yield
        finally:
            self.doing("")

    def tell(self, finding: Finding) -> Finding:
        """Say one finding, and return it."""
        self.doing("")
        if not self._silent:
            columns = self._seen.columns if self._seen.terminal else _A_LINE
            print(picture(drawn(finding, columns), self._seen), end="", flush=True)
        return finding

    def show(self, frame: Frame) -> None:
        """Show a picture, on a terminal only."""
        if self._live:
            print(picture(frame, self._seen), end="", flush=True)

    def doing(self, what: str) -> None:
        """Say for a while what is being done, on a terminal only; what was said before goes, and nothing at all stays of it.

        A terminal that is gone is no reason to fail: the signal that says so is heeded elsewhere.
        """
        if self._live and (what or self._pending):
            with contextlib.suppress(OSError):
                os.write(
                    sys.stdout.fileno(),
                    f"{_WIPE if self._pending else ''}{f'      {what} …' if what else ''}".encode(),
                )
            self._pending = bool(what)


def _json(found: list[Finding], seconds: float) -> str:
    return msgspec.json.format(msgspec.json.encode(document(found, seconds))).decode()
