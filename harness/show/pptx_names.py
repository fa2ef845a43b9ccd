"""Which shapes of a deck are ours, by their names or, where a program names none, by alt text.

python-pptx walks past alternate content, so shapes are looked for in the XML of every page: slides,
their notes, layouts and masters. Pages and shapes are python-pptx objects, passed as arguments.
May import ``text``, ``deck.names`` and ``deck.values``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness import text
from harness.show.deck import names
from harness.show.deck.values import NUMBERS

PREFIX = "twoclocks:"

_PRESENTATION = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_KINDS = ("sp", "pic", "graphicFrame", "grpSp", "cxnSp", "contentPart")
_SHAPES = tuple(f"{_PRESENTATION}{kind}" for kind in _KINDS)
_ALTERNATE, _FALLBACK = f"{_COMPATIBILITY}AlternateContent", f"{_COMPATIBILITY}Fallback"
# LibreOffice gives every placeholder this name when it saves a deck.
_RENAMED = re.compile(r"PlaceHolder \d+")
# PowerPoint numbers a placeholder that it makes from one of a layout.
_NUMBERED = re.compile(r"\s+\d+$")


class Page(NamedTuple):
    """A page of a deck: where it is, where a label for it may be, and python-pptx's object."""

    place: str
    labelled_at: str
    page: Any


@dataclass(frozen=True, kw_only=True)
class NamedShape:
    """A shape of ours: its name without the prefix, its page, python-pptx's object.

    ``by_alt_text`` is whether its alt text names it. ``replaced`` is whether programs show it
    only where they do not understand another shape, which has not this name.
    """

    name: str
    page: Page
    shape: Any
    by_alt_text: bool
    replaced: bool

    @property
    def label(self) -> str:
        """Return the name with the place: ``speedup on slide 2``."""
        return f"{text.printable(self.name) or PREFIX} {self.page.place}"


def named_shapes(presentation: Any) -> Iterator[NamedShape]:
    """Yield every shape with our prefix, page by page, also inside groups and alternate content."""
    for page in _pages(presentation):
        for element in page.page.shapes._spTree.iter(*_SHAPES):
            found = _our_name(element)
            if found is None or _is_fallback_of(found[0], element):
                continue
            yield NamedShape(
                name=found[0],
                page=page,
                shape=page.page.shapes._shape_factory(element),
                by_alt_text=found[1],
                replaced=next(element.iterancestors(_FALLBACK), None) is not None,
            )


def renamed_placeholders(presentation: Any, named: Sequence[NamedShape]) -> Iterator[NamedShape]:
    """Yield titles and notes that lost their names: what else is on their slides tells whose."""
    slides = {one.page.labelled_at: slide for one in named if (slide := names.slide_of(one.name))}
    for page in _pages(presentation):
        slide = slides.get(page.labelled_at, "")
        if not slide:
            continue
        is_notes = page.place != page.labelled_at
        shape = page.page.notes_placeholder if is_notes else page.page.shapes.title
        name = f"{names.NOTES if is_notes else 'title-'}{slide}"
        is_ours = is_notes or name in names.TEXTS
        if is_ours and shape is not None and _RENAMED.fullmatch(shape.name):
            yield NamedShape(name=name, page=page, shape=shape, by_alt_text=False, replaced=False)


def places_without_names(presentation: Any, named: Sequence[NamedShape]) -> Iterator[str]:
    """Yield where the titles and notes are that are not ours, on slides with shapes of ours.

    Only titles that would have numbers count, and notes that have them.
    """
    ours = {(one.page.place, one.name) for one in named}
    places = {place for place, _ in ours}
    slides = {one.page.labelled_at: names.slide_of(one.name) for one in named}
    slides |= {one.page.labelled_at: slide for one in named if (slide := names.slide_of(one.name))}
    for page in _pages(presentation):
        if page.labelled_at not in slides:
            continue
        title = f"title-{slides[page.labelled_at]}"
        if page.place != page.labelled_at:
            if page.place not in places and _has_numbers(page.page):
                yield page.place
        elif title in names.TEXTS and (page.place, title) not in ours:
            yield f"the title {page.place}"


def _has_numbers(notes: Any) -> bool:
    frame = notes.notes_text_frame
    lines = [] if frame is None else [paragraph.text for paragraph in frame.paragraphs]
    return any(line.startswith(NUMBERS) for line in lines)


def drop_fallbacks(element: Any) -> None:
    """Remove what programs would show instead of an element; it stands alone where it can."""
    for alternate in list(element.iterancestors(_ALTERNATE)):
        for fallback in alternate.findall(_FALLBACK):
            alternate.remove(fallback)
        if len(alternate) == 1 and list(alternate[0]) == [element]:
            alternate.getparent().replace(alternate, element)


def _pages(presentation: Any) -> Iterator[Page]:
    entries = presentation.element.sldIdLst
    # not ``presentation.slides``: it renames files, and two may have one name then
    for number, entry in enumerate(() if entries is None else entries, 1):
        page = presentation.part.related_slide(entry.rId)
        place = f"on slide {number}"
        yield Page(place, place, page)
        if page.has_notes_slide:
            yield Page(f"in the notes of slide {number}", place, page.notes_slide)
    for master in presentation.slide_masters:
        yield Page("on a master", "on a master", master)
        for layout in master.slide_layouts:
            place = f"on the layout {text.printable(layout.name)!r}"
            yield Page(place, place, layout)


def _our_name(element: Any) -> tuple[str, bool] | None:
    """Return a shape's name without the prefix, and whether alt text has it (None: not ours).

    Capitals and blanks around it do not matter. Alt text may go on after the name.
    """
    facts = element.xpath("./*[1]/*[local-name()='cNvPr']")
    if not facts:
        return None
    name = _without_prefix(facts[0].get("name", ""))
    if name is not None:
        return _NUMBERED.sub("", name), False
    for attribute in ("title", "descr"):
        words = _without_prefix(facts[0].get(attribute, ""))
        if words is not None:
            return (words.split() or [""])[0], True
    return None


def _without_prefix(written: str) -> str | None:
    lowered = written.strip().lower()
    return lowered.removeprefix(PREFIX).strip() if lowered.startswith(PREFIX) else None


def _is_fallback_of(name: str, element: Any) -> bool:
    """Return whether an element is a fallback of a shape that has its name, and goes with it."""
    for fallback in element.iterancestors(_FALLBACK):
        branches = fallback.itersiblings(preceding=True)
        names = (_our_name(other) for branch in branches for other in branch.iter(*_SHAPES))
        if any(found is not None and found[0] == name for found in names):
            return True
    return False
