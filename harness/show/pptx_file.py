"""Open a deck that somebody else wrote, and read its texts.

May import ``errors``, ``extras``, ``pptx_safety`` and, when a deck is opened, python-pptx.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from harness.errors import BadRequest
from harness.extras import require_package
from harness.show.pptx_safety import check_package

if TYPE_CHECKING:
    from pptx.presentation import Presentation

_WITH_MACROS = (  # python-pptx knows templates and slide shows without them
    "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
)

_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"


@contextmanager
def untrusted(noun: str = "deck") -> Iterator[None]:
    """Turn any failure into ``BadRequest``: python-pptx raises many kinds for a bad file.

    ``noun`` is what the file should be.
    """
    try:
        yield
    except BadRequest:
        raise
    except Exception as error:
        raise BadRequest(
            f"the {noun} is not a PowerPoint file, or it is damaged",
            "open it in PowerPoint and save it again",
        ) from error


def open_deck(deck: bytes, noun: str = "file") -> "Presentation":
    """Return the presentation, a template or a slide show, too; raise ``BadRequest``.

    ``noun`` is what the file should be.
    """
    require_package("pptx", "updating a deck")
    from pptx.opc.package import PartFactory
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    PartFactory.part_type_for.update(dict.fromkeys(_WITH_MACROS, PresentationPart))
    main = Package.open(BytesIO(deck)).main_document_part
    if not isinstance(main, PresentationPart):
        raise BadRequest(
            f"the {noun} is no presentation", "give a .pptx, .pptm, .potx or .ppsx file"
        )
    presentation: Presentation = main.presentation
    return presentation


def slide_texts(deck: bytes) -> tuple[str, ...]:
    """Return the text of each slide, of groups and tables too; raise ``BadRequest``."""
    check_package(deck)
    with untrusted():
        return tuple(
            "\n".join(run.text or "" for run in slide.element.iter(_TEXT))
            for slide in open_deck(deck).slides
        )
