from pathlib import Path

from harness.run.ray_sessions import ray_sessions
from tests.listeners import a_listener


def noted(folder: Path, address: str) -> dict[str, str]:
    """Note a cluster as `ray start` does, beside the folders of two sessions."""
    (folder / "ray").mkdir()
    (folder / "ray" / "ray_current_cluster").write_text(f"{address}\n")
    for name in ("session_1", "session_2", "other"):
        (folder / "ray" / name).mkdir()
    (folder / "ray" / "session_latest").symlink_to(folder / "ray" / "session_2")
    return {"RAY_TMPDIR": str(folder)}


def test_a_note_of_a_cluster_that_answers_is_not_stale(tmp_path: Path) -> None:
    with a_listener() as address:
        assert ray_sessions("10.0.0.1:1", noted(tmp_path, address)).stale_note == ""


def test_a_note_of_a_cluster_that_is_gone_is_stale(tmp_path: Path) -> None:
    found = ray_sessions("10.0.0.1:1", noted(tmp_path, "127.0.0.1:1"))
    assert (found.stale_note, found.folders) == ("127.0.0.1:1", 2)


def test_a_note_of_nonsense_is_stale(tmp_path: Path) -> None:
    assert ray_sessions("10.0.0.1:1", noted(tmp_path, "nonsense")).stale_note == "nonsense"


def test_without_a_folder_of_rays_there_is_nothing(tmp_path: Path) -> None:
    found = ray_sessions("10.0.0.1:1", {"RAY_TMPDIR": str(tmp_path)})
    assert (found.stale_note, found.folders) == ("", 0)
