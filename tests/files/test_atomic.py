import os
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.files import atomic


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert atomic.read(tmp_path / "a", 5, "file", "a hint") == b"12345"


def test_a_file_a_byte_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123456")
    with pytest.raises(BadRequest, match=r"a is larger than any letter \(5 bytes\)"):
        atomic.read(tmp_path / "a", 5, "letter", "a hint")


@pytest.mark.parametrize("name", ["none", "folder", "pipe", "zero\0byte"])
def test_what_is_no_file_is_refused_with_the_hint(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest) as refused:
        atomic.read(tmp_path / name, 5, "letter", "a hint")
    assert refused.value.hint == "a hint"


def test_a_file_is_replaced_with_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    atomic.replace(tmp_path / "a", b"new", 0o640)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_replacement_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's affair
        atomic.replace(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
