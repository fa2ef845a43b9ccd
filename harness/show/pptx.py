"""Update a presenter's own deck from a headline.

Only shapes whose names, or alt texts, begin with ``twoclocks:`` change: a text keeps the format of
its runs, a picture its place and size. The deck is untrusted input.
May import ``errors``, ``extras``, ``claims``, ``text``, its neighbours in ``show`` and, when a deck
is updated, the extra python-pptx.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.errors import BadRequest
from harness.extras import missing_package
from harness.show import capacity_phrases, figures, phrases, pptx_shapes, recovery_phrases, slide
from harness.show.pptx_names import PREFIX, NamedShape, drop_fallbacks, named_shapes
from harness.show.pptx_safety import check_package
from harness.show.provenance import provenance

if TYPE_CHECKING:
    from pptx.presentation import Presentation

LARGEST_BYTES = 300_000_000
_LABELS = {"label", "provenance"}
_WITHOUT_NUMBERS = {"bottleneck", "axis", "limitation", "metric", "caveats", *_LABELS}
_WITH_MACROS = (  # python-pptx knows templates and slide shows without them
    "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
)
_RENAME = (
    f"name shapes {PREFIX}speedup, {PREFIX}say, {PREFIX}slide and so on,"
    " in PowerPoint's selection pane"
)


@dataclass(frozen=True, kw_only=True)
class DeckChanges:
    """What happened to the deck's shapes, in their order, and which of our names the deck lacks.

    ``blank`` are pictures that the results give nothing to draw for, ``unknown`` are names that
    are not ours, ``wrong_kind`` are texts without a text box and pictures without a picture.
    """

    updated: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    wrong_kind: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Drawing:
    """A picture as PNG (None: there is nothing to draw) with its alt text."""

    png: bytes | None
    alt_text: str


TEXTS: Mapping[str, Callable[[Headline], Iterable[str]]] = {
    "label": lambda claim: [phrases.label(claim.results)],
    "bottleneck": lambda claim: [text.printable(claim.results.spec.workload.bottleneck)],
    "bound": lambda claim: [phrases.bound(claim)],
    "axis": lambda claim: [text.printable(claim.results.spec.workload.axis)],
    "speedup": lambda claim: [phrases.speedup(claim)],
    "machines": lambda claim: [phrases.sides(claim.results)[1]],
    "baseline-time": lambda claim: [phrases.times(claim)[0]],
    "distributed-time": lambda claim: [phrases.times(claim)[1]],
    "gap": lambda claim: [phrases.times(claim)[2]],
    "observations": lambda claim: [phrases.observations(claim)],
    "efficiency": lambda claim: [phrases.efficiency(claim)],
    "serial-share": lambda claim: [phrases.serial_share(claim)],
    "metric": lambda claim: [phrases.metric(claim)],
    "quality": lambda claim: [phrases.quality(claim)[0]],
    "quality-change": lambda claim: [phrases.quality(claim)[1]],
    "cost": lambda claim: [phrases.cost(claim)[0]],
    "cost-change": lambda claim: [phrases.cost(claim)[1]],
    "recovery": lambda claim: [recovery_phrases.in_one_line(claim.recovery)],
    "capacity": lambda claim: [capacity_phrases.in_one_line(claim.capacity)],
    "say": lambda claim: [phrases.sentence_to_say(claim)],
    "caveats": lambda claim: (
        [
            phrases.short_caveat(caveat, claim.results.spec.workload.tolerance)
            for caveat in claim.caveats
        ]
        or [""]
    ),
    "limitation": lambda claim: [text.printable(claim.results.spec.workload.limitation)],
    "provenance": lambda claim: [provenance(claim.results)],
}
PICTURES = ("slide", *(f"fig-{name}" for name in figures.FIGURES))


def update(deck: bytes, claims: Claims) -> tuple[bytes, DeckChanges]:
    """Return the deck with every shape of ours updated, and what changed.

    Numbers that were not measured here need a shape on their slide that says so. Raises
    ``BadRequest`` where that is impossible, and for a refused session.
    """
    if (headline := claims.headline) is None:
        raise BadRequest("a refused session has nothing to put into a deck")
    check_package(deck)
    with _untrusted():
        presentation = _open(deck)
        named = list(named_shapes(presentation))
        ours = [shape for shape in named if shape.name in TEXTS or shape.name in PICTURES]
        fit = [shape for shape in ours if _is_right_kind(shape)]
    if not fit:
        raise BadRequest(_nothing_fits(named, ours), _RENAME)
    _check_labelled(fit, headline)
    wanted = {shape.name for shape in fit}.intersection(PICTURES)
    pictures = {name: _drawing(name, claims, headline) for name in wanted}
    with _untrusted():
        _fill(fit, headline, pictures)
        updated = BytesIO()
        presentation.save(updated)
    empty = {name for name, drawing in pictures.items() if drawing.png is None}
    return updated.getvalue(), _changes(named, ours, fit, empty)


def format_changes(changes: DeckChanges) -> str:
    """Return the changes as text: one line for each kind that occurred."""
    kinds = (
        ("updated", changes.updated),
        ("now blank, because the results hold nothing to draw there", changes.blank),
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
    named: list[NamedShape], ours: list[NamedShape], fit: list[NamedShape], empty: Set[str]
) -> DeckChanges:
    present = {shape.name for shape in ours}
    return DeckChanges(
        updated=tuple(shape.label for shape in fit if shape.name not in empty),
        blank=tuple(shape.label for shape in fit if shape.name in empty),
        missing=tuple(name for name in (*TEXTS, *PICTURES) if name not in present),
        unknown=tuple(shape.label for shape in named if shape not in ours),
        wrong_kind=tuple(shape.label for shape in ours if shape not in fit),
    )


@contextmanager
def _untrusted() -> Iterator[None]:
    """Turn any failure into ``BadRequest``: python-pptx raises many kinds for a bad deck."""
    try:
        yield
    except BadRequest:
        raise
    except Exception as error:
        raise BadRequest(
            "the deck is not a PowerPoint file, or it is damaged",
            "open it in PowerPoint and save it again",
        ) from error


def _open(deck: bytes) -> "Presentation":
    try:
        import pptx  # noqa: F401 - it says which parts are presentations
    except ImportError as error:
        raise missing_package("pptx", "updating a deck") from error
    from pptx.opc.package import PartFactory
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    PartFactory.part_type_for.update(dict.fromkeys(_WITH_MACROS, PresentationPart))
    main = Package.open(BytesIO(deck)).main_document_part
    if not isinstance(main, PresentationPart):
        raise BadRequest("the file is no presentation", "give a .pptx, .pptm, .potx or .ppsx file")
    presentation: Presentation = main.presentation
    return presentation


def _is_right_kind(named: NamedShape) -> bool:
    """Return whether a shape can hold what its name asks for: a text or a picture."""
    if named.replaced:
        return False
    if named.name in TEXTS:
        return bool(named.shape.has_text_frame)
    return len(named.shape._element.xpath("./p:blipFill/a:blip")) == 1


def _check_labelled(shapes: list[NamedShape], headline: Headline) -> None:
    """Refuse to write numbers that were not measured here on a slide where nothing says so."""
    label = phrases.label(headline.results)
    labelled = {shape.page.labelled_at for shape in shapes if shape.name in _LABELS}
    numbers = [
        shape for shape in shapes if shape.name in TEXTS and shape.name not in _WITHOUT_NUMBERS
    ]
    bare = [shape.page for shape in numbers if shape.page.labelled_at not in labelled]
    if label and bare:
        raise BadRequest(
            f"nothing {bare[0].labelled_at} would say {label}",
            f"add a text box named {PREFIX}label to it",
        )


def _drawing(name: str, claims: Claims, headline: Headline) -> _Drawing:
    """Return the picture of that name, or a blank one: a picture of an earlier session must go."""
    if name == "slide":
        return _Drawing(slide.png(claims), phrases.sentence_to_say(headline))
    match figures.picture(claims, name.removeprefix("fig-")):
        case figures.Picture() as picture:
            return _Drawing(figures.png(picture, figures.LIGHT), picture.title)
        case figures.Missing(reason=reason):
            return _Drawing(None, reason)


def _fill(shapes: list[NamedShape], headline: Headline, pictures: Mapping[str, _Drawing]) -> None:
    for one in shapes:
        try:
            _fill_one(one, headline, pictures)
        except Exception as error:  # python-pptx raises many kinds for a bad shape
            raise BadRequest(
                f"{one.label} cannot be updated: its XML is damaged",
                "put a new text box or picture of that name in its place",
            ) from error


def _fill_one(one: NamedShape, headline: Headline, pictures: Mapping[str, _Drawing]) -> None:
    if one.name in TEXTS:
        pptx_shapes.write_text(one.shape, list(TEXTS[one.name](headline)))
    else:
        drawing = pictures[one.name]
        name = f"{PREFIX}{one.name} " if one.by_alt_text else ""
        alt_text = f"{name}{drawing.alt_text}"
        pptx_shapes.replace_picture(one.shape, one.page.page, drawing.png, alt_text)
    drop_fallbacks(one.shape._element)
