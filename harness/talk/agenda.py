"""The agenda of a talk: its beats with their budgets, and how far a speaker has come with them.

Moments are seconds on one clock, whichever it is. Pure, so that the screen of a rehearsal and the
presenter view in another terminal reach the same position from the same moments. May import
``model``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from harness.model import Description

DEMO = "demo"
"""The name of the beat in which the race runs."""

RESULT_WORDS = ("say", "speedup", "efficiency", "quality", "cost", "gap")
"""What a sentence may name of the newest take, such as {speedup}; {say} is a whole sentence."""

DESCRIBED_WORDS = tuple(
    dict.fromkeys(
        (
            *(
                field.name
                for field in fields(Description)
                if field.type is str and field.name != "answers_differ"
            ),
            "bound",
        )
    )
)
"""What a sentence may name of a workload's description, such as {bottleneck}."""

PLACEHOLDERS = (*DESCRIBED_WORDS, *RESULT_WORDS)

Words = Mapping[str, str]
"""The words by their names; one that is not there has no sentence."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=\{say\})\s+")
_NOTHING = re.compile(r"|none|.*\bnot stated|the programs' own", re.IGNORECASE)


@dataclass(frozen=True)
class Beat:
    """A part of the talk: its name, the seconds it may take, and the sentence to say."""

    name: str
    budget: float
    say: str


@dataclass(frozen=True)
class Agenda:
    """The beats in their order, and the talk's length in seconds, slack included.

    ``artifact`` is the address at which everybody can check the result (empty: none is named).
    """

    length: float
    beats: tuple[Beat, ...]
    artifact: str = ""

    @property
    def slack(self) -> float:
        """Return the seconds that the budgets leave over."""
        return self.length - sum(beat.budget for beat in self.beats)

    @property
    def demo(self) -> int:
        """Return the index of the beat that runs the race."""
        return next(index for index, beat in enumerate(self.beats) if beat.name == DEMO)

    @property
    def after_demo(self) -> float:
        """Return the seconds of the budgets that follow the race."""
        return self.budgets_after(self.demo)

    def budgets_after(self, index: int) -> float:
        """Return the seconds of the budgets of all beats after one."""
        return sum(beat.budget for beat in self.beats[index + 1 :])


NO_AGENDA = Agenda(0.0, ())
"""That of a talk of which nothing is known."""


@dataclass(frozen=True)
class TalkProgress:
    """When a talk began (None: it has not), and the moments at which beats ended."""

    agenda: Agenda
    began: float | None = None
    ended: tuple[float, ...] = ()

    @property
    def over(self) -> bool:
        """Return whether every beat has ended."""
        return len(self.ended) >= len(self.agenda.beats)

    @property
    def going_on(self) -> bool:
        """Return whether the talk has begun and is not over."""
        return self.began is not None and not self.over

    @property
    def durations(self) -> tuple[float, ...]:
        """Return the seconds that each ended beat took."""
        began = (self.began or 0.0, *self.ended)
        return tuple(end - start for start, end in zip(began, self.ended, strict=False))


@dataclass(frozen=True, kw_only=True)
class AgendaPosition:
    """Where a talk stands at a moment.

    ``place`` is the index of the present beat, one past the last once the talk is over. ``elapsed``
    are the seconds since the talk began, ``taken`` since the beat did.
    """

    agenda: Agenda
    place: int
    elapsed: float
    taken: float

    @property
    def beat(self) -> Beat | None:
        """Return the present beat (None: the talk is over)."""
        return self.agenda.beats[self.place] if self.place < len(self.agenda.beats) else None

    @property
    def following(self) -> Beat | None:
        """Return the next beat (None: there is none)."""
        return (
            self.agenda.beats[self.place + 1] if self.place + 1 < len(self.agenda.beats) else None
        )

    @property
    def left(self) -> float:
        """Return the seconds left of the talk; negative once it is over its time."""
        return self.agenda.length - self.elapsed

    @property
    def beat_left(self) -> float:
        """Return the seconds left of the present beat's budget; negative once it is over it."""
        return (self.beat.budget if self.beat else 0.0) - self.taken

    @property
    def spare(self) -> float:
        """Return the slack left if all further beats keep to their budgets.

        Negative where the talk will not fit into its length.
        """
        return self.left - max(0.0, self.beat_left) - self.agenda.budgets_after(self.place)


def begin_talk(progress: TalkProgress, at: float) -> TalkProgress:
    """Return the progress with the first beat begun; a talk begins once."""
    return progress if progress.began is not None else replace(progress, began=at)


def end_beat(progress: TalkProgress, at: float) -> TalkProgress:
    """Return the progress with the present beat ended, if there is one, never before it began."""
    if not progress.going_on:
        return progress
    return replace(progress, ended=(*progress.ended, max(at, _present_began(progress))))


def skip_to(progress: TalkProgress, place: int, at: float) -> TalkProgress:
    """Return the progress with every beat before ``place`` ended; skipped ones took no time."""
    while progress.going_on and len(progress.ended) < place:
        progress = end_beat(progress, at)
    return progress


def position_at(progress: TalkProgress, at: float) -> AgendaPosition:
    """Return where the talk stands; time passes only between its beginning and its end."""
    if progress.began is None:
        return AgendaPosition(agenda=progress.agenda, place=0, elapsed=0.0, taken=0.0)
    last = _present_began(progress)
    now = last if progress.over else max(at, last)
    return AgendaPosition(
        agenda=progress.agenda,
        place=len(progress.ended),
        elapsed=now - progress.began,
        taken=now - last,
    )


def words_of(description: Description) -> dict[str, str]:
    """Return what a workload says of itself; what it does not state is left out."""
    said = {name: str(getattr(description, name, "")) for name in DESCRIBED_WORDS}
    return {name: word for name, word in said.items() if not _NOTHING.fullmatch(word)}


def fill_in(beat: Beat, words: Words | None) -> str:
    """Return what to say in a beat: its sentences, but for those with a word that is not there.

    ``words`` is None before any workload is known: its words are then left as they are named.
    """
    known = dict.fromkeys(DESCRIBED_WORDS) if words is None else words
    sentences = (
        sentence
        for sentence in _BETWEEN_SENTENCES.split(beat.say)
        if known.keys() >= {*placeholders(sentence)}
    )
    return _PLACEHOLDER.sub(lambda named: known[named[1]] or named[0], " ".join(sentences))


def placeholders(say: str) -> tuple[str, ...]:
    """Return the names in braces in a sentence."""
    return tuple(_PLACEHOLDER.findall(say))


def _present_began(progress: TalkProgress) -> float:
    return progress.ended[-1] if progress.ended else progress.began or 0.0
