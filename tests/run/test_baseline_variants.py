from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.model import CommandFacts, Spec, Variant
from harness.run.baseline_variants import (
    AT_LEAST_S,
    NO_PROOF,
    VariantPlan,
    declared_variants,
    plan_variants,
    variant_label,
)
from harness.run.wire import TimeVariant
from harness.workload import AnyWorkload
from tests.builders import a_spec, a_workload_file, find_workload

OWN = TimeVariant(Variant.OWN, AT_LEAST_S)
WHOLE = TimeVariant(Variant.WHOLE, 0.0)
SOURCE = """
from harness.workload import BadRequest

def check(params):
    if params.size == 10:
        raise BadRequest("too large for its file")
    if params.size > 9:
        raise ValueError("too large")

def other(given, report): return given

fields.update(check=check)
proof.update(
    tuned=("size", (2, 12)),
    reference=other,
    ceiling=Ceiling("sleep", lambda given, seconds: 1000.0),
    effort=({"size": 1}, {"size": 12}, {"size": 5}, {"size": 2, "rate": 1}),
    variants={"slow mode": {"mode": "b"}, "library": other, "as it is": {}, "huge": {"size": 10}},
)
"""


@pytest.fixture
def workload(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path, SOURCE))


@pytest.fixture
def plain(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path))


def variants(studies: tuple[TimeVariant, ...]) -> list[Variant]:
    return [study.variant for study in studies]


def test_a_workload_that_declares_all_has_all_timed_the_sessions_own_problem_first(
    workload: AnyWorkload,
) -> None:
    assert variants(declared_variants(workload, workload.defaults)) == [
        Variant.LIMIT,
        Variant.TEXTBOOK,
        Variant.ALTERNATIVE,
        Variant.EFFORT,
        Variant.EFFORT,
        Variant.ALTERNATIVE,
        Variant.TUNED,
        Variant.TUNED,
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


def test_efforts_are_typed_like_the_sessions_settings_but_for_those_refused_or_in_use(
    workload: AnyWorkload,
) -> None:
    tried = [
        study.settings
        for study in declared_variants(workload, workload.defaults)
        if study.variant is Variant.EFFORT
    ]
    assert tried == [{"size": 1}, {"size": 2, "rate": 1.0}]
    assert type(tried[1]["rate"]) is float


def test_an_effort_is_laid_over_the_settings_of_the_session(workload: AnyWorkload) -> None:
    tried = [
        study.settings
        for study in declared_variants(workload, workload.defaults | {"size": 1})
        if study.variant is Variant.EFFORT
    ]
    assert tried == [{"size": 5}, {"size": 2, "rate": 1.0}]


def test_a_variant_is_a_program_or_settings_but_for_those_refused_or_in_use(
    workload: AnyWorkload,
) -> None:
    tried = [
        (study.name, study.settings)
        for study in declared_variants(workload, workload.defaults)
        if study.variant is Variant.ALTERNATIVE
    ]
    assert tried == [("library", {}), ("slow mode", {"mode": "b"})]


@pytest.mark.parametrize(
    "settings", [{"sise": 1}, {"size": "1"}, {"size": True}, {"mode": 1}, {"fast": 1}], ids=str
)
@pytest.mark.parametrize("declare", ["effort=({},)", "variants={{'v': {}}}"])
def test_a_proof_sets_parameters_of_the_workload_to_values_of_their_type(
    tmp_path: Path, declare: str, settings: dict[str, object]
) -> None:
    source = f"proof.update({declare.format(settings)})"
    workload = find_workload(a_workload_file(tmp_path, source))
    name = next(iter(settings))
    with pytest.raises(BadRequest, match=f"the proof of made cannot set '{name}'"):
        declared_variants(workload, workload.defaults)


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
    assert asked.timings[0] == asked.timings[-1] == OWN
    assert limit in asked.timings
    assert asked.cores == (0, 1)


COPIED = a_spec(prove_baseline=True, workers=2)


def test_what_takes_other_processes_is_timed_last_before_the_baseline_as_it_runs() -> None:
    copies = TimeVariant(Variant.COPIES, 0.0, value=2)
    assert plan_variants((), COPIED, (0, 1, 2)).timings == (OWN, WHOLE, copies, OWN)


@pytest.mark.parametrize(
    "spec",
    [
        replace(COPIED, workers=1),
        replace(COPIED, workers=4),
        replace(COPIED, baseline_cores=2),
        replace(COPIED, cores_per_worker=2, baseline_cores=2),
        replace(COPIED, joined_cluster=True),
        replace(COPIED, commands=CommandFacts(says_ready=False, input_named=False, compared="")),
    ],
    ids=["one worker", "too few cores", "other cores", "wide workers", "a cluster", "programs"],
)
def test_copies_are_timed_only_where_each_has_the_cores_of_a_worker_here(spec: Spec) -> None:
    assert variants(plan_variants((), spec, (0, 1, 2)).timings) == [
        Variant.OWN,
        Variant.WHOLE,
        Variant.OWN,
    ]


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
        (WHOLE, "on all 8 cores"),
        (TimeVariant(Variant.ALTERNATIVE, 0.0, "int8"), "int8"),
        (TimeVariant(Variant.COPIES, 0.0, value=4), "4 copies at once"),
        (
            TimeVariant(Variant.EFFORT, 0.0, settings={"permutations": 1024, "mode": "b"}),
            "permutations 1,024, mode b",
        ),
    ],
)
def test_a_variant_is_called_by_what_it_is(study: TimeVariant, words: str) -> None:
    assert variant_label(study, 8) == words
