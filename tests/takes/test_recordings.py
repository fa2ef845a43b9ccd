import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from harness.cast.format import CAST
from harness.errors import BadRequest
from harness.files.results import RESULTS_NAME, load, save
from harness.model import Kind, Status
from harness.takes.recordings import VERDICT_NAME, newest, recording, recordings, write_verdict
from tests.casts import write_take

WIDE = (100, 30)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of recordings with one verified recording in it."""
    return write_take(tmp_path / "kept").parent


def another(root: Path, name: str, *, verified: bool = True, **changes: object) -> Path:
    """Put a copy of the recording beside it, with other facts."""
    folder = root / name
    shutil.copytree(root / "kept", folder)
    facts = load(folder / RESULTS_NAME)
    (folder / RESULTS_NAME).unlink()
    save(replace(facts, **changes), folder / RESULTS_NAME)  # type: ignore[arg-type]
    (folder / VERDICT_NAME).unlink()
    if verified:
        write_verdict(folder, 0.05)
    return folder


def chosen(
    root: Path,
    workload: str = "simulated",
    kind: Kind = Kind.SIMULATED,
    size: tuple[int, int] = WIDE,
) -> Path | None:
    found = newest(root, workload, kind, *size)
    return found.folder if found is not None else None


def test_a_recording_tells_its_size_its_length_and_its_date(root: Path) -> None:
    found = recording(root / "kept")
    assert (found.columns, found.rows, found.verified) == (100, 30, True)
    assert found.recorded_utc is not None
    apart = found.recorded_utc - datetime.fromisoformat(found.results.began_utc)
    assert abs(apart.total_seconds()) < 10
    assert found.duration_s == found.cast.duration_s > 5.0


@pytest.mark.parametrize("name", [CAST, RESULTS_NAME])
def test_a_verdict_speaks_of_the_very_bytes(root: Path, name: str) -> None:
    with (root / "kept" / name).open("ab") as file:
        file.write(b"\n")
    assert not recording(root / "kept").verified


@pytest.mark.parametrize(
    "verdict",
    [
        b"",
        b"{}",
        b"[" * 10_000,
        b'{"schema":"twoclocks.verified/9","cast_sha256":"","results_sha256":""}',
    ],
)
def test_a_verdict_that_cannot_be_read_is_none(root: Path, verdict: bytes) -> None:
    (root / "kept" / VERDICT_NAME).write_bytes(verdict)
    assert not recording(root / "kept").verified


def test_a_take_without_a_cast_is_no_recording(root: Path) -> None:
    (root / "kept" / CAST).unlink()
    assert recordings(root) == ()
    with pytest.raises(BadRequest, match="was not recorded"):
        recording(root / "kept")


def test_a_damaged_take_hides_no_other(root: Path) -> None:
    (another(root, "damaged") / RESULTS_NAME).write_text("{")
    (another(root, "cut") / CAST).write_text("{")
    assert [one.folder.name for one in recordings(root)] == ["kept"]


def test_recordings_come_newest_first(root: Path) -> None:
    another(root, "old", began_utc="2020-01-01T00:00:00+00:00")
    another(root, "new", began_utc="2099-01-01T00:00:00+00:00")
    assert [one.folder.name for one in recordings(root)] == ["new", "kept", "old"]


def test_the_link_to_the_latest_take_is_no_recording_of_its_own(root: Path) -> None:
    (root / "latest").symlink_to("kept")
    assert len(recordings(root)) == 1


def test_an_unfinished_session_is_no_recording(root: Path) -> None:
    another(root, "aborted", status=Status.ABORTED)
    assert [one.folder.name for one in recordings(root)] == ["kept"]


def test_the_newest_verified_recording_is_fallen_back_on(root: Path) -> None:
    new = another(root, "new", began_utc="2099-01-01T00:00:00+00:00")
    another(root, "newer", verified=False, began_utc="2099-02-01T00:00:00+00:00")
    assert chosen(root) == new


def test_a_recording_that_the_terminal_cannot_hold_is_not_fallen_back_on(root: Path) -> None:
    assert chosen(root, size=(99, 30)) is None
    assert chosen(root, size=(100, 29)) is None


def test_another_workloads_recording_is_not_fallen_back_on(root: Path) -> None:
    assert chosen(root, workload="train") is None


def test_a_simulated_recording_never_stands_for_a_real_run(root: Path) -> None:
    assert chosen(root, kind=Kind.MEASURED) is None


def test_where_there_are_no_recordings_there_is_nothing_to_fall_back_on(tmp_path: Path) -> None:
    assert chosen(tmp_path / "none") is None
