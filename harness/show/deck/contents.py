"""What the shapes of a deck that ``deck`` wrote are to hold now, by their names.

May import ``harness.claims``, for its values, ``harness.talk`` and its neighbours in ``show``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.claims.claims import Claims
from harness.show import figures, slide
from harness.show.deck.build import deck_of
from harness.show.deck.names import GAP, NOTES, TEXTS
from harness.show.deck.values import NUMBERS, SAY, Deck, DeckSlide, Poster, mark_of
from harness.show.figures.picture import PLOT_ROWS, Missing, Picture, plot_png
from harness.show.figures.theme import Theme
from harness.talk.agenda import Agenda


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The texts, the notes and the pictures of a session's deck.

    ``recording`` is a still of the take's recording (None: it has none).
    """

    claims: Claims
    deck: Deck
    recording: Poster | None

    @property
    def texts(self) -> Mapping[str, tuple[str, ...]]:
        """Return every text by name; one that is known and says nothing now is empty."""
        return dict.fromkeys(TEXTS, ("",)) | self.deck.words

    def notes(self, name: str, line: str, mark: str) -> tuple[str, str] | None:
        """Return what a line of the notes of that name says now, and their new mark.

        None: it is the presenter's. ``mark`` is what the notes have: a sentence is ours while
        nobody has changed it and the agenda has it as it had it then.
        """
        made = self._slide(name)
        if line.startswith(NUMBERS):
            return (NUMBERS if made is None else f"{NUMBERS}{made.notes.numbers}"), mark
        if made is not None and line == f"{SAY}{made.notes.say}":
            return line, made.notes.mark
        if made is None or not line.startswith(SAY) or mark != mark_of(made.notes.beat, line):
            return None
        return f"{SAY}{made.notes.say}", made.notes.mark

    def picture(self, name: str, theme: Theme) -> tuple[bytes | None, str]:
        """Return a plot of that name as PNG with its words (None: there is nothing to draw)."""
        drawable = self.claims.drawable
        if name == GAP and drawable is not None:
            bars = slide.gap_bars(drawable)
            return plot_png(bars, theme, slide.GAP_ROWS), bars.title
        match figures.picture(self.claims, name.removeprefix("plot-")):
            case Picture() as drawn:
                return plot_png(drawn, theme, PLOT_ROWS), drawn.title
            case Missing(reason=reason):
                return None, reason

    def chart_words(self) -> str:
        """Return the alt text of the chart; empty where no scale has a complete pair."""
        match figures.picture(self.claims, "scaling"):
            case Picture(title=title):
                return title
            case _:
                return ""

    def _slide(self, name: str) -> DeckSlide | None:
        wanted = name.removeprefix(NOTES)
        return next((one for one in self.deck.slides if one.name == wanted), None)


def contents(claims: Claims, agenda: Agenda, recording: Poster | None) -> Contents | None:
    """Return what a deck of a session holds (None: the session is refused)."""
    deck = deck_of(claims, agenda, recording)
    if deck is None:
        return None
    return Contents(claims=claims, deck=deck, recording=recording)
