import base64
import io
import re
import sys
import unicodedata
from functools import cache
from hashlib import sha256
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from harness.cast.film.compact import MOST_COLOURS, compact
from harness.cast.format import MARKER, OUTPUT, Event
from harness.cast.page import PageFacts, PagePicture, render_page
from harness.errors import BadRequest
from harness.report import Report
from tests.cast.pages import HOSTILE, PICTURES, THREE_MINUTES, WORDS, Document, a_cast, about
from tests.casts import race_cast, real_cast
from tests.terminals import ROOT


def test_the_same_recording_gives_the_same_bytes() -> None:
    assert render_page(race_cast(), about()) == render_page(race_cast(), about())


def test_the_page_holds_the_recording_as_it_is() -> None:
    held = Document(render_page(race_cast(), about())).cast

    assert (held.events, held.duration_s, held.columns, held.rows) == (
        race_cast().events,
        race_cast().duration_s,
        race_cast().columns,
        race_cast().rows,
    )


def test_there_is_no_address_in_the_page() -> None:
    content = render_page(race_cast(), about(pictures=PICTURES)).decode()
    document = Document(content.encode())

    assert "//" not in content
    assert "magnet:" not in content
    assert not [
        found
        for _, found in document.elements
        if found.keys() & {"href", "srcset", "action", "data"}
    ]
    sources = [found["src"] or "" for _, found in document.elements if "src" in found]
    assert len(sources) == len(PICTURES)
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert re.findall(r"url\(|@import", document.all("style")[0]) == []


def test_a_page_of_three_minutes_is_smaller_than_a_megabyte() -> None:
    assert real_cast(slower=THREE_MINUTES).duration_s > 180
    assert (
        len(render_page(real_cast(slower=THREE_MINUTES), about(pictures=pictures_of_page())))
        <= 1_000_000
    )


def pictures_of_page() -> tuple[PagePicture, ...]:
    """Return slide and figures of the showcase, as they are on its page."""
    files = Report.load(ROOT / "recordings" / "showcase").files()
    return tuple(PagePicture(WORDS, compact(files[name])) for name in files if ".png" in name)


def test_a_picture_on_a_page_has_few_colours_and_is_otherwise_as_it_was_drawn() -> None:
    before = Image.linear_gradient("L").convert("RGB")
    written = io.BytesIO()
    before.save(written, "PNG")
    small = compact(written.getvalue())

    with Image.open(io.BytesIO(small)) as after:
        assert (after.format, after.size) == ("WEBP", before.size)
        assert len(after.convert("RGB").getcolors() or ()) == MOST_COLOURS
        apart = ImageChops.difference(before, after.convert("RGB")).tobytes()
    assert max(apart) <= 256 // MOST_COLOURS
    assert compact(written.getvalue()) == small


def test_nothing_may_run_or_be_loaded_but_what_stands_in_the_page() -> None:
    document = Document(render_page(race_cast(), about()))
    digests = {
        f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
        for text in document.all("script")
    }

    assert document.policy["default-src"] == ["'none'"]
    assert set(document.policy["script-src"]) - digests == {"'wasm-unsafe-eval'"}
    assert len(digests & set(document.policy["script-src"])) == 2
    assert set(document.policy) == {
        "default-src",
        "script-src",
        "style-src",
        "img-src",
        "base-uri",
        "form-action",
    }
    assert document.policy["img-src"] == ["data:"]
    assert "unsafe-inline" not in str(document.policy)


def test_the_page_says_in_words_what_is_recorded_and_when() -> None:
    told = Document(render_page(race_cast(), about(label="SIMULATED")))

    assert told.text(**{"class": "recorded"}) == "RECORDED 2026-11-22 09:14:07Z"
    assert told.text(**{"class": "label"}) == "SIMULATED"
    assert (
        told.text(**{"class": "headline"}).replace("\N{NO-BREAK SPACE}", " ")
        == "It ran 1.7 times as fast."
    )
    assert told.all("dd") == ["7c21", "train", "100×30", "00:25.0, at its true speed"]
    assert told.all("title") == ["train on two workers · RECORDED 2026-11-22 09:14:07Z"]


def test_below_the_player_stand_headline_pictures_and_report_without_a_script() -> None:
    report = " audit: 23 pass\n\n  1   ██  <b>"
    page = Document(render_page(race_cast(), about(report=report, pictures=PICTURES)))
    tags = [tag for tag, _ in page.elements]
    images = [found for tag, found in page.elements if tag == "img"]

    assert page.all("pre") == [report]
    assert [image["alt"] for image in images] == [picture.words for picture in PICTURES]
    assert [inside(image["src"]) for image in images] == [picture.webp for picture in PICTURES]
    assert tags.index("aside") < tags.index("article") < tags.index("img") < tags.index("pre")
    below = [place for place, tag in enumerate(tags) if tag == "article"]
    assert "It ran" in page.texts[below[0]]


def inside(source: str | None) -> bytes:
    """Return what an address of data holds, as a browser reads it."""
    return base64.b64decode(unquote((source or "").partition(",")[2]), validate=True)


def test_a_label_stands_beside_the_player_and_below_it() -> None:
    page = Document(render_page(race_cast(), about(label="SIMULATED", headline="")))
    assert [
        page.texts[place]
        for place, (_, its) in enumerate(page.elements)
        if its.get("class") == "label"
    ] == ["SIMULATED", "SIMULATED"]


def test_what_is_not_there_leaves_no_empty_box() -> None:
    told = Document(render_page(a_cast(began=None), about(headline="", label="")))

    assert {found.get("class") for _, found in told.elements}.isdisjoint({"label", "headline"})
    assert {tag for tag, _ in told.elements}.isdisjoint({"figure", "pre"})
    assert told.text(**{"class": "recorded"}) == "RECORDED date unknown"


def test_a_marker_is_a_chapter_with_its_minute_that_leads_to_its_drawing() -> None:
    cast = a_cast(
        Event(0.0, OUTPUT, "a"),
        Event(60.9, MARKER, "go"),
        Event(61.0, OUTPUT, "b"),
        Event(61.01, OUTPUT, "c"),
        Event(62.0, OUTPUT, "d"),
    )

    assert Document(render_page(cast, about())).chapters == [("go 01:00", 61.01)]


def test_a_marker_after_the_last_drawing_leads_to_its_own_moment() -> None:
    cast = a_cast(Event(0.0, OUTPUT, "a"), Event(5.0, MARKER, "over"))

    assert Document(render_page(cast, about())).chapters == [("over 00:05", 5.0)]


@pytest.mark.parametrize(
    ("events", "poster"),
    [
        (
            (Event(0.0, OUTPUT, "a"), Event(4.0, MARKER, "headline"), Event(9.0, OUTPUT, "b")),
            "5.000000",
        ),
        (
            (Event(0.0, OUTPUT, "a"), Event(8.5, MARKER, "headline"), Event(9.0, OUTPUT, "b")),
            "9.000000",
        ),
        ((Event(0.0, OUTPUT, "a"), Event(9.0, OUTPUT, "b")), "8.000000"),
        ((Event(0.5, OUTPUT, "a"),), "0.000000"),
    ],
    ids=["headline", "near the end", "none", "short"],
)
def test_the_poster_stands_at_the_headline_else_in_the_last_second(
    events: tuple[Event, ...], poster: str
) -> None:
    assert f'data-poster="{poster}"' in render_page(a_cast(*events), about()).decode()


@cache
def a_harmless_page() -> Document:
    cast = a_cast(Event(0.0, OUTPUT, "a"), Event(1.0, MARKER, "go"))
    return Document(render_page(cast, about(label="SIMULATED", report="a", pictures=PICTURES[:1])))


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40) | st.just(HOSTILE), min_size=8, max_size=8))
def test_no_text_can_leave_its_place(texts: list[str]) -> None:
    title, run_id, workload, label, headline, chapter, report, words = texts
    cast = a_cast(Event(0.0, OUTPUT, "a"), Event(1.0, MARKER, chapter), title=chapter)
    facts = PageFacts(
        title=title,
        run_id=run_id,
        workload=workload,
        label=label,
        headline=headline,
        report=report,
        pictures=(PagePicture(words, b"RIFF"),),
    )
    found = Document(render_page(cast, facts))

    assert found.fixed == a_harmless_page().fixed
    assert len(found.elements) <= len(a_harmless_page().elements)
    assert not [
        mark
        for mark in set().union(*found.texts)
        if mark != "\n" and unicodedata.category(mark) in ("Cc", "Cf")
    ]
    assert not [
        mark
        for marker in found.cast.markers
        for mark in marker.text
        if unicodedata.category(mark) in ("Cc", "Cf")
    ]


def test_markup_in_a_text_is_shown_as_it_is() -> None:
    told = Document(
        render_page(
            a_cast(Event(0.0, MARKER, HOSTILE), Event(1.0, OUTPUT, "a")), about(title=HOSTILE)
        )
    )

    assert told.all("h1") == ["</script><script>alert('1')</script>\"'& <!--"]
    assert told.chapters[0][0] == "</script><script>alert('1')</script>\"'& <!-- 00:00"


def test_without_the_player_the_hint_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mkdocs_asciinema_player", None)

    with pytest.raises(BadRequest) as refused:
        render_page(a_cast(), about())

    assert "mkdocs-asciinema-player" in refused.value.hint
