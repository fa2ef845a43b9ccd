"""What is compared of two programs' answers: files that they wrote, or what they printed.

Large files are mapped, not read. May import ``errors``, ``command_pair`` and ``run.digest``.
"""

import contextlib
import json
import math
import mmap
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.command_pair import CommandPair, expand_home, parse_json_pointer
from harness.errors import SideFailed
from harness.run.digest import digest

LARGEST_JSON_BYTES = 16 << 20
MAPPED_ABOVE_BYTES = 16 << 20
FIRST, PRINTED, WORK = "first-answer", "printed", "work"

Stamp = tuple[int, int, int] | None
Stamps = dict[Path, Stamp]


class Answers:
    """The answers of one side of a pair, run after run. ``shared_folder`` is seen by both sides."""

    def __init__(self, pair: CommandPair, scratch: Path, shared_folder: Path) -> None:
        self._pair = pair
        self._scratch = scratch
        self._shared_folder = shared_folder
        self._run = 0
        self._stamps: Stamps = {}

    @property
    def answer_file(self) -> Path:
        """Return the file that ``{answer}`` stands for in this run."""
        return self._scratch / f"answer-{self._run}"

    def begin_run(self) -> Path:
        """Begin another run; return the file for what it prints."""
        self._run += 1
        return self._scratch / f"{PRINTED}-{self._run}"

    def require_same_work(self, items: int, unit: str) -> None:
        """Raise ``SideFailed`` unless both sides' programs report the same work.

        ``items`` is 0 where a program does not say how much it has to do.
        """
        mine = f"{items:,} {unit or 'items'}" if items else "nothing of how much"
        first = write_once(
            self._shared_folder / WORK, lambda path: path.write_text(mine)
        ).read_text()
        if mine != first:
            sentence = f"this side's program says {mine} there is to do, and the other one {first}"
            raise SideFailed(sentence, "have both say the same to ready()")

    def note_earlier_files(self) -> None:
        """Note which files are there before the clock starts, so that none is taken for the run's.

        The other side may write to the same file. What the program printed since it was started
        belongs to this run in any case.
        """
        written = [self._file] if self._json is None else [self._file, self._json[0]]
        self._stamps = {path: _stamp(path) for path in written if path.parent != self._scratch}

    def content(self) -> memoryview | bytes:
        """Return the bytes of the answer; raise ``SideFailed`` if there are none to compare."""
        content = map_file(self._require_written(self._file))
        if not len(content) and self._pair.compared:
            sentence = (
                "the program printed nothing"
                if self._pair.compared == "output"
                else "the program's answer is an empty file"
            )
            raise SideFailed(
                f"{sentence}, so there is no answer to compare",
                "name the file that both write to, with answer=FILE or {answer}",
            )
        return content

    def alike(self, content: Any) -> bool:
        """Return whether this answer equals the session's first.

        By the pair's own function, or else to the last byte.
        """
        if self._pair.compare is None:
            first = write_once(
                self._shared_folder / FIRST, lambda path: path.write_text(digest(content, 0).sha256)
            )
            return first.read_text() == digest(content, 0).sha256
        first = write_once(
            self._shared_folder / FIRST, lambda path: shutil.copyfile(self._file, path)
        )
        return bool(self._pair.compare(first, self._file))

    def written_quality(self) -> float | None:
        """Return the quality that the program wrote to a JSON file (None: it writes none).

        Raises ``SideFailed`` if it is not there.
        """
        if self._json is None:
            return None
        path, key = self._json
        if self._require_written(path).stat().st_size > LARGEST_JSON_BYTES:
            raise SideFailed(
                f"{path.name} is too large to look for a quality in it",
                f"write no more than {LARGEST_JSON_BYTES >> 20} MB",
            )
        try:
            found = json.loads(path.read_bytes())
            for step in key.split("."):
                found = found[int(step)] if isinstance(found, list) else found[step]
            number = float(found) if not isinstance(found, bool) else math.nan
        except (
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            RecursionError,
            OverflowError,
        ) as error:
            raise SideFailed(
                f"{path.name} has no number at {key}: {type(error).__name__}",
                "name it as FILE.json#key.of.it",
            ) from error
        return number

    @property
    def _file(self) -> Path:
        """Return where the answer of this run is."""
        if self._pair.answer:
            return expand_home(self._pair.answer)
        return (
            self.answer_file
            if self._pair.writes_answer
            else self._scratch / f"{PRINTED}-{self._run}"
        )

    @property
    def _json(self) -> tuple[Path, str] | None:
        found = parse_json_pointer(self._pair.quality)
        if found is None:
            return None
        return (self.answer_file if found[0] == "{answer}" else expand_home(found[0])), found[1]

    def _require_written(self, path: Path) -> Path:
        """Return the file; raise ``SideFailed`` if this run did not write it."""
        named = path.name if path != self.answer_file else "the file that {answer} stands for"
        if not path.is_file():
            raise SideFailed(
                f"the program did not write {named}",
                "both programs have to write it each time that they run",
            )
        if _stamp(path) == self._stamps.get(path, None):
            raise SideFailed(
                f"the program left {named} as it was before",
                "both programs have to write it each time that they run",
            )
        return path


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_once(path: Path, write: Callable[[Path], object]) -> Path:
    """Return a file that is written once in a session, by whoever comes first, and whole."""
    if not path.exists():
        draft = path.with_name(f"{path.name}-{os.getpid()}")
        write(draft)
        with contextlib.suppress(FileExistsError):  # the other side was faster
            os.link(draft, path)
        draft.unlink()
    return path


def map_file(path: Path) -> memoryview | bytes:
    """Return a file's bytes.

    A large file is mapped rather than read; a small one holds no descriptor.
    """
    if path.stat().st_size <= MAPPED_ABOVE_BYTES:
        return path.read_bytes()
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def input_contents(path: str) -> tuple[tuple[str, memoryview | bytes], ...]:
    """Return (name, bytes) of every file that both programs read (empty: none is named)."""
    if not path:
        return ()
    root = expand_home(path)
    return tuple(
        (file.relative_to(root).as_posix() if root.is_dir() else "", map_file(file))
        for file in _files(root)
    )


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root]


def file_stamps(path: str) -> Stamps:
    """Return when each file that both programs read was last written, and its size."""
    return {file: _stamp(file) for file in _files(expand_home(path))} if path else {}


def require_unchanged(path: str, before: Stamps) -> None:
    """Raise ``SideFailed`` if a program has written to what both read."""
    now = file_stamps(path)
    if now != before:
        (changed, *_) = sorted(
            file for file in now.keys() | before.keys() if now.get(file) != before.get(file)
        )
        raise SideFailed(
            f"the program changed its input: {changed.name}", "have both programs write elsewhere"
        )
