import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from harness.run.digest import digest
from workloads.recommend.cache import MOST_FILES, load_or_draw
from workloads.recommend.kernel import Array, Rows

WIDTH = 9


class Drawer:
    """Draws rows, and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Rows:
        self.times += 1
        return Rows(
            np.array([0, 2, 2, 3]), np.array([8, 0, 4], np.int32), np.array([1, 2, 1], np.float32)
        )


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sealed(array: Array) -> bytes:
    """Return an array as a kept file holds it, with its sum, whatever is in it."""
    written = io.BytesIO()
    np.save(written, array)
    return written.getvalue() + hashlib.sha256(written.getvalue()).digest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_drawn_once_is_not_drawn_again(cache: Path) -> None:
    draw = Drawer()
    first, second = load_or_draw((1, 2), WIDTH, draw), load_or_draw((1, 2), WIDTH, draw)
    assert draw.times == 1
    assert digest(first, 0) == digest(second, 0)


def test_other_numbers_are_drawn_by_themselves(cache: Path) -> None:
    draw = Drawer()
    load_or_draw((1, 2), WIDTH, draw), load_or_draw((1, 3), WIDTH, draw)
    assert draw.times == 2
    assert len(files(cache)) == 2


@pytest.mark.parametrize("content", [b"", b"no array", b"\0" * 500])
def test_a_file_that_was_not_written_so_is_drawn_again(cache: Path, content: bytes) -> None:
    draw = Drawer()
    expected = load_or_draw((1, 2), WIDTH, draw)
    files(cache)[0].write_bytes(content)
    assert digest(load_or_draw((1, 2), WIDTH, draw), 0) == digest(expected, 0)
    assert draw.times == 2


def test_a_single_changed_byte_is_noticed(cache: Path) -> None:
    draw = Drawer()
    load_or_draw((1, 2), WIDTH, draw)
    (path,) = files(cache)
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    load_or_draw((1, 2), WIDTH, draw)
    assert draw.times == 2


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(8),
        np.array([1], np.int32),
        np.array([-1, 0, 0], np.int32),
        np.array([9, 0, 0], np.int32),
        np.array([1, 0, 2, 3, 3], np.int32),
        np.array([2, 0, 2, 1, 3, 1], np.int32),
        np.array([1, 0, 1, WIDTH, 1], np.int32),
        np.array([1, 0, 1, -1, 1], np.int32),
        np.zeros((2, 2), np.int32),
    ],
    ids=[
        "floats",
        "short",
        "no rows",
        "too many rows",
        "too few columns",
        "falling",
        "column beyond",
        "column below",
        "a matrix",
    ],
)
def test_an_array_that_holds_no_rows_is_drawn_again(cache: Path, array: Array) -> None:
    draw = Drawer()
    load_or_draw((1, 2), WIDTH, draw)
    files(cache)[0].write_bytes(sealed(array))
    load_or_draw((1, 2), WIDTH, draw)
    assert draw.times == 2


def test_a_pickle_is_never_opened(cache: Path) -> None:
    draw = Drawer()
    load_or_draw((1, 2), WIDTH, draw)
    files(cache)[0].write_bytes(sealed(np.array([{}], dtype=object)))
    load_or_draw((1, 2), WIDTH, draw)
    assert draw.times == 2


def test_where_nothing_can_be_written_it_is_drawn_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    draw = Drawer()
    first, second = load_or_draw((1, 2), WIDTH, draw), load_or_draw((1, 2), WIDTH, draw)
    assert draw.times == 2
    assert digest(first, 0) == digest(second, 0)


def test_only_the_newest_few_are_kept(cache: Path) -> None:
    for number in range(MOST_FILES + 3):
        load_or_draw((number,), WIDTH, Drawer())
    assert len(files(cache)) == MOST_FILES
