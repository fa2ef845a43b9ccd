"""Faults at every moment of a race: it ends in time, says why, and leaves nothing running."""

from collections.abc import Mapping

import pytest

from tests.cases.faults import FAULTS, GUIDE, Fault, Outcome, all_outcomes

pytestmark = pytest.mark.terminal

each = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
STALLS = [fault for fault in FAULTS if fault.state]


@pytest.fixture(scope="module")
def results() -> Mapping[str, Outcome]:
    """Return what was seen of every fault."""
    return all_outcomes()


@each
def test_nothing_is_left_running(fault: Fault, results: Mapping[str, Outcome]) -> None:
    assert results[fault.name].started >= 3
    assert results[fault.name].left == ()


@each
def test_the_exit_code_says_how_it_ended(fault: Fault, results: Mapping[str, Outcome]) -> None:
    assert results[fault.name].exit_code == fault.exit_code, results[fault.name].printed


@pytest.mark.parametrize("fault", STALLS, ids=lambda fault: fault.name)
def test_who_is_stalled_is_said_with_what_its_process_does(
    fault: Fault, results: Mapping[str, Outcome]
) -> None:
    assert "STALLED for" in results[fault.name].printed
    assert f": {fault.state}\n" in results[fault.name].printed


@each
def test_nothing_lies_about_once_the_next_run_has_begun(
    fault: Fault, results: Mapping[str, Outcome]
) -> None:
    assert results[fault.name].litter == ()


@each
def test_the_guide_lists_the_fault(fault: Fault) -> None:
    rows = GUIDE.read_text(encoding="utf-8").splitlines()
    assert any(
        row.startswith(f"| {fault.what} | {fault.moment} | {fault.promise} | ")
        and "LEFT" not in row
        for row in rows
    )
