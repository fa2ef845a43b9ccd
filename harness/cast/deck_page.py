"""A deck as one HTML document that keys lead through: no server, no network, no address of ours.

A second window of the same document has the speaker's notes and a clock. The recording plays in its
slide. Where no script may run, the slides stand one below the other. The page's own markup, style
and script are the files beside this one. May import ``cast``, ``show`` and ``text``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from harness import text
from harness.cast.format import Cast
from harness.cast.markers import GO, gap_moment
from harness.cast.player import CREDIT, content_policy, load_player, pack
from harness.show.deck import layout
from harness.show.deck.layout import Placed, PlacedPlot, PlacedPoster, PlacedWords
from harness.show.deck.values import HUGE_PX, Deck, DeckSlide, Notes
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import own_style
from harness.show.figures.picture import plot_png
from harness.show.figures.theme import DARK, LIGHT, Theme

_HERE = Path(__file__).parent
_LEAD_S = 1.0
_PER_PX = 100 / WIDTH_PX
_TERMINAL = (
    ".asciinema-player-theme-twoclocks { --term-color-background: #0a0a0c;"
    " --term-color-foreground: #f0f0f0; } .film .inside { position: absolute; inset: 0; }"
)


@dataclass(frozen=True)
class _Element:
    """Something on a slide: its markup, and where it stands as a rule of the style sheet."""

    markup: str
    rule: str


@own_style()
def render_deck(deck: Deck, theme: Theme = LIGHT, cast: Cast | None = None) -> bytes:
    """Return the document; the same deck and recording give the same bytes.

    ``cast`` plays in the slide of the demo (None: its still is shown). Raises ``BadRequest`` if the
    player is not installed.
    """
    player = None if cast is None else load_player()
    script = _read("deck_page.js")
    slides = [_slide(deck, one, number, theme, cast) for number, one in enumerate(deck.slides, 1)]
    rules = "\n".join(rule for _, rules in slides for rule in rules)
    style = f"{_colors(theme)}\n{_read('deck_page.css')}\n{rules}"
    scripts = [script]
    film = ""
    if cast is not None and player is not None:
        style = f"{player.style}\n{style}\n{_TERMINAL}"
        scripts.append(player.script)
        film = (
            f'<script id="cast" type="text/plain">{pack(cast)}</script>\n'
            f"<!-- {CREDIT} -->\n<script>{player.script}</script>"
        )
    document = Template(_read("deck_page.html")).substitute(
        policy=content_policy(scripts, style),
        script=script,
        style=style,
        scheme="dark" if theme is DARK else "light",
        title=_escape(" · ".join(filter(None, (deck.label, deck.title)))),
        slides="\n".join(markup for markup, _ in slides),
        player=film,
    )
    return document.encode()


def _slide(
    deck: Deck, slide: DeckSlide, number: int, theme: Theme, cast: Cast | None
) -> tuple[str, list[str]]:
    """Return a slide's markup, and the rules that place what is on it."""
    placed: list[Placed] = [layout.place_title(slide), *layout.place_items(slide)]
    elements = [
        _element(one, f"s{number}e{place}", theme, cast, is_title=place == 0)
        for place, one in enumerate(placed)
    ]
    elements += _footer(deck, number)
    until = "" if slide.notes.until is None else f' data-until="{slide.notes.until:g}"'
    markup = (
        f'<section class="slide" aria-label="{number} of {len(deck.slides)}"{until}>\n'
        + "\n".join(one.markup for one in elements)
        + f"\n{_notes(slide.notes)}\n</section>"
    )
    return markup, [one.rule for one in elements]


def _element(
    placed: Placed, name: str, theme: Theme, cast: Cast | None, *, is_title: bool
) -> _Element:
    match placed:
        case PlacedWords():
            return _words(placed, name, "h1" if is_title else "div")
        case PlacedPlot():
            png = plot_png(placed.of.picture, theme, placed.of.rows)
            markup = f'<div class="{name}">{_image(png, placed.of.picture.description)}</div>'
            return _Element(markup, _rule(name, placed.box))
        case PlacedPoster():
            at = "" if cast is None else _moments(cast)
            still = _image(placed.of.png, placed.of.words)
            markup = f'<div class="film {name}"{at}>{still}</div>'
            return _Element(markup, _rule(name, placed.box))


def _moments(cast: Cast) -> str:
    """Return what the player shows at first, and from where it plays: just before the clocks."""
    begin = max(0.0, (cast.marker_at(GO) or 0.0) - _LEAD_S)
    return f' data-poster="{gap_moment(cast):.6f}" data-from="{begin:.6f}"'


def _words(placed: PlacedWords, name: str, tag: str) -> _Element:
    classes = " ".join(
        ("text", name, *(["bold"] if placed.of.bold else []), *_number_class(placed))
    )
    lines = (text.with_no_break_spaces(_escape(line)) for line in placed.lines)
    if placed.of.link:
        lines = (f'<a href="{escape(placed.of.link)}">{line}</a>' for line in lines)
    inside = "".join(lines if tag == "h1" else (f"<p>{line}</p>" for line in lines))
    size = f"font-size:{_length(placed.size)}"
    return _Element(f'<{tag} class="{classes}">{inside}</{tag}>', _rule(name, placed.box, size))


def _number_class(placed: PlacedWords) -> tuple[str, ...]:
    return ("number",) if placed.of.size == HUGE_PX else ()


def _footer(deck: Deck, number: int) -> Iterator[_Element]:
    """Yield what stands on every slide: what the numbers are, the run, and the slide's number."""
    parts = (
        ("label", layout.LABEL, deck.label, layout.LABEL_PX, "bold"),
        ("origin", layout.ORIGIN, deck.origin, layout.ORIGIN_PX, "right"),
        ("count", layout.NUMBER, str(number), layout.ORIGIN_PX, "bold right"),
    )
    for kind, box, content, size, classes in parts:
        name = f"s{number}{kind}"
        rule = _rule(name, box, f"font-size:{_length(size)}")
        yield _Element(f'<p class="text {name} {classes}">{_escape(content)}</p>', rule)


def _notes(notes: Notes) -> str:
    lines = "".join(f"<p>{_escape(line)}</p>" for line in notes.lines)
    return f'<div class="notes">{lines}</div>'


def _image(png: bytes, words: str) -> str:
    """Return a picture inside the page; of two slashes in its base64 one is an escape."""
    content = base64.b64encode(png).decode().replace("//", "/%2F")
    return f'<img alt="{_escape(words)}" src="data:image/png;base64,{content}">'


def _rule(name: str, box: Box, more: str = "") -> str:
    places = (("left", box.left), ("top", box.top), ("width", box.width), ("height", box.height))
    declared = ";".join(f"{what}:{_length(pixels)}" for what, pixels in places)
    return f".{name}{{{declared};{more}}}"


def _length(pixels: float) -> str:
    """Return pixels of the slide as a share of its width, whatever that is on a screen."""
    return f"{pixels * _PER_PX:.4g}cqw"


def _colors(theme: Theme) -> str:
    colors = {"ground": theme.ground, "ink": theme.ink, "link": theme.distributed}
    return f":root{{{';'.join(f'--{name}:{color}' for name, color in colors.items())}}}"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _escape(content: str) -> str:
    return escape(text.printable(content))
