import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workloads.documents.words import excerpt
from workloads.recommend import line_blocks
from workloads.recommend.line_blocks import open_blocks

LINES = b"7,50,4\n7,31,3.5\n9,50,.5\n"


def read(folder: Path, content: bytes) -> list[bytes]:
    path = folder / "file"
    path.write_bytes(content)
    with open_blocks(path) as blocks:
        return list(blocks)


def zip_of(members: dict[str, bytes]) -> bytes:
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return archived.getvalue()


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda lines: zip_of({"anything": lines}),
        lambda lines: zip_of({"ml/README": b"x", "ml/movies.csv": b"x", "ml/ratings.csv": lines}),
        lambda lines: zip_of({"ml/u.item": b"x", "ml/u.data": lines}),
        lambda lines: zip_of({"mine.csv": lines, "__MACOSX/._mine.csv": b"\0\5"}),
    ],
    ids=["plain", "gz", "bz2", "xz", "zip", "ml-latest.zip", "ml-100k.zip", "macOS.zip"],
)
def test_files_are_unpacked_by_their_first_bytes(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    assert read(tmp_path, pack(LINES)) == [LINES]


@pytest.mark.parametrize("size", [1, 7, 10, 1000])
def test_every_block_ends_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", size)
    *blocks, last = read(tmp_path, LINES + b"9,31,2")
    assert all(block.endswith(b"\n") for block in blocks)
    assert len(blocks) == 0 or size < len(LINES)
    assert b"".join([*blocks, last]) == LINES + b"9,31,2"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            zip_of({"a": LINES, "b": LINES}),
            "cannot be opened: it holds 2 files and none is called ratings.csv",
        ),
        (zip_of({"a": LINES})[:-9], "cannot be opened: File is not a zip file"),
        (gzip.compress(LINES, mtime=0)[:-9], "cannot be unpacked"),
        (bz2.compress(LINES)[:-9], "cannot be unpacked"),
        (lzma.compress(LINES)[:-9], "cannot be unpacked"),
        (b"\x1f\x8b garbage", "cannot be unpacked"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(tmp_path, content)


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "MOST_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="is larger than the 1,048,576 bytes"):
        read(tmp_path, gzip.compress(b"1,2\n" * (1 << 20)))


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has a line of more than 1,048,576 bytes: 'xxx"):
        read(tmp_path, LINES + b"x" * (1 << 21))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"1,2\r\n", "'1,2'"),
        (b"\x1b[31m\xff", r"'\x1b[31m\ufffd'"),
        (b"x" * 50, f"'{40 * 'x'}…'"),
    ],
)
def test_an_excerpt_holds_nothing_that_a_terminal_would_obey(line: bytes, shown: str) -> None:
    assert excerpt(line) == shown.replace(r"\ufffd", "\ufffd")
