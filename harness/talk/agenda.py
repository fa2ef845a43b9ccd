"""The talk: its beats with their budgets, and how far a speaker has come with them.

Moments are seconds on one clock, whichever it is; pure, so that the screen of a rehearsal and the cue in another
terminal fold the same moments to the same place. May import ``model``.
"""

import re
from dataclasses import dataclass, fields, replace

from harness.model import Description

DEMO = "demo"
FILLED = tuple(
    field.name
    for field in fields(Description)
    if field.type is str and field.name != "answers_differ"
)
"""The words of a workload that a sentence may name, such as {bottleneck}."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Beat:
    """A part of the talk: its name, the seconds it may take, and the sentence to say, with words to be filled in."""

    name: str
    budget: float
    say: str


@dataclass(frozen=True)
class Talk:
    """The beats in their order, and the seconds that all of them have together with the slack."""

    length: float
    beats: tuple[Beat, ...]

    @property
    def slack(self) -> float:
        """Return the seconds that the budgets leave over."""
        return self.length - sum(beat.budget for beat in self.beats)

    @property
    def demo(self) -> int:
        """Return the place of the beat that runs the race."""
        return next(place for place, beat in enumerate(self.beats) if beat.name == DEMO)

    @property
    def after_demo(self) -> float:
        """Return the seconds of the budgets that follow the race."""
        return self.budgets_after(self.demo)

    def budgets_after(self, place: int) -> float:
        """Return the seconds of the budgets of all beats after one."""
        return sum(beat.budget for beat in self.beats[place + 1 :])


@dataclass(frozen=True)
class Course:
    """How a talk has gone: the moment it began (None: it has not), and the moments at which beats ended."""

    talk: Talk
    began: float | None = None
    ended: tuple[float, ...] = ()

    @property
    def over(self) -> bool:
        """Return whether every beat has ended."""
        return len(self.ended) >= len(self.talk.beats)

    @property
    def going_on(self) -> bool:
        """Return whether it has begun and is not over."""
        return self.began is not None and not self.over

    @property
    def durations(self) -> tuple[float, ...]:
        """Return the seconds that each ended beat took."""
        began = (self.began or 0.0, *self.ended)
        return tuple(end - start for start, end in zip(began, self.ended, strict=False))


@dataclass(frozen=True)
class Standing:
    """Where a talk stands at a moment, in seconds.

    ``place`` is that of the present beat, and one past the last once the talk is over; ``elapsed`` since the talk
    began, ``taken`` since the beat did.
    """

    talk: Talk
    place: int
    elapsed: float
    taken: float

    @property
    def beat(self) -> Beat | None:
        """Return the present beat (None: the talk is over)."""
        return self.talk.beats[self.place] if self.place < len(self.talk.beats) else None

    @property
    def following(self) -> Beat | None:
        """Return the next beat (None: there is none)."""
        return self.talk.beats[self.place + 1] if self.place + 1 < len(self.talk.beats) else None

    @property
    def left(self) -> float:
        """Return what is left of the talk; below zero it is over its time."""
        return self.talk.length - self.elapsed

    @property
    def beat_left(self) -> float:
        """Return what is left of the present beat's budget; below zero it is over it."""
        return (self.beat.budget if self.beat else 0.0) - self.taken

    @property
    def spare(self) -> float:
        """Return the slack that is left if this beat and the following ones keep to their budgets; below zero the talk will not fit."""
        return self.left - max(0.0, self.beat_left) - self.talk.budgets_after(self.place)


def begin(course: Course, at: float) -> Course:
    """Return the course with its first beat begun; a talk begins once."""
    return course if course.began is not None else replace(course, began=at)


def end_beat(course: Course, at: float) -> Course:
    """Return the course with the present beat ended, if there is one; a beat never ends before it began."""
    if not course.going_on:
        return course
    return replace(course, ended=(*course.ended, max(at, _present_began(course))))


def reach(course: Course, place: int, at: float) -> Course:
    """Return the course with every beat before a place ended; those that were passed over took no time."""
    while course.going_on and len(course.ended) < place:
        course = end_beat(course, at)
    return course


def standing(course: Course, at: float) -> Standing:
    """Return where the talk stands at a moment; before it has begun nothing has elapsed, once it is over nothing more does."""
    if course.began is None:
        return Standing(course.talk, 0, 0.0, 0.0)
    last = _present_began(course)
    now = last if course.over else max(at, last)
    return Standing(course.talk, len(course.ended), now - course.began, now - last)


def said(beat: Beat, words: Description | None) -> str:
    """Return the sentence to say with a workload's words in it (None: they are not known yet, and only named)."""
    return _PLACEHOLDER.sub(
        lambda found: (
            str(getattr(words, found[1])) if words is not None and found[1] in FILLED else found[0]
        ),
        beat.say,
    )


def placeholders(say: str) -> tuple[str, ...]:
    """Return the names in braces in a sentence."""
    return tuple(_PLACEHOLDER.findall(say))


def _present_began(course: Course) -> float:
    return course.ended[-1] if course.ended else course.began or 0.0
