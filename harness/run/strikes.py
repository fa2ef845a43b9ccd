"""Which strikes of a chaos are due in a trial, by the time and by the share of items that are done.

Every trial has the same ones: those that are drawn come from the seed alone. Pure; may import
``chaos``.
"""

import heapq
import math
import random
from collections.abc import Iterator

from harness.chaos import Chaos, Poisson, Strike


class TrialStrikes:
    """The strikes of one trial on ``workers`` workers that have not come yet.

    Drawn strikes hit every worker with the same probability; with more workers, the same moments
    hit others of them.
    """

    def __init__(self, chaos: Chaos, workers: int) -> None:
        self._planned = [strike for strike in chaos if isinstance(strike, Strike)]
        self._drawn = heapq.merge(
            *(_draw(poisson, workers) for poisson in chaos if isinstance(poisson, Poisson)),
            key=_moment,
        )
        self._next_drawn = next(self._drawn, None)

    def due(self, elapsed_s: float, share: float) -> list[Strike]:
        """Return the strikes that are due now, and count them as come."""
        due = [strike for strike in self._planned if _is_due(strike, elapsed_s, share)]
        self._planned = [strike for strike in self._planned if strike not in due]
        while self._next_drawn is not None and _moment(self._next_drawn) <= elapsed_s:
            due.append(self._next_drawn)
            self._next_drawn = next(self._drawn, None)
        return due

    @property
    def next_at_s(self) -> float:
        """Return when the next strike that has a time is due (infinity: there is none)."""
        drawn = [] if self._next_drawn is None else [self._next_drawn]
        return min(map(_moment, [*self._planned, *drawn]), default=math.inf)

    @property
    def not_come(self) -> list[Strike]:
        """Return the strikes that were asked for by themselves and have not come."""
        return list(self._planned)


def _moment(strike: Strike) -> float:
    return math.inf if strike.at_s is None else strike.at_s


def _is_due(strike: Strike, elapsed_s: float, share: float) -> bool:
    return elapsed_s >= _moment(strike) or (strike.share is not None and share >= strike.share)


def _draw(chaos: Poisson, workers: int) -> Iterator[Strike]:
    """Yield strikes with exponential gaps, for ever."""
    numbers = random.Random(chaos.seed)
    at_s = 0.0
    while True:
        at_s -= chaos.mtbf_s * math.log(1.0 - numbers.random())
        yield Strike(
            kind=chaos.kind,
            target=f"w{int(numbers.random() * workers)}",
            at_s=at_s,
            notice_s=chaos.notice_s,
            lasts_s=chaos.lasts_s,
            planned=False,
        )
