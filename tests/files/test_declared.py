from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.files.declared import load
from harness.files.results import encode, save
from harness.model import Kind, Side
from harness.report import Report
from harness.show import appendix_phrases, phrases
from tests.builders import a_report, a_results
from tests.declared import OWN, PRICED, claimed, more, written

EXAMPLES = Path(__file__).parents[2] / "demo" / "examples"


@pytest.fixture(scope="module")
def golden() -> Headline:
    return claimed(load(EXAMPLES / "nightly-retrain.toml"))


def test_the_known_good_example_gives_the_published_numbers(golden: Headline) -> None:
    speed = golden.speed

    assert (round(speed.speedup, 2), round(speed.efficiency, 2)) == (7.04, 0.88)
    assert (round(speed.serial_fraction or 0, 3), round(speed.ceiling or 0, 1)) == (0.020, 51.2)
    assert round(golden.quality.change, 3) == -0.003
    assert (
        round(golden.cost.baseline, 2),
        round(golden.cost.distributed, 2),
        round(golden.cost.drop, 2),
    ) == (9.40, 3.05, 0.68)


def test_the_known_good_example_reads_as_published(golden: Headline) -> None:
    assert phrases.speedup(golden) == "7.04×"
    assert phrases.efficiency(golden) == "88 %"
    assert phrases.quality(golden) == ("0.741 → 0.738", "Δ −0.003, tolerance 0.005")
    assert phrases.cost(golden) == ("$9.40 → $3.05 per run", "68 % less")
    assert "the serial share is 2.0 % and" in phrases.serial_share(golden)
    assert phrases.serial_share(golden).endswith("gives more than 51.2×")


def test_the_sentence_to_say_carries_all_five_numbers(golden: Headline) -> None:
    assert phrases.sentence_to_say(golden) == (
        "On 8 machines it ran 7.0 times as fast, at 88 % efficiency; a run cost 68 % less, "
        "and accuracy moved by 0.003."
    )


def test_the_text_says_that_nothing_was_measured_here() -> None:
    assert "DECLARED, NOT MEASURED HERE" in Report.load(EXAMPLES / "nightly-retrain.toml").text


def test_the_example_of_several_scales_makes_a_headline_at_the_one_it_names() -> None:
    facts = load(EXAMPLES / "sweep-on-spot.toml")

    assert (facts.spec.workers, facts.spec.points, len(claimed(facts).pairs)) == (
        8,
        (2, 4, 8, 16),
        3,
    )
    assert [offer.name for offer in facts.spec.prices.offers] == ["spot"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_example_is_an_honest_record(path: Path) -> None:
    facts = load(path)

    assert facts.kind is Kind.DECLARED
    assert isinstance(a_report(facts).claim, Headline)
    assert encode(facts)


def test_what_nobody_measured_stays_empty(tmp_path: Path) -> None:
    facts = load(written(OWN, tmp_path))

    assert (facts.input, facts.held_out, facts.hosts, facts.journal_sha256, facts.code.commit) == (
        None,
        None,
        (),
        "",
        "",
    )
    assert {
        (trial.cpu_s, trial.items, trial.answer_sha256, trial.workers_detail)
        for trial in facts.trials
    } == {(0.0, 0, "", ())}


def test_a_declared_result_says_where_it_is_from_and_when(tmp_path: Path) -> None:
    facts = load(written(OWN, tmp_path))

    assert facts.remark == "declared on 2026-11-01: our log"
    assert (facts.spec.prices.source, facts.spec.prices.date) == ("our log", "2026-11-01")
    assert facts.began_utc == "2026-11-01T00:00:00Z"


@pytest.mark.parametrize(
    ("written_time", "seconds"),
    [
        ('"11.4 h"', 41_040.0),
        ('"1.62 h"', 5832.0),
        ('"97 min"', 5820.0),
        ('"5832 s"', 5832.0),
        ('"350 ms"', 0.35),
        ('"12 µs"', 12e-6),
        ('"2 days"', 172_800.0),
        ('"1_000 hours"', 3_600_000.0),
        ('"1.5e2 sec"', 150.0),
        ('"90min"', 5400.0),
        ("5832", 5832.0),
        ("0.5", 0.5),
    ],
)
def test_a_time_is_read_in_its_unit(written_time: str, seconds: float, tmp_path: Path) -> None:
    facts = load(written(OWN.replace('"10 h"', written_time), tmp_path))

    assert facts.trials[0].wall_s == pytest.approx(seconds)


def test_costs_become_prices_that_make_them_again(tmp_path: Path) -> None:
    facts = load(written(OWN, tmp_path))

    assert (
        facts.spec.prices.baseline_per_hour,
        facts.spec.prices.worker_per_hour,
    ) == pytest.approx((0.5, 0.5))
    assert (claimed(facts).cost.baseline, claimed(facts).cost.distributed) == pytest.approx(
        (5.0, 6.0)
    )


def test_costs_of_unlike_shares_make_their_costs_again(tmp_path: Path) -> None:
    text = OWN.replace('currency = "EUR"', 'currency = "EUR"\ncores_per_worker = 2').replace(
        "cost = 5", "cost = 5\ncores = 8"
    )

    assert claimed(load(written(text, tmp_path))).cost.baseline == pytest.approx(5.0)


def test_a_price_sheet_takes_the_place_of_costs(tmp_path: Path) -> None:
    facts = load(written(PRICED, tmp_path))

    assert (facts.spec.prices.head_per_hour, facts.spec.prices.source) == (0.1, "our log")
    assert claimed(facts).cost.distributed == pytest.approx(3 * (4 * 0.5 + 0.1))


def test_the_largest_scale_makes_the_headline_unless_one_is_named(tmp_path: Path) -> None:
    text = more('workers = 8\ntime = "2 h"\nquality = 0.75\ncost = 8')
    named = text.replace("[words]", "headline_workers = 4\n[words]")

    assert [load(written(each, tmp_path)).spec.workers for each in (text, named)] == [8, 4]


def test_repeated_times_become_observations_of_which_none_has_a_place(tmp_path: Path) -> None:
    text = OWN.replace('"10 h"', '["10 h", "11 h", "10 h"]').replace(
        '"3 h"', '["3 h", "3.1 h", "2.9 h"]'
    )
    facts = load(
        written(
            text.replace("quality = 0.75\ncost = 6", "quality = [0.75, 0.751, 0.749]\ncost = 6"),
            tmp_path,
        )
    )

    assert len(claimed(facts).pairs) == 3
    assert [trial.quality for trial in facts.trials if trial.side is Side.DISTRIBUTED] == [
        0.749,
        0.75,
        0.751,
    ]
    assert len({trial.order for trial in facts.trials}) == 6


def repeated(times: Sequence[float]) -> str:
    """Return a declared result whose distributed runs are written in this order."""
    baseline = [10.1, 9.9, 10.4, 10.0, 10.2, 9.8, 10.3]
    text = OWN.replace('"10 h"', str([f"{hours} h" for hours in baseline]))
    return text.replace('"3 h"', str([f"{hours} h" for hours in times]))


@given(st.permutations([3.0, 3.4, 2.9, 3.1, 3.3, 2.8, 3.2]))
def test_the_order_in_which_times_are_written_down_changes_nothing(
    tmp_path_factory: Any, times: list[float]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    facts, in_order = (load(written(repeated(each), folder)) for each in (times, sorted(times)))

    assert facts == in_order


def test_however_many_declared_runs_there_are_they_have_no_interval(tmp_path: Path) -> None:
    claim = claimed(load(written(repeated([3.0, 3.4, 2.9, 3.1, 3.3, 2.8, 3.2]), tmp_path)))

    assert claim.speed.interval is None
    assert phrases.observations(claim) == "median of 7 observations"


WIDE = """
cores_per_worker = 4
""" + PRICED.replace("[baseline]", "[baseline]\ncores = 16").replace(
    "baseline_per_hour = 0.5", "baseline_per_hour = 1.0"
).replace("worker_per_hour = 0.5", "worker_per_hour = 1.0").replace(
    "head_per_hour = 0.1", "head_per_hour = 0.0"
).replace("workers = 4", "workers = 2")


def test_a_machine_of_many_cores_is_billed_at_the_price_that_was_named_for_it(
    tmp_path: Path,
) -> None:
    bill = claimed(load(written(WIDE, tmp_path))).cost

    assert [bill.baseline, bill.distributed] == pytest.approx([10 * 1.0, 2 * 3 * 1.0])


def test_an_offer_for_a_machine_of_many_cores_is_billed_as_it_is_named(tmp_path: Path) -> None:
    offer = (
        '\n[[prices.offers]]\nname = "spot"\n'
        "baseline_per_hour = 0.8\nworker_per_hour = 0.2\nhead_per_hour = 0.0\n"
    )
    (spot,) = claimed(load(written(WIDE + offer, tmp_path))).cost.offers

    assert [spot.baseline, spot.distributed] == pytest.approx([10 * 0.8, 2 * 3 * 0.2])


def test_a_wide_baseline_is_billed_as_machines_of_a_workers_size(
    tmp_path: Path,
) -> None:
    cost = claimed(load(written(WIDE, tmp_path))).cost

    assert (
        "40.0 machine-hours of the baseline (as 4 machines of a worker's size)"
        in appendix_phrases.billed_hours(cost)
    )
    assert "of as large a share of the baseline's machine" in appendix_phrases.break_even(cost)


def test_a_quality_beyond_the_tolerance_makes_no_headline(tmp_path: Path) -> None:
    claim = a_report(
        load(written(OWN.replace("quality = 0.75\ncost = 6", "quality = 0.76\ncost = 6"), tmp_path))
    ).claim

    assert isinstance(claim, Refusal)
    assert {reason.key for reason in claim.reasons} == {"quality-moved"}


@pytest.mark.parametrize(
    ("name", "run_id"),
    [("retrain-2.toml", "retrain-2"), ("my retrain.toml", "declared-"), ("-.toml", "declared-")],
)
def test_a_declared_result_is_called_as_its_file_where_that_can_be(
    name: str, run_id: str, tmp_path: Path
) -> None:
    assert load(written(OWN, tmp_path, name)).run_id.startswith(run_id)


def test_costs_that_agree_within_one_per_cent_are_accepted(tmp_path: Path) -> None:
    facts = load(written(more('workers = 8\ntime = "2 h"\nquality = 0.75\ncost = 8.07'), tmp_path))

    assert claimed(facts).cost.distributed == pytest.approx(8.07)


def test_a_folder_means_its_results_file(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")

    file = tmp_path / "results.json"
    assert Report.load(tmp_path).results == Report.load(file).results == a_results()


@pytest.mark.parametrize("name", ["result.toml", "RESULT.TOML"])
def test_a_declared_result_is_known_by_its_ending(name: str, tmp_path: Path) -> None:
    assert Report.load(written(OWN, tmp_path, name)).results.kind is Kind.DECLARED


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"test_an_empty_folder.* holds no take$"):
        Report.load(tmp_path)
