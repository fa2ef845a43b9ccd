from pathlib import Path

import pytest

from harness.extras import install_command
from harness.run.describe import Refused, WorkloadFacts, describe
from tests.builders import a_workload_file, find_workload


def test_a_description_has_the_words_and_the_settings() -> None:
    assert describe("simulated", ["chunks=7"]) == WorkloadFacts(
        find_workload("simulated").words,
        {"seconds": 12.0, "chunks": 7, "quality": 0.97, "hosts": 1},
        simulated=True,
    )


def test_a_workload_that_computes_is_not_simulated(tmp_path: Path) -> None:
    described = describe(a_workload_file(tmp_path, "fields['simulated'] = False"), [])
    assert isinstance(described, WorkloadFacts)
    assert not described.simulated


def test_a_description_says_what_the_baseline_can_be_timed_beside(tmp_path: Path) -> None:
    described = describe(a_workload_file(tmp_path, "proof['tuned'] = ('size', (2, 5))"), ["size=7"])
    assert isinstance(described, WorkloadFacts)
    assert [(study.name, study.value) for study in described.variants] == [
        ("size", 2),
        ("size", 5),
        ("size", 7),
    ]


def test_a_baseline_that_is_tuned_by_nothing_there_is_is_refused(tmp_path: Path) -> None:
    refused = describe(a_workload_file(tmp_path, "proof['tuned'] = ('sise', (2, 5))"), [])
    assert refused == Refused(
        "made cannot be tuned by 'sise'", "name a parameter of its own that is a number"
    )


def test_what_is_not_found_is_refused() -> None:
    assert describe("simulatd", []) == Refused(
        "there is no workload named 'simulatd'", "did you mean simulated?"
    )


def test_what_is_wrongly_set_is_refused() -> None:
    assert describe("simulated", ["chunk=7"]) == Refused(
        "simulated has no setting 'chunk'", "did you mean chunks?"
    )


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("raise ValueError('not today')", "ValueError: not today"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("def", "SyntaxError: "),
        ("fields['axes'] = 'none'", "TypeError: "),
    ],
)
def test_a_file_that_does_not_import_is_refused_with_the_reason(
    tmp_path: Path, source: str, fault: str
) -> None:
    path = a_workload_file(tmp_path, source)
    refused = describe(path, [])
    assert isinstance(refused, Refused)
    assert refused.sentence.startswith(f"{path} cannot be loaded: {fault}")


def test_a_file_that_needs_an_extra_is_refused_with_what_installs_it(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "raise ModuleNotFoundError(name='numba')")
    sentence = f"{path} needs the package numba, which is not installed"
    assert describe(path, []) == Refused(sentence, install_command("kernels"))


def test_a_check_that_fails_in_another_way_is_refused_too(tmp_path: Path) -> None:
    refused = describe(
        a_workload_file(tmp_path, "fields['check'] = lambda params: params.missing"), []
    )
    assert isinstance(refused, Refused)
