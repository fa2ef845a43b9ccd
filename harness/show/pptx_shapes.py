"""Replace the text or the picture of one shape in a deck; everything else about the shape stays.

Shapes and slides are python-pptx objects, passed as arguments. Imports Pillow lazily and nothing
of ours.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from itertools import accumulate
from typing import Any

_CLEAR = (255, 255, 255, 0)
_MOST_STRETCH = 10  # a frame may be this much wider or taller than its picture
_SAME_PX = 2
_SAY = "Say: "
_WORDS = re.compile(
    r"(?P<number>\d(?:[\d.,]*\d)?)|(?P<word>[^\W\d_]+)|(?P<blank>\s+)|(?P<sign>[^\w\s]|_)"
)


def write_text(shape: Any, lines: list[str]) -> None:
    """Replace a shape's text: one paragraph a line, formatted like the first that had runs.

    A line of the same words, numbers and signs keeps the format of each run; any other has that of
    the first run.
    """
    paragraphs = shape.text_frame.paragraphs
    model = next((paragraph for paragraph in paragraphs if paragraph.runs), paragraphs[0])
    runs = list(model.runs) or [model.add_run()]
    for node in list(model._p):
        if node.tag.rpartition("}")[2] not in ("pPr", "r", "endParaRPr"):
            model._p.remove(node)
    for paragraph in paragraphs:
        if paragraph is not model:
            paragraph._p.getparent().remove(paragraph._p)
    texts = [run.text for run in runs]
    copies = [deepcopy(model._p) for _ in lines[1:]]
    for copied in reversed(copies):
        model._p.addnext(copied)
    for paragraph, line in zip(shape.text_frame.paragraphs, lines, strict=True):
        for run, part in zip(paragraph.runs, _split(line, texts), strict=True):
            if part is None:
                paragraph._p.remove(run._r)
            else:
                run.text = part


def lead_to(shape: Any, link: str) -> None:
    """Have all of a shape's text lead elsewhere (empty: nowhere any more)."""
    for paragraph in shape.text_frame.paragraphs:
        for run in paragraph.runs:
            run.hyperlink.address = link or None


def _split(line: str, texts: list[str]) -> list[str | None]:
    """Return the part of a line for each run, given the runs' texts (None: the run goes)."""
    before, after = ([*_WORDS.finditer(one)] for one in ("".join(texts), line))
    if not after or [word.lastgroup for word in before] != [word.lastgroup for word in after]:
        return [line, *(None for _ in texts[1:])]
    ends = list(accumulate(map(len, texts)))
    parts = ["" for _ in texts]
    for old, new in zip(before, after, strict=True):
        parts[bisect_right(ends, old.start())] += new[0]
    return [part or None for part in parts]


def rewrite_notes(shape: Any, rewrite: Callable[[str, str], tuple[str, str] | None]) -> bool:
    """Rewrite lines of a slide's notes; return whether all that begin as ours do were rewritten.

    ``rewrite`` is given a line and the notes' mark, and returns both anew (None: the line stays).
    """
    facts = shape._element.xpath("./*[1]/*[local-name()='cNvPr']")[0]
    mark, all_ours = facts.get("descr", ""), True
    for paragraph in shape.text_frame.paragraphs:
        line = "".join(run.text for run in paragraph.runs)
        rewritten = rewrite(line, mark)
        if rewritten is None:
            all_ours = all_ours and not line.startswith(_SAY)
            continue
        first, *others = paragraph.runs
        first.text = rewritten[0]
        for other in others:
            other._r.getparent().remove(other._r)
        facts.set("descr", rewritten[1])
    return all_ours


def replace_picture(shape: Any, slide: Any, png: bytes | None) -> None:
    """Replace a shape's picture (None: a clear one).

    The new picture is whole and undistorted inside the old frame.
    """
    blip = shape._element.xpath("./p:blipFill/a:blip")[0]
    earlier = {value for node in blip.iter() for value in node.attrib.values()}
    content = _fit_frame(png, shape.width or 0, shape.height or 0)
    _, relation = slide.part.get_or_add_image_part(BytesIO(content))
    for node in list(blip):  # effects, and the SVG form that would be shown instead of the PNG
        blip.remove(node)
    for name in [name for name in blip.attrib if name.endswith("}link")]:
        del blip.attrib[name]
    blip.rEmbed = relation
    shape.crop_left = shape.crop_right = shape.crop_top = shape.crop_bottom = 0
    for unused in earlier - {relation}:
        if unused in slide.part.rels and not _uses(slide, unused):
            slide.part.rels.pop(unused)


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
