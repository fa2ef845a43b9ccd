import pytest
from matplotlib.colors import to_rgb

from harness.show import figures
from harness.show.figures import DARK, LIGHT, Theme
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
