import pytest
from click.testing import CliRunner

from harness.params import apply_overrides
from tests.bench.__main__ import MEASURES, TARGETS, TINY, main
from tests.builders import find_workload


@pytest.mark.parametrize("options", [["--quick"], ["--only", "slide"]])
def test_only_a_whole_session_is_written_into_the_readme(options: list[str]) -> None:
    refused = CliRunner().invoke(main, ["--write", *options])

    assert refused.exit_code == 2
    assert "--write takes a whole session" in refused.output


@pytest.mark.parametrize("workload", TARGETS)
def test_a_workload_can_be_raced_and_compared_with_its_rivals(workload: str) -> None:
    assert {f"efficiency-{workload}", f"rivals-{workload}"} <= set(MEASURES)


@pytest.mark.parametrize("workload", TINY)
def test_a_quick_try_has_parameters_that_its_workload_takes(workload: str) -> None:
    settings = [f"{name}={value}" for name, value in TINY[workload].items()]

    assert (
        apply_overrides(find_workload(workload), settings)
        == find_workload(workload).defaults | TINY[workload]
    )
