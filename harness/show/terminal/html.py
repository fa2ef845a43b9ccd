"""A terminal's picture as HTML, for a cell of a notebook: its letters, weights and colours.

It stands on black, as on a terminal: what is reversed there needs a background that is known. Text
reaches HTML escaped only. May import ``show.terminal.lines`` and rich.
"""

from functools import lru_cache
from html import escape

from rich.segment import Segment
from rich.style import Style

from harness.show.terminal.lines import Frame

_GROUND, _LETTERS = "#000000", "#e6e6e6"
_SCREEN = (
    f"background: {_GROUND}; color: {_LETTERS}; display: inline-block; margin: 0; padding: 0.5em;"
    " max-width: 100%; overflow-x: auto; white-space: pre; font-size: 13.29px; line-height: 15px;"
    " font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace"
)
# A letter of these fonts is 8 pixels wide then and at least as high as a line: bars have no seams.


def to_html(frame: Frame) -> str:
    """Return a picture as one element, each of its lines as one of text."""
    lines = ("".join(map(_to_span, line)) for line in frame.lines)
    return f'<pre style="{_SCREEN}">{chr(10).join(lines)}</pre>'


@lru_cache(maxsize=4096)
def _to_span(piece: Segment) -> str:
    rules = "" if piece.style is None else "; ".join(_rules(piece.style))
    content = escape(piece.text)
    return f'<span style="{rules}">{content}</span>' if rules else content


def _rules(style: Style) -> list[str]:
    color = _LETTERS if style.color is None else style.color.get_truecolor().hex
    painted = [f"color: {color}"] if style.color is not None else []
    reversed_ = [f"color: {_GROUND}", f"background: {color}"] if style.reverse else painted
    return [*reversed_, *(["font-weight: bold"] if style.bold else [])]
