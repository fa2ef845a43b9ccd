"""The presenter, as the race hears of him: signals, and keys that are remembered until somebody asks.

May import ``demo.terminal``.
"""

from demo.terminal import Keys, Signals

_BEGIN, _SKIP, _FALL_BACK = b"\r\n", b"\r\n sS", b"fF"


class Presenter:
    """What the presenter wishes. ``wait`` is whether the clocks wait for Enter where there is a keyboard."""

    def __init__(self, signals: Signals, keys: Keys, *, wait: bool) -> None:
        self._signals, self._keys, self._wait = signals, keys, wait
        self._unread = b""
        self._gave_up = False

    def stop(self) -> int | None:
        """Return the signal that asked to stop."""
        return self._signals.first

    def begin(self) -> bool:
        """Return whether Enter was pressed, where anybody is asked to."""
        return not (self._wait and self._keys.present) or self._pressed(_BEGIN)

    def skip(self) -> bool:
        """Return whether the replay is to be cut short."""
        return self._pressed(_SKIP)

    def gave_up(self) -> bool:
        """Return whether the recording was asked for; once asked for, it stays so."""
        self._listen()
        return self._gave_up

    def _pressed(self, wanted: bytes) -> bool:
        self._listen()
        typed, self._unread = self._unread, b""
        return any(key in wanted for key in typed)

    def _listen(self) -> None:
        typed = self._keys.pressed()
        self._gave_up = self._gave_up or any(key in _FALL_BACK for key in typed)
        self._unread += typed
