"""The gate of ten points: each is there in a whole talk, and is missed where it is not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from demo.check.gate import FIGURES, TalkFacts, judge_gate
from demo.check.result import CheckLevel, CheckResult
from harness.claims.claims import Claims
from harness.model import Kind, Side, Status
from harness.show import phrases
from harness.talk.agenda import Agenda, Beat
from harness.talk.history import BeatDuration, Rehearsal, configuration_of
from tests.builders import a_report, a_spec, a_sweep, some_pairs, some_words

ADDRESS = "https://example.org/our-run"
WORDS = some_words(bound="retrain 11.4 h, window 8 h")
POINTS = [
    *("bottleneck", "axis", "design", "headline", "demo", "figures"),
    *("baseline", "limitation", "artifact", "slack"),
]


def an_agenda(*says: str, **changes: Any) -> Agenda:
    """Return the agenda of a talk of twelve minutes with beats of these words."""
    says = says or ("It is {bottleneck}: {bound}.", "Watch.", "It stops at {limitation}.")
    beats = tuple(Beat(f"beat-{number}", 120.0, say) for number, say in enumerate(says))
    return replace(Agenda(720.0, beats, ADDRESS), **changes)


def claims() -> Claims:
    """Return those of a session whose baseline was proved."""
    report = a_report(a_sweep())
    assert report.headline is not None
    assert report.proof is not None
    return report


def a_rehearsal(*taken: float) -> Rehearsal:
    """Return a rehearsal whose beats took so many seconds."""
    return Rehearsal(
        began_utc="2026-11-22T09:14:07Z",
        status=Status.COMPLETE,
        alone=False,
        configuration=configuration_of(a_spec(), Kind.MEASURED),
        length=720.0,
        beats=tuple(BeatDuration(f"beat-{at}", 60.0, each) for at, each in enumerate(taken)),
    )


def a_deck(shown: Claims) -> tuple[str, ...]:
    """Return the texts of a deck of three slides."""
    headline = shown.headline
    assert headline is not None
    return (
        f"The window is missed\n{WORDS.bound}",
        f"S\n{phrases.speedup(headline)}",
        f"Check it: {ADDRESS}",
    )


def a_talk(**changes: Any) -> TalkFacts:
    """Return a talk that has all that it should have, with changes."""
    shown = claims()
    whole = TalkFacts(
        words=WORDS,
        agenda=an_agenda(),
        claims=shown,
        take="recordings/take",
        files=frozenset(FIGURES),
        is_recorded=True,
        rehearsal=a_rehearsal(300.0, 360.0),
        deck=a_deck(shown),
    )
    return replace(whole, **changes)


def missed(talk: TalkFacts) -> dict[str, CheckResult]:
    """Return the points that a talk misses, by name."""
    points = list(judge_gate(talk))
    assert [point.name for point in points] == POINTS
    return {point.name: point for point in points if point.level is CheckLevel.WARN}


def test_a_whole_talk_misses_none_of_the_ten_points() -> None:
    assert missed(a_talk()) == {}
    assert missed(a_talk(deck=None)) == {}


def test_nothing_that_a_talk_lacks_keeps_a_machine_from_racing() -> None:
    empty = TalkFacts(words=some_words(bottleneck=""), agenda=Agenda(720.0, ()))
    assert {point.level for point in judge_gate(empty)} <= {CheckLevel.OK, CheckLevel.WARN}


def deck_without(number: int) -> Sequence[str]:
    """Return a deck of which one slide has other words."""
    slides = [*a_deck(claims())]
    slides[number] = "something else"
    return tuple(slides)


LACKING: dict[str, tuple[str, dict[str, Any], str]] = {
    "no bottleneck": ("bottleneck", {"words": replace(WORDS, bottleneck="none")}, "state"),
    "a talk that begins elsewhere": (
        "bottleneck",
        {"agenda": an_agenda("Hello.", "{limitation}")},
        "begin",
    ),
    "no beats": ("bottleneck", {"agenda": Agenda(720.0, (), ADDRESS)}, "begin"),
    "a first slide without its number": ("bottleneck", {"deck": deck_without(0)}, WORDS.bound),
    "no axis": ("axis", {"words": replace(WORDS, axis="axis not stated")}, "axis"),
    "no neighbour": ("axis", {"words": replace(WORDS, neighbour="")}, "neighbour"),
    "no consistency": ("design", {"words": replace(WORDS, consistency="")}, "consistency"),
    "no take": ("headline", {"claims": None}, "no take"),
    "a refused take": ("headline", {"claims": a_report(kind=Kind.SIMULATED)}, "claims nothing"),
    "another take's deck": ("headline", {"deck": deck_without(1)}, "the deck lacks"),
    "no recording": ("demo", {"is_recorded": False}, "recording"),
    "no figures": ("figures", {"files": frozenset(FIGURES[:1])}, "fig-scaling"),
    "no proof": ("baseline", {"claims": a_report(rates=())}, "good one"),
    "no limitation": ("limitation", {"words": replace(WORDS, limitation="")}, "limitation"),
    "another end": ("limitation", {"agenda": an_agenda("{bound}", "Thanks.")}, "close"),
    "no artifact": ("artifact", {"agenda": an_agenda(artifact="")}, "artifact"),
    "no link": ("artifact", {"deck": deck_without(2)}, ADDRESS),
    "no rehearsal": ("slack", {"rehearsal": None}, "not rehearsed"),
    "no slack": ("slack", {"rehearsal": a_rehearsal(661.0)}, "11:01 of 12:00"),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_what_a_talk_lacks_is_told_at_its_point(lacking: str) -> None:
    name, changes, says = LACKING[lacking]
    point = missed(a_talk(**changes))[name]
    assert says in point.sentence
    assert point.hint


def test_a_minute_of_slack_is_enough() -> None:
    assert missed(a_talk(rehearsal=a_rehearsal(660.0))) == {}


def test_where_no_number_is_stated_the_takes_own_time_proves_the_bottleneck() -> None:
    unbound = replace(WORDS, bound="")
    assert "bottleneck" not in missed(a_talk(words=unbound, deck=None))
    point = missed(a_talk(words=unbound, claims=None, deck=None))["bottleneck"]
    assert point.sentence == "no number proves the bottleneck"


def test_a_quality_that_is_not_shown_to_have_held_is_told() -> None:
    differing = tuple(
        replace(trial, answer_sha256="0" * 64, score_differences=None)
        if trial.side is Side.DISTRIBUTED
        else trial
        for trial in some_pairs([40.0], [22.0])
    )
    report = a_report(
        trials=differing, spec=a_spec(workload=some_words(answers_differ="they round otherwise"))
    )
    assert report.headline is not None
    assert not report.headline.quality.held
    assert "not shown to have held" in missed(a_talk(claims=report, deck=None))["headline"].sentence


def test_words_of_a_deck_may_be_set_in_any_lines() -> None:
    first, *others = a_deck(claims())
    assert missed(a_talk(deck=(first.replace(" ", "\n"), *others))) == {}
