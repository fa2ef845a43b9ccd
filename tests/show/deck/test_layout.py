from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.show.deck import layout
from harness.show.deck.layout import Placed, PlacedWords
from harness.show.deck.values import Deck, DeckSlide, Words
from harness.show.figures import lettering
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import SMALLEST_PX
from tests.show.deck.talks import SESSIONS, STILL, a_talk

WORDS = st.builds(
    Words,
    lines=st.lists(
        st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=500),
        min_size=1,
        max_size=12,
    ).map(tuple),
    size=st.sampled_from([34.0, 44.0, 76.0, 230.0]),
    bold=st.booleans(),
)


def placed_on(slide: DeckSlide) -> list[Placed]:
    return [layout.place_title(slide), *layout.place_items(slide)]


def texts_of(deck: Deck) -> list[PlacedWords]:
    every = (one for slide in deck.slides for one in placed_on(slide))
    return [one for one in every if isinstance(one, PlacedWords)]


@pytest.mark.parametrize("session", SESSIONS)
def test_everything_is_on_its_page_above_the_footer(session: str) -> None:
    for slide in a_talk(SESSIONS[session]).slides:
        for one in placed_on(slide):
            assert 0 <= one.box.left < one.box.right <= WIDTH_PX
            assert 0 <= one.box.top < one.box.bottom <= layout.FOOTER.top


@pytest.mark.parametrize("session", SESSIONS)
def test_nothing_is_on_top_of_anything_else(session: str) -> None:
    for slide in a_talk(SESSIONS[session]).slides:
        for one, other in combinations(placed_on(slide), 2):
            assert not one.box.overlaps(other.box), slide.name


@pytest.mark.parametrize("session", SESSIONS)
def test_every_line_fits_its_box_in_letters_that_the_back_row_reads(session: str) -> None:
    for one in texts_of(a_talk(SESSIONS[session])):
        assert one.size >= SMALLEST_PX
        for _, row in one.baselines:
            assert lettering.width_of(row, one.size, one.of.bold) <= one.box.width * 1.001


@pytest.mark.parametrize("session", SESSIONS)
def test_no_text_but_the_headline_number_is_as_large_as_it(session: str) -> None:
    texts = texts_of(a_talk(SESSIONS[session]))
    (number,) = [one for one in texts if one.of.name == "speedup"]

    assert all(one is number or one.size < number.size for one in texts)


@given(WORDS, st.text(min_size=1, max_size=200))
def test_any_words_fit_their_page(words: Words, title: str) -> None:
    slide = DeckSlide(name="any", title=title, items=(words, replace(words, name="again")))
    boxes = [one.box for one in placed_on(slide)]

    assert all(box.right <= WIDTH_PX and box.bottom <= HEIGHT_PX for box in boxes[:1])
    assert all(one.bottom <= other.top for one, other in pairwise(boxes))


def test_a_short_text_stands_in_the_upper_middle_and_a_long_one_is_smaller() -> None:
    short, long = (
        DeckSlide(name="any", title="A title", items=(Words(lines=("word " * count,)),))
        for count in (3, 400)
    )
    few, many = (layout.place_items(slide)[0] for slide in (short, long))

    assert isinstance(few, PlacedWords)
    assert isinstance(many, PlacedWords)
    assert few.size > many.size or len(many.paragraphs[0]) > len(few.paragraphs[0])
    assert 200 < few.box.top < 500


@pytest.mark.parametrize(("width", "height"), [(160, 100), (400, 100), (100, 400)])
def test_what_leads_to_the_recording_stands_beside_its_still(width: int, height: int) -> None:
    still = replace(STILL, width=width, height=height, page="take/run.html", film="take/run.mp4")
    (demo,) = [one for one in a_talk(SESSIONS["golden"], still=still).slides if one.name == "demo"]
    poster, page, film = layout.place_items(demo)

    assert poster.box.right < page.box.left == film.box.left
    assert page.box.bottom < film.box.top
    assert max(page.box.right, film.box.right) <= WIDTH_PX
    assert max(one.box.bottom for one in (poster, page, film)) <= layout.FOOTER.top


def test_a_still_that_leads_nowhere_stands_in_the_middle() -> None:
    (demo,) = [one for one in a_talk(SESSIONS["golden"]).slides if one.name == "demo"]
    (poster,) = layout.place_items(demo)

    assert poster.box.left == pytest.approx(WIDTH_PX - poster.box.right)


@pytest.mark.parametrize("session", SESSIONS)
def test_the_claim_is_one_line(session: str) -> None:
    (claim,) = [one for one in texts_of(a_talk(SESSIONS[session])) if one.of.name == "claim"]

    assert [len(rows) for rows in claim.paragraphs] == [1]
