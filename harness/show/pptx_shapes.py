"""What a shape of a presenter's deck holds, replaced: its text or its picture, while all else about it stays.

Shapes and pages are python-pptx's own, which come as arguments. Imports no room; Pillow lazily.
"""

from copy import deepcopy
from io import BytesIO
from typing import Any


def write(shape: Any, lines: list[str]) -> None:
    """Replace a shape's text by lines, each a paragraph in the letters of its first run."""
    paragraphs = shape.text_frame.paragraphs
    model = next((paragraph for paragraph in paragraphs if paragraph.runs), paragraphs[0])
    run = model.runs[0] if model.runs else model.add_run()
    for node in list(model._p):
        if node is not run._r and node.tag.rpartition("}")[2] not in ("pPr", "endParaRPr"):
            model._p.remove(node)
    for paragraph in paragraphs:
        if paragraph is not model:
            paragraph._p.getparent().remove(paragraph._p)
    run.text = lines[0]
    last = model._p
    for line in lines[1:]:
        copied = deepcopy(model._p)
        last.addnext(copied)
        last = copied
        shape.text_frame.paragraphs[-1].runs[0].text = line


def show(shape: Any, page: Any, png: bytes | None, says: str) -> None:
    """Put a picture (None: nothing) in the place of that of a shape on a page: whole and undistorted in the same frame, with its words."""
    part = page.part
    blip = shape._element.xpath("./p:blipFill/a:blip")[0]
    earlier = blip.rEmbed
    content = _framed(png, shape.width or 0, shape.height or 0)
    _, relation = part.get_or_add_image_part(BytesIO(content))
    for node in list(
        blip
    ):  # effects on the picture, and its other form as SVG, which would be shown in its stead
        blip.remove(node)
    for name in [name for name in blip.attrib if name.endswith("}link")]:
        del blip.attrib[name]
    blip.rEmbed = relation
    shape.crop_left = shape.crop_right = shape.crop_top = shape.crop_bottom = 0
    shape._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", says)
    if earlier is not None and earlier != relation and not _named(page, earlier):
        part.rels.pop(earlier)


def _named(page: Any, relation: str) -> bool:
    """Return whether anything on a slide still refers to one of its relations."""
    return any(value == relation for node in page._element.iter() for value in node.attrib.values())


def _framed(png: bytes | None, width: int, height: int) -> bytes:
    """Return the picture in the middle of a clear one whose sides are as those of its frame; itself where they are already.

    Without a picture (None) the frame is clear.
    """
    from PIL import Image

    drawn = (
        Image.open(BytesIO(png))
        if png is not None
        else Image.new("RGBA", (16, 9), (255, 255, 255, 0))
    )
    aspect = (
        min(max(width / height, drawn.width / drawn.height / 10), 10 * drawn.width / drawn.height)
        if width > 0 < height
        else 0.0
    )
    wide, high = (
        max(drawn.width, round(drawn.height * aspect)),
        max(drawn.height, round(drawn.width / aspect) if aspect else 0),
    )
    if png is not None and wide - drawn.width <= 2 and high - drawn.height <= 2:
        return png
    frame = Image.new("RGBA", (wide, high), (255, 255, 255, 0))
    frame.paste(drawn, ((wide - drawn.width) // 2, (high - drawn.height) // 2))
    target = BytesIO()
    frame.save(target, "PNG")
    return target.getvalue()
