import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.workload import BadRequest
from workloads import dedup, embed, recommend
from workloads.documents.folders import files_below
from workloads.documents.kinds import Unreadable

CLOSED = "closed"


def is_hidden(name: str) -> bool:
    return name.startswith(".")


def a_crawl(folder: Path) -> Path:
    """Write a folder of which one part is closed to this account."""
    for place in ("b", "a/c", CLOSED, ".hidden"):
        (folder / place).mkdir(parents=True)
        (folder / place / "x.jsonl").write_text('{"text": "one two three"}\n')
    return folder


def refusing(asked: Callable[..., Any]) -> Callable[..., Any]:
    def scandir(folder: str) -> Any:
        if Path(folder).name == CLOSED:
            raise PermissionError(13, os.strerror(13), str(folder))
        return asked(folder)

    return scandir


def test_files_are_found_by_name_and_hidden_ones_are_not(tmp_path: Path) -> None:
    files = files_below(a_crawl(tmp_path), is_hidden, is_hidden)
    named = [path.relative_to(tmp_path).parent.as_posix() for path in files]
    assert named == ["a/c", "b", CLOSED]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(a_crawl(tmp_path / "crawl"))
    files = files_below(tmp_path, is_hidden, is_hidden)
    assert not any("link" in path.parts for path in files)


def test_a_folder_that_may_not_be_looked_into_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    with pytest.raises(Unreadable, match=r"^closed cannot be read: Permission denied$"):
        list(files_below(a_crawl(tmp_path), is_hidden, is_hidden))


@pytest.mark.parametrize(
    ("workload", "setting"),
    [(dedup.WORKLOAD, "input"), (embed.WORKLOAD, "corpus"), (recommend.WORKLOAD, "ratings")],
    ids=["dedup", "embed", "recommend"],
)
def test_no_workload_reads_a_part_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workload: Any, setting: str
) -> None:
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    with pytest.raises(BadRequest, match="closed cannot be read: Permission denied"):
        workload.require_valid(workload.defaults | {setting: str(a_crawl(tmp_path))})
