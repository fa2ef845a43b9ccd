from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx import Presentation
from pptx.util import Inches

from harness.errors import BadRequest
from harness.show.pptx_file import slide_texts


def a_deck() -> bytes:
    """Return a deck with text in a title, in a group and in a table, on two slides."""
    presentation = Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[5])
    first.shapes.title.text = "The window is missed"
    group = first.shapes.add_group_shape()
    box = group.shapes.add_textbox(0, 0, Inches(2), Inches(1))
    box.text_frame.text = "11.4 h"
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    cells = second.shapes.add_table(1, 1, 0, 0, Inches(2), Inches(1)).table
    cells.cell(0, 0).text = "S 7.04×"
    saved = BytesIO()
    presentation.save(saved)
    return saved.getvalue()


def test_the_texts_of_each_slide_are_read_wherever_they_stand() -> None:
    first, second = slide_texts(a_deck())
    assert first.split("\n") == ["The window is missed", "11.4 h"]
    assert second == "S 7.04×"


@given(st.binary(max_size=200))
def test_what_is_no_deck_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequest):
        slide_texts(content)
