"""How new the news of a run elsewhere is: its clock carried on here, and whether it is a replay.

Clocks are arguments. Pure; imports the standard library only.
"""

from collections import deque

WINDOW_S = 3.0
REPLAY_FACTOR, REPLAY_AHEAD_S = 2.0, 2.0


class News:
    """When events came here, in seconds of any one clock, and when they happened there.

    Events that come faster than they happened are a replay: those of a file, or the ones that
    happened before somebody began to follow.
    """

    def __init__(self) -> None:
        self._came: deque[tuple[float, float]] = deque()
        self._ahead = 0.0

    def note(self, first_at: float, last_at: float, now: float) -> None:
        """Note some events that came together, by their first and their last time there."""
        if not self._came:
            self._came.append((now, first_at))
            self._ahead = last_at - now
        self._came.append((now, last_at))
        self._ahead = max(self._ahead, last_at - now)

    def restart(self) -> None:
        """Forget what came: the events come once more."""
        self._came.clear()

    def age_s(self, now: float) -> float | None:
        """Return the seconds since the last events came (None: none has)."""
        return now - self._came[-1][0] if self._came else None

    def at(self, now: float) -> float:
        """Return the time there, as far as it can be known: no earlier than events have shown."""
        return max(self.last_at, now + self._ahead) if self._came else 0.0

    @property
    def last_at(self) -> float:
        """Return the time of the last event there."""
        return self._came[-1][1] if self._came else 0.0

    def is_replay(self, now: float) -> bool:
        """Return whether what came lately happened faster than it could have."""
        while len(self._came) > 2 and self._came[1][0] <= now - WINDOW_S:
            self._came.popleft()
        if not self._came:
            return False
        since, first_at = self._came[0]
        return self.last_at - first_at > REPLAY_FACTOR * (now - since) + REPLAY_AHEAD_S
