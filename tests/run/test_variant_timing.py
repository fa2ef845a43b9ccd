from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadRequest
from harness.model import Variant
from harness.run.loaded import LoadedProblem
from harness.run.variant_timing import needs_another_pass, time_variant
from harness.run.wire import TimeVariant
from harness.workload import AnyWorkload
from tests.builders import a_workload_file, find_workload

SOURCE = """
ran = []

def load(params):
    full, part = ("full", params.size), ("slice", params.size)
    return Problem(input=full, held_out=0.5, items=400, warmup=part, warmup_items=4)

def baseline(given, report):
    ran.append(given)
    time.sleep(0.01)
    return given[1]

def textbook(given, report):
    ran.append(("textbook", *given))
    time.sleep(0.01)

def library(given, report):
    ran.append(("library", *given))
    time.sleep(0.05 if given[0] == "full" else 0.0)
    return 0.0625

def rate(given, seconds):
    ran.append(("limit", *given))
    time.sleep(seconds)
    return 1000.0

def quality(answer, held_out): return answer * held_out

proof.update(
    tuned=("size", (2, 12)),
    reference=textbook,
    ceiling=Ceiling("sleep", rate),
    variants={"library": library, "small": {"size": 3}},
)
"""
SMALLER = TimeVariant(Variant.EFFORT, 0.0, settings={"size": 2})
LIBRARY = TimeVariant(Variant.ALTERNATIVE, 0.0, "library")


@pytest.fixture
def workload(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path, SOURCE))


@pytest.fixture
def plain(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path))


def ran(workload: AnyWorkload) -> list[Any]:
    """Return what was run of a workload, each input once, in order."""
    return [*dict.fromkeys(workload.load.__globals__["ran"])]


def timed(workload: AnyWorkload, study: TimeVariant, cores: int = 1) -> Any:
    return time_variant(study, LoadedProblem(workload, workload.defaults), cores)


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (TimeVariant(Variant.OWN, 0.01), [("slice", 5)]),
        (TimeVariant(Variant.TUNED, 0.01, "size", 2, {"size": 2}), [("slice", 2)]),
        (TimeVariant(Variant.TEXTBOOK, 0.01), [("textbook", "slice", 5)]),
        (TimeVariant(Variant.LIMIT, 0.01, "sleep"), [("limit", "slice", 5)]),
        (TimeVariant(Variant.WHOLE, 0.0), [("full", 5)]),
        (TimeVariant(Variant.COPIES, 0.0, value=2), [("full", 5)]),
        (SMALLER, [("slice", 2), ("full", 2)]),
        (LIBRARY, [("library", "slice", 5), ("library", "full", 5)]),
        (
            TimeVariant(Variant.ALTERNATIVE, 0.0, "small", settings={"size": 3}),
            [("slice", 3), ("full", 3)],
        ),
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
    found = timed(workload, TimeVariant(Variant.TUNED, 0.0, "size", 2, {"size": 2}), cores=3)
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


def test_a_slice_that_is_not_counted_gives_way_to_the_whole_input(tmp_path: Path) -> None:
    uncounted = SOURCE.replace(", warmup_items=4", "")
    workload = find_workload(a_workload_file(tmp_path, uncounted))
    timed(workload, TimeVariant(Variant.OWN, 0.0))
    assert ran(workload) == [("full", 5)]


@pytest.mark.parametrize(("study", "quality"), [(SMALLER, 1.0), (LIBRARY, 0.03125)])
def test_a_whole_pass_is_scored(workload: AnyWorkload, study: TimeVariant, quality: float) -> None:
    assert timed(workload, study).quality == quality


def test_warming_up_is_not_on_the_clock_of_a_whole_pass(tmp_path: Path) -> None:
    slow = SOURCE.replace("else 0.0)", "else 0.5)")
    found = timed(find_workload(a_workload_file(tmp_path, slow)), LIBRARY)
    assert 0.05 <= found.pass_s < 0.5
    assert found.items_per_s == 400 / found.pass_s


@pytest.mark.parametrize("study", [SMALLER, TimeVariant(Variant.WHOLE, 0.0)], ids=str)
def test_of_a_pass_that_stops_early_the_items_count_that_it_reports(
    tmp_path: Path, study: TimeVariant
) -> None:
    early = SOURCE.replace("    return given[1]", "    report(100)\n    return given[1]")
    found = timed(find_workload(a_workload_file(tmp_path, early)), study)
    assert found.items_per_s == pytest.approx(100 / found.pass_s)


def test_a_whole_pass_without_a_slice_is_run_once(tmp_path: Path) -> None:
    cold = SOURCE.replace(", warmup=part, warmup_items=4", "")
    workload = find_workload(a_workload_file(tmp_path, cold))
    timed(workload, SMALLER)
    assert ran(workload) == [("full", 2)]


def test_an_effort_is_kept_with_its_settings_and_an_alternative_with_its_name(
    workload: AnyWorkload,
) -> None:
    effort, alternative = timed(workload, SMALLER), timed(workload, LIBRARY)
    assert (effort.name, effort.settings) == ("", {"size": 2})
    assert (alternative.name, alternative.settings) == ("library", {})


@pytest.mark.parametrize("variant", [Variant.OWN, Variant.TEXTBOOK])
def test_a_slice_is_neither_a_whole_pass_nor_scored(
    workload: AnyWorkload, variant: Variant
) -> None:
    found = timed(workload, TimeVariant(variant, 0.0))
    assert (found.pass_s, found.quality) == (None, None)


def test_a_quality_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    source = SOURCE + "\ndef quality(answer, held_out): return float('nan')\n"
    with pytest.raises(ValueError, match="is nan, not a number to compare"):
        timed(find_workload(a_workload_file(tmp_path, source)), SMALLER)


@pytest.mark.parametrize("rate", ["-1", "nan", "inf"])
def test_a_rate_that_is_none_is_an_error(tmp_path: Path, rate: str) -> None:
    source = f"proof['ceiling'] = Ceiling('sleep', lambda given, seconds: float({rate!r}))"
    with pytest.raises(ValueError, match=f"the rate of sleep is {rate}"):
        timed(
            find_workload(a_workload_file(tmp_path, source)),
            TimeVariant(Variant.LIMIT, 0.0, "sleep"),
        )


@pytest.mark.parametrize("variant", [Variant.TEXTBOOK, Variant.LIMIT, Variant.ALTERNATIVE])
def test_what_is_not_declared_cannot_be_timed(plain: AnyWorkload, variant: Variant) -> None:
    with pytest.raises(BadRequest, match=f"made has no {variant} variant of its baseline"):
        timed(plain, TimeVariant(variant, 0.0))
