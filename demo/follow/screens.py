"""The screens of a session elsewhere: those of a race, and what is shown before it has begun.

May import ``harness`` and ``demo``.
"""

import contextlib
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, pairwise

from demo.broadcast.sender import PanelBroadcast
from demo.follow.caption import caption_of
from demo.follow.link import Link, LinkState
from demo.race.screens import (
    BrowserCanvas,
    JsonLines,
    LivePanel,
    LogLines,
    Screen,
    Silent,
    write_stdout,
)
from demo.terminal import FullScreen, Keys
from harness import text
from harness.events import Event
from harness.files.journal import header_line
from harness.follow.follower import Follower
from harness.model import Spec
from harness.show.terminal.log_lines import HEARTBEAT_S
from harness.show.terminal.panel import draw_panel
from harness.show.terminal.waiting import WaitingScene, draw_waiting, waiting_line
from harness.state.board import Board
from harness.state.fold import fold

ELSEWHERE = "this race runs elsewhere, and is followed"
REPLAYED = "this is a replay: events come faster than they happened"


class FollowScreen:
    """Shows a session that is followed, on the screen that was asked for.

    ``ui`` is one of ``live``, ``plain``, ``json`` and ``none``. Browsers in the ``room`` see the
    panel, too, whichever it is (None: there are none).
    """

    def __init__(
        self,
        ui: str,
        keys: Keys,
        command: Sequence[str],
        follower: Follower,
        room: PanelBroadcast | None = None,
    ) -> None:
        self._ui = ui
        self._keys = keys
        self._command = shlex.join(command)
        self._follower = follower
        self._full_screen = FullScreen(keys, room)
        self._browsers = None if room is None or ui == "live" else BrowserCanvas(room)
        self._stack = contextlib.ExitStack()
        self._screen: Screen | None = None
        self._before = Board()
        self._began = self._last_line_at = time.monotonic()
        self._said = self._said_of_news = ""
        self._at = 0.0

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Return the block within which the screen is in use."""
        with self._stack:
            if self._ui == "live":
                self._stack.enter_context(self._full_screen.open())
            yield

    def show(self, batch: Sequence[Event], link: Link) -> None:
        """Show new events and how the link does."""
        opened = self._follower.board.opened
        if opened is None:
            self._show_waiting(link)
            return
        self._say_link(link)
        screen = self._screen or self._begin(opened.spec)
        before, self._before = self._before, self._follower.board
        if link.state is not LinkState.BROKEN:
            self._at = self._follower.at
        self._at = max(self._at, self._follower.board.at)
        now = time.monotonic()
        caption = caption_of(self._follower, link.state, link.words, now=now, utc=datetime.now(UTC))
        replay = self._follower.news.is_replay(now)
        self._say_news(batch[0].at if replay and batch else self._at, replay=replay)
        if isinstance(screen, LogLines):
            before = self._show_past(screen, batch, before)
        # A heartbeat is passed on, and none is made up while the link is silent.
        at = self._follower.news.last_at if isinstance(screen, JsonLines) else self._at
        screen.show(batch, before, self._before, caption, at)
        if self._browsers is not None:
            panel = partial(draw_panel, self._before, opened.spec, caption, at=self._at)
            self._browsers.draw(panel)

    def _show_past(self, lines: LogLines, batch: Sequence[Event], before: Board) -> Board:
        """Show what came at once second by second, so that each line has its own time.

        Return the board after all of that; it is ``before`` where the session was taken up anew.
        """
        boards = [before]
        for _, one_second in groupby(batch, lambda event: int(event.at)):
            boards.append(fold(one_second, boards[-1]))
        if boards[-1] != self._before:
            return before
        for earlier, later in pairwise(boards):
            lines.show_past(earlier, later)
        return boards[-1]

    def write_take(self, document: bytes, exit_code: int) -> None:
        """Write the results file where events are written, too."""
        header = self._follower.header
        if isinstance(self._screen, JsonLines) and header is not None:
            closed = self._follower.board.closed
            if closed is not None and document:
                self._screen.write_take(document, exit_code)

    def _begin(self, spec: Spec) -> Screen:
        self._screen = screen = self._screen_for(spec)
        if not isinstance(screen, LivePanel):
            self._stack.enter_context(screen.in_use())
        return screen

    def _screen_for(self, spec: Spec) -> Screen:
        header = self._follower.header
        match self._ui:
            case "live":
                return LivePanel(spec, self._keys, self._full_screen)
            case "plain":
                return LogLines(spec)
            case "json" if header is not None:
                return JsonLines(header_line(header.run_id, header.began_utc), header.run_id)
            case _:
                return Silent()

    def _show_waiting(self, link: Link) -> None:
        scene = WaitingScene(
            command=self._command,
            waited_s=time.monotonic() - self._began,
            lines=self._follower.foreign + self._follower.headless,
            last_line=self._follower.last_foreign or link.last_error,
            link=link.words,
        )
        picture = partial(draw_waiting, scene)
        if self._ui == "live":
            self._full_screen.draw(picture)
            return
        if self._browsers is not None:
            self._browsers.draw(picture)
        breaks = self._breaks_newly(link)
        if self._ui == "plain" and (breaks or self._is_heartbeat_due()):
            words = f'; its last words: "{scene.last_line}"' if breaks and scene.last_line else ""
            self._print(f"{waiting_line(scene)}{words}")

    def _say_link(self, link: Link) -> None:
        """Print once, where lines are printed, that the link broke."""
        if self._breaks_newly(link) and self._ui == "plain":
            self._print(f"{text.clock(self._at)}  no link: {link.words}")

    def _is_heartbeat_due(self) -> bool:
        return time.monotonic() - self._last_line_at >= HEARTBEAT_S

    def _breaks_newly(self, link: Link) -> bool:
        """Return whether the link broke and that has not been said."""
        before, self._said = self._said, ""
        if link.state is LinkState.BROKEN:
            self._said = link.words.partition(",")[0]
        return self._said not in ("", before)

    def _say_news(self, at: float, *, replay: bool) -> None:
        """Print, where lines are printed, that the race runs elsewhere, or that it does not run."""
        news = REPLAYED if replay else ELSEWHERE
        wanted = replay or self._follower.take is None
        if self._ui == "plain" and news != self._said_of_news and wanted:
            self._print(f"{text.clock(at)}  {news}")
        self._said_of_news = news

    def _print(self, line: str) -> None:
        self._last_line_at = time.monotonic()
        write_stdout(f"{line}\n".encode(sys.stdout.encoding, "replace"))
