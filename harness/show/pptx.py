"""Update a presenter's own deck from a headline.

Only shapes whose names, or alt texts, begin with ``twoclocks:`` change: a text keeps the format of
its runs, a picture its place and size. The deck is untrusted input.
May import ``errors``, ``extras``, ``claims``, ``text``, ``talk``, its neighbours in ``show`` and,
when a deck is updated, the extra python-pptx.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from io import BytesIO

from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.errors import BadRequest
from harness.show import figures, phrases, pptx_shapes, slide
from harness.show.deck import chart, names
from harness.show.deck.contents import Contents, contents
from harness.show.deck.values import Poster
from harness.show.pptx_file import open_deck, untrusted
from harness.show.pptx_names import (
    PREFIX,
    NamedShape,
    drop_fallbacks,
    named_shapes,
    places_without_names,
    renamed_placeholders,
)
from harness.show.pptx_safety import check_package
from harness.show.pptx_texts import LABELS, PICTURES, TEXTS, WITHOUT_NUMBERS, Kind, kind_of
from harness.talk.agenda import NO_AGENDA, Agenda

LARGEST_BYTES = 300_000_000
_RENAME = (
    f"name shapes {PREFIX}speedup, {PREFIX}say, {PREFIX}slide and so on,"
    " in PowerPoint's selection pane"
)


@dataclass(frozen=True, kw_only=True)
class DeckChanges:
    """What happened to the deck's shapes, in their order, and which of our names the deck lacks.

    ``blank`` are pictures that the results give nothing to draw for, ``kept`` are notes and beats
    that somebody has changed, or that another agenda has, ``unknown`` are names that are not ours,
    ``wrong_kind`` are texts without a text box and pictures without a picture.
    """

    updated: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    wrong_kind: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Drawing:
    """A picture as PNG (None: there is nothing to draw) with its alt text."""

    png: bytes | None
    alt_text: str


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What shapes are filled from: the headline, and what ``deck`` makes of the session."""

    headline: Headline
    made: Contents
    theme: figures.Theme

    def text(self, name: str) -> list[str] | None:
        """Return the paragraphs of that name (None: it is another agenda's)."""
        if name in TEXTS:
            return list(TEXTS[name](self.headline))
        lines = self.made.texts.get(name)
        return None if lines is None else list(lines)


def update(
    deck: bytes,
    claims: Claims,
    agenda: Agenda = NO_AGENDA,
    recording: Poster | None = None,
    theme: figures.Theme = figures.LIGHT,
) -> tuple[bytes, DeckChanges]:
    """Return the deck with every shape of ours updated, and what changed.

    ``agenda`` and ``recording`` are for a deck that ``deck`` wrote, ``theme`` for its plots.
    Numbers that were not measured here need a shape on their slide that says so. Raises
    ``BadRequest`` where that is impossible, and for a refused session.
    """
    headline, made = claims.headline, contents(claims, agenda, recording)
    if headline is None or made is None:
        raise BadRequest("a refused session has nothing to put into a deck")
    source = _Source(headline=headline, made=made, theme=theme)
    check_package(deck)
    with untrusted():
        presentation = open_deck(deck)
        named = list(named_shapes(presentation))
        named += renamed_placeholders(presentation, named)
        ours = [shape for shape in named if kind_of(shape.name) is not None]
        fit = [shape for shape in ours if _is_right_kind(shape)]
    if not fit:
        raise BadRequest(_nothing_fits(named, ours), _RENAME)
    _check_labelled(fit, headline)
    wanted = {shape.name for shape in fit if kind_of(shape.name) is Kind.PICTURE}
    pictures = {name: _drawing(name, source) for name in wanted}
    with untrusted():
        kept = [shape.label for shape in _fill(fit, source, pictures)]
        kept += places_without_names(presentation, named)
        updated = BytesIO()
        presentation.save(updated)
    empty = {name for name, drawing in pictures.items() if drawing.png is None}
    return updated.getvalue(), _changes(named, ours, fit, empty, kept)


def format_changes(changes: DeckChanges) -> str:
    """Return the changes as text: one line for each kind that occurred."""
    kinds = (
        ("updated", changes.updated),
        ("now blank, because the results hold nothing to draw there", changes.blank),
        (
            "left as they are: changed by hand, of another agenda or now nameless",
            changes.kept,
        ),
        ("not in the deck", changes.missing),
        ("unknown names", changes.unknown),
        ("not updated, a text needs a text box and a picture a picture", changes.wrong_kind),
    )
    return "".join(f"{kind}: {', '.join(names)}\n" for kind, names in kinds if names)


def _nothing_fits(named: list[NamedShape], ours: list[NamedShape]) -> str:
    """Return the sentence for a deck of which no shape can be updated; it names those with our
    prefix.
    """
    if not named:
        return f"the deck has no text box or picture whose name begins with {PREFIX}"
    labels = ", ".join(shape.label for shape in (ours or named)[:5])
    if ours:
        return f"a text needs a text box and a picture a picture, unlike {labels}"
    return f"the deck has no known name that begins with {PREFIX}, only {labels}"


def _changes(
    named: list[NamedShape],
    ours: list[NamedShape],
    fit: list[NamedShape],
    empty: Set[str],
    kept: Sequence[str],
) -> DeckChanges:
    present = {shape.name for shape in ours}
    every = (*TEXTS, *PICTURES)
    wanted = every if present <= {*every} else ()  # a deck that ``deck`` wrote has names of its own
    return DeckChanges(
        updated=tuple(one.label for one in fit if one.name not in empty and one.label not in kept),
        kept=tuple(kept),
        blank=tuple(shape.label for shape in fit if shape.name in empty),
        missing=tuple(name for name in wanted if name not in present),
        unknown=tuple(shape.label for shape in named if shape not in ours),
        wrong_kind=tuple(shape.label for shape in ours if shape not in fit),
    )


def _is_right_kind(named: NamedShape) -> bool:
    """Return whether a shape can hold what its name asks for."""
    if named.replaced:
        return False
    match kind_of(named.name):
        case Kind.TEXT | Kind.NOTES:
            return bool(named.shape.has_text_frame)
        case Kind.CHART:
            return bool(getattr(named.shape, "has_chart", False)) and chart.is_scatter(named.shape)
        case _:
            return len(named.shape._element.xpath("./p:blipFill/a:blip")) == 1


def _check_labelled(shapes: list[NamedShape], headline: Headline) -> None:
    """Refuse to write numbers that were not measured here on a slide where nothing says so."""
    label = phrases.label(headline.results)
    labelled = {shape.page.labelled_at for shape in shapes if shape.name in LABELS}
    bare = [
        shape.page
        for shape in shapes
        if kind_of(shape.name) in (Kind.TEXT, Kind.CHART)
        and shape.name not in WITHOUT_NUMBERS
        and shape.page.labelled_at not in labelled
    ]
    if label and bare:
        raise BadRequest(
            f"nothing {bare[0].labelled_at} would say {label}",
            f"add a text box named {PREFIX}label to it",
        )


def _drawing(name: str, source: _Source) -> _Drawing:
    """Return the picture of that name, or a blank one: a picture of an earlier session must go."""
    claims = source.made.claims
    if name == "slide":
        return _Drawing(slide.png(claims), phrases.sentence_to_say(source.headline))
    if name == names.RECORDING:
        recording = source.made.recording
        if recording is None:
            return _Drawing(None, "the take has no recording")
        return _Drawing(recording.png, recording.words)
    if name in names.PLOTS:
        return _Drawing(*source.made.picture(name, source.theme))
    match figures.picture(claims, name.removeprefix("fig-")):
        case figures.Picture() as picture:
            return _Drawing(figures.png(picture, figures.LIGHT), picture.title)
        case figures.Missing(reason=reason):
            return _Drawing(None, reason)


def _fill(
    shapes: list[NamedShape], source: _Source, pictures: Mapping[str, _Drawing]
) -> list[NamedShape]:
    """Fill the shapes; return those that are left as they are."""
    kept = []
    for one in shapes:
        try:
            if not _fill_one(one, source, pictures):
                kept.append(one)
        except Exception as error:  # python-pptx raises many kinds for a bad shape
            raise BadRequest(
                f"{one.label} cannot be updated: its XML is damaged",
                "put a new text box or picture of that name in its place",
            ) from error
    return kept


def _fill_one(one: NamedShape, source: _Source, pictures: Mapping[str, _Drawing]) -> bool:
    """Fill a shape; return whether all of it is now of this session."""
    match kind_of(one.name):
        case Kind.TEXT:
            lines = source.text(one.name)
            if lines is None:
                return False
            pptx_shapes.write_text(one.shape, lines)
            if one.name in names.WATCHED_IN:
                pptx_shapes.lead_to(one.shape, source.made.deck.links.get(one.name, ""))
        case Kind.NOTES:
            return pptx_shapes.rewrite_notes(
                one.shape, lambda line, mark: source.made.notes(one.name, line, mark)
            )
        case Kind.CHART:
            curve = source.made.claims.curve
            if curve is None:
                return False
            chart.replace_data(one.shape.chart, curve)
            _describe(one, source.made.chart_words())
        case _:
            drawing = pictures[one.name]
            pptx_shapes.replace_picture(one.shape, one.page.page, drawing.png)
            _describe(one, drawing.alt_text)
    drop_fallbacks(one.shape._element)
    return True


def _describe(one: NamedShape, alt_text: str) -> None:
    """Give a shape its alt text, which begins with its name where that is what names it."""
    name = f"{PREFIX}{one.name} " if one.by_alt_text else ""
    one.shape._element.xpath("./*[1]/*[local-name()='cNvPr']")[0].set("descr", f"{name}{alt_text}")
