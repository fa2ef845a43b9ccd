"""The scores of held-out items: checked, packed for the pipe, and compared within a pair.

A side sends them with its answer's quality. The conductor forms how they differ, once, and passes
only that on: a journal holds a few numbers for each pair, however many items were scored.
May import ``model``, ``events`` and ``quantities``.
"""

import math
import struct
from collections.abc import Collection, Sequence
from itertools import pairwise
from operator import sub
from statistics import fmean

from harness.events import Compared, Scored
from harness.model import ScoreDifferences, Side
from harness.quantities import LARGEST_NUMBER

MOST_SCORES = 50_000
_BYTES = 8

Scores = tuple[float, ...]


def checked_scores(returned: Collection[float]) -> Scores:
    """Return what ``quality`` has returned for the held-out items as numbers.

    Raises ``ValueError`` if there is none, are too many to be sent, or one is not finite.
    """
    if not 1 <= len(returned) <= MOST_SCORES:
        raise ValueError(
            f"quality returned {len(returned):,} scores, not between 1 and {MOST_SCORES:,}:"
            " score groups of as many items each, or return one number"
        )
    try:
        scores = tuple(map(float, returned))
    except (TypeError, ValueError) as error:
        raise ValueError(
            "quality returned something other than numbers:"
            " return one number, or one for each held-out item"
        ) from error
    for place, score in enumerate(scores):
        if not math.isfinite(score):
            raise ValueError(f"the score of held-out item {place} is {score}, not a number")
    return scores


def pack(scores: Scores) -> bytes:
    """Return the scores as they are sent, eight bytes each."""
    return struct.pack(f"<{len(scores)}d", *scores)


def unpack(packed: bytes) -> Scores:
    """Return the scores; none where the bytes are not those of numbers."""
    if len(packed) % _BYTES or len(packed) > _BYTES * MOST_SCORES:
        return ()
    return struct.unpack(f"<{len(packed) // _BYTES}d", packed)


def differences(baseline: Sequence[float], distributed: Sequence[float]) -> ScoreDifferences | None:
    """Return how the scores of the same items differ.

    None: there are none, as many on one side as on the other there are not, or they are too large.
    """
    if len(baseline) != len(distributed) or not baseline:
        return None
    changes = tuple(map(sub, distributed, baseline))
    values = sorted({*baseline, *distributed})
    facts = ScoreDifferences(
        items=len(changes),
        sd=_deviation(changes),
        span=values[-1] - values[0],
        step=min((above - below for below, above in pairwise(values)), default=0.0),
    )
    return facts if max(facts.sd, facts.span) <= LARGEST_NUMBER else None


def _deviation(values: Sequence[float]) -> float:
    """Return the standard deviation, n - 1 below (0 for one value)."""
    mean = fmean(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / max(1, len(values) - 1))


class RoundScores:
    """The scores of the round in progress, and who is still to be compared with its baseline."""

    def __init__(self) -> None:
        self._trial = 0
        self._baseline: Scores = ()
        self._uncompared: dict[int, Scores] = {}

    def compare(self, scored: Scored, order: int) -> tuple[Compared, ...]:
        """Return every comparison that the scores of one more trial make possible.

        A distributed trial is compared with the baseline's of the same index, whichever comes
        first. ``order`` is the scored trial's.
        """
        if scored.trial != self._trial:
            self._trial, self._baseline, self._uncompared = scored.trial, (), {}
        if scored.side is Side.BASELINE:
            self._baseline = unpack(scored.scores)
        else:
            self._uncompared[order] = unpack(scored.scores)
        if not self._baseline:
            return ()
        pairs, self._uncompared = self._uncompared, {}
        found = {place: differences(self._baseline, scores) for place, scores in pairs.items()}
        return tuple(
            Compared(
                at=scored.at,
                side=Side.DISTRIBUTED,
                trial=scored.trial,
                order=place,
                differences=known,
            )
            for place, known in found.items()
            if known is not None
        )
