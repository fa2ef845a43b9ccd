"""Decks to be updated, and what is in them afterwards."""

import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image
from pptx import Presentation
from pptx.util import Emu

from harness.claims.claims import Claims
from harness.claims.headline import Headline
from tests.builders import (
    a_report,
    a_results,
    golden_results,
    some_pairs,
)


def headline_of(claims: Claims) -> Headline:
    assert claims.headline is not None
    return claims.headline


REPORT = a_report(a_results())


DECLARED = a_report(golden_results())


OTHER = a_report(a_results(trials=some_pairs([40.0], [30.0])))


def a_picture(color: str = "red", size: tuple[int, int] = (40, 30)) -> BytesIO:
    target = BytesIO()
    Image.new("RGB", size, color).save(target, "PNG")
    return BytesIO(target.getvalue())


def saved(presentation: Any) -> bytes:
    target = BytesIO()
    presentation.save(target)
    return target.getvalue()


@cache
def a_deck(
    *names: str, frame: tuple[int, int] = (1600, 900), build: Callable[[Any], object] | None = None
) -> bytes:
    """Return a deck of two slides: the author's, and one with a shape for each name.

    ``slide`` is a picture, any other name a text box.
    """
    presentation = Presentation()
    own = presentation.slides.add_slide(presentation.slide_layouts[0])
    own.shapes.title.text = "Our talk"
    own.notes_slide.notes_text_frame.text = "say hello"
    page = presentation.slides.add_slide(presentation.slide_layouts[6])
    page.shapes.add_textbox(0, 0, 100, 100).text_frame.text = "a text of the author's"
    for name in names:
        if name == "slide":
            shape = page.shapes.add_picture(
                a_picture(), Emu(50), Emu(60), Emu(1000 * frame[0]), Emu(1000 * frame[1])
            )
        else:
            shape = page.shapes.add_textbox(Emu(10), Emu(20), Emu(3000), Emu(400))
            shape.text_frame.text = "old"
        shape.name = f"twoclocks:{name}"
    if build is not None:
        build(page)
    return saved(presentation)


def shapes(content: bytes) -> dict[str, Any]:
    """Return the second slide's shapes by name."""
    return {shape.name: shape for shape in Presentation(BytesIO(content)).slides[1].shapes}


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(content: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in content.items():
            package.writestr(name, part)
    return target.getvalue()
