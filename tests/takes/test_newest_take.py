from pathlib import Path
from typing import Any

import pytest

from harness.files.results import RESULTS_NAME, save
from harness.model import Kind, Status
from harness.takes.newest_take import last_take, newest_take
from tests.builders import a_results, a_spec, some_words

EARLIER, LATER = "2026-11-22T09:14:07+00:00", "2026-11-22T10:00:00+00:00"


def a_take(folder: Path, began: str = EARLIER, **changes: Any) -> Path:
    """Write the results of a session into a take's folder."""
    folder.mkdir(parents=True)
    save(a_results(began_utc=began, **changes), folder / RESULTS_NAME)
    return folder


def test_without_takes_there_is_no_newest(tmp_path: Path) -> None:
    assert newest_take(tmp_path / "recordings", "train") is None


def test_the_newest_take_of_the_workload_counts(tmp_path: Path) -> None:
    a_take(tmp_path / "b", EARLIER)
    newest = a_take(tmp_path / "a", LATER)
    a_take(tmp_path / "c", "2026-11-23T09:00:00+00:00", spec=a_spec(workload=some_words(name="x")))
    assert newest_take(tmp_path, "train") == newest


def test_the_showcase_is_older_than_all_others(tmp_path: Path) -> None:
    a_take(tmp_path / "showcase", LATER)
    own = a_take(tmp_path / "own", EARLIER)
    assert newest_take(tmp_path, "train") == own


def test_what_was_not_measured_to_its_end_counts_no_more_than_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    own = a_take(tmp_path / "own", EARLIER)
    a_take(tmp_path / "aborted", LATER, status=Status.ABORTED)
    a_take(tmp_path / "simulated", LATER, kind=Kind.SIMULATED)
    a_take(tmp_path / ".unpublished-x", LATER)
    (a_take(tmp_path / "broken", LATER) / RESULTS_NAME).write_text("{")
    (tmp_path / "latest").symlink_to("broken")
    assert newest_take(tmp_path, "train") == own


def began_of_last(root: Path, **changes: Any) -> str | None:
    """Return when the last take began that ran the same as a spec (None: there is none)."""
    take = last_take(root, a_spec(**changes))
    return None if take is None else take.began_utc


def test_the_last_take_ran_the_same_however_often_and_at_what_price(tmp_path: Path) -> None:
    a_take(tmp_path / "a", EARLIER)
    a_take(tmp_path / "b", LATER, spec=a_spec(prove_baseline=True))
    assert began_of_last(tmp_path) == LATER
    assert began_of_last(tmp_path, trials=6) == LATER


@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 4},
        {"cores_per_worker": 2},
        {"params": {"steps": 9}},
        {"chaos": ("kill:w1@33%",)},
        {"workload": some_words(name="another")},
        {"points": (1, 2)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_take_that_ran_something_else_is_not_the_last(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    a_take(tmp_path / "a")
    assert began_of_last(tmp_path, **changes) is None


def test_neither_the_showcase_nor_a_simulated_take_is_the_last(tmp_path: Path) -> None:
    a_take(tmp_path / "showcase", LATER)
    a_take(tmp_path / "simulated", LATER, kind=Kind.SIMULATED)
    a_take(tmp_path / "aborted", LATER, status=Status.ABORTED)
    assert began_of_last(tmp_path) is None
