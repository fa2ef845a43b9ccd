from dataclasses import replace

from harness.model import Kind, Side
from harness.show.talk_words import talk_words
from harness.talk.agenda import RESULT_WORDS
from tests.builders import a_report, a_results, a_trial, golden_results


def test_the_known_good_example_is_said_as_published() -> None:
    words = talk_words(a_report(golden_results()))
    assert (words["speedup"], words["efficiency"], words["gap"]) == ("7.04×", "88 %", "9.78 h")
    assert words["cost"] == "$9.40 → $3.05 per run, 68 % less"
    assert words["say"].startswith("On 8 machines it ran 7.0 times as fast")


def test_every_number_that_an_agenda_may_name_is_there() -> None:
    assert {*talk_words(a_report(golden_results()))} == {*RESULT_WORDS, "bound"}


def test_where_no_bound_is_stated_it_is_what_the_baseline_took() -> None:
    assert talk_words(a_report(a_results()))["bound"].startswith("1 core takes ")


def test_what_is_said_of_a_simulated_session_says_so() -> None:
    simulated = replace(a_results(), kind=Kind.SIMULATED)
    assert talk_words(a_report(simulated))["say"].startswith("Simulated: On 2 workers it ran ")


def test_a_refused_session_has_no_words() -> None:
    moved = a_results(
        trials=(a_trial(Side.BASELINE, quality=0.9), a_trial(Side.DISTRIBUTED, quality=0.1))
    )
    assert talk_words(a_report(moved)) == {}
