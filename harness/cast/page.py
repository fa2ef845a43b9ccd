"""A recording as one HTML document that plays by itself: no server, no network, no address in it.

The player is asciinema-player, taken from the package that ships it; page, style and script of ours lie beside this file.
May import ``cast``, ``errors`` and ``show.words``.
"""

import base64
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from harness import text as words
from harness.cast.emulator import PIECES_APART_S
from harness.cast.format import MARKER, OUTPUT, Cast, encode
from harness.cast.markers import HEADLINE
from harness.errors import BadRequest

CREDIT = (
    "Played by asciinema-player, by Marcin Kulik and contributors, under the Apache License, version 2.0;"
    " changed in its spelling only: slashes and control characters are written as escapes."
)

_PACKAGE = "mkdocs_asciinema_player"
_POSTER_AFTER_S = 1.0
_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SECOND_SLASH = re.compile("(?<=/)/")


@dataclass(frozen=True)
class PageFacts:
    """What the page says of a recording in words.

    ``label`` says what it is if it is no measurement (SIMULATED), ``headline`` is the sentence to say aloud; both may be empty.
    """

    title: str
    run_id: str
    workload: str
    label: str = ""
    headline: str = ""


@dataclass(frozen=True)
class _Player:
    """The player's script and style sheet, without addresses and comments."""

    script: str
    style: str


def render_page(cast: Cast, about: PageFacts) -> bytes:
    """Return the document; the same recording gives the same bytes. Raises ``BadRequest`` where the player is not installed."""
    player, script = _player(), _beside("page.js")
    style = player.style + _beside("page.css")
    heading = words.printable(about.title) or words.printable(about.workload)
    return (
        Template(_beside("page.html"))
        .substitute(
            policy=_policy((script, player.script), style),
            script=script,
            style=style,
            player=player.script,
            title=_shown(f"{heading} · {cast.label}"),
            heading=_shown(heading),
            moment=_shown(cast.date),
            label=_paragraph("label", about.label),
            facts="\n".join(_facts(cast, about)),
            headline=_paragraph("headline", about.headline),
            chapters="\n".join(_chapters(cast)),
            poster=f"{_poster(cast):.6f}",
            credit=_shown(CREDIT),
            cast=_packed(cast),
        )
        .encode()
    )


def require_player() -> None:
    """Raise ``BadRequest`` where the player is not installed."""
    _player()


def _beside(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _player() -> _Player:
    try:
        assets = resources.files(_PACKAGE) / "assets"
        script, style = (
            (assets / f"asciinema-player.{kind}").read_text(encoding="utf-8")
            for kind in ("min.js", "css")
        )
    except (ModuleNotFoundError, OSError) as error:
        hint = "install it anew: pip install 'mkdocs-asciinema-player==1.2.*'"
        raise BadRequest(
            "asciinema-player is not installed, which plays a recording in a page", hint
        ) from error
    return _Player(_addressless(script), _COMMENT.sub("", style))


def _addressless(script: str) -> str:
    """Return a minified script that means the same and has no address in it.

    Two slashes in a row stand in its strings only, where an escaped slash is a slash: names of namespaces, and letters
    of base64. Its two comments name a licence by its address; the page says it in words.
    """
    bare = _COMMENT.sub("", script).strip()
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", _SECOND_SLASH.sub(r"\\/", bare))


def _policy(scripts: tuple[str, ...], style: str) -> str:
    """Return a policy that lets nothing into the page but what stands in it.

    The player's terminal is WebAssembly, which needs leave of its own to be compiled. Styles that it sets from its script
    need none, nor does the recording, which is no script and is fetched from nowhere.
    """
    allowed = " ".join(map(_source, scripts))
    return f"default-src 'none'; script-src {allowed} 'wasm-unsafe-eval'; style-src {_source(style)}; base-uri 'none'; form-action 'none'"


def _source(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


def _shown(text: str) -> str:
    return escape(words.printable(text))


def _paragraph(kind: str, text: str) -> str:
    told = words.with_no_break_spaces(_shown(text))
    return f'<p class="{kind}">{told}</p>' if told else ""


def _facts(cast: Cast, about: PageFacts) -> Iterator[str]:
    told = {
        "run": about.run_id,
        "workload": about.workload,
        "screen": f"{words.count(cast.columns)}{words.TIMES}{words.count(cast.rows)}",
        "length": f"{words.clock(cast.duration_s)}, at its true speed",
    }
    for name, value in told.items():
        yield f"<dt>{name}</dt><dd>{_shown(value) or words.NOTHING}</dd>"


def _chapters(cast: Cast) -> Iterator[str]:
    """Yield a button for each marker, which names its moment and leads to where its drawing is there."""
    for marker in cast.markers:
        label, clock = (
            _shown(marker.text) or words.NOTHING,
            words.clock(marker.at).rpartition(".")[0],
        )
        seconds = f'<span class="label-of">{label}</span> <time>{clock}</time>'
        yield f'<li><button type="button" data-at="{_drawn(cast, marker.at):.6f}" disabled>{seconds}</button></li>'


def _drawn(cast: Cast, at: float) -> float:
    """Return when what was to be shown of a moment was drawn: the end of the output that came next, or the moment itself."""
    following = [event.at for event in cast.events if event.code == OUTPUT and event.at >= at]
    ended = following[0] if following else at
    for later in following:
        if later - ended >= PIECES_APART_S:
            break
        ended = later
    return ended


def _poster(cast: Cast) -> float:
    """Return the moment that is shown before the recording is played: the headline, else the last second."""
    told = cast.marker_at(HEADLINE)
    if told is None:
        return max(0.0, cast.duration_s - _POSTER_AFTER_S)
    return min(told + _POSTER_AFTER_S, cast.duration_s)


def _packed(cast: Cast) -> str:
    """Return the recording, its labels made harmless, compressed, in the base64 that has no slashes."""
    events = tuple(
        event._replace(text=words.printable(event.text)) if event.code == MARKER else event
        for event in cast.events
    )
    return base64.urlsafe_b64encode(
        gzip.compress(encode(replace(cast, events=events)), mtime=0)
    ).decode()
