"""The page that shows the live panel in a browser: a terminal that is drawn into, and no keys.

It loads nothing but the stream beside it. Its markup, style and script are the files beside this
one. May import ``cast``.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from harness.cast.player import CREDIT, content_policy, load_player

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class LivePage:
    """A document, and the content security policy that it is to be served with."""

    content: bytes
    policy: str


def render_live_page() -> LivePage:
    """Return the page; raise ``BadRequest`` if the player is not installed."""
    player, script = load_player(), _read("live.js")
    style = player.style + _read("live.css")
    document = Template(_read("live.html")).substitute(
        script=script, style=style, player=player.script, credit=escape(CREDIT)
    )
    policy = content_policy((script, player.script), style)
    return LivePage(document.encode(), f"{policy}; connect-src 'self'; frame-ancestors 'none'")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
