from typing import Any

import pytest
from matplotlib.colors import to_rgb

from harness import text
from harness.show.figures import LIGHT
from tests.show.figures.cases import drawing, marks, picture, read_back, report_of


def test_the_baselines_proof_reads_back_as_its_facts() -> None:
    said, known = read_back("race", "baseline"), report_of("race").proof
    assert known is not None
    assert known.speedup_over_textbook is not None

    assert said["proof.own.items_per_s"] == text.three_digits(known.own.items_per_s)
    assert [said[f"proof.tuned.{place}.items_per_s"] for place in range(2)] == ["8,100", "12,350"]
    assert said["proof.tuned.1.value"] == "micro_batch 1,024, chosen"
    assert (
        said["proof.speedup_over_textbook"]
        == f"would fake {text.times(known.speedup_over_textbook)}"
    )
    assert (
        text.times(known.speedup_over_textbook) in said["proof.speedup_over_textbook-speed.speedup"]
    )


TITLES = {
    "needed": "No cheaper setting reaches this quality",
    "spare": "iterations 25 reaches this quality in 86 % of the time",
    "slow efforts": "A textbook baseline would have faked 9.15×, not 1.83×",
    "slower": "No cheaper setting reaches this quality",
}


@pytest.mark.parametrize("case", TITLES)
def test_the_title_says_whether_less_work_would_do(case: str) -> None:
    assert picture(case, "baseline").title == TITLES[case]


def test_each_pass_is_named_by_its_setting_and_the_baseline_by_its_own() -> None:
    said = read_back("needed", "baseline")
    assert [said[f"proof.efforts.{place}"] for place in range(3)] == ["2", "4", "5"]
    assert [said[f"proof.alternatives.{place}"] for place in range(2)] == ["int8", "a library"]
    assert (said["spec.params"], said["speed.baseline_s"]) == ("iterations 30, as it ran", "40.2 s")
    assert said["spec.workload.tolerance"] == "as good: within 0.003"


def test_a_mark_is_hollow_where_a_pass_is_not_as_good() -> None:
    found, ground = marks(drawing("spare", "baseline")), to_rgb(LIGHT.ground)
    assert [color == ground for color in found["o"]] == [True, True, True, False, False]


def test_a_variant_that_is_as_good_is_filled() -> None:
    ground = to_rgb(LIGHT.ground)
    assert [color == ground for color in marks(drawing("needed", "baseline"))["D"]] == [True, False]


def test_the_tolerance_is_drawn_as_a_band() -> None:
    chart = drawing("needed", "baseline").axes[1]
    band: Any = chart.patches[0]
    assert (band.get_y(), band.get_height()) == (pytest.approx(0.972), pytest.approx(0.006))


def test_rates_stand_beside_the_curve() -> None:
    said = read_back("needed", "baseline")
    assert said["proof.own.items_per_s"] == "12,300"
    assert said["proof.speedup_over_textbook"].startswith("would fake")


def test_the_description_holds_every_pass() -> None:
    told = picture("needed", "baseline").description
    assert "Baseline with iterations 4: 5.40 s, accuracy 0.964." in told
    assert "Variant int8: 36.0 s, accuracy 0.958." in told
