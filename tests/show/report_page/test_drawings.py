import re

import pytest

from harness.show import figures
from harness.show.figures.theme import DARK, LIGHT, Theme
from harness.show.report_page.drawings import Drawn, figure, roles
from tests.cast.pages import Document
from tests.show.report_page.reports import report_of


def svg_of(theme: Theme) -> bytes:
    picture = figures.picture(report_of("scales"), "scaling")
    assert isinstance(picture, figures.Picture)
    return figures.svg(picture, theme)


def test_every_colour_of_a_theme_has_a_role_of_its_own() -> None:
    assert list(roles(LIGHT).values()) == list(roles(DARK).values())
    assert len(roles(LIGHT)) == len(roles(DARK)) == 13


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_figure_in_a_page_has_no_colour_of_its_own(theme: Theme) -> None:
    drawn = figure(Drawn("scaling", svg_of(theme), theme))
    assert re.findall(r"#[0-9a-fA-F]{6}", drawn) == []
    assert "style=" not in drawn
    assert "stroke-distributed" in drawn


def test_a_figure_keeps_every_stroke_and_every_letter() -> None:
    before, drawn = svg_of(LIGHT).decode(), figure(Drawn("scaling", svg_of(LIGHT), LIGHT))
    for element in ("path", "use"):
        assert drawn.count(f"<{element} ") == before.count(f"<{element} ")
    shapes = {" ".join(shape.split()) for shape in re.findall(r' d="([^"]*)"', before)}
    assert set(re.findall(r' d="([^"]*)"', drawn)) == shapes


def test_a_figure_says_in_words_what_it_shows_and_which_facts_its_letters_are() -> None:
    picture = figures.picture(report_of("scales"), "scaling")
    assert isinstance(picture, figures.Picture)
    page = Document(figure(Drawn("scaling", svg_of(LIGHT), LIGHT)).encode())
    (drawing,) = (its for tag, its in page.elements if tag == "svg")

    assert drawing["aria-label"] == picture.title
    assert picture.description in page.all("details")[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "speed.speedup-spec.workers" in " ".join(
        its.get("data-field") or "" for _, its in page.elements
    )


def test_two_figures_share_no_name() -> None:
    one, other = (figure(Drawn(name, svg_of(LIGHT), LIGHT)) for name in ("one", "other"))
    assert not set(re.findall(r' id="([^"]*)"', one)) & set(re.findall(r' id="([^"]*)"', other))


def test_a_colour_of_no_theme_stays_as_it_is() -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>t</title>'
        b'<path d="M 0 0" style="fill: #123456; stroke: #000000"/></svg>'
    )
    assert '<path d="M 0 0" fill="#123456" class="stroke-ink">' in figure(Drawn("a", svg, LIGHT))


def test_a_title_stays_in_its_attribute() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><title>" onload="alert(1)&lt;b></title></svg>'
    page = Document(figure(Drawn("a", svg, LIGHT)).encode())
    (drawing,) = (its for tag, its in page.elements if tag == "svg")
    assert set(drawing) == {"class", "role", "aria-label"}
    assert drawing["aria-label"] == '" onload="alert(1)<b>'
