import base64
import gzip
import re
import sys
import time
import unicodedata
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cast import format as asciicast
from harness.cast.format import MARKER, OUTPUT, Cast, Event
from harness.cast.page import PageFacts, render_page
from harness.errors import BadRequest
from tests.browser import Browser, needs_chromium
from tests.casts import MARKS, race_cast, real_cast

HOSTILE = "</script><script>alert('1')</script>\"'&\x1b[31m\u202e\u2066\x00\n<!-- "
THREE_MINUTES = 1.64


def about(**changes: Any) -> PageFacts:
    fields = {
        "title": "train on two workers",
        "run_id": "7c21",
        "workload": "train",
        "headline": "It ran 1.7 times as fast.",
    }
    return PageFacts(**(fields | changes))


def a_cast(*events: Event, **changes: Any) -> Cast:
    events = events or (Event(0.0, OUTPUT, "begun"), Event(9.0, OUTPUT, "over"))
    cast = Cast(columns=80, rows=24, began=1_700_000_000, events=events)
    return replace(cast, **changes)


class Document(HTMLParser):
    """A page taken apart: its elements in order, each with its attributes and its own text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[int] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        if tag != "meta":
            self._open.append(len(self.texts) - 1)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self.elements[self._open.pop()][0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for place in self._open:
            self.texts[place] += data

    def text(self, **attributes: str) -> str:
        return next(
            text
            for (_, found), text in zip(self.elements, self.texts, strict=True)
            if attributes.items() <= found.items()
        )

    def all(self, tag: str) -> list[str]:
        return [
            text for (found, _), text in zip(self.elements, self.texts, strict=True) if found == tag
        ]

    @property
    def policy(self) -> dict[str, list[str]]:
        content = next(
            found["content"]
            for tag, found in self.elements
            if tag == "meta" and "http-equiv" in found
        )
        return {
            words[0]: words[1:] for words in (part.split() for part in (content or "").split(";"))
        }

    @property
    def fixed(self) -> list[tuple[str, list[str]]]:
        """The elements that every page has, each with the names of its attributes."""
        return [
            (tag, sorted(its))
            for tag, its in self.elements
            if its.get("class") not in ("label", "headline")
        ]

    @property
    def chapters(self) -> list[tuple[str, float]]:
        found = zip(self.elements, self.texts, strict=True)
        return [
            (text, float(its["data-at"] or 0))
            for (tag, its), text in found
            if tag == "button" and "data-at" in its
        ]

    @property
    def cast(self) -> Cast:
        return asciicast.parse(
            gzip.decompress(base64.urlsafe_b64decode(self.text(id="cast"))), "run.cast"
        )


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
    content = render_page(race_cast(), about()).decode()
    document = Document(content.encode())

    assert "//" not in content
    assert "magnet:" not in content
    assert not [
        found
        for _, found in document.elements
        if found.keys() & {"src", "href", "srcset", "action", "data"}
    ]
    assert re.findall(r"url\(|@import", document.all("style")[0]) == []


def test_a_page_of_three_minutes_is_smaller_than_a_megabyte() -> None:
    assert real_cast(slower=THREE_MINUTES).duration_s > 180
    assert len(render_page(real_cast(slower=THREE_MINUTES), about())) <= 1_000_000


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
        "base-uri",
        "form-action",
    }
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


def test_what_is_not_there_leaves_no_empty_box() -> None:
    told = Document(render_page(a_cast(began=None), about(headline="", label="")))

    assert {found.get("class") for _, found in told.elements}.isdisjoint({"label", "headline"})
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


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40) | st.just(HOSTILE), min_size=6, max_size=6))
def test_no_text_can_leave_its_place(texts: list[str]) -> None:
    title, run_id, workload, label, headline, chapter = texts
    cast = a_cast(Event(0.0, OUTPUT, "a"), Event(1.0, MARKER, chapter), title=chapter)
    harmless = Document(
        render_page(
            a_cast(Event(0.0, OUTPUT, "a"), Event(1.0, MARKER, "go")), about(label="SIMULATED")
        )
    )

    facts = PageFacts(title=title, run_id=run_id, workload=workload, label=label, headline=headline)
    found = Document(render_page(cast, facts))

    assert found.fixed == harmless.fixed
    assert len(found.elements) <= len(harmless.elements)
    assert not [
        mark
        for text in found.texts
        for mark in text
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


def test_a_browser_without_scripts_shows_a_message() -> None:
    assert "Allow scripts" in Document(render_page(a_cast(), about())).all("noscript")[0]


def written(folder: Path, cast: Cast, **changes: Any) -> Path:
    """Return the page of a recording in a file."""
    path = folder / "run.html"
    path.write_bytes(render_page(cast, about(**changes)))
    return path


@needs_chromium
def test_the_page_plays_from_a_file_and_asks_for_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path, real_cast())

    with Browser(tmp_path / "profile") as browser:
        browser.open(path, "#t=1&play")
        browser.until(lambda: float(browser.state("at") or 0) > 1.2)

        assert browser.requested == [f"file://{path}"]
        assert browser.complaints == []
        assert (browser.state("violations"), browser.state("errors")) == ("0", "0")


@needs_chromium
def test_before_it_is_played_the_headline_is_shown_with_the_date_beside_it(tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as browser:
        browser.open(written(tmp_path, race_cast(), label="SIMULATED"))
        browser.until(lambda: "say: On 2 workers it ran 1.7 times as fast" in browser.screen())

        assert browser.state("playing") == "no"
        bar = browser.evaluate("document.querySelector('.ap-control-bar').innerText")
        assert [line for line in bar.splitlines() if line][-2:] == [
            "RECORDED 2026-11-22 09:14:07Z",
            "SIMULATED",
        ]


@needs_chromium
def test_a_chapter_leads_to_its_moment_and_is_marked(tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as browser:
        browser.open(written(tmp_path, race_cast()))
        assert browser.evaluate("[...document.querySelectorAll('.ap-marker')].length") == len(MARKS)

        browser.click("li:nth-child(2) button")
        browser.until(lambda: "0 / 20,000 samples" in browser.screen())

        assert browser.evaluate(
            "[...document.querySelectorAll('[aria-current=true]')].map(one => one.innerText)"
        ) == ["go\n00:08"]
        assert browser.state("at") == "8.0"


@needs_chromium
def test_a_moment_in_the_address_is_where_it_begins(tmp_path: Path) -> None:
    path = written(tmp_path, race_cast())

    with Browser(tmp_path / "profile") as browser:
        browser.open(path, "#chapter=5")
        browser.until(lambda: browser.state("at") == "19.8")

        assert "REC" in browser.screen()
        assert "accuracy 0.975" not in browser.screen().split("RAY")[0]


@needs_chromium
def test_keys_play_and_pause_wherever_the_focus_is(tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as browser:
        browser.open(written(tmp_path, race_cast()), "#t=9")
        browser.until(lambda: browser.state("at") == "9.0")
        before = browser.screen()

        browser.press(" ")
        browser.until(lambda: browser.state("playing") == "yes" and browser.screen() != before)
        browser.press(" ")
        browser.until(lambda: browser.state("playing") == "no")
        browser.press("]")
        browser.until(lambda: browser.state("at") == "14.0")


@needs_chromium
def test_it_plays_at_true_speed_with_no_pause_cut_short(tmp_path: Path) -> None:
    """However long nothing happens, and whatever limit the recording's own header names."""
    still = a_cast(
        Event(0.0, OUTPUT, "begun"),
        Event(70.0, MARKER, "over"),
        Event(71.0, OUTPUT, " over"),
        idle_time_limit=1.0,
    )

    with Browser(tmp_path / "profile") as browser:
        browser.open(written(tmp_path, still), "#t=60&play")
        browser.until(lambda: browser.state("at") is not None)
        first, began = float(browser.state("at") or 0), time.monotonic()
        browser.until(lambda: float(browser.state("at") or 0) > first + 2)
        took = time.monotonic() - began

        assert first >= 60
        assert abs(took - (float(browser.state("at") or 0) - first)) < 0.7


@needs_chromium
def test_a_browser_that_is_too_old_shows_a_message(tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as browser:
        browser.call(
            "Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream"
        )
        browser.open(written(tmp_path, race_cast()))

        assert browser.state("state") == "failed"
        assert "too old" in browser.evaluate("document.getElementById('trouble').innerText")


@needs_chromium
def test_a_damaged_page_says_that_it_cannot_be_played(tmp_path: Path) -> None:
    path = written(tmp_path, race_cast())
    path.write_bytes(path.read_bytes().replace(b'type="text/plain">', b'type="text/plain">AAAA'))

    with Browser(tmp_path / "profile") as browser:
        browser.open(path)

        assert browser.state("state") == "failed"
        assert "cannot be played" in browser.evaluate(
            "document.getElementById('trouble').innerText"
        )


@needs_chromium
def test_markup_in_a_label_stays_text_in_the_player(tmp_path: Path) -> None:
    cast = a_cast(
        Event(0.0, OUTPUT, "begun"), Event(1.0, MARKER, HOSTILE), Event(9.0, OUTPUT, "over")
    )

    with Browser(tmp_path / "profile") as browser:
        browser.open(written(tmp_path, cast, title=HOSTILE, headline=HOSTILE))

        assert "<script>alert" in browser.evaluate(
            "document.querySelector('.ap-marker-container').textContent"
        )
        assert browser.evaluate("document.scripts.length") == 3
        assert browser.complaints == []
