"""A recording played into the presenter's terminal: at true speed, labelled, and with nothing but what draws.

May import ``harness.cast``, ``harness.show`` and ``demo.terminal``.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from demo.terminal import Canvas, Keys, Signals
from harness import text as words
from harness.cast.emulator import Drawing, drawings
from harness.cast.format import Cast
from harness.errors import Interrupted
from harness.show.terminal.lines import cut, spread

LOOK_EVERY_S = 0.05
ALTERNATE_LEFT = "\x1b[?1049l"

# What a recording of ours draws with; anything else that a file may hold could do more to a terminal than draw.
_HARMLESS = re.compile(
    r"\x1b\[[0-9;]*[ABCDGHJKfmd]|\x1b\[\?(?:25|1049)[hl]|[^\x00-\x1f\x7f-\x9f]+|[\r\n\t\b]"
)
_SCREENS = re.compile(r"\x1b\[\?(?:25|1049)[hl]")


@dataclass(frozen=True)
class Label:
    """What is said of a recording while it plays: what it is, when and what of, as in ``2026-11-24 14:03:11Z · train · run 7c21``."""

    kind: str
    told: str

    def line(self, at: float, duration_s: float, columns: int) -> str:
        """Return the label's line, with the recording's own time ``at`` its end."""
        return f" {spread(f'{self.kind} {self.told}', f'{words.clock(at)} of {words.clock(duration_s)}', columns - 2)} "


def tame(text: str) -> str:
    """Return the text without any control sequence that does more than draw."""
    return "".join(_HARMLESS.findall(text))


class Player:
    """Plays recordings on a canvas; q, a signal or the end of the terminal leaves."""

    def __init__(
        self,
        canvas: Canvas,
        keys: Keys,
        signals: Signals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._canvas, self._keys, self._signals, self._clock = canvas, keys, signals, clock
        self._normal = False

    def play(self, cast: Cast, label: Label, since: float = 0.0) -> bool:
        """Show a recording from ``since`` seconds on, what came before at once; return whether it was seen to its end.

        Raises ``Interrupted`` for a signal.
        """
        self._normal = False
        began, before = self._clock() - since, ""
        for drawing in drawings(cast):
            if not self._reached(began + drawing.at):
                self._canvas.leave(f"{self._closing(label)}\r\n")
                return False
            before += drawing.text
            anew = not (
                self._canvas.shown or self._normal
            )  # as after Ctrl-Z: a drawing may hold only what changed
            self._draw(replace(drawing, text=before) if anew else drawing, label, cast)
        self._reached(began + cast.duration_s)
        self._canvas.leave()
        return True

    def _reached(self, moment: float) -> bool:
        """Wait for a moment; return whether it was waited for to the end."""
        while (left := moment - self._clock()) > 0:
            if self._signals.asked is not None:
                raise Interrupted(self._signals.asked, "the recording was not shown to its end")
            if any(key in b"qQ" for key in self._keys.pressed()):
                return False
            time.sleep(min(left, LOOK_EVERY_S))
        return True

    def _draw(self, drawing: Drawing, label: Label, cast: Cast) -> None:
        """Write one drawing, with the label in the last row while the panel is shown, and above the headline once that is."""
        text = tame(drawing.text)
        before, left, after = text.partition(ALTERNATE_LEFT)
        if self._normal:
            self._canvas.leave(_SCREENS.sub("", text))
            return
        line = label.line(drawing.at, cast.duration_s, cast.columns)
        self._canvas.put(
            f"{_SCREENS.sub('', before)}\x1b7\x1b[{cast.rows};1H\x1b[0;1;7m{line}\x1b[0m\x1b8"
        )
        if left:
            self._normal = True
            self._canvas.leave(f"{self._closing(label)}\r\n{_SCREENS.sub('', after)}")

    def _closing(self, label: Label) -> str:
        return f"\x1b[1;7m {label.kind} \x1b[0m {cut(label.told, 100)}"
