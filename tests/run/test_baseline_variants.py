from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadRequest
from harness.model import Variant
from harness.run.baseline_variants import (
    AT_LEAST_S,
    NO_PROOF,
    VariantPlan,
    declared_variants,
    needs_another_pass,
    plan_variants,
    time_variant,
    variant_label,
)
from harness.run.wire import TimeVariant
from harness.workload import AnyProblem, AnyWorkload, Problem
from tests.builders import a_spec, a_workload_file, find_workload

OWN = TimeVariant(Variant.OWN, AT_LEAST_S)
SOURCE = """
ran = []

def load(params):
    full, part = ("full", params.size), ("slice", params.size)
    return Problem(input=full, held_out=0.5, items=400, warmup=part, warmup_items=4)

def baseline(given, report):
    ran.append(given)
    time.sleep(0.01)

def textbook(given, report):
    ran.append(("textbook", *given))
    time.sleep(0.01)

def rate(given, seconds):
    ran.append(("limit", *given))
    time.sleep(seconds)
    return 1000.0

def check(params):
    if params.size > 9:
        raise ValueError("too large")

fields.update(check=check)
proof.update(tuned=("size", (2, 12)), reference=textbook, ceiling=Ceiling("sleep", rate))
"""


@pytest.fixture
def workload(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path, SOURCE))


@pytest.fixture
def plain(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path))


def ran(workload: AnyWorkload) -> list[Any]:
    """Return what was run of a workload, each input once."""
    runs = workload.load.__globals__["ran"]
    return sorted(set(runs))


def timed(
    workload: AnyWorkload, study: TimeVariant, problem: AnyProblem | None = None, cores: int = 1
) -> Any:
    return time_variant(
        study, workload, workload.defaults, problem or workload.load(workload.params), cores
    )


def variants(studies: tuple[TimeVariant, ...]) -> list[Variant]:
    return [study.variant for study in studies]


def test_a_workload_that_declares_all_has_all_timed(workload: AnyWorkload) -> None:
    assert variants(declared_variants(workload, workload.defaults)) == [
        Variant.LIMIT,
        Variant.TUNED,
        Variant.TUNED,
        Variant.TEXTBOOK,
    ]


def test_a_workload_that_declares_nothing_has_nothing_timed(plain: AnyWorkload) -> None:
    assert declared_variants(plain, plain.defaults) == ()


def test_the_value_in_use_is_tried_with_the_others_but_for_those_refused(
    workload: AnyWorkload,
) -> None:
    tried = [
        (study.name, study.value)
        for study in declared_variants(workload, workload.defaults)
        if study.variant is Variant.TUNED
    ]
    assert tried == [("size", 2), ("size", 5)]


def test_a_value_in_use_that_is_tried_anyway_is_tried_once(workload: AnyWorkload) -> None:
    tried = [
        study.value
        for study in declared_variants(workload, workload.defaults | {"size": 2})
        if study.variant is Variant.TUNED
    ]
    assert tried == [2]


@pytest.mark.parametrize("name", ["sise", "mode", "fast"])
def test_a_baseline_is_tuned_by_a_number_among_its_parameters(tmp_path: Path, name: str) -> None:
    workload = find_workload(a_workload_file(tmp_path, f"proof['tuned'] = ({name!r}, (1, 2))"))
    with pytest.raises(BadRequest, match=f"made cannot be tuned by '{name}'"):
        declared_variants(workload, workload.defaults)


def test_without_a_proof_asked_for_nothing_is_timed(workload: AnyWorkload) -> None:
    assert (
        plan_variants(declared_variants(workload, workload.defaults), a_spec(), (0, 1)) == NO_PROOF
    )


def test_a_baseline_without_cores_proves_nothing() -> None:
    assert plan_variants((), a_spec(prove_baseline=True), ()) == NO_PROOF


def test_a_proof_begins_and_ends_with_the_baseline_as_it_runs() -> None:
    limit = TimeVariant(Variant.LIMIT, AT_LEAST_S, "sleep")
    asked = plan_variants((limit,), a_spec(prove_baseline=True), (0, 1))
    assert asked == VariantPlan((OWN, limit, TimeVariant(Variant.WHOLE, 0.0), OWN), (0, 1))


def test_a_baseline_that_has_all_cores_is_not_timed_on_them_again() -> None:
    assert plan_variants((), a_spec(prove_baseline=True, baseline_cores=2), (0, 1)) == VariantPlan(
        (OWN, OWN)
    )


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (OWN, "as it runs"),
        (TimeVariant(Variant.TUNED, 1.0, "micro_batch", 1536), "micro_batch 1,536"),
        (TimeVariant(Variant.TUNED, 1.0, "rate", 0.5), "rate 0.5"),
        (TimeVariant(Variant.TEXTBOOK, 1.0), "textbook program"),
        (TimeVariant(Variant.LIMIT, 1.0, "matrix products"), "matrix products"),
        (TimeVariant(Variant.WHOLE, 0.0), "on all 8 cores"),
    ],
)
def test_a_variant_is_called_by_what_it_is(study: TimeVariant, words: str) -> None:
    assert variant_label(study, 8) == words


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (TimeVariant(Variant.OWN, 0.01), [("slice", 5)]),
        (TimeVariant(Variant.TUNED, 0.01, "size", 2), [("slice", 2)]),
        (TimeVariant(Variant.TEXTBOOK, 0.01), [("textbook", "slice", 5)]),
        (TimeVariant(Variant.LIMIT, 0.01, "sleep"), [("limit", "slice", 5)]),
        (TimeVariant(Variant.WHOLE, 0.0), [("full", 5)]),
    ],
    ids=str,
)
def test_a_variant_runs_what_it_is(
    workload: AnyWorkload, study: TimeVariant, expected: list[Any]
) -> None:
    timed(workload, study)
    assert ran(workload) == expected


@pytest.mark.parametrize(
    ("variant", "items"), [(Variant.OWN, 4), (Variant.TEXTBOOK, 4), (Variant.WHOLE, 400)]
)
def test_a_rate_is_the_items_of_a_pass_over_its_seconds(
    workload: AnyWorkload, variant: Variant, items: int
) -> None:
    found = timed(workload, TimeVariant(variant, 0.0))
    assert items / found.seconds <= found.items_per_s <= items / 0.01


def test_the_rate_of_a_limit_is_what_it_says(workload: AnyWorkload) -> None:
    found = timed(workload, TimeVariant(Variant.LIMIT, 0.02, "sleep"))
    assert (found.items_per_s, found.name) == (1000.0, "sleep")
    assert found.seconds >= 0.02


def test_a_rate_says_what_was_varied_and_on_how_many_cores(workload: AnyWorkload) -> None:
    found = timed(workload, TimeVariant(Variant.TUNED, 0.0, "size", 2), cores=3)
    assert (found.variant, found.name, found.value, found.cores) == (Variant.TUNED, "size", 2.0, 3)


def test_a_slice_is_passed_until_the_time_is_up(workload: AnyWorkload) -> None:
    assert timed(workload, TimeVariant(Variant.OWN, 0.1)).seconds >= 0.1


@pytest.mark.parametrize(
    ("passes", "elapsed", "due"),
    [
        ((), 0.0, True),
        ((0.1,) * 9, 0.9, True),
        ((0.1,) * 10, 1.0, False),
        ((1.5,), 1.5, True),
        ((1.0, 1.0), 2.0, True),
        ((1.0, 1.0, 1.0), 3.0, False),
        ((2.0,), 2.0, False),
        ((40.0,), 40.0, False),
    ],
)
def test_passes_fill_the_time_and_are_three_where_that_is_cheap(
    passes: tuple[float, ...], elapsed: float, due: bool
) -> None:
    assert needs_another_pass(passes, elapsed, at_least_s=1.0) == due


def test_the_median_pass_counts(tmp_path: Path) -> None:
    late = (
        "ran = []\ndef baseline(given, report):\n    ran.append(given)\n"
        "    time.sleep(0.2 if len(ran) == 1 else 0.01)"
    )
    found = timed(find_workload(a_workload_file(tmp_path, late)), TimeVariant(Variant.OWN, 0.25))
    assert found.items_per_s > 5 / 0.2


def test_a_slice_that_is_not_counted_gives_way_to_the_whole_input(workload: AnyWorkload) -> None:
    uncounted = Problem(input=("full", 5), held_out=0.5, items=400, warmup=("slice", 5))
    timed(workload, TimeVariant(Variant.OWN, 0.0), uncounted)
    assert ran(workload) == [("full", 5)]


def test_a_tuned_value_is_of_its_parameters_type(tmp_path: Path) -> None:
    source = (
        "seen = []\ndef load(params):\n    seen.append(params.rate)\n"
        "    return Problem(input=(), held_out=0.5, items=1)"
    )
    workload = find_workload(a_workload_file(tmp_path, source))
    timed(workload, TimeVariant(Variant.TUNED, 0.0, "rate", 2))
    assert [type(rate) for rate in workload.load.__globals__["seen"]] == [float, float]


@pytest.mark.parametrize("rate", ["-1", "nan", "inf"])
def test_a_rate_that_is_none_is_an_error(tmp_path: Path, rate: str) -> None:
    source = f"proof['ceiling'] = Ceiling('sleep', lambda given, seconds: float({rate!r}))"
    with pytest.raises(ValueError, match=f"the rate of sleep is {rate}"):
        timed(
            find_workload(a_workload_file(tmp_path, source)),
            TimeVariant(Variant.LIMIT, 0.0, "sleep"),
        )


@pytest.mark.parametrize("variant", [Variant.TEXTBOOK, Variant.LIMIT])
def test_what_is_not_declared_cannot_be_timed(plain: AnyWorkload, variant: Variant) -> None:
    with pytest.raises(BadRequest, match=f"made has no {variant} variant of its baseline"):
        timed(plain, TimeVariant(variant, 0.0))
