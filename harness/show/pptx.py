"""A presenter's own deck, updated from a headline: only shapes whose names begin with ``twoclocks:`` change.

A text keeps the letters of its first run, a picture its place and size; all other parts of the file keep their bytes.
The deck is untrusted input. May import ``errors``, ``score``, its neighbours in ``show``, and python-pptx, an extra, lazily.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from harness import text
from harness.claims.headline import Headline
from harness.errors import BadRequest
from harness.show import figures, phrases, pptx_package, slide
from harness.show import pptx_shapes as shapes

if TYPE_CHECKING:
    from pptx.presentation import Presentation

PREFIX = "twoclocks:"
LARGEST_BYTES = 300_000_000
DEEPEST_GROUP = 50
_LABELS = {"label", "provenance"}
_NOT_NUMBERS = {"bottleneck", "axis", "limitation", "metric", "caveats", *_LABELS}
_RENAME = f"name shapes {PREFIX}speedup, {PREFIX}say, {PREFIX}slide and so on, in PowerPoint's selection pane"


@dataclass(frozen=True)
class Report:
    """What became of the deck, shape by shape in its order, and which of our names it lacks.

    ``blank`` are pictures that these facts give nothing to draw for, ``unknown`` names that are not ours, ``unfit`` texts
    in no text box and pictures in no picture.
    """

    updated: tuple[str, ...]
    blank: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    unfit: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """A shape of ours: its name without the prefix, the slide's number, and both as python-pptx has them."""

    name: str
    number: int
    slide: Any
    shape: Any

    @property
    def told(self) -> str:
        return f"{text.safe(self.name)} on slide {self.number}"

    @property
    def fits(self) -> bool:
        """Return whether the shape can hold what its name says: a text or a picture."""
        if self.name in TEXTS:
            return bool(self.shape.has_text_frame)
        return len(self.shape._element.xpath("./p:blipFill/a:blip")) == 1


@dataclass(frozen=True)
class _Drawing:
    """A picture as PNG (None: there is nothing to draw), and what it says in words."""

    png: bytes | None
    says: str


TEXTS: Mapping[str, Callable[[Headline], Iterable[str]]] = {
    "label": lambda claim: [phrases.label(claim.results)],
    "bottleneck": lambda claim: [text.safe(claim.results.spec.workload.bottleneck)],
    "axis": lambda claim: [text.safe(claim.results.spec.workload.axis)],
    "speedup": lambda claim: [phrases.speedup(claim)],
    "machines": lambda claim: [phrases.contestants(claim.results)[1]],
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
    "say": lambda claim: [phrases.aloud(claim)],
    "caveats": lambda claim: (
        [phrases.short(caveat, claim.results.spec.workload.tolerance) for caveat in claim.caveats]
        or [""]
    ),
    "limitation": lambda claim: [text.safe(claim.results.spec.workload.limitation)],
    "provenance": lambda claim: [phrases.provenance(claim.results)],
}
PICTURES = ("slide", *(f"fig-{name}" for name in figures.FIGURES))


def update(deck: bytes, headline: Headline, verdict: str = "") -> tuple[bytes, Report]:
    """Return the deck with every shape of ours brought up to date, and a report; raise ``BadRequest`` where that cannot be.

    Numbers that were not measured here need a shape beside them that says so. ``verdict`` is the audit's, for the slide's footer.
    """
    pptx_package.look_over(deck)
    with _untrusted():
        presentation = _opened(deck)
        places = list(_places(presentation))
        ours = [place for place in places if place.name in TEXTS or place.name in PICTURES]
        fit = [place for place in ours if place.fits]
        before = _part_names(presentation)
    if not fit:
        raise BadRequest(
            f"the deck has no text box or picture of a name that begins with {PREFIX} and is known",
            _RENAME,
        )
    _check_labelled(fit, headline)
    pictures = {
        name: _drawing(name, headline, verdict)
        for name in {place.name for place in fit}.intersection(PICTURES)
    }
    with _untrusted():
        _fill(fit, headline, pictures)
        updated = _written(deck, presentation, fit, before)
    return updated, _report(
        places, ours, fit, {name for name, drawing in pictures.items() if drawing.png is None}
    )


def told(report: Report) -> str:
    """Return the report as text, a line for each kind that there is."""
    kinds = (
        ("updated", report.updated),
        ("blank now, since the facts for it are not there", report.blank),
        ("not in the deck", report.missing),
        ("not a name of ours", report.unknown),
        ("not updated, a text needs a text box and a picture a picture", report.unfit),
    )
    return "".join(f"{kind}: {', '.join(names)}\n" for kind, names in kinds if names)


def _report(places: list[_Place], ours: list[_Place], fit: list[_Place], empty: Set[str]) -> Report:
    return Report(
        updated=tuple(place.told for place in fit if place.name not in empty),
        blank=tuple(place.told for place in fit if place.name in empty),
        missing=tuple(
            name for name in (*TEXTS, *PICTURES) if name not in {place.name for place in ours}
        ),
        unknown=tuple(place.told for place in places if place not in ours),
        unfit=tuple(place.told for place in ours if place not in fit),
    )


@contextmanager
def _untrusted() -> Iterator[None]:
    """Turn any failure into ``BadRequest``: the deck is of someone else's, and so is what reads it."""
    try:
        yield
    except BadRequest:
        raise
    except Exception as error:
        raise BadRequest(
            "the deck is not a PowerPoint file, or a damaged one",
            "open it in PowerPoint and save it anew",
        ) from error


def _opened(deck: bytes) -> "Presentation":
    try:
        import pptx
    except ImportError as error:
        raise BadRequest(
            "to update a deck takes the package python-pptx, and it is not here",
            "pip install 'twoclocks[pptx]'",
        ) from error
    return pptx.Presentation(BytesIO(deck))


def _places(presentation: "Presentation") -> Iterator[_Place]:
    """Yield every shape of ours, in groups too, slide by slide."""
    for number, page in enumerate(presentation.slides, 1):
        for shape in _shapes(page.shapes, 0):
            if str(shape.name).startswith(PREFIX):
                yield _Place(shape.name.removeprefix(PREFIX), number, page, shape)


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    if depth > DEEPEST_GROUP:
        raise BadRequest(
            f"the deck has groups of shapes more than {DEEPEST_GROUP} deep", "ungroup some of them"
        )
    for shape in shapes:
        yield shape
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes, depth + 1)


def _check_labelled(places: list[_Place], headline: Headline) -> None:
    """Refuse to write numbers that were not measured here on a slide where nothing says so."""
    label = phrases.label(headline.results)
    labelled = {place.number for place in places if place.name in _LABELS}
    bare = [
        place
        for place in places
        if place.name in TEXTS and place.name not in _NOT_NUMBERS and place.number not in labelled
    ]
    if label and bare:
        raise BadRequest(
            f"nothing on slide {bare[0].number} would say {label}",
            f"add a text box named {PREFIX}label to it",
        )


def _drawing(name: str, headline: Headline, verdict: str) -> _Drawing:
    """Return the picture of that name, or why there is none: what an earlier session left must not stay."""
    if name == "slide":
        return _Drawing(slide.png(headline, verdict), phrases.aloud(headline))
    picture = figures.FIGURES[name.removeprefix("fig-")](headline)
    match picture:
        case figures.Picture():
            return _Drawing(figures.png(picture, figures.LIGHT), picture.title)
        case figures.Missing():
            return _Drawing(None, picture.reason)


def _fill(places: list[_Place], headline: Headline, pictures: Mapping[str, _Drawing]) -> None:
    for place in places:
        if place.name in TEXTS:
            shapes.write(place.shape, list(TEXTS[place.name](headline)))
        else:
            shapes.show(
                place.shape, place.slide, pictures[place.name].png, pictures[place.name].says
            )


def _part_names(presentation: "Presentation") -> frozenset[str]:
    return frozenset(part.partname.membername for part in presentation.part.package.iter_parts())


def _written(
    deck: bytes, presentation: "Presentation", places: list[_Place], before: frozenset[str]
) -> bytes:
    """Return the deck with the changed slides, their relations and new pictures, and without pictures that none refers to."""
    types = pptx_package.content_types(deck)
    fresh = [
        part
        for part in presentation.part.package.iter_parts()
        if part.partname.membername not in before
    ]
    for part in fresh:  # by its content, so that the same update gives the same deck
        part.partname = type(part.partname)(
            f"/ppt/media/twoclocks-{sha256(part.blob).hexdigest()[:16]}.png"
        )
    changed = {part.partname.membername: part.blob for part in fresh}
    if fresh:
        changed[pptx_package.CONTENT_TYPES] = pptx_package.with_png(types)
    for part in {place.number: place.slide.part for place in places}.values():
        changed[part.partname.membername] = part.blob
        changed[part.partname.rels_uri.membername] = part.rels.xml
    gone = {name for name in before - _part_names(presentation) if name.encode() not in types}
    return pptx_package.rewritten(deck, changed, gone)
