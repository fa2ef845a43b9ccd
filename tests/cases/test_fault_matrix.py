"""Faults that befall a race on Ray at a moment: some are tried here, all stand in the guide."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cases.fault_matrix import BEGIN, END, GUIDE, PAIRS, UNTRIED, beginning, row, write
from tests.cases.fault_scene import Outcome, Pair, outcomes_of

QUICK = (
    "a worker is killed, last tenth",
    "all workers are killed at once, first tenth",
    "the driver is killed, merging",
    "the disk is full, scoring",
    "Ctrl-C is pressed twice, arming",
)
TRIED = [pair for pair in PAIRS if pair.name in QUICK]
each = pytest.mark.parametrize("pair", TRIED, ids=lambda pair: pair.name)


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, Sequence[Outcome]]:
    """Return what is seen of those that the suite tries."""
    with ThreadPoolExecutor(len(TRIED)) as threads:
        seen = list(threads.map(outcomes_of, TRIED))
    return {pair.name: outcome for pair, outcome in zip(TRIED, seen, strict=True)}


@pytest.mark.ray
@each
def test_what_is_promised_comes_true(pair: Pair, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    broken = [outcome.broken(pair.promise) for outcome in outcomes[pair.name]]
    assert broken == [[] for _ in range(pair.times)], outcomes[pair.name][0].said


def test_every_fault_is_tried_under_a_name_of_its_own() -> None:
    assert len({pair.name for pair in PAIRS}) == len(PAIRS) >= 60
    assert len(TRIED) == len(QUICK)


def test_the_guide_has_a_row_for_every_fault_and_moment_and_no_other() -> None:
    part = GUIDE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
    assert [line[: len(beginning(pair))] for pair, line in zip(PAIRS, rows, strict=True)] == [
        beginning(pair) for pair in PAIRS
    ]


def test_a_row_that_is_written_anew_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text(f"before\n{BEGIN}{END}\nafter\n", encoding="utf-8")
    first, second = (f"{beginning(pair)}was seen |" for pair in PAIRS[:2])
    write({beginning(PAIRS[1]): second}, guide)
    write({beginning(PAIRS[0]): first}, guide)
    lines = guide.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert [line for line in lines if "was seen" in line] == [first, second]
    assert sum(UNTRIED in line for line in lines) == len(PAIRS) - 2


def test_a_promise_that_does_not_come_true_is_named_in_its_row() -> None:
    pair = PAIRS[0]
    outcome = Outcome(
        came=True,
        hung=True,
        exit_code=0,
        seconds=1.0,
        left=(1,),
        litter=(),
        said="",
        results=None,
        journal=0,
        sane=True,
        remains=True,
    )
    line = row(pair, [outcome])
    broken = "1 processes LEFT, HUNG, the answer is not RIGHT, the journal is LOST"
    assert f"| BROKEN: {broken}, the results are LOST |" in line
