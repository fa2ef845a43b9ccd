"""Replace the text or the picture of one shape in a deck; everything else about the shape stays.

Shapes and slides are python-pptx objects, passed as arguments. Imports Pillow lazily and nothing
of ours.
"""

from copy import deepcopy
from io import BytesIO
from typing import Any

_CLEAR = (255, 255, 255, 0)
_MOST_STRETCH = 10  # a frame may be this much wider or taller than its picture
_SAME_PX = 2


def write_text(shape: Any, lines: list[str]) -> None:
    """Replace a shape's text: one paragraph a line, formatted like the first run that it had."""
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


def replace_picture(shape: Any, slide: Any, png: bytes | None, alt_text: str) -> None:
    """Replace a shape's picture (None: a clear one) and its alt text.

    The new picture is whole and undistorted inside the old frame.
    """
    blip = shape._element.xpath("./p:blipFill/a:blip")[0]
    earlier = blip.rEmbed
    content = _fit_frame(png, shape.width or 0, shape.height or 0)
    _, relation = slide.part.get_or_add_image_part(BytesIO(content))
    for node in list(blip):  # effects, and the SVG form that would be shown instead of the PNG
        blip.remove(node)
    for name in [name for name in blip.attrib if name.endswith("}link")]:
        del blip.attrib[name]
    blip.rEmbed = relation
    shape.crop_left = shape.crop_right = shape.crop_top = shape.crop_bottom = 0
    shape._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", alt_text)
    if earlier is not None and earlier != relation and not _uses(slide, earlier):
        slide.part.rels.pop(earlier)


def _uses(slide: Any, relation: str) -> bool:
    """Return whether anything on a slide refers to one of its relations."""
    return any(
        value == relation for node in slide._element.iter() for value in node.attrib.values()
    )


def _fit_frame(png: bytes | None, width: int, height: int) -> bytes:
    """Return the picture centred on a clear one of the frame's aspect ratio; None is all clear.

    A picture that has this ratio already is returned as it is, and so is one in a frame without
    width or height.
    """
    from PIL import Image

    picture = Image.new("RGBA", (16, 9), _CLEAR) if png is None else Image.open(BytesIO(png))
    natural = picture.width / picture.height
    aspect = natural
    if width > 0 < height:
        aspect = min(max(width / height, natural / _MOST_STRETCH), natural * _MOST_STRETCH)
    wide = max(picture.width, round(picture.height * aspect))
    high = max(picture.height, round(picture.width / aspect))
    if png is not None and wide - picture.width <= _SAME_PX and high - picture.height <= _SAME_PX:
        return png
    frame = Image.new("RGBA", (wide, high), _CLEAR)
    frame.paste(picture, ((wide - picture.width) // 2, (high - picture.height) // 2))
    target = BytesIO()
    frame.save(target, "PNG")
    return target.getvalue()
