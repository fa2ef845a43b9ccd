from pathlib import Path

import pytest

from harness.workload import BadRequest
from workloads import shard
from workloads.shard import corpus
from workloads.shard.corpus import read_library, require_megabytes


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corpus, "library", lambda: tmp_path)
    for number in range(60):
        (tmp_path / f"m{number}.py").write_text(f"{number:1000d}")
    return tmp_path


def test_the_text_is_the_same_whatever_the_folder_is(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_library(0.05)
    moved = library / "below"
    moved.mkdir()
    for path in library.glob("*.py"):
        path.rename(moved / path.name)
    monkeypatch.setattr(corpus, "library", lambda: moved)
    after = read_library(0.05)
    assert before.training.tobytes() == after.training.tobytes()
    assert before.held_out.tobytes() == after.held_out.tobytes()


def test_no_file_is_trained_on_and_held_out(library: Path) -> None:
    split = read_library(0.057)
    training, held_out = ({*text.tobytes().split()} for text in split)
    assert len(held_out) == 3
    assert not training & held_out


def test_tests_and_installed_packages_are_left_out(library: Path) -> None:
    before = read_library(0.05)
    for folder in ("test", "site-packages", "__pycache__"):
        (library / folder).mkdir()
        (library / folder / "more.py").write_text("more" * 1000)
    assert read_library(0.05).training.tobytes() == before.training.tobytes()


def test_more_text_than_there_is_is_refused_with_what_there_is(library: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        require_megabytes(5.0)
    assert refused.value.sentence.startswith("megabytes=5 is more than the 0.05 MB of source code")
    assert refused.value.hint.endswith("--set megabytes=0.05")


def test_as_much_text_as_is_there_can_be_trained_on_and_not_a_byte_more(library: Path) -> None:
    require_megabytes(0.057)
    assert len(read_library(0.057).training) == 57_000
    with pytest.raises(BadRequest):
        require_megabytes(0.057001)


def test_the_workload_refuses_more_text_than_there_is_before_anything_starts(
    library: Path,
) -> None:
    defaults = shard.WORKLOAD.defaults | {"megabytes": 5.0}
    with pytest.raises(BadRequest, match="megabytes=5 is more than"):
        shard.WORKLOAD.configure(defaults)


def test_nobody_can_change_the_text(library: Path) -> None:
    assert not read_library(0.05).training.flags.writeable
