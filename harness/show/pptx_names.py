"""Which shapes of a deck are ours, by their names or, where a program names none, by alt text.

python-pptx walks past alternate content, so shapes are looked for in the XML of every page: slides,
their notes, layouts and masters. Pages and shapes are python-pptx objects, passed as arguments.
May import ``text``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness import text

PREFIX = "twoclocks:"

_PRESENTATION = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_KINDS = ("sp", "pic", "graphicFrame", "grpSp", "cxnSp", "contentPart")
_SHAPES = tuple(f"{_PRESENTATION}{kind}" for kind in _KINDS)
_ALTERNATE, _FALLBACK = f"{_COMPATIBILITY}AlternateContent", f"{_COMPATIBILITY}Fallback"
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
