from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Kind
from harness.report import Report
from harness.show.deck import names
from harness.show.deck.build import deck_of
from harness.show.deck.values import Deck, DeckSlide, Plot, Words
from harness.show.pptx_texts import TEXTS, kind_of
from harness.talk.agenda import NO_AGENDA, Agenda, Beat
from tests.builders import a_report, a_results, a_spec, golden_results, some_words
from tests.headlines import HEADLINES, REPORTS
from tests.show.deck.talks import AGENDA, SESSIONS, STILL, a_talk
from tests.show.decks import headline_of

NOT_STATED = some_words(
    bottleneck="bottleneck not stated",
    axis="axis not stated",
    neighbour="reason for the axis not stated",
    limitation="none",
)
BEATS = st.lists(
    st.builds(
        Beat,
        st.sampled_from([beat.name for beat in AGENDA.beats] + ["opening", "thanks"]),
        st.floats(1, 600),
        st.sampled_from(["Hello. Who I am.", "{say}", "No {bottleneck} here.", "{cost}", "."]),
    ),
    max_size=8,
    unique_by=lambda beat: beat.name,
)


def named(deck: Deck, name: str) -> DeckSlide:
    (found,) = [slide for slide in deck.slides if slide.name == name]
    return found


def words_on(slide: DeckSlide) -> list[Words]:
    return [item for item in slide.items if isinstance(item, Words)]


def test_a_slide_for_every_beat_comes_before_those_for_questions() -> None:
    deck = a_talk(a_report(golden_results()))

    assert [slide.name for slide in deck.slides if not slide.is_question] == [*names.TALK]
    assert [slide.is_question for slide in deck.slides] == [False] * 6 + [True] * 4


def test_a_struck_session_has_a_slide_for_what_breaks() -> None:
    deck = a_talk(REPORTS["struck"])

    assert named(deck, "recovery").title.startswith("1 preemption and 1 frozen worker survived")
    assert "What happens when a worker is lost?" in named(deck, "recovery").notes.lines[0]


@pytest.mark.parametrize("session", SESSIONS)
def test_every_title_is_a_sentence_and_every_slide_has_something_on_it(session: str) -> None:
    for slide in a_talk(SESSIONS[session]).slides:
        assert slide.title
        assert slide.title == slide.title.strip().removesuffix(".")
        assert slide.items or slide.name in ("axis", "audit")
        assert all(words.lines and all(words.lines) for words in words_on(slide))


def test_the_number_that_proves_the_bottleneck_is_on_the_first_slide() -> None:
    first = a_talk(a_report(spec=a_spec(workload=some_words(bound="retrain 11.4 h")))).slides[0]

    assert first.title == "The nightly retrain misses its deploy window"
    assert [words.lines for words in words_on(first)] == [("retrain 11.4 h",)]


def test_the_speedup_is_the_largest_text_of_the_deck() -> None:
    deck = a_talk(a_report(golden_results()))
    sizes = {words.lines: words.size for slide in deck.slides for words in words_on(slide)}

    assert max(sizes, key=lambda lines: sizes[lines]) == ("7.04×",)
    assert sorted(sizes.values())[-2] < sizes[("7.04×",)] / 1.5


def test_the_headline_has_the_claim_of_the_headline_and_every_caveat_as_a_tag() -> None:
    report = REPORTS["laptop"]
    said = "\n".join(
        line for words in words_on(named(a_talk(report), "headline")) for line in words.lines
    )

    assert "S 1.82× · E 91 %" in said
    assert all(tag.words in said for tag in headline_of(report).tags)


def test_what_a_workload_does_not_state_is_left_out() -> None:
    deck = a_talk(a_report(spec=a_spec(workload=NOT_STATED)), still=None)
    said = " ".join(line for lines in deck.words.values() for line in lines)

    assert [slide.name for slide in deck.slides][:3] == ["architecture", "headline", "baseline"]
    assert "not stated" not in said
    assert "where-it-stops" not in deck.words


def test_the_artifact_is_on_the_last_slide_of_the_talk_and_leads_there() -> None:
    linked = replace(AGENDA, artifact="https://example.org/run")
    last = [slide for slide in a_talk(REPORTS["golden"], linked).slides if not slide.is_question][
        -1
    ]

    assert [words.link for words in words_on(last)] == ["", "https://example.org/run"]


def test_an_agenda_without_a_beat_for_the_headline_has_it_before_the_demo() -> None:
    brief = Agenda(60.0, (Beat("axis", 10.0, "."), Beat("demo", 10.0, ".")))

    assert [slide.name for slide in a_talk(REPORTS["golden"], brief).slides][:3] == [
        "axis",
        "headline",
        "demo",
    ]


def test_no_agenda_still_has_the_headline() -> None:
    assert a_talk(REPORTS["golden"], NO_AGENDA).slides[0].name == "headline"


def test_a_beat_of_the_presenters_own_has_his_sentences_with_the_numbers_filled_in() -> None:
    own = Agenda(
        60.0, (Beat("opening", 5.0, "We were {speedup} as fast. I show how."), AGENDA.beats[4])
    )
    slide = a_talk(REPORTS["golden"], own).slides[0]

    assert (slide.title, slide.title_name) == ("We were 7.04× as fast", "title-beat-1")
    assert [words.lines for words in words_on(slide)] == [("I show how.",)]


def test_the_notes_have_the_sentence_the_budget_and_where_the_numbers_come_from() -> None:
    say, time, numbers = named(a_talk(REPORTS["golden"]), "headline").notes.lines

    assert say.startswith("Say: One line, all of it measured in one run. On 8 machines it ran 7.0")
    assert time == "Time: 1:00, until 5:00 of 12:00"
    assert "run 7c21" in numbers
    assert "wall_s" in numbers


def test_only_predictions_are_called_predicted() -> None:
    deck = a_talk(REPORTS["golden"])

    assert named(deck, "ten-times").title == (
        "Predicted, not measured: efficiency is 39 % on 80 workers"
    )
    assert "Predicted" not in named(deck, "headline").title


@pytest.mark.parametrize("session", SESSIONS)
def test_what_shows_a_fact_has_a_name_that_an_update_knows(session: str) -> None:
    deck = a_talk(SESSIONS[session])
    plots = [item.name for slide in deck.slides for item in slide.items if isinstance(item, Plot)]

    assert deck.words.keys() <= {*names.TEXTS}
    assert {*plots} <= {*names.PLOTS}
    assert all(kind_of(f"notes-{slide.name}") is not None for slide in deck.slides)


@pytest.mark.parametrize("session", HEADLINES)
def test_a_name_says_the_same_in_every_deck(session: str) -> None:
    headline, words = headline_of(REPORTS[session]), a_talk(REPORTS[session]).words

    for name in TEXTS.keys() & words.keys():
        assert tuple(TEXTS[name](headline)) == words[name]


@pytest.mark.parametrize(
    ("report", "label"),
    [
        (SESSIONS["simulated"], "SIMULATED"),
        (REPORTS["golden"], "DECLARED, NOT MEASURED HERE"),
        (REPORTS["laptop"], ""),
    ],
)
def test_the_deck_says_what_was_not_measured_here(report: Report, label: str) -> None:
    assert a_talk(report).label == label


def test_a_refused_session_has_no_deck() -> None:
    refused = a_report(a_results(kind=Kind.MEASURED, trials=()))

    assert deck_of(refused, AGENDA, STILL) is None


@given(BEATS)
def test_any_agenda_has_its_beats_in_order_and_the_headline_once(beats: list[Beat]) -> None:
    beats.append(Beat("last", 1.0, "Done."))
    deck = a_talk(REPORTS["golden"], Agenda(9_000.0, tuple(beats)))
    talk = [slide for slide in deck.slides if not slide.is_question]
    shown = [slide.beat for slide in talk if slide.beat]

    assert shown == [beat.name for beat in beats if beat.name in shown]
    assert sum(slide.name == "headline" for slide in talk) == 1
    assert all(slide.title for slide in talk)
