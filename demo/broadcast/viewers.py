"""Who watches a broadcast, what each is still to be sent, and what a late one sees first.

A viewer that does not keep up is dropped; whoever broadcasts never waits. Imports ``messages``.
"""

import json
import queue
import threading
from collections.abc import Iterator

from demo.broadcast.messages import Drawn

MOST_VIEWERS = 300
LONGEST_QUEUE = 64
MOST_LETTERS = 4_000_000
DONE = b"event: done\ndata: {}\n\n"
STILL_THERE = b": still there\n\n"


class Viewer:
    """One viewer's queue of server-sent events, in bytes."""

    def __init__(self) -> None:
        self._queue: queue.Queue[bytes] = queue.Queue(LONGEST_QUEUE)
        self.is_dropped = False

    def put(self, event: bytes) -> None:
        """Add an event; drop the viewer where as many wait as are allowed."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self.is_dropped = True

    def events(self, silence_s: float) -> Iterator[bytes]:
        """Yield the events as they come, and a comment after each silence so long."""
        while not self.is_dropped:
            try:
                event = self._queue.get(timeout=silence_s)
            except queue.Empty:
                event = STILL_THERE
            yield event
            if event == DONE:
                return


class Viewers:
    """All viewers, and the canvas as it is now: its last whole drawing and the changes since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._viewers: list[Viewer] = []
        self._canvas: list[str] = []
        self._letters = 0
        self._last: Drawn | None = None
        self._is_over = False

    def __len__(self) -> int:
        with self._lock:
            return len(self._viewers)

    def join(self) -> Viewer | None:
        """Return a new viewer, who is sent the canvas as it is now (None: there are too many)."""
        viewer = Viewer()
        with self._lock:
            if len(self._viewers) >= MOST_VIEWERS:
                return None
            if self._last is not None:
                viewer.put(_reset("".join(self._canvas), self._last))
            if self._is_over:
                viewer.put(DONE)
            self._viewers.append(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        with self._lock:
            if viewer in self._viewers:
                self._viewers.remove(viewer)

    def draw(self, drawn: Drawn) -> None:
        """Send what was drawn to everybody; drop those who do not keep up."""
        with self._lock:
            resized = self._last is None or _size(drawn) != _size(self._last)
            self._keep(drawn)
            event = _reset(drawn.text, drawn) if resized else _output(drawn)
            for viewer in self._viewers:
                viewer.put(event)
            self._viewers = [viewer for viewer in self._viewers if not viewer.is_dropped]

    def end(self) -> None:
        """Tell everybody, and whoever comes, that nothing more is drawn."""
        with self._lock:
            self._is_over = True
            for viewer in self._viewers:
                viewer.put(DONE)

    def _keep(self, drawn: Drawn) -> None:
        """Keep what a late viewer is sent; too much of it is none, until the next whole drawing."""
        if drawn.whole or self._letters + len(drawn.text) > MOST_LETTERS:
            self._canvas, self._letters = [], 0
        self._canvas.append(drawn.text)
        self._letters += len(drawn.text)
        self._last = drawn


def _size(drawn: Drawn) -> tuple[int, int]:
    return drawn.columns, drawn.rows


def _output(drawn: Drawn) -> bytes:
    return _event([round(drawn.at, 3), "o", drawn.text])


def _reset(canvas: str, last: Drawn) -> bytes:
    """Return the event that makes a player begin anew with a canvas."""
    size = {"cols": last.columns, "rows": last.rows}
    return _event(size | {"time": round(last.at, 3), "init": canvas})


def _event(data: object) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode(errors="replace")
