from dataclasses import replace
from typing import Any

import pytest

from harness.claims.claims import Claims
from harness.claims.pairs import complete_pairs
from harness.claims.recovery import Recovery, recovery
from harness.model import Fault, FaultKind, Results, Side, SpotPrices
from harness.report import Report
from harness.show import appendix, phrases, recovery_phrases
from harness.show.export import export
from harness.show.pptx_texts import TEXTS
from tests.builders import a_fault, a_report, a_results, a_spec, a_strike, some_pairs, some_prices

ASKED = ("poisson:mtbf=20s,kind=kill,seed=0",)


def losing(*faults: Fault, pairs: int = 1, **asked: Any) -> Results:
    """Return pairs whose distributed trials all have these faults."""
    trials = tuple(
        replace(trial, faults=faults) if trial.side is Side.DISTRIBUTED else trial
        for trial in some_pairs([40.0] * pairs, [22.0] * pairs)
    )
    return a_results(spec=a_spec(chaos=ASKED, **asked), trials=trials)


def recovered(*faults: Fault, pairs: int = 1) -> Recovery:
    both = complete_pairs(losing(*faults, pairs=pairs))
    assert both is not None
    found = recovery(both)
    assert found is not None
    return found


SURVIVED = {
    "3 preemptions survived": (a_strike(), a_strike(), a_strike(kind=FaultKind.DRAIN)),
    "1 frozen worker survived": (a_strike(kind=FaultKind.FREEZE),),
    "1 worker lost with its host survived": (a_strike(kind=FaultKind.NODE),),
    "1 lost worker survived": (a_fault(),),
    "1 preemption, 2 workers lost with their host and 1 lost worker survived": (
        a_strike(),
        a_strike(kind=FaultKind.NODE),
        a_strike(kind=FaultKind.NODE),
        a_fault(),
    ),
}


@pytest.mark.parametrize("said", SURVIVED)
def test_each_kind_of_loss_is_called_by_its_own_name(said: str) -> None:
    assert recovery_phrases.survived(recovered(*SURVIVED[said])) == said


def test_one_line_says_what_was_survived_how_fast_at_what_cost_and_with_what_answer() -> None:
    faults = (a_strike(caught_up_s=1.7), a_strike(caught_up_s=1.9), a_strike(caught_up_s=2.4))

    assert recovery_phrases.in_one_line(recovered(*faults)) == (
        "3 preemptions survived, recovery 1.90 s (1.70 s to 2.40 s), 6.0 % of core-seconds redone,"
        " answer equal to the last bit"
    )


def test_from_six_losses_on_the_recovery_has_an_interval() -> None:
    faults = [a_strike(caught_up_s=1.0 + place) for place in range(6)]

    said = recovery_phrases.recovery_time(recovered(*faults))

    assert said == "recovery 3.50 s (95 % interval 1.36 s to 5.64 s)"


def test_what_is_not_known_is_left_out() -> None:
    unknown = a_strike(caught_up_s=None, lost_cpu_s=None, redone=None)

    assert recovery_phrases.in_one_line(recovered(unknown)) == (
        "1 preemption survived, answer equal to the last bit"
    )


def test_a_time_that_is_known_of_some_losses_says_of_how_many() -> None:
    said = recovery_phrases.recovery_time(recovered(a_strike(), a_strike(caught_up_s=None)))

    assert said == "recovery 1.90 s, known of 1 of 2"


def test_a_drain_after_which_nothing_was_done_again_says_so() -> None:
    drained = a_strike(kind=FaultKind.DRAIN, redone=0, lost_cpu_s=0.0)

    assert "nothing redone" in recovery_phrases.in_one_line(recovered(drained))


def test_a_chunk_that_had_hardly_begun_is_not_called_nothing() -> None:
    begun = a_strike(redone=1, lost_cpu_s=0.0)

    assert "nothing redone" not in recovery_phrases.in_one_line(recovered(begun))


def test_without_a_loss_nothing_is_said() -> None:
    assert [recovery_phrases.in_one_line(None), recovery_phrases.to_say(None)] == ["", ""]


LINE = (
    "1 preemption survived, recovery 1.90 s, 2.0 % of core-seconds redone,"
    " answer equal to the last bit"
)


@pytest.fixture(scope="module")
def report() -> Report:
    return a_report(losing(a_strike(), prices=SPOT, spot=True, spares=1, checkpoint_s=2.0))


SPOT = some_prices(spot=SpotPrices(worker_per_hour=0.12, head_per_hour=0.0))


def test_the_headline_on_a_terminal_has_the_line(report: Report) -> None:
    assert LINE in " ".join(report.text.split())


@pytest.mark.parametrize("form", ["md", "tex"])
def test_a_document_has_the_line(form: str, report: Report) -> None:
    escaped = LINE.replace("%", "\\%") if form == "tex" else LINE
    assert escaped in export(report, form)


def test_a_deck_has_the_line(report: Report) -> None:
    assert report.headline is not None
    assert list(TEXTS["recovery"](report.headline)) == [LINE]


def test_it_is_said_aloud_with_the_kind_of_prices(report: Report) -> None:
    assert report.headline is not None
    said = phrases.sentence_to_say(report.headline)
    assert "at spot prices" in said
    assert said.endswith("It survived 1 preemption, with a recovery of 1.90 s.")


def test_the_cost_says_that_it_is_priced_spot(report: Report) -> None:
    assert report.headline is not None
    assert phrases.cost(report.headline)[1] == "42 % less, priced spot"


def table(claims: Claims, subject: str) -> str:
    tables = appendix.appendix_tables(claims)
    found = next(one for one in tables if one.title.endswith(subject))
    return " ".join((*(cell for row in found.rows for cell in row.cells), *found.notes))


def test_the_bill_says_what_it_is_at_spot_prices_and_what_on_demand(report: Report) -> None:
    said = table(report, "cost of a run")

    assert "workers at spot prices" in said
    assert "on demand" in said
    assert "of the workers and 1 spare" in said


def test_the_table_of_losses_has_each_with_its_moments(report: Report) -> None:
    said = table(report, "what losses cost")

    assert said.startswith("w1 killed 100 ms 1.40 s 1.90 s 3 880 ms")
    assert "3 steps or chunks done again, 880 ms of core time thrown away, 2.0 %" in said


def test_the_table_of_losses_has_what_is_computed_of_a_preempted_baseline(report: Report) -> None:
    assert "computed, not measured: a machine that is lost every 40.0 s" in table(
        report, "what losses cost"
    )


def test_a_document_for_programs_has_each_loss_unrounded(report: Report) -> None:
    exported = export(report, "json")

    assert '"losses_by_kind": {\n        "kill": 1\n      }' in exported
    assert '"caught_up_after_s": 1.9' in exported
    assert '"priced_spot": true' in exported
