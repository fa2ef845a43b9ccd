"""What slides of a presentation are made on: our own plain master, or a presenter's template.

A template is an untrusted file. Its layout is chosen by name; its title stands where the layout has
it, and what we place goes into the room below that. May import ``errors``, ``extras``,
``harness.show`` and, when a presentation is opened, the extra python-pptx.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness import text
from harness.errors import BadRequest
from harness.extras import require_package
from harness.show.deck.layout import FOOTER, PlacedWords
from harness.show.figures import lettering
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX, Box
from harness.show.figures.page import LEADING, MARGIN
from harness.show.figures.picture import PLOT_ROWS
from harness.show.figures.theme import Theme
from harness.show.pptx_file import open_deck
from harness.show.pptx_safety import check_package

FONT = "Arial"
LAYOUT = "Title Only"
_NOUN = "template"
_EMU_PER_PX = 7620  # 13 1/3 inches over 1600 pixels
_EMU_PER_PT = 12_700
_LEAST_WIDTH, _LEAST_HEIGHT = 0.5, 0.45  # of a template's slide, for what is below its title
_BOTTOM, _BELOW_TITLE = 0.96, 0.025  # of the height
_TITLE_PT, _SMALLEST_TITLE_PT = 32.0, 16.0
_FOOTERS = {"dt", "ftr", "sldNum"}
_TITLES = {"title", "ctrTitle"}
_MOST_NAMED = 12


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """A presentation without slides, the layout of those to come, and where our page is on them.

    ``scale`` is EMU for a pixel of our page, ``left`` and ``top`` where its corner is, in EMU.
    ``title`` is the room for the layout's own title in points (None: ours is placed as all else).
    """

    presentation: Any
    layout: Any
    scale: float
    left: float = 0.0
    top: float = 0.0
    title: tuple[float, float] | None = None

    def place(self, shape: Any, box: Box) -> None:
        """Move a shape to a box of our page."""
        shape.left = round(self.left + box.left * self.scale)
        shape.top = round(self.top + box.top * self.scale)
        shape.width, shape.height = round(box.width * self.scale), round(box.height * self.scale)

    def points(self, pixels: float) -> float:
        """Return the size of letters that are so many pixels on our page."""
        return pixels * self.scale / _EMU_PER_PT

    def title_points(self, placed: PlacedWords) -> float:
        """Return the size of a title: as placed, or the largest that fits the layout's own."""
        if self.title is None:
            return self.points(placed.size)
        (content,), (width, height) = placed.lines, self.title
        size = _TITLE_PT
        while size > _SMALLEST_TITLE_PT:
            rows = len(lettering.wrap(content, width, size, bold=True))
            if rows * size * LEADING <= height:
                break
            size -= 1
        return size


def plain_canvas(theme: Theme) -> Canvas:
    """Return an empty presentation of 16:9 in a font that every computer has.

    Raises ``BadRequest`` where the extra python-pptx is not installed.
    """
    require_package("pptx", "a deck for PowerPoint")
    from pptx import Presentation

    presentation: Any = Presentation()
    wider = WIDTH_PX * _EMU_PER_PX / presentation.slide_width
    presentation.slide_width = WIDTH_PX * _EMU_PER_PX
    presentation.slide_height = HEIGHT_PX * _EMU_PER_PX
    master = presentation.slide_masters[0]
    for page in (master, *master.slide_layouts):
        for shape in page.shapes:
            for place in shape._element.xpath(".//a:xfrm/a:off"):
                place.set("x", str(round(int(place.get("x")) * wider)))
            for extent in shape._element.xpath(".//a:xfrm/a:ext"):
                extent.set("cx", str(round(int(extent.get("cx")) * wider)))
    _set_theme(master, theme)
    layout = presentation.slide_layouts.get_by_name(LAYOUT)
    return Canvas(presentation=presentation, layout=layout, scale=_EMU_PER_PX)


def template_canvas(template: bytes, layout_name: str) -> Canvas:
    """Return a template without its slides, and where our page fits below a layout's title.

    Raises ``BadRequest`` for what is no presentation, and for a layout that is not there or has no
    room.
    """
    check_package(template, _NOUN)
    presentation = open_deck(template, _NOUN)
    layout = _layout(presentation, layout_name)
    _become_a_presentation(presentation)
    _remove_slides(presentation)
    title = next(_placeholders(layout, _TITLES), None)
    room = None if title is None else _room_below(title, layout, presentation)
    if title is None or room is None:
        raise BadRequest(
            f"the template's layout {text.printable(layout.name)!r} has no title with room below",
            f"name another with --layout: {_names(presentation)}",
        )
    content = Box(MARGIN, PLOT_ROWS[0], WIDTH_PX - MARGIN, FOOTER.bottom)
    scale = min(
        room.width / content.width,
        room.height / content.height,
        presentation.slide_width / WIDTH_PX,
    )
    left = room.left + (room.width - content.width * scale) / 2 - content.left * scale
    left = min(max(0.0, left), presentation.slide_width - WIDTH_PX * scale)
    return Canvas(
        presentation=presentation,
        layout=layout,
        scale=scale,
        left=left,
        top=room.top - content.top * scale,
        title=(title.width / _EMU_PER_PT, title.height / _EMU_PER_PT),
    )


def _layout(presentation: Any, wanted: str) -> Any:
    for layout in _layouts(presentation):
        if text.printable(layout.name).casefold() == wanted.strip().casefold():
            return layout
    raise BadRequest(
        f"the template has no layout called {text.printable(wanted)!r}",
        f"name one with --layout: {_names(presentation)}",
    )


def _layouts(presentation: Any) -> Iterator[Any]:
    for master in presentation.slide_masters:
        yield from master.slide_layouts


def _names(presentation: Any) -> str:
    names = [text.printable(layout.name) for layout in _layouts(presentation)]
    return ", ".join(names[:_MOST_NAMED]) or "it has none"


def _placeholders(layout: Any, kinds: set[str]) -> Iterator[Any]:
    for placeholder in layout.placeholders:
        if placeholder._element.ph.get("type") in kinds:
            yield placeholder


def _room_below(title: Any, layout: Any, presentation: Any) -> Box | None:
    """Return what is between a title and the footer, in EMU (None: too little)."""
    width, height = presentation.slide_width, presentation.slide_height
    if None in (title.left, title.top, title.width, title.height):
        return None
    top = title.top + title.height + _BELOW_TITLE * height
    footers = [one.top for one in _placeholders(layout, _FOOTERS) if one.top is not None]
    bottom = min((one for one in footers if one > top), default=height * _BOTTOM)
    right = title.left + title.width
    is_enough = bottom - top >= _LEAST_HEIGHT * height and title.width >= _LEAST_WIDTH * width
    is_on_slide = 0 <= title.left < right <= width and top > 0
    return Box(title.left, top, right, bottom) if is_enough and is_on_slide else None


def _become_a_presentation(presentation: Any) -> None:
    """Make a template, or what has macros, a presentation without them."""
    from pptx.opc.constants import CONTENT_TYPE

    part = presentation.part
    part._content_type = CONTENT_TYPE.PML_PRESENTATION_MAIN
    for name, relation in list(part.rels.items()):
        if relation.reltype.endswith("/vbaProject"):
            part.rels.pop(name)


def _remove_slides(presentation: Any) -> None:
    """Take the template's own slides out, and whatever lists them: sections and custom shows."""
    element = presentation.element
    for listed in list(element.xpath("./p:sldIdLst/p:sldId")):
        presentation.part.rels.pop(listed.rId)
        listed.getparent().remove(listed)
    for listed in element.xpath("./p:custShowLst | ./p:extLst"):
        element.remove(listed)


def _set_theme(master: Any, theme: Theme) -> None:
    """Give the master the font, and the colours of ground and ink."""
    for relation in master.part.rels.values():
        if not relation.reltype.endswith("/theme"):
            continue
        part = relation.target_part
        latin = 'latin typeface="{}"'
        content = part.blob.replace(latin.format("Calibri").encode(), latin.format(FONT).encode())
        colors = {"dk1": theme.ink, "lt1": theme.ground, "hlink": theme.distributed}
        for name, color in colors.items():
            start = content.index(f"<a:{name}>".encode()) + len(f"<a:{name}>")
            end = content.index(f"</a:{name}>".encode())
            solid = f'<a:srgbClr val="{color[1:]}"/>'.encode()
            content = content[:start] + solid + content[end:]
        part._blob = content
