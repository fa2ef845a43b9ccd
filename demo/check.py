"""The check before walking up: what of the machine can be known beforehand, one line each, and exit 0 or 1.

Each line is told as soon as it is known. A warning is to be known of, a failure is to be mended first.
May import everything.
"""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console

from demo.checks import display, every
from demo.checks.display import Display
from demo.checks.finding import Finding, document, drawn, passed, summary
from demo.request import Asked
from demo.take import DEFAULT_ROOT
from demo.terminal import Signals
from harness.errors import Interrupted
from harness.show.frame import Frame
from harness.show.testcard import card

READY, NOT_READY = 0, 1
_NOTHING_LEFT = "nothing that was started is still there"
_FOR_A_PROMPT = 2
_TALL = 200
_A_LINE = 10_000  # in a pipe a line is not broken: it is for other programs
_WIPE = "\r\x1b[K"


def check(asked: Asked, out: Path | None, *, as_json: bool) -> int:
    """Check the machine for the session that is asked for, and tell it; return ``READY``, or ``NOT_READY`` if anything failed.

    ``out`` is where takes are kept (None: in ``recordings``). Raises ``Interrupted`` for a signal; nothing is left running then.
    """
    began, seen, signals = time.monotonic(), display.look(), Signals()
    teller = Teller(seen, silent=as_json)
    found: list[Finding] = []
    with signals.caught():
        for finding in _findings(asked, out or DEFAULT_ROOT, seen, signals, teller):
            if signals.asked is not None:
                raise Interrupted(signals.asked, _NOTHING_LEFT)
            teller.tell(finding)
            found.append(finding)
    seconds = time.monotonic() - began
    print(_json(found, seconds) if as_json else summary(found, seconds), flush=True)
    return READY if passed(found) else NOT_READY


def show_card() -> int:
    """Show the test card as large as the terminal, but for a prompt below it; return ``READY``."""
    seen = display.look()
    print(picture(card(seen.columns, (seen.size[1] if seen.size else 0) - _FOR_A_PROMPT), seen), end="", flush=True)
    return READY


def _findings(asked: Asked, root: Path, seen: Display, signals: Signals, teller: "Teller") -> Iterator[Finding]:
    yield from every.of_display(seen)
    teller.show(card(seen.columns))
    try:
        yield from every.of_machine(asked, root, seen, lambda: signals.asked, teller.doing)
    finally:
        teller.doing("")


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

    def tell(self, finding: Finding) -> None:
        """Say one finding."""
        self.doing("")
        if not self._silent:
            columns = self._seen.columns if self._seen.terminal else _A_LINE
            print(picture(drawn(finding, columns), self._seen), end="", flush=True)

    def show(self, frame: Frame) -> None:
        """Show a picture, on a terminal only."""
        if self._live:
            print(picture(frame, self._seen), end="", flush=True)

    def doing(self, what: str) -> None:
        """Say for a while what is being done, on a terminal only; what was said before goes, and nothing at all stays of it."""
        if self._live and (what or self._pending):
            print(f"{_WIPE if self._pending else ''}{f'      {what} …' if what else ''}", end="", flush=True)
            self._pending = bool(what)


def _json(found: list[Finding], seconds: float) -> str:
    return msgspec.json.format(msgspec.json.encode(document(found, seconds))).decode()
