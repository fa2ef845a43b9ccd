import os
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.run.digest import digest
from tests.pools import ignore_progress
from tests.workloads.dedup.support import crawl_in_memory, problem
from workloads import dedup
from workloads.dedup import cache
from workloads.dedup.cache import MadeCrawl, load_or_make
from workloads.dedup.crawl import make_crawl
from workloads.dedup.steps import Bundle, verify
from workloads.dedup.text import part_of

FEW = (200, 30, 1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "twoclocks" / "dedup"


@pytest.fixture
def makings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Return what crawls have been made from so far."""
    seen, make = list[tuple[int, int, int]](), make_crawl

    def counted(
        documents: int, words: int, seed: int, write: Callable[[memoryview], object]
    ) -> object:
        seen.append((documents, words, seed))
        return make(documents, words, seed, write)

    monkeypatch.setattr("workloads.dedup.crawl.make_crawl", counted)
    return seen


def sha(crawl: MadeCrawl) -> str:
    return digest(crawl, 0).sha256


def crawl_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def test_a_crawl_is_made_once(folder: Path, makings: list[tuple[int, int, int]]) -> None:
    assert sha(load_or_make(FEW)) == sha(load_or_make(FEW))
    assert makings == [FEW]


def test_a_kept_crawl_is_the_one_that_is_made_in_memory(folder: Path) -> None:
    crawl, (text, offsets, truth) = load_or_make(FEW), crawl_in_memory(*FEW)
    assert part_of(crawl.text, 0, len(text)).tobytes() == text.tobytes()
    assert (crawl.offsets.tolist(), crawl.truth.tolist()) == (offsets.tolist(), truth.tolist())


@pytest.mark.parametrize("name", [cache.TEXT, cache.OFFSETS, cache.TRUTH, cache.SUMS])
def test_a_single_changed_byte_is_noticed(folder: Path, name: str) -> None:
    expected = sha(load_or_make(FEW))
    (only,) = crawl_folders(folder)
    content = bytearray((only / name).read_bytes())
    content[-2] ^= 1
    (only / name).write_bytes(content)
    assert sha(load_or_make(FEW)) == expected


@pytest.mark.parametrize("name", [cache.TEXT, cache.OFFSETS, cache.TRUTH, cache.SUMS])
def test_a_missing_file_is_noticed(folder: Path, name: str) -> None:
    expected = sha(load_or_make(FEW))
    (only,) = crawl_folders(folder)
    (only / name).unlink()
    assert sha(load_or_make(FEW)) == expected


def test_a_text_that_reaches_a_machine_without_it_is_made_there_and_has_the_same_digest(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = load_or_make(FEW).text
    sent, expected = pickle.dumps(text), digest(text, 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    received = pickle.loads(sent)
    assert len(sent) < 200
    assert received.file.is_relative_to(tmp_path / "another")
    assert digest(received, 0) == expected


def test_a_crawl_of_other_bytes_has_another_digest(folder: Path) -> None:
    text = load_or_make(FEW).text
    before = digest(text, 0)
    with text.file.open("r+b") as file:
        file.write(b"#")
    assert (digest(text, 0).sha256 != before.sha256, digest(text, 0).bytes) == (True, before.bytes)


def made_ago(folder: Path, seed: int, seconds: float) -> Path:
    """Make a crawl as if it had been loaded for the last time so long ago."""
    sums = load_or_make((200, 30, seed)).text.file.parent / cache.SUMS
    os.utime(sums, (time.time() - seconds,) * 2)
    return sums.parent


def test_of_too_many_crawls_those_that_were_not_loaded_for_long_are_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = cache.IN_USE_S
    oldest, older, old = (made_ago(folder, seed, (5 - seed) * hour) for seed in (1, 2, 3))
    size = sum(path.stat().st_size for path in old.iterdir())
    monkeypatch.setattr("workloads.dedup.cache.MOST_BYTES", 2.5 * size)
    new = made_ago(folder, 4, 0)
    assert crawl_folders(folder) == sorted([old, new])
    assert not oldest.exists()
    assert not older.exists()


def test_a_crawl_that_may_be_in_use_is_not_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workloads.dedup.cache.MOST_BYTES", 1)
    used = made_ago(folder, 1, 2 * cache.IN_USE_S)
    load_or_make((200, 30, 1))
    new = made_ago(folder, 2, 0)
    assert crawl_folders(folder) == sorted([used, new])


def test_what_a_killed_process_left_is_removed(folder: Path) -> None:
    load_or_make(FEW)
    shutil.copytree(crawl_folders(folder)[0], folder / f"{cache.PART}killed" / "some")
    load_or_make((200, 30, 2))
    assert [path.name.startswith(cache.PART) for path in crawl_folders(folder)] == [False, False]


def test_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"the crawl cannot be kept in .*: Not a directory; XDG_"):
        load_or_make(FEW)


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workloads.dedup.crawl.make_crawl", fill)
    with pytest.raises(
        ValueError, match=r"the crawl cannot be kept in .*: No space left on device"
    ):
        load_or_make(FEW)
    assert crawl_folders(folder) == []


def test_a_text_in_a_file_and_the_same_in_memory_are_cleaned_alike(folder: Path) -> None:
    crawl = problem().input
    text = part_of(crawl.text, 0, int(crawl.offsets[-1]))
    in_file, in_memory = (
        dedup.baseline(given, ignore_progress) for given in (crawl, crawl._replace(text=text))
    )
    assert isinstance(crawl.text, cache.MadeText)
    assert digest(in_file, 0) == digest(in_memory, 0)


def test_a_text_that_is_shorter_than_it_was_is_noticed(folder: Path) -> None:
    crawl = problem().input
    os.truncate(crawl.text.file, int(crawl.offsets[1]))
    pairs = np.array([len(crawl.offsets) - 2 << 32 | 1], np.uint64)
    with pytest.raises(ValueError, match="cannot be read to its end"):
        verify(Bundle(pairs, np.array([0, 1]), 0), crawl)
