import pytest
from PIL import Image

from harness.cast.film.glyphs import Glyphs


def shape(letter: str, width: int = 16) -> Image.Image:
    return Glyphs.load(width).draw(letter, bold=False)


def filled_eighths(letter: str) -> tuple[int, int, int, int] | None:
    """Return the box in eighths of a cell that a letter fills."""
    box = shape(letter).getbbox()
    return None if box is None else (box[0] // 2, box[1] // 4, box[2] // 2, box[3] // 4)


@pytest.mark.parametrize(
    ("letter", "box"),
    [
        ("█", (0, 0, 8, 8)),
        ("▄", (0, 4, 8, 8)),
        ("▁", (0, 7, 8, 8)),
        ("▇", (0, 1, 8, 8)),
        ("▏", (0, 0, 1, 8)),
        ("▉", (0, 0, 7, 8)),
        ("▐", (4, 0, 8, 8)),
        ("▕", (7, 0, 8, 8)),
        ("▔", (0, 0, 8, 1)),
        ("▖", (0, 4, 4, 8)),
        ("▝", (4, 0, 8, 4)),
        ("▚", (0, 0, 8, 8)),
        (" ", None),
    ],
)
def test_a_block_fills_its_part_of_the_cell(
    letter: str, box: tuple[int, int, int, int] | None
) -> None:
    assert filled_eighths(letter) == box


@pytest.mark.parametrize("width", [10, 13, 16])
@pytest.mark.parametrize(
    ("letter", "reached"),
    [
        ("─", "lr"),
        ("│", "ud"),
        ("╭", "rd"),
        ("╮", "ld"),
        ("╰", "ru"),
        ("╯", "lu"),
        ("├", "udr"),
        ("┤", "udl"),
        ("┼", "lrud"),
        ("┳", "lrd"),
        ("╷", "d"),
    ],
)
def test_a_line_reaches_the_edges_where_it_joins_the_next(
    letter: str, reached: str, width: int
) -> None:
    drawn = shape(letter, width)
    edges = {
        "l": drawn.crop((0, 0, 1, drawn.height)),
        "r": drawn.crop((width - 1, 0, width, drawn.height)),
        "u": drawn.crop((0, 0, width, 1)),
        "d": drawn.crop((0, drawn.height - 1, width, drawn.height)),
    }
    horizontal, vertical = shape("─", width), shape("│", width)
    like = {"l": horizontal, "r": horizontal, "u": vertical, "d": vertical}
    whole = {edge: max(picture.tobytes()) >= 200 for edge, picture in edges.items()}

    assert {edge for edge, inked_there in whole.items() if inked_there} == set(reached)
    if letter not in "┳":
        assert all(edges[edge].getbbox() == _edge(like[edge], edge).getbbox() for edge in reached)


def _edge(picture: Image.Image, edge: str) -> Image.Image:
    box = (0, 0, 1, picture.height) if edge in "lr" else (0, 0, picture.width, 1)
    return picture.crop(box)


def test_a_dashed_line_has_gaps() -> None:
    assert min(shape("┄").crop((0, 15, 16, 17)).tobytes()) == 0
    assert shape("─").getbbox() == (0, 15, 16, 17)


@pytest.mark.parametrize("letter", ["═", "╬", "╱", "╼", "A", "…", "×", "Δ"])
def test_other_letters_come_from_the_font(letter: str) -> None:
    assert shape(letter).getbbox() is not None


def test_bold_letters_have_more_ink() -> None:
    glyphs = Glyphs.load(16)

    assert sum(glyphs.draw("H", bold=True).tobytes()) > 1.2 * sum(
        glyphs.draw("H", bold=False).tobytes()
    )
