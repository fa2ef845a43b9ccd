"""A deck as a value: slides with a title, what is on them, and what to say.

Sizes are in pixels of a page of 1600 by 900. May import ``harness.show.figures`` and
``harness.talk``.
"""

from dataclasses import dataclass
from hashlib import sha256

from harness.show.figures.picture import PLOT_ROWS, Picture

SAY, NUMBERS = "Say: ", "Numbers: "
_DIGEST = 12

BODY_PX, LARGE_PX, HUGE_PX = 44.0, 76.0, 210.0
DETAIL_PX = 34.0


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text on a slide, a paragraph a line, in letters of ``size`` or as small as need be.

    ``name`` is of its shape, so that it can be updated (empty: the presenter's words, which stay as
    he leaves them). ``one_line`` makes a paragraph smaller rather than break it. ``beside`` puts it
    to the right of the one before. ``link`` is where it leads (empty: nowhere).
    """

    lines: tuple[str, ...]
    size: float = BODY_PX
    name: str = ""
    bold: bool = False
    one_line: bool = False
    beside: bool = False
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A picture without its title: the rows of its page between two, in pixels.

    ``chart`` is the name of the chart that a program for slides draws instead (empty: none does),
    and ``remark`` stands above that: in a picture it is part of it.
    """

    name: str
    picture: Picture
    rows: tuple[float, float] = PLOT_ROWS
    chart: str = ""
    remark: str = ""

    @property
    def height(self) -> float:
        """Return how high it is where it is as wide as the page."""
        return self.rows[1] - self.rows[0]


@dataclass(frozen=True, kw_only=True)
class Poster:
    """A still of the recording as PNG, with its size and its words for who does not see it.

    ``page`` and ``film`` are where the recording can be watched, as seen from the deck (empty:
    nowhere).
    """

    png: bytes
    width: int
    height: int
    words: str
    page: str = ""
    film: str = ""


Item = Words | Plot | Poster


def mark_of(beat: str, line: str) -> str:
    """Return digests of a beat's sentence as the agenda has it, and of the line that it became."""
    return " ".join(sha256(words.encode()).hexdigest()[:_DIGEST] for words in (beat, line))


@dataclass(frozen=True, kw_only=True)
class Notes:
    """What the speaker sees: the question or sentence, the time, and where the numbers are from.

    Each may be empty. ``beat`` is how the agenda has the sentence, before it was filled in;
    ``until`` are the seconds of the talk that are over when the beat is (None: it has no beat).
    """

    say: str = ""
    time: str = ""
    numbers: str = ""
    beat: str = ""
    until: float | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Return what is there, each with its name: ``Say: …``."""
        named = ((SAY, self.say), ("Time: ", self.time), (NUMBERS, self.numbers))
        return tuple(f"{name}{words}" for name, words in named if words)

    @property
    def mark(self) -> str:
        """Return what tells whether somebody has changed the sentence since."""
        return mark_of(self.beat, f"{SAY}{self.say}")


@dataclass(frozen=True, kw_only=True)
class DeckSlide:
    """A slide: one idea, with a sentence as its title.

    ``beat`` is the beat of the agenda that it is for (empty: none). ``is_question`` tells that it
    is for questions afterwards, and ``counts`` that its title has numbers and is updated with them.
    """

    name: str
    title: str
    items: tuple[Item, ...]
    notes: Notes = Notes()
    beat: str = ""
    is_question: bool = False
    counts: bool = False

    @property
    def title_name(self) -> str:
        """Return the name of the title's shape (empty: the title is the presenter's)."""
        return f"title-{self.name}" if self.counts else ""


@dataclass(frozen=True, kw_only=True)
class Deck:
    """The slides of the talk, then those for questions.

    ``label`` says what the numbers are where they were not measured here on a quiet machine, and
    stands on every slide. ``origin`` is the run, in short. ``began_utc`` is when its session began.
    """

    title: str
    label: str
    origin: str
    began_utc: str
    slides: tuple[DeckSlide, ...]

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Return every text that has a name, by name."""
        words: dict[str, tuple[str, ...]] = {"label": (self.label,), "origin": (self.origin,)}
        for slide in self.slides:
            words |= {slide.title_name: (slide.title,)} if slide.counts else {}
            for item in slide.items:
                match item:
                    case Words(name=name, lines=lines) if name:
                        words[name] = lines
                    case Plot(chart=name, remark=remark) if name:
                        words[f"{name}-remark"] = (remark,)
        return words

    @property
    def links(self) -> dict[str, str]:
        """Return where each text leads that has a name and leads anywhere, by name."""
        items = (item for slide in self.slides for item in slide.items)
        return {one.name: one.link for one in items if isinstance(one, Words) and one.link}
