"""The distributed side of an earlier session, shown while this one's awaits its turn.

Pure; may import ``model`` and ``series``.
"""

from dataclasses import dataclass
from typing import Self

from harness.model import Results, Side
from harness.state.series import Series, done_at


@dataclass(frozen=True, kw_only=True)
class LastTake:
    """How the distributed side of the last take went: no part of the session that shows it.

    ``began_utc`` is that take's, ISO 8601; ``curve`` holds (seconds since its go, items done).
    """

    began_utc: str
    wall_s: float
    items: int
    curve: Series

    @classmethod
    def of(cls, results: Results) -> Self | None:
        """Return the last distributed trial that has an answer (None: there is none)."""
        trials = [trial for trial in results.trials if trial.side is Side.DISTRIBUTED]
        answered = [trial for trial in trials if not trial.failure and trial.items > 0]
        if not answered:
            return None
        return cls(
            began_utc=results.began_utc,
            wall_s=answered[-1].wall_s,
            items=answered[-1].items,
            curve=Series(points=answered[-1].curve),
        )

    def done_after(self, seconds: float) -> int:
        """Return the items that were done so long after go: all once the wall time had passed."""
        if seconds >= self.wall_s:
            return self.items
        reported = any(0 < done < self.items for _, done in self.curve.points)
        return min(done_at(self.curve, seconds), self.items - 1) if reported else 0
