"""Follow a race that runs elsewhere, by what a command prints, and keep its take here.

May import ``harness`` and the rest of ``demo``.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from demo.broadcast.sender import PanelBroadcast
from demo.broadcast.verb import broadcast_to
from demo.follow.keeping import (
    INCOMPLETE_NAME,
    KeptTake,
    folder_maker,
    keep_interrupted,
    keep_results,
    remove_empty,
)
from demo.follow.link import GOES_ON, Link, LinkPatience
from demo.follow.screens import FollowScreen
from demo.race.show import show_take
from demo.terminal import Keys, Signals
from harness import text
from harness.errors import ExitCode, FollowedRunEnded, Interrupted, LinkLost
from harness.follow.command import require_startable
from harness.follow.follower import Follower
from harness.model import Kind, Status
from harness.takes.folder import new_take, point_latest
from harness.text import printable

NO_RESULTS = "its results did not come"
NOTHING_CAME = "run the race with --ui json, and have the command print what it prints"
NO_BEGINNING = "have the command print all that the race has printed, from its first line"


def follow(
    command: Sequence[str], ui: str, out: Path | None, patience: LinkPatience, broadcast: str = ""
) -> int:
    """Follow the race whose journal a command prints; return the exit code that the race had.

    ``broadcast`` is where browsers may watch (empty: nowhere).
    Raises ``FollowedRunEnded`` for a race that ended early, ``LinkLost`` where its end did not
    come, and ``Interrupted`` for a signal; what was followed is kept.
    """
    require_startable(command)
    made = out is not None and not out.exists()
    if out is not None:
        new_take(out, "", "")  # refused now rather than when the race has begun
    try:
        with broadcast_to(broadcast, ui, wait=True) as room:
            return _Following(command, ui, out, patience, room).run()
    finally:
        remove_empty(out if made else None)


class _Following:
    """One session that is followed, from the command's first start to its take."""

    def __init__(
        self,
        command: Sequence[str],
        ui: str,
        out: Path | None,
        patience: LinkPatience,
        room: PanelBroadcast | None,
    ) -> None:
        self._command = command
        self._ui = ui
        self._room = room
        self._in_recordings = out is None
        self._signals = Signals()
        keys = Keys()
        self._follower = Follower(folder_maker(out), time.monotonic)
        self._screen = FollowScreen(ui, keys, command, self._follower, room)
        self._link = Link(command, self._follower, patience, self._signals, keys)

    def run(self) -> int:
        """Follow to the end, keep the take, show its headline and return the exit code."""
        with self._signals.catch(), closing(self._follower):
            try:
                with self._screen.in_use(), closing(self._link.batches()) as batches:
                    for batch in batches:
                        self._screen.show(batch, self._link)
            except Interrupted as stop:
                stop.hint = "; ".join(filter(None, (self._kept("following was stopped"), GOES_ON)))
                raise
            except Exception as error:
                if kept := self._kept("following failed"):
                    error.add_note(kept)
                raise
            return self._finish()

    def _finish(self) -> int:
        taken = keep_results(self._follower) if self._follower.take is not None else None
        if taken is None or self._follower.take is None:
            raise self._lost()
        exit_code = self._follower.take.exit_code
        self._screen.write_take(taken.path.read_bytes(), exit_code)
        if taken.results.status is not Status.COMPLETE:
            raise FollowedRunEnded(
                taken.results.remark or "the race ended early and does not say why",
                f"what was observed is in {taken.path.parent}",
                exit_code or ExitCode.FAILED,
            )
        folder = taken.path.parent
        report = show_take(taken.path, folder, to_stderr=self._ui == "json", room=self._room)
        if self._room is not None:
            self._room.end(str(folder.resolve()), ends_alone=not Keys().present)
        self._say_incomplete(taken)
        if self._in_recordings and taken.results.kind is Kind.MEASURED:
            point_latest(folder)
        return exit_code or report.exit_code

    def _say_incomplete(self, taken: KeptTake) -> None:
        """Say what the journal here lacks, so that the take is held against nothing."""
        if taken.whole:
            return
        lacks = (
            f"{text.number_of(taken.missing, 'line')} of the journal did not come"
            if taken.missing
            else "the journal that came is not the one that the race wrote"
        )
        print(
            f"{lacks}: what came is in {INCOMPLETE_NAME}, and the results are held against nothing;"
            " copy events.jsonl from where the race ran",
            file=sys.stderr,
        )

    def _lost(self) -> LinkLost:
        """Return the error of a session whose end, or whose results, did not come."""
        over = self._link.over or NO_RESULTS
        closed = self._follower.board.closed
        follower, last_error = self._follower, self._link.last_error
        if closed is not None:
            kept = self._kept(f"{NO_RESULTS}; the race itself had ended as {closed.status}")
            return LinkLost(f"the race ended as {closed.status}, but {NO_RESULTS}: {over}", kept)
        kept = self._kept(f"the link was lost: {over}")
        words = last_error or follower.last_foreign
        hint = "; ".join(filter(None, (kept, f"its last words: {words}" if words else "")))
        if follower.board.opened is None and follower.headless:
            came = text.number_of(follower.headless, "line")
            return LinkLost(
                f"{came} of a journal came, but not its beginning: {over}", NO_BEGINNING
            )
        if follower.header is None:
            return LinkLost(f"no line of a journal came: {over}", hint or NOTHING_CAME)
        last_news = text.clock(follower.board.at)
        return LinkLost(f"the race was followed to {last_news}, not to its end: {over}", hint)

    def _kept(self, remark: str) -> str:
        """Keep what was followed as an interrupted take; return where (empty: nothing came)."""
        folder = keep_interrupted(self._follower, printable(remark))
        return "" if folder is None else f"what was followed is in {folder}"
