"""What counts as the answer of what a program prints or writes, read a line at a time.

Colours, progress and what is to be ignored are left out; what else stands on a line stays. May
import ``command_pair``, ``patterns`` and ``run``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from harness.command_pair import CommandPair
from harness.patterns import compile_pattern
from harness.run.commands.numbers import without_colours

LONGEST_LINE_BYTES = 16 << 20
BLOCK_BYTES = 1 << 20
LONGEST_PROGRESS_BYTES = 1 << 12  # on a line without end an expression may search for minutes


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield a file's lines with their ends; one of more than 16 MiB is cut.

    What ends in a carriage return, which the next text overwrites on a screen, is a line too.
    """
    begun: list[bytes] = []
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if begun and begun[-1].endswith(b"\r") and not block.startswith(b"\n"):
                yield b"".join(begun)
                begun = []
            *ended, last = block.splitlines(keepends=True)
            for piece in ended:
                yield b"".join([*begun, piece])
                begun = []
            begun.append(last)
            # a carriage return at the end may be half of a line's end
            if last.endswith(b"\n") or len(begun) * BLOCK_BYTES > LONGEST_LINE_BYTES:
                yield b"".join(begun)
                begun = []
    if begun:
        yield b"".join(begun)


class AnswerFilter:
    """Leaves out of a program's output, or of its answer file, what is not its answer."""

    def __init__(self, pair: CommandPair) -> None:
        self._progress = compile_pattern(pair.progress) if pair.progress else None
        self._ignore = compile_pattern(pair.ignore) if pair.ignore else None

    def answer_in_output(self, printed: Path, into: Path) -> Path:
        """Return the file with what counts of an output: itself, or a new one."""
        if self._progress is None and self._ignore is None and not _has_colours(printed):
            return printed
        with into.open("wb") as filtered:
            for line in lines_of(printed):
                filtered.write(self.of_printed(line))
        return into

    def answer_in_file(self, written: Path, into: Path) -> Path:
        """Return the file with what counts of an answer that was written: itself, or a new one."""
        if self._ignore is None:
            return written
        with into.open("wb") as filtered:
            for line in lines_of(written):
                filtered.write(_without(line, self._ignore))
        return into

    def of_printed(self, line: bytes) -> bytes:
        """Return what counts of a printed line (empty: nothing)."""
        line = without_colours(line)
        progress = self._progress if len(line) <= LONGEST_PROGRESS_BYTES else None
        if progress is not None and progress.search(line) is not None:
            if line.endswith(b"\r"):
                return b""
            line = _without(line, progress)
        return line if self._ignore is None else _without(line, self._ignore)


def _without(line: bytes, pattern: re.Pattern[bytes]) -> bytes:
    """Return a line without what matches; nothing at all if only blanks are left of it."""
    body = line.rstrip(b"\r\n")
    rest = pattern.sub(b"", body)
    if rest == body:
        return line
    return rest + line[len(body) :] if rest.strip() else b""


def _has_colours(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b"\x1b" in block for block in iter(lambda: file.read(BLOCK_BYTES), b""))
