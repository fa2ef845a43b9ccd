from tests.bench.races import RaceTargets, claim_finding
from tests.bench.table import (
    NONE,
)
from tests.builders import a_results


def test_a_workload_is_named_in_its_rows_with_its_targets() -> None:
    rows = claim_finding("made", a_results(), RaceTargets(efficiency=0.95, quality=0.97)).rows

    assert [(row.what, row.value, row.target, row.verdict) for row in rows] == [
        ("made: efficiency E(2), panel off", "0.909", "≥ 0.950", "missed"),
        ("made: speedup S(2)", "1.82×", NONE, NONE),
        ("made: serial fraction f that it implies", "0.100", NONE, NONE),
        ("made: accuracy, baseline and distributed", "0.975 and 0.975", "≥ 0.970", "met"),
        ("made: change of accuracy", "+0.000", "within ±0.003", "met"),
        ("made: answers, baseline and distributed", "identical", "identical", "met"),
    ]


def test_a_quality_without_a_target_has_no_verdict() -> None:
    (row,) = [
        row
        for row in claim_finding("made", a_results(), RaceTargets(efficiency=0.9)).rows
        if row.what == "made: accuracy, baseline and distributed"
    ]

    assert row.verdict == NONE


def test_a_race_whose_headline_is_refused_has_missed_its_efficiency() -> None:
    (row,) = claim_finding("made", a_results(trials=()), RaceTargets(efficiency=0.9)).rows

    assert row.value.startswith("refused: there is no complete pair")
    assert row.verdict == "missed"
