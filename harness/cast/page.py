"""A recording as one HTML document that plays by itself: no server, no network, no address in it.

Below the player stand headline and pictures, which need no script.

The page's own markup, style and script are the files beside this one.
May import ``cast`` and ``text``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from harness import text
from harness.cast.emulator import PIECES_APART_S
from harness.cast.format import OUTPUT, Cast
from harness.cast.player import CREDIT, content_policy, load_player, pack, poster_at

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class PagePicture:
    """A picture below the player: WebP, and the words for those who do not see it."""

    words: str
    webp: bytes


@dataclass(frozen=True, kw_only=True)
class PageFacts:
    """What the page says about a recording.

    ``label`` says what it is if it is no verified measurement (SIMULATED), ``headline`` is the
    sentence to say aloud; both may be empty. ``report`` is the whole headline or the reasons
    against one, in lines for a terminal, with their provenance.
    """

    title: str
    run_id: str
    workload: str
    label: str = ""
    headline: str = ""
    report: str = ""
    pictures: tuple[PagePicture, ...] = ()


def render_page(cast: Cast, facts: PageFacts) -> bytes:
    """Return the document; the same recording gives the same bytes.

    Raises ``BadRequest`` if the player is not installed.
    """
    player, script = load_player(), _read("page.js")
    style = player.style + _read("page.css")
    heading = text.printable(facts.title) or text.printable(facts.workload)
    document = Template(_read("page.html")).substitute(
        policy=content_policy((script, player.script), style),
        script=script,
        style=style,
        player=player.script,
        title=_escape(f"{heading} · {cast.label}"),
        heading=_escape(heading),
        date=_escape(cast.date),
        label=_paragraph("label", facts.label),
        facts="\n".join(_definitions(cast, facts)),
        headline=_paragraph("headline", facts.headline),
        pictures="\n".join(map(_figure, facts.pictures)),
        report=_report(facts.report),
        chapters="\n".join(_chapter_buttons(cast)),
        poster=f"{poster_at(cast):.6f}",
        credit=_escape(CREDIT),
        cast=pack(cast),
    )
    return document.encode()


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _escape(content: str) -> str:
    return escape(text.printable(content))


def _paragraph(kind: str, content: str) -> str:
    escaped = text.with_no_break_spaces(_escape(content))
    return f'<p class="{kind}">{escaped}</p>' if escaped else ""


def _figure(picture: PagePicture) -> str:
    """Return a picture inside the page; of two slashes in its base64 one is an escape."""
    content = base64.b64encode(picture.webp).decode().replace("//", "/%2F")
    source = f"data:image/webp;base64,{content}"
    return f'<figure><img alt="{_escape(picture.words)}" src="{source}"></figure>'


def _report(lines: str) -> str:
    """Return lines as they are, with the spaces that align them."""
    escaped = "\n".join(" ".join(map(_escape, line.split(" "))) for line in lines.split("\n"))
    return f"<pre>{escaped}</pre>" if escaped.strip() else ""


def _definitions(cast: Cast, facts: PageFacts) -> Iterator[str]:
    values = {
        "run": facts.run_id,
        "workload": facts.workload,
        "screen": f"{text.count(cast.columns)}{text.TIMES}{text.count(cast.rows)}",
        "length": f"{text.clock(cast.duration_s)}, at its true speed",
    }
    for name, value in values.items():
        yield f"<dt>{name}</dt><dd>{_escape(value) or text.NOTHING}</dd>"


def _chapter_buttons(cast: Cast) -> Iterator[str]:
    """Yield a button for each marker; it leads to the moment at which the marker's frame is up."""
    for marker in cast.markers:
        label = _escape(marker.text) or text.NOTHING
        clock = text.clock(marker.at).rpartition(".")[0]
        at = f"{_output_complete_at(cast, marker.at):.6f}"
        content = f'<span class="label-of">{label}</span> <time>{clock}</time>'
        yield f'<li><button type="button" data-at="{at}" disabled>{content}</button></li>'


def _output_complete_at(cast: Cast, at: float) -> float:
    """Return when the next output from a moment on is complete (without one: that moment)."""
    following = [event.at for event in cast.events if event.code == OUTPUT and event.at >= at]
    ended = following[0] if following else at
    for later in following:
        if later - ended >= PIECES_APART_S:
            break
        ended = later
    return ended
