"""Whether a command that has ended is started again, and when. Pure; imports nothing."""

from dataclasses import dataclass

LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one reading of the stream ended.

    ``exit_code`` is the command's (None: it was ended, since it was silent); ``news`` is whether it
    brought lines that had not come before, ``first`` whether it was the first one.
    """

    exit_code: int | None
    news: bool
    first: bool


class Retries:
    """Counts the starts of a command that brought nothing new; ``most`` are allowed in a row."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._in_vain = 0

    def wait_s(self, reading: Reading) -> float | None:
        """Return the seconds until the next start (None: none would help)."""
        if reading.news:
            self._in_vain = 0
        elif reading.exit_code == 0 and not reading.first:
            return None  # it ended well and told all that it knows
        if self._in_vain >= self._most:
            return None
        self._in_vain += 1
        return min(LONGEST_WAIT_S, float(1 << (self._in_vain - 1)))
