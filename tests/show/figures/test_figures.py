from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from harness.model import Kind, Status
from harness.show import figures
from harness.show.figures import DARK, FIGURES
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import SMALLEST_PX
from tests.builders import (
    a_report,
    a_results,
)
from tests.show.figures.cases import (
    CASES,
    DRAWN,
    SVG,
    drawing,
    overlapping_texts,
    picture,
    pictures,
    report_of,
    svg,
    texts,
)


def figures_where(fails: Callable[[Figure], object]) -> list[tuple[str, str]]:
    """Return the case and name of every figure of which something holds that must not."""
    return [(case, name) for case, name in DRAWN if fails(drawing(case, name))]


def test_every_case_has_every_figure_whose_facts_are_there() -> None:
    assert [(case, name) for case in CASES for name in pictures(case)] == DRAWN


def test_no_letter_is_too_small_for_the_back_row() -> None:
    assert not figures_where(
        lambda figure: min(float(text.get_fontsize()) for text in texts(figure)) < SMALLEST_PX
    )


def test_every_text_is_on_the_page() -> None:
    assert not figures_where(
        lambda figure: (
            not all(
                0 <= box.x0 <= box.x1 <= WIDTH_PX and 0 <= box.y0 <= box.y1 <= HEIGHT_PX
                for box in (text.get_window_extent() for text in texts(figure))
            )
        )
    )


def test_no_text_covers_another() -> None:
    assert not figures_where(overlapping_texts)


def test_no_text_is_read_as_a_formula() -> None:
    assert not figures_where(lambda figure: any(text.get_parse_math() for text in texts(figure)))


def test_every_number_names_the_field_it_came_from() -> None:
    assert not figures_where(
        lambda figure: any(
            any(map(str.isdecimal, text.get_text())) and not text.get_gid()
            for text in texts(figure)
        )
    )


def test_a_field_is_named_once() -> None:
    def names_one_twice(figure: Figure) -> bool:
        named = [str(text.get_gid()) for text in texts(figure) if text.get_gid()]
        return len(named) > len(set(named))

    assert not figures_where(names_one_twice)


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_carries_its_words(name: str) -> None:
    root = ElementTree.fromstring(svg("three", name))

    assert root.findtext(f"{SVG}title") == picture("three", name).title
    assert root.findtext(f"{SVG}desc") == picture("three", name).description
    assert any(map(str.isdecimal, picture("three", name).description))


@pytest.mark.parametrize("name", FIGURES)
def test_untrusted_words_stay_words(name: str) -> None:
    root = ElementTree.fromstring(svg("long", name))

    assert [node.tag for node in root.iter() if str(node.tag).endswith("script")] == []
    assert "\x1b" not in picture("long", name).title + picture("long", name).description


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_needs_nothing_from_elsewhere(name: str) -> None:
    drawing = figures.svg(picture("race", name), DARK).decode()

    assert drawing.count("http") == 2
    assert "DOCTYPE" not in drawing


@pytest.mark.parametrize("name", ["architecture", "scaling", "cost-quality"])
def test_declared_facts_are_labelled_on_every_figure(name: str) -> None:
    assert any(
        "DECLARED, NOT MEASURED HERE" in text.get_text() for text in texts(drawing("golden", name))
    )


def test_a_refused_session_has_no_figure_and_says_why() -> None:
    refused = a_results(status=Status.ABORTED)

    assert figures.draw(a_report(refused)) == {}
    assert set(figures.missing_reasons(a_report(refused))) == set(FIGURES)


def test_a_simulated_session_has_the_figures_of_a_real_one_under_that_word() -> None:
    real, simulated = a_report(), a_report(kind=Kind.SIMULATED)

    assert figures.pictures(simulated).keys() == figures.pictures(real).keys()
    for drawn in figures.pictures(simulated).values():
        page = figures.render(drawn, figures.LIGHT)
        assert any("SIMULATED" in text.get_text() for text in texts(page))


def test_what_is_missing_is_what_is_not_drawn() -> None:
    assert set(figures.missing_reasons(report_of("golden"))) == {
        "baseline",
        "core-seconds",
        "recovery",
        "latency",
    }
    assert figures.missing_reasons(report_of("race")) == {}


def test_files_in_dark_are_named_by_figure_and_theme() -> None:
    assert set(figures.draw(report_of("golden"), DARK)) == {
        f"fig-{name}-dark.{form}"
        for name in ("architecture", "scaling", "cost-quality")
        for form in ("svg", "png")
    }
