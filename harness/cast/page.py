"""A recording as one HTML document that plays by itself: no server, no network, no address in it.

Below the player stand headline and pictures, which need no script.

The player is asciinema-player, taken from the package that ships it. The page's own markup, style
and script are the files beside this one.
May import ``cast``, ``errors`` and ``text``.
"""

import base64
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from harness import text
from harness.cast.emulator import PIECES_APART_S
from harness.cast.format import MARKER, OUTPUT, Cast, encode
from harness.cast.markers import HEADLINE
from harness.errors import BadRequest

CREDIT = (
    "Played by asciinema-player, by Marcin Kulik and contributors, under the Apache License,"
    " version 2.0; changed in its spelling only: slashes and control characters are written as"
    " escapes."
)

_PACKAGE = "mkdocs_asciinema_player"
_POSTER_AFTER_S = 1.0
_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SECOND_SLASH = re.compile("(?<=/)/")


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


@dataclass(frozen=True)
class _Player:
    """The player's script and style sheet, without addresses and comments."""

    script: str
    style: str


def render_page(cast: Cast, facts: PageFacts) -> bytes:
    """Return the document; the same recording gives the same bytes.

    Raises ``BadRequest`` if the player is not installed.
    """
    player, script = _player(), _read("page.js")
    style = player.style + _read("page.css")
    heading = text.printable(facts.title) or text.printable(facts.workload)
    document = Template(_read("page.html")).substitute(
        policy=_policy((script, player.script), style),
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
        poster=f"{_poster_at(cast):.6f}",
        credit=_escape(CREDIT),
        cast=_pack(cast),
    )
    return document.encode()


def require_player() -> None:
    """Raise ``BadRequest`` if the player is not installed."""
    _player()


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _player() -> _Player:
    try:
        assets = resources.files(_PACKAGE) / "assets"
        script = (assets / "asciinema-player.min.js").read_text(encoding="utf-8")
        style = (assets / "asciinema-player.css").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError) as error:
        raise BadRequest(
            "asciinema-player is not installed, which plays a recording in a page",
            "pip install 'mkdocs-asciinema-player==1.2.*'",
        ) from error
    return _Player(_without_addresses(script), _COMMENT.sub("", style))


@lru_cache(maxsize=1)
def _without_addresses(script: str) -> str:
    """Return a minified script that does the same and contains no address.

    Two slashes in a row occur only in its strings, where an escaped slash is a slash: in names of
    namespaces and in base64. Its two comments link to a licence, which the page names in words.
    """
    bare = _COMMENT.sub("", script).strip()
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _SECOND_SLASH.sub(r"\\/", bare))


def _policy(scripts: tuple[str, ...], style: str) -> str:
    """Return a content security policy that allows only what the page itself contains.

    The player's terminal is WebAssembly, which needs a permission of its own. Styles that the
    player sets from its script need none, nor does the recording, which is not a script.
    """
    directives = (
        "default-src 'none'",
        f"script-src {' '.join(map(_source_hash, scripts))} 'wasm-unsafe-eval'",
        f"style-src {_source_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(directives)


def _source_hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


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


def _poster_at(cast: Cast) -> float:
    """Return the moment that is shown before playing: the headline, else the last second."""
    headline = cast.marker_at(HEADLINE)
    if headline is None:
        return max(0.0, cast.duration_s - _POSTER_AFTER_S)
    return min(headline + _POSTER_AFTER_S, cast.duration_s)


def _pack(cast: Cast) -> str:
    """Return the recording with printable labels, compressed, in the base64 without slashes."""
    events = tuple(
        event._replace(text=text.printable(event.text)) if event.code == MARKER else event
        for event in cast.events
    )
    packed = gzip.compress(encode(replace(cast, events=events)), mtime=0)
    return base64.urlsafe_b64encode(packed).decode()
