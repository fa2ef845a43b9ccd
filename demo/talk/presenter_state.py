"""What the presenter view knows: the session that it follows, and where the talk stands.

The talk is the one that a rehearsal publishes from another terminal, whose race alone is followed
then, else the presenter's own, which Enter moves on. May import ``harness`` and
``demo.talk.context``.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from demo.talk.context import TalkContext
from harness import text
from harness.errors import BadRequest
from harness.events import Event, Go
from harness.files.journal import JOURNAL_NAME
from harness.show.terminal.presenter_phrases import FollowedRun
from harness.show.terminal.presenter_view import Scene
from harness.state.board import Board
from harness.takes.journal_tail import Clock, FollowedSession, NewestSession, journal_in
from harness.talk.agenda import (
    Agenda,
    TalkProgress,
    begin_talk,
    end_beat,
    fill_in,
    position_at,
    skip_to,
)
from harness.talk.broadcast import BroadcastReader, BroadcastTalk
from harness.talk.forecast import deadlines
from harness.text import printable


class PresenterState:
    """Follows a take's journal, or the newest session of a folder, and the talk around it."""

    def __init__(
        self,
        *,
        agenda: Agenda,
        stall_after: float,
        root: Path,
        take: Path | None,
        clock: Clock,
        open_journal: Callable[[Path], FollowedSession],
    ) -> None:
        self._stall_after = stall_after
        self._root = root
        self._clock = clock
        self._open_journal = open_journal
        self._context = TalkContext.read(root)
        self._newest = NewestSession(root) if take is None else None
        self._newest_journal: Path | None = None
        self._note = _waiting_for(take, root)
        self._listener = BroadcastReader(root)
        self._published: BroadcastTalk | None = None
        self._own_progress = TalkProgress(agenda)
        self.session = open_journal(take / JOURNAL_NAME) if take is not None else None

    @classmethod
    def start(
        cls,
        take: Path | None,
        agenda: Agenda,
        stall_after: float,
        *,
        root: Path,
        clock: Clock,
        ticks: Clock,
    ) -> Self:
        """Return the state with the rehearsals in ``root`` read.

        ``take`` None: follow the newest session in ``root``. ``clock`` counts seconds since 1970,
        ``ticks`` seconds that nobody can set. Raises ``BadRequest`` for a file instead of a take.
        """
        if take is not None and take.exists() and not take.is_dir():
            raise BadRequest(
                f"{printable(str(take))} is not a take's folder",
                "name the folder, or leave it out to follow the newest session",
            )
        return cls(
            agenda=agenda,
            stall_after=stall_after,
            root=root,
            take=take,
            clock=clock,
            open_journal=partial(FollowedSession, clock=ticks, epoch=clock),
        )

    @property
    def board(self) -> Board:
        """Return the board of the followed session; an empty one if there is none yet."""
        return self.session.board if self.session is not None else Board()

    @property
    def follows(self) -> bool:
        """Return whether a session is followed that has opened."""
        return self.session is not None and self.board.opened is not None

    @property
    def ended(self) -> bool:
        """Return whether the followed session has closed, or its processes are gone."""
        if self.session is None or not self.follows:
            return False
        return self.board.closed is not None or not self.session.alive

    @property
    def progress(self) -> TalkProgress:
        """Return how the talk has gone: the published one, else the presenter's own."""
        return self._published.progress if self._published is not None else self._own_progress

    def look(self) -> tuple[Event, ...]:
        """Read the files once; return the session's events since the last look."""
        self._listen()
        events = self._switch_to_newer()
        if not events and self.session is not None:
            events = self.session.read_events()
        opened = self.board.opened
        if opened is not None and opened is not self._context.opened:
            self._context.refer_to(opened)
        published = self._published
        if published is not None and published.over_at is None:
            self._context.compare_with(published.configuration)
        if any(isinstance(event, Go) for event in events):
            own = self._own_progress
            self._own_progress = skip_to(own, own.agenda.demo, self._clock())
        return events

    def enter(self) -> None:
        """Begin the talk, or end its present beat; a published talk is left alone."""
        if self._published is not None and self._published.over_at is not None:
            self._published = None
        if self._published is None:
            own = self._own_progress
            move_on = begin_talk if own.began is None else end_beat
            self._own_progress = move_on(own, self._clock())
            self._context.learn_words()

    def scene(self) -> Scene:
        """Return what there is to show now."""
        progress = self.progress
        published = self._published
        over_at = published.over_at if published is not None else None
        now = self._clock() if over_at is None else over_at
        beat = position_at(progress, now).beat
        sentence = beat.say if beat is not None else ""
        if beat is not None and published is None:  # a published talk has its sentences filled in
            sentence = fill_in(beat, self._context.words)
        return Scene(
            progress=progress,
            now=now,
            sentence=sentence,
            run=self._run(),
            history=self._context.history,
            deadlines=deadlines(progress.agenda, self._context.history, self._context.recording_s),
            stall_after=self._stall_after,
            note=self._session_note(),
            trouble=self._context.trouble,
            prompt=self._prompt(),
        )

    def _listen(self) -> None:
        """Look for a published talk. One that was over before it was seen does not count."""
        latest = self._listener.latest()
        counts = latest is not None and (latest.over_at is None or self._published is not None)
        self._published = latest if counts else None

    def _switch_to_newer(self) -> tuple[Event, ...]:
        """Follow a session that has begun since the last look, and return its events.

        One that is over already is not followed; it only provides the words to say. While a
        rehearsal goes on, none but its own race is followed.
        """
        if self._newest is None:
            return ()
        run_id = self._run_of_rehearsal()
        if run_id is not None and self.session is not None and not self._is_of(run_id):
            self.session = self._newest_journal = None
        journal = self._newest.journal(run_id) or self._journal_elsewhere()
        if journal is None or journal == self._newest_journal:
            return ()
        self._newest_journal = journal
        newer = self._open_journal(journal)
        events: list[Event] = []
        while more := newer.read_events():
            events += more
        if not newer.over:
            self.session = newer
            return tuple(events)
        if self.session is None and newer.board.opened is not None:
            self._context.refer_to(newer.board.opened)
        return ()

    def _journal_elsewhere(self) -> Path | None:
        """Return the journal of a rehearsal's race that lies elsewhere (None: there is none)."""
        published = self._published
        if not self._run_of_rehearsal() or published is None or published.folder is None:
            return None
        return journal_in(published.folder, published.run_id)

    def _run_of_rehearsal(self) -> str | None:
        """Return the run that a rehearsal races, empty before that (None: none goes on)."""
        published = self._published
        return published.run_id if published is not None and published.over_at is None else None

    def _is_of(self, run_id: str) -> bool:
        opened = self.board.opened
        return opened is not None and opened.run_id == run_id

    def _run(self) -> FollowedRun | None:
        session = self.session
        if session is None or not self.follows:
            return None
        return FollowedRun(
            board=session.board,
            at=session.at,
            silent_s=session.silent_s,
            alive=session.alive,
            has_recording=self._context.recording_s is not None,
        )

    def _session_note(self) -> str:
        session = self.session
        if session is None or session.board.opened is None:
            waits = session is None and self._run_of_rehearsal() is not None
            return "the rehearsal has not begun its race" if waits else self._note
        opened = session.board.opened
        workload = text.printable(opened.spec.workload.name)
        note = f"{workload} · run {text.printable(opened.run_id)}"
        if not session.unreadable:
            return note
        return (
            f"{note} · {text.number_of(session.unreadable, 'line')} of its journal cannot be read"
        )

    def _prompt(self) -> str:
        if self._published is not None:
            if self._published.over_at is None:
                return "follows the rehearsal · q leaves"
            return "the rehearsal is over · Enter begins a talk here · q leaves"
        if self._own_progress.over:
            return "q leaves"
        if self._own_progress.began is None:
            return "Enter begins the talk · q leaves"
        return "Enter ends this beat · q leaves"


def _waiting_for(take: Path | None, root: Path) -> str:
    """Return what the view waits for before there is a session."""
    if take is None:
        return f"waiting for a session in {printable(str(root))}"
    return f"waiting for a journal in {printable(str(take))}"
