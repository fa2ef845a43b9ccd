from dataclasses import replace
from typing import Any

import pytest

from harness.claims.headline import Caveat, Headline, Measure, Refusal, Unit
from harness.model import CommandFacts, Host, Kind, Results, Schedule, ScoreDifferences, Side
from harness.show import money, phrases
from harness.show.provenance import provenance
from harness.spec import ANSWERS_ALIKE
from tests.builders import (
    a_host,
    a_process,
    a_report,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    a_worker,
    golden_results,
    some_differences,
    some_pairs,
    some_prices,
    some_words,
)


def claimed(results: Results) -> Headline:
    claim = a_report(results).claim
    assert isinstance(claim, Headline)
    return claim


def a_headline(**changes: Any) -> Headline:
    return claimed(a_results(**changes))


def a_session_on(baseline: str, workers: list[str], hosts: list[Host]) -> Results:
    """Return one pair whose baseline and workers, of one core each, ran on these hosts."""
    one = (a_worker(a_process("core", host=baseline)),)
    many = tuple(a_worker(a_process(f"w{place}", host=host)) for place, host in enumerate(workers))
    pair = (
        a_trial(Side.BASELINE, workers_detail=one),
        a_trial(Side.DISTRIBUTED, workers=len(workers), workers_detail=many),
    )
    return a_results(spec=a_spec(workers=len(workers)), hosts=tuple(hosts), trials=pair)


GOLDEN = claimed(golden_results())


def test_the_known_good_example_reads_as_published() -> None:
    assert phrases.speedup(GOLDEN) == "7.04×"
    assert phrases.times(GOLDEN) == ("11.4 h", "1.62 h", "9.78 h")
    assert phrases.sides(GOLDEN.results) == ("1 machine", "8 machines")
    assert phrases.efficiency(GOLDEN) == "88 %"
    assert phrases.quality(GOLDEN) == ("0.741 → 0.738", "Δ −0.003, tolerance 0.005")
    assert phrases.cost(GOLDEN) == ("$9.40 → $3.05 per run", "68 % less")
    assert phrases.serial_share(GOLDEN) == (
        "if Amdahl's law holds, the serial share is 2.0 %"
        " and no number of machines gives more than 51.2×"
    )


def of_unlike_answers(differences: ScoreDifferences | None, quality: float = 0.974) -> Headline:
    """Return the headline of a pair whose answers differ, and whose items' scores do so."""
    other = a_trial(
        Side.DISTRIBUTED,
        answer_sha256="cd" * 32,
        quality=quality,
        score_differences=differences,
    )
    return a_headline(trials=(a_trial(Side.BASELINE), other))


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        (some_differences(), "Δ −0.001 ± 0.001 held (≤ 0.003)"),
        (some_differences(sd=0.07), "Δ −0.001 ± 0.0031 (≤ 0.003)"),
        (some_differences(items=20), "Δ −0.001, tolerance 0.003"),
        (None, "Δ −0.001, tolerance 0.003"),
    ],
    ids=["sure", "unsure", "too few", "one number"],
)
def test_a_quality_tolerated_only_where_its_interval_shows_it(
    differences: ScoreDifferences | None, said: str
) -> None:
    assert phrases.quality(of_unlike_answers(differences))[1] == said


def test_equal_answers_held_and_need_no_interval() -> None:
    assert phrases.quality(a_headline())[1] == "Δ +0.000 held, tolerance 0.003"


def test_the_half_width_reaches_to_the_farther_end_of_the_interval() -> None:
    quality = replace(a_headline().quality, change=0.001, interval=(-0.004, 0.002))
    assert quality.half_width == pytest.approx(0.005)


def test_efficiency_stands_beside_what_copies_of_the_baseline_reach() -> None:
    headline = claimed(a_sweep())
    assert phrases.efficiency_of_possible(headline) == "88 % of a possible 96 %"
    assert phrases.efficiency_of_possible(GOLDEN) == "88 %"
    assert phrases.of_possible(GOLDEN) == ""


def test_the_sentence_to_say_carries_all_five_numbers() -> None:
    assert phrases.sentence_to_say(GOLDEN) == (
        "On 8 machines it ran 7.0 times as fast, at 88 % efficiency;"
        " a run cost 68 % less, and accuracy moved by 0.003."
    )


def test_of_two_programs_with_equal_answers_no_metric_is_said_to_have_moved() -> None:
    spec = a_spec()
    alike = replace(
        spec,
        commands=CommandFacts(says_ready=True, input_named=True, compared="file"),
        workload=replace(spec.workload, metric=ANSWERS_ALIKE),
    )
    assert phrases.sentence_to_say(a_headline(spec=alike)).endswith("both gave the same answer.")


def test_a_higher_cost_and_made_up_prices_are_said() -> None:
    said = phrases.sentence_to_say(a_headline(spec=a_spec(prices=some_prices(illustrative=True))))

    assert "a run cost 10 % more at made-up prices" in said


def test_on_one_host_there_are_workers_and_cores() -> None:
    assert phrases.sides(a_results()) == ("1 core", "2 workers")


def test_on_hosts_of_their_own_workers_are_machines() -> None:
    hosts = [a_host(id=f"h{place}", cores=1) for place in range(3)]

    assert phrases.sides(a_session_on("h0", ["h1", "h2"], hosts)) == (
        "1 machine",
        "2 machines",
    )


def test_hosts_that_are_not_described_are_taken_for_whole_machines() -> None:
    assert phrases.sides(a_session_on("h0", ["h1", "h2"], [])) == ("1 machine", "2 machines")


def test_workers_that_share_a_host_are_no_machines_wherever_the_baseline_ran() -> None:
    hosts = [a_host(id="h0", cores=1), a_host(id="h1", cores=2)]

    assert phrases.sides(a_session_on("h0", ["h1", "h1"], hosts)) == ("1 core", "2 workers")


def test_parts_of_hosts_are_cores_and_workers() -> None:
    hosts = [a_host(id=f"h{place}", cores=8) for place in range(3)]
    session = a_session_on("h0", ["h1"] * 8 + ["h2"] * 8, hosts)

    assert phrases.sides(session) == ("1 core", "16 workers on 2 machines")


def test_a_worker_that_leaves_cores_of_its_host_idle_is_no_machine() -> None:
    hosts = [a_host(id="h0", cores=1), a_host(id="h1", cores=1), a_host(id="h2", cores=2)]

    assert phrases.sides(a_session_on("h0", ["h1", "h2"], hosts)) == (
        "1 machine",
        "2 workers on 2 machines",
    )


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (1, "one observation"),
        (3, "median of 3 pairs"),
        (6, "median of 6 pairs, 95 % interval 1.82× to 1.82×"),
    ],
)
def test_observations_have_an_interval_from_six_pairs(pairs: int, said: str) -> None:
    assert (
        phrases.observations(a_headline(trials=some_pairs([40.0] * pairs, [22.0] * pairs))) == said
    )


def test_start_up_is_told_with_what_it_would_change() -> None:
    assert (
        phrases.start_up(a_headline())
        == "start-up not on the clock: 1.50 s and 5.00 s; with it 1.54×"
    )


def test_unknown_start_up_is_not_told() -> None:
    assert phrases.start_up(GOLDEN) == ""


def test_a_speedup_beyond_the_law_implies_no_serial_share() -> None:
    assert phrases.serial_share(a_headline(trials=some_pairs([40.0], [19.0]))) == ""


def test_a_caveat_is_told_with_its_measures() -> None:
    measures = (
        Measure("lost", 2, Unit.COUNT),
        Measure("recovery", 1.5, Unit.SECONDS),
        Measure("share", 0.12, Unit.FRACTION),
        Measure("slowest", 1.4, Unit.RATIO),
        Measure("baseline", 0.9754, Unit.QUALITY),
        Measure("change", -0.0034, Unit.QUALITY),
    )
    caveat = Caveat("lost-worker", "a worker was lost; look why", measures)

    told = "(lost 2, recovery 1.50 s, share 12 %, slowest 1.40×, baseline 0.975, change −0.0034)"
    assert phrases.caveat(caveat, 0.003) == f"a worker was lost; look why {told}"
    assert phrases.short_caveat(caveat, 0.003) == f"a worker was lost {told}"


def test_one_pair_is_not_counted_twice() -> None:
    caveat = Caveat(
        "one-observation",
        "one observation has no error bar; repeat",
        (Measure("pairs", 1, Unit.COUNT),),
    )

    assert phrases.short_caveat(caveat, 0.003) == "one observation has no error bar"


def test_provenance_names_run_moment_input_code_machine_and_versions() -> None:
    assert provenance(a_results()) == (
        "run 7c21 · 2026-11-22 09:14:07Z · input c96c6d… · commit 000000… · A CPU @ 2.10GHz"
        " · BLAS openblas 0.3.28 · Python 3.11.7 · ray 2.60.0 · numpy 2.2.0"
    )


def test_provenance_names_no_input_that_adopted_programs_did_not_name() -> None:
    spec = a_spec(commands=CommandFacts(says_ready=True, input_named=False, compared="output"))
    told = provenance(a_results(spec=spec))
    assert "input" not in told
    assert "ray" not in told


def test_provenance_says_first_that_nothing_was_measured() -> None:
    assert (
        provenance(golden_results())
        == "DECLARED, NOT MEASURED HERE · run 7c21 · declared from published numbers"
    )


def test_a_long_source_of_declared_numbers_is_cut() -> None:
    told = provenance(replace(golden_results(), remark="declared from a long source " * 9))

    assert len(told.split(" · ")[-1]) <= 90
    assert told.endswith("…")


def test_only_what_was_measured_has_no_label() -> None:
    assert [phrases.label(a_results(kind=kind)) for kind in Kind] == [
        "",
        "SIMULATED",
        "DECLARED, NOT MEASURED HERE",
    ]


def test_uncommitted_changes_are_told_beside_the_commit() -> None:
    code = replace(a_results().code, dirty=True)

    assert "commit 000000… with changes" in provenance(a_results(code=code))


def test_words_of_the_results_file_are_made_safe() -> None:
    results = a_results(
        run_id="7c\x1b[2J21", spec=a_spec(workload=some_words(metric="acc\x07uracy"))
    )

    assert "run 7c21" in provenance(results)
    assert phrases.metric(claimed(results)) == "accuracy"


def test_a_rehearsal_makes_no_headline_to_be_worded() -> None:
    assert isinstance(
        a_report(
            a_results(kind=Kind.SIMULATED, schedule=Schedule.IN_TURN, trials=(a_trial(),))
        ).claim,
        Refusal,
    )


@pytest.mark.parametrize(
    ("seconds", "shown", "aloud"),
    [
        (7.04, "7.04×", "7.0 times"),
        (1.9474, "1.95×", "1.95 times"),
        (1.9516, "1.95×", "2.0 times"),
        (1.8504, "1.85×", "1.9 times"),
        (1.8459, "1.85×", "1.85 times"),
        (1818.18, "1,818×", "1,818 times"),
    ],
)
def test_what_is_said_rounds_as_what_is_shown(seconds: float, shown: str, aloud: str) -> None:
    headline = a_headline(trials=some_pairs([seconds * 10.0], [10.0]), kind=Kind.DECLARED)

    assert phrases.speedup(headline) == shown
    assert f"it ran {aloud} as fast" in phrases.sentence_to_say(headline)


@pytest.mark.parametrize(
    ("price", "priced"),
    [
        (0.34, "$3.78 → $4.16 per thousand runs"),
        (0.034, "$377.78 → $415.56 per million runs"),
        (340.0, "$3.78 → $4.16 per run"),
        (1.7, "$18.89 → $20.78 per thousand runs"),
        (1.9, "$0.0211 → $0.0232 per run"),
    ],
)
def test_runs_are_priced_so_many_at_once_that_it_can_be_felt(price: float, priced: str) -> None:
    prices = some_prices(baseline_per_hour=price, worker_per_hour=price)
    assert phrases.cost(a_headline(spec=a_spec(prices=prices)))[0] == priced


def test_items_are_priced_by_as_many_as_make_a_dollar() -> None:
    assert money.of_items(a_headline()) == ("$188.89", "$207.78", "per billion samples")
    assert money.of_items(GOLDEN) is None
