from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from harness.show import figures, slide
from harness.show.figures import DARK, LIGHT, Theme
from tests.headlines import HEADLINES
from tests.show.figures.cases import pictures, texts


def brightness(color: str) -> float:
    """Return the relative luminance. Source: WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_stands_out_from_all_that_is_behind_it(theme: Theme) -> None:
    assert (
        min(contrast(theme.ink, behind) for behind in (theme.ground, theme.shade, theme.faint))
        >= 4.5
    )
    assert min(contrast(theme.ground, color) for color in (theme.baseline, theme.distributed)) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_text_is_in_the_themes_ink(theme: Theme) -> None:
    drawn = [figures.render(shown, theme) for shown in pictures("race").values()]

    assert {text.get_color() for one in drawn for text in texts(one)} == {theme.ink}


LEAST_CONTRAST = 4.5
LEAST_OF_AREAS = 3.0  # WCAG 2.2, section 1.4.11


LEAST_OF_NEIGHBOURS = 2.0


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_no_part_of_the_core_seconds_has_the_colour_of_a_side(theme: Theme) -> None:
    sides = {color for one in (LIGHT, DARK) for color in (one.baseline, one.distributed)}

    assert sides & {*theme.parts} == set()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_neighbouring_parts_of_the_core_seconds_are_told_apart_without_colour(theme: Theme) -> None:
    apart = [contrast(one, other) for one, other in pairwise(theme.parts)]

    assert min(apart) >= LEAST_OF_NEIGHBOURS


def colors_of_areas(case: str, name: str, theme: Theme) -> set[str]:
    """Return the colours of a figure's areas, but for what is behind everything."""
    drawn = figures.render(pictures(case)[name], theme)
    patches = [patch for axes in drawn.axes for patch in axes.patches if patch.get_fill()]
    colors = {to_hex(patch.get_facecolor()).upper() for patch in patches}
    return colors - {theme.ground, theme.shade}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("case", ["race", "three", "needed"])
def test_every_area_of_a_figure_stands_out(case: str, theme: Theme) -> None:
    colors = {name: colors_of_areas(case, name, theme) for name in pictures(case)}
    assert colors["baseline"] == {theme.baseline, theme.pale}
    every = set().union(*colors.values()) | {*theme.parts}
    assert {color for color in every if contrast(color, theme.ground) < LEAST_OF_AREAS} == set()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("case", ["race", "three", "flagged", "golden", "needed", "spare"])
def test_every_text_of_a_figure_stands_out_in_the_picture_itself(case: str, theme: Theme) -> None:
    drawn = {name: figures.render(shown, theme) for name, shown in pictures(case).items()}
    assert {name: weak for name, one in drawn.items() if (weak := weak_texts(one))} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", HEADLINES)
def test_every_text_of_the_slide_stands_out_in_the_picture_itself(name: str, theme: Theme) -> None:
    assert weak_texts(slide.figure(HEADLINES[name], "audit: 21 pass", theme)) == []


def test_a_text_in_a_weak_colour_would_be_noticed() -> None:
    figure = slide.figure(HEADLINES["laptop"], "audit: 21 pass", LIGHT)
    figure.axes[0].texts[0].set_color("#999999")
    assert len(weak_texts(figure)) == 1


def weak_texts(figure: Figure) -> list[str]:
    """Return the texts whose contrast with what is around their letters is too weak."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    drawn: Any = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # nor for it
    red, green, blue = np.moveaxis(np.asarray(drawn)[..., :3].astype(int), -1, 0)
    pixels = (red << 16) + (green << 8) + blue
    return [one.get_text() for one in texts(figure) if contrast_in(pixels, one) < LEAST_CONTRAST]


def contrast_in(pixels: "np.ndarray[Any, np.dtype[np.int_]]", text: Text) -> float:
    """Return the contrast of a text's ink, as it is in the picture, with the colour behind it.

    That is the commonest colour of its place but for the ink.
    """
    box = text.get_window_extent()
    rows = slice(int(pixels.shape[0] - box.y1), int(pixels.shape[0] - box.y0) + 1)
    colors, counts = np.unique(pixels[rows, int(box.x0) : int(box.x1) + 1], return_counts=True)
    ink = int(to_hex(text.get_color())[1:], 16)
    assert ink in colors, f"{text.get_text()!r} is not in its ink"
    behind = colors[np.argsort(counts * (colors != ink))[-1]]
    return contrast(f"#{ink:06x}", f"#{behind:06x}")
