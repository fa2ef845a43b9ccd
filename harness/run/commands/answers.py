"""What is compared of two programs' answers: files or folders that they wrote, or their output.

Large files are mapped, not read. May import ``errors``, ``model``, ``command_pair`` and ``run``.
"""

import contextlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.command_pair import CommandPair, expand_home, parse_json_pointer
from harness.errors import SideFailed
from harness.model import AnswerDifference, Side
from harness.run.commands.differences import copy_beginning, first_difference
from harness.run.commands.files import (
    Stamps,
    file_stamps,
    files_below,
    input_contents,
    map_file,
)
from harness.run.commands.output import AnswerFilter, lines_of
from harness.run.digest import digest, file_digest

LARGEST_JSON_BYTES = 16 << 20
MOST_NAMED = 3
FIRST, PRINTED, ERRORS, KEPT, WORK, UNIT = (
    "first-answer",
    "printed",
    "errors",
    "kept",
    "work",
    "unit",
)


class Answers:
    """The answers of one side of a pair, run after run. ``shared_folder`` is seen by both sides."""

    def __init__(self, pair: CommandPair, side: Side, scratch: Path, shared_folder: Path) -> None:
        self._pair = pair
        self._side = side
        self._filter = AnswerFilter(pair)
        self._scratch = scratch
        self._shared_folder = shared_folder
        self._run = 0
        self._stamps: dict[Path, Stamps] = {}

    @property
    def answer_file(self) -> Path:
        """Return the file that ``{answer}`` stands for in this run."""
        return self._scratch / f"answer-{self._run}"

    @property
    def _written_answer(self) -> Path:
        """Return the file that ``{answer}`` was written to: with a suffix, if only that is there.

        Some programs, such as ``numpy.save``, add one of their own.
        """
        suffixed = [*self._scratch.glob(f"{self.answer_file.name}.*")]
        if self.answer_file.exists() or len(suffixed) != 1:
            return self.answer_file
        return suffixed[0]

    @property
    def printed(self) -> Path:
        """Return the file for what the program prints in this run."""
        return self._scratch / f"{PRINTED}-{self._run}"

    @property
    def errors(self) -> Path:
        """Return the file for what it prints on standard error."""
        return self._scratch / f"{ERRORS}-{self._run}"

    @property
    def _compared(self) -> Path:
        return self._scratch / f"{KEPT}-{self._run}"

    def begin_run(self) -> None:
        """Begin another run, without the files of the last one."""
        for path in (self.printed, self.errors, self._compared, self._written_answer):
            with contextlib.suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._run += 1

    def printed_lines(self) -> Iterable[tuple[bytes, bool]]:
        """Yield every line that was printed, and whether it is of the output."""
        for path, is_output in ((self.printed, True), (self.errors, False)):
            if path.is_file():
                yield from ((line, is_output) for line in lines_of(path))

    def require_same_work(self, items: int, unit: str) -> None:
        """Raise ``SideFailed`` unless both sides' programs report the same work.

        ``items`` is 0 where a program does not say how much it has to do.
        """
        mine = f"{items:,} {unit or 'items'}" if items else "no number of items"
        first = write_once(
            self._shared_folder / WORK, lambda path: path.write_text(mine)
        ).read_text()
        if mine != first:
            sentence = f"the two programs announce different work: {first} and {mine}"
            raise SideFailed(sentence, "have both pass the same numbers to ready()")

    def require_same_unit(self, unit: str) -> None:
        """Raise ``SideFailed`` unless both sides' programs print their quality in one unit."""
        first = write_once(self._shared_folder / UNIT, lambda path: path.write_text(unit))
        if (other := first.read_text()) != unit:
            one, two = (repr(each) if each else "no unit" for each in (unit, other))
            raise SideFailed(
                f"the two programs print their quality in different units: {two} and {one}",
                "have both print it in one unit",
            )

    def note_earlier_files(self) -> None:
        """Note which files are there before the clock starts, so that none is taken for the run's.

        The other side may write to the same file. What the program printed since it was started
        belongs to this run in any case.
        """
        written = [self._file] if self._json is None else [self._file, self._json[0]]
        self._stamps = {path: file_stamps(path) for path in written if path.parent != self._scratch}

    def content(self) -> Any:
        """Return what is compared of the answer: bytes, or (name, bytes) of a folder's files.

        Raises ``SideFailed`` if there is nothing to compare.
        """
        file = self._file
        if file == self.printed:
            compared = self._filter.answer_in_output(file, self._compared)
        elif self._require_written(file).is_dir():
            return input_contents(str(file))
        else:
            compared = self._filter.answer_in_file(file, self._compared)
        content = map_file(compared)
        if not len(content) and self._pair.compared:
            raise self._nothing_to_compare(file)
        return content

    def _nothing_to_compare(self, file: Path) -> SideFailed:
        """Return the failure of a program of whose answer nothing is left."""
        is_output = self._pair.compared == "output"
        if file.stat().st_size:
            what = "all that the program printed" if is_output else "all of the program's answer"
            return SideFailed(
                f"{what} is ignored, or is progress, so there is no answer to compare",
                "let ignore and progress match less: what they match is no part of the answer",
            )
        what = "the program printed nothing"
        if not is_output:
            what = "the program's answer is an empty file"
        return SideFailed(
            f"{what}, so there is no answer to compare",
            "name the file that both write to, with answer=FILE or {answer}",
        )

    def difference(self, content: Any) -> AnswerDifference | None:
        """Return where this answer differs from the session's first (None: nowhere)."""
        if self._pair.compare is not None or not self._pair.compared:
            return None
        first, side = self._first(content)
        if first == digest(content, 0).sha256:
            return None
        beginning = self._shared_folder / f"{FIRST}-{side}"
        return first_difference(beginning, Side(side), self._comparable())

    def alike(self, content: Any) -> bool:
        """Return whether this answer equals the session's first.

        By the pair's own function, or else to the last byte.
        """
        if self._pair.compare is None:
            return self._first(content)[0] == digest(content, 0).sha256
        copy = shutil.copytree if self._file.is_dir() else shutil.copyfile
        first = write_once(self._shared_folder / FIRST, lambda path: copy(self._file, path))
        return bool(self._pair.compare(first, self._file))

    def _first(self, content: Any) -> tuple[str, str]:
        """Return the digest of the session's first answer, and its side.

        If this is the first, its beginning is kept.
        """
        mine = self._shared_folder / f"{FIRST}-{self._side}"
        if not (self._shared_folder / FIRST).exists():
            copy_beginning(self._comparable(), mine)
        first = write_once(
            self._shared_folder / FIRST,
            lambda path: path.write_text(f"{digest(content, 0).sha256} {self._side}"),
        )
        sha256, _, side = first.read_text().partition(" ")
        return sha256, side

    def _comparable(self) -> Path:
        """Return the file whose lines show where two answers differ; of a folder, a list."""
        if self._compared.exists():
            return self._compared
        if not self._file.is_dir():
            return self._file
        files = ((path.relative_to(self._file), path) for path in files_below(self._file))
        self._compared.write_text("".join(f"{name} {file_digest(path)}\n" for name, path in files))
        return self._compared

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
        return self._written_answer if self._pair.writes_answer else self.printed

    @property
    def _json(self) -> tuple[Path, str] | None:
        found = parse_json_pointer(self._pair.quality)
        if found is None:
            return None
        path = self._written_answer if found[0] == "{answer}" else expand_home(found[0])
        return path, found[1]

    def _require_written(self, path: Path) -> Path:
        """Return the file or folder; raise ``SideFailed`` if this run did not write it."""
        named = path.name if path != self.answer_file else "the file that {answer} stands for"
        if not path.exists():
            beside = ", ".join(_names_beside(path))
            raise SideFailed(
                f"the program did not write {named}" + (f", but {beside}" if beside else ""),
                "both programs have to write exactly that name each time that they run",
            )
        if file_stamps(path) == self._stamps.get(path, None):
            raise SideFailed(
                f"the program left {named} as it was before",
                "both programs have to write it each time that they run",
            )
        return path


def _names_beside(path: Path) -> list[str]:
    """Return a few names of files whose names begin as that of a file that is missing."""
    if not path.parent.is_dir():
        return []
    alike = (other.name for other in path.parent.iterdir() if other.name.startswith(path.stem))
    return sorted(alike)[:MOST_NAMED]


def write_once(path: Path, write: Callable[[Path], object]) -> Path:
    """Return a file that is written once in a session, by whoever comes first, and whole."""
    if not path.exists():
        draft = path.with_name(f"{path.name}-{os.getpid()}")
        write(draft)
        with contextlib.suppress(FileExistsError):  # the other side was faster
            os.link(draft, path)
        draft.unlink()
    return path
