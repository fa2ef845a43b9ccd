"""The distributed answer on its way to the baseline's process, which scores it once more.

So one process scores both answers, each twice: a ``quality`` that looks at the process that it runs
in, and not at its arguments, is found out. The file lies in the scratch folder of the side that
writes it, and holds what a process of our own tree has pickled; nothing else is ever unpickled.
May import ``model``, ``events``, ``run`` and ``quantities``.
"""

import math
import pickle
from pathlib import Path
from typing import IO, Any

from harness.events import AnswerScored, Scored
from harness.quantities import LARGEST_NUMBER
from harness.run.digest import digest
from harness.run.item_scores import pack, unpack
from harness.run.loaded import LoadedProblem
from harness.run.off_clock import OffClockMeter, score_twice

FILE_NAME = "answer"
MOST_BYTES = 2 << 30
LONGEST_REASON = 300
PROTOCOL = 5


class _TooLarge(Exception):
    """The answer has more bytes than are handed over."""


class _Bounded:
    """A file that takes no more than ``MOST_BYTES``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MOST_BYTES

    def write(self, block: bytes | pickle.PickleBuffer) -> int:
        self._left -= memoryview(block).nbytes
        if self._left < 0:
            raise _TooLarge(f"it has more than {MOST_BYTES >> 30} GB")
        return self._file.write(block)


def hand_over(answer: Any, folder: str) -> str:
    """Write an answer for the other process; return why that cannot be done (empty: it is done)."""
    path = Path(folder, FILE_NAME)
    try:
        with path.open("wb") as file:
            pickle.Pickler(_Bounded(file), PROTOCOL).dump(answer)
    except Exception as error:  # an author's class may raise anything when it is pickled
        path.unlink(missing_ok=True)
        return _reason(error)
    return ""


def score_handed_over(path: str, loaded: LoadedProblem, meter: OffClockMeter) -> AnswerScored:
    """Return the score of the answer in a file, with the held-out set of this process."""
    try:
        with Path(path).open("rb") as file:
            answer = pickle.load(file)
    except Exception as error:  # as above
        return AnswerScored(answer_sha256="", quality=0.0, reason=_reason(error))
    score, _ = score_twice(meter, loaded, answer)
    return AnswerScored(
        answer_sha256=digest(answer, 0).sha256, quality=score.quality, scores=pack(score.items)
    )


def largest_gap(own: Scored, again: AnswerScored) -> float:
    """Return how far the scores of one answer are apart at most, in its own process and another."""
    one, other = unpack(own.scores), unpack(again.scores)
    if len(one) != len(other):
        return LARGEST_NUMBER
    gaps = (abs(first - second) for first, second in zip(one, other, strict=True))
    gap = max(abs(own.quality - again.quality), *gaps, 0.0)
    return min(gap, LARGEST_NUMBER) if math.isfinite(gap) else LARGEST_NUMBER


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]
