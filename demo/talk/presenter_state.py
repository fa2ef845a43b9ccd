"""What a cue knows from one look to the next: the session that it follows, and where the talk stands.

The talk is the one that a rehearsal announces in the other terminal, else the presenter's own, driven here.
May import ``harness`` and its neighbours in ``demo``.
"""

from functools import partial
from pathlib import Path

from harness import text
from harness.cast.format import MOST_COLUMNS, MOST_ROWS
from harness.errors import BadRequest
from harness.events import Event, Go, Opened
from harness.files.journal import JOURNAL_NAME
from harness.show.terminal.presenter_view import FollowedRun, Scene
from harness.state.board import Board
from harness.takes.journal_tail import Clock, Following, Newest
from harness.takes.recordings import newest
from harness.talk.agenda import Course, Talk, begin, end_beat, reach, said, standing
from harness.talk.broadcast import Heard, Listener
from harness.talk.forecast import Record, deadlines
from harness.talk.history import REHEARSALS, Rehearsal, configuration, kept, record
from harness.text import printable


class Prompter:
    """Follows the journal of a take, or of the newest session below ``root`` (``take`` None), and the talk around it.

    ``clock`` tells seconds since 1970, ``ticks`` seconds that nobody can set.
    """

    def __init__(
        self,
        take: Path | None,
        talk: Talk,
        stall_after: float,
        *,
        root: Path,
        clock: Clock,
        ticks: Clock,
    ) -> None:
        if take is not None and take.exists() and not take.is_dir():
            raise BadRequest(
                f"{printable(str(take))} is not a take's folder",
                "name the folder, or leave it out to follow the newest session",
            )
        self._stall_after, self._root, self._clock = stall_after, root, clock
        self._rehearsals, self._trouble = _known(root / REHEARSALS)
        self._opened: Opened | None = None
        self._record = Record()
        self._recording_s: float | None = None
        self._open = partial(Following, clock=ticks, epoch=clock)
        self._newest = Newest(root) if take is None else None
        self._waiting = (
            f"waiting for a session below {printable(str(root))}"
            if take is None
            else f"waiting for a journal in {printable(str(take))}"
        )
        self._known: Path | None = None
        self._listener = Listener(root)
        self._heard: Heard | None = None
        self._own = Course(talk)
        self.session = self._open(take / JOURNAL_NAME) if take is not None else None

    @property
    def board(self) -> Board:
        """Return the board of the session that is followed; an empty one before there is any."""
        return self.session.board if self.session is not None else Board()

    @property
    def followed(self) -> bool:
        """Return whether a session is followed of which something is known."""
        return self.session is not None and self.board.opened is not None

    @property
    def ended(self) -> bool:
        """Return whether the session that is followed has closed, or is gone."""
        return (
            self.session is not None
            and self.followed
            and (self.board.closed is not None or not self.session.alive)
        )

    @property
    def course(self) -> Course:
        """Return how the talk has gone: the one that is announced, or the presenter's own."""
        return self._heard.course if self._heard is not None else self._own

    def look(self) -> tuple[Event, ...]:
        """Look at the files once; return what happened in the session since the last look."""
        heard = self._listener.listen()
        known = heard is not None and (heard.over_at is None or self._heard is not None)
        self._heard = (
            heard if known else None
        )  # one that was over before it was seen says nothing any more
        events = self._newer() or (self.session.look() if self.session is not None else ())
        if self.followed and self.board.opened is not self._opened:
            self._refer(self.board.opened)
        if any(isinstance(event, Go) for event in events):
            self._own = reach(self._own, self._own.talk.demo, self._clock())
        return events

    def enter(self) -> None:
        """Begin the talk, or end its present beat; an announced talk is not ours to drive while it goes on."""
        if self._heard is not None and self._heard.over_at is not None:
            self._heard = None
        if self._heard is None:
            now = self._clock()
            self._own = (
                begin(self._own, now) if self._own.began is None else end_beat(self._own, now)
            )

    def scene(self) -> Scene:
        """Return what there is to show now."""
        course = self.course
        now = (
            self._clock()
            if self._heard is None or self._heard.over_at is None
            else self._heard.over_at
        )
        beat = standing(course, now).beat
        spoken = (
            self._opened.spec.workload if self._opened is not None and self._heard is None else None
        )
        return Scene(
            course=course,
            now=now,
            sentence=said(beat, spoken) if beat is not None else "",
            run=self._run(),
            record=self._record,
            deadlines=deadlines(course.talk, self._record, self._recording_s),
            stall_after=self._stall_after,
            note=self._note(),
            trouble=self._trouble,
            prompt=self._prompt(),
        )

    def _newer(self) -> tuple[Event, ...]:
        """Follow a session that has begun since; one that was over when it was first seen only tells which words to say."""
        found = self._newest.look() if self._newest is not None else None
        if found is None or found == self._known:
            return ()
        self._known, newer = found, self._open(found)
        events = list[Event]()
        while more := newer.look():
            events += more
        if not newer.over:
            self.session = newer
            return tuple(events)
        if self.session is None and newer.board.opened is not None:
            self._refer(newer.board.opened)
        return ()

    def _refer(self, opened: Opened | None) -> None:
        """Take words, rehearsals and a recording from what a session said when it opened."""
        self._opened = opened
        if opened is None:
            return
        self._record = record(self._rehearsals, configuration(opened.spec, opened.kind))
        recording = newest(
            self._root, opened.spec.workload.name, opened.kind, MOST_COLUMNS, MOST_ROWS
        )
        self._recording_s = recording.duration_s if recording is not None else None

    def _run(self) -> FollowedRun | None:
        session = self.session
        if session is None or not self.followed:
            return None
        return FollowedRun(
            session.board,
            session.at,
            session.silent_s,
            session.alive,
            self._recording_s is not None,
        )

    def _note(self) -> str:
        session = self.session
        if session is None or session.board.opened is None:
            return self._waiting
        opened, bad = session.board.opened, session.garbled
        unread = f" · {text.number_of(bad, 'line')} of its journal cannot be read" if bad else ""
        return f"{text.printable(opened.spec.workload.name)} · run {text.printable(opened.run_id)}{unread}"

    def _prompt(self) -> str:
        if self._heard is not None:
            over = self._heard.over_at is not None
            return f"{'the rehearsal is over · Enter begins a talk here' if over else 'follows the rehearsal'} · q leaves"
        if self._own.over:
            return "q leaves"
        return (
            f"Enter {'begins the talk' if self._own.began is None else 'ends this beat'} · q leaves"
        )


def _known(path: Path) -> tuple[tuple[Rehearsal, ...], str]:
    """Return the rehearsals on record; where they cannot be read none, and what is said of that: the talk goes on without them."""
    try:
        return kept(path), ""
    except BadRequest as bad:
        return (), f"no estimates by rehearsals: {bad.sentence}"
