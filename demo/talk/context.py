"""What a talk refers to: its words, and the rehearsals and the recording of what is run.

May import ``harness`` and ``demo.talk.words``.
"""

from pathlib import Path

from demo.talk.words import known_words
from harness.cast.format import MOST_COLUMNS, MOST_ROWS
from harness.errors import BadRequest
from harness.events import Opened
from harness.model import Kind
from harness.takes.recordings import newest
from harness.talk.agenda import Words
from harness.talk.forecast import RehearsalHistory
from harness.talk.history import (
    REHEARSALS_NAME,
    Configuration,
    Rehearsal,
    configuration_of,
    history_of,
    read_rehearsals,
)


class TalkContext:
    """What is known of a session's workload below a folder; nothing before one has opened.

    ``words`` is None until then, ``recording_s`` without a recording. ``trouble`` is what could
    not be read (empty: nothing).
    """

    def __init__(
        self, root: Path, rehearsals: tuple[Rehearsal, ...] = (), trouble: str = ""
    ) -> None:
        self._root = root
        self._rehearsals = rehearsals
        self._configuration: Configuration | None = None
        self.trouble = trouble
        self.opened: Opened | None = None
        self.words: Words | None = None
        self.history = RehearsalHistory()
        self.recording_s: float | None = None

    @classmethod
    def read(cls, root: Path) -> "TalkContext":
        """Return a context with the rehearsals in ``root``; without them where that fails."""
        try:
            return cls(root, read_rehearsals(root / REHEARSALS_NAME))
        except BadRequest as bad:
            return cls(root, trouble=f"no estimates from rehearsals: {bad.sentence}")

    def refer_to(self, opened: Opened) -> None:
        """Take words, rehearsals and a recording from how a session opened."""
        self.opened = opened
        self.learn_words()
        self.compare_with(configuration_of(opened.spec, opened.kind))

    def learn_words(self) -> None:
        """Take the words of the session's workload, with the numbers of its newest take."""
        if self.opened is not None:
            self.words = known_words(self.opened.spec.workload, self._root)

    def compare_with(self, configuration: Configuration) -> None:
        """Take the rehearsals and the recording of what is run."""
        if configuration == self._configuration:
            return
        self._configuration = configuration
        self.history = history_of(self._rehearsals, configuration)
        kind = Kind.SIMULATED if configuration.simulated else Kind.MEASURED
        recording = newest(self._root, configuration.workload, kind, MOST_COLUMNS, MOST_ROWS)
        self.recording_s = recording.duration_s if recording is not None else None
