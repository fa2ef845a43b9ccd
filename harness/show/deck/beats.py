"""The slides of the talk: one for each beat of the agenda whose facts are there.

A beat of the presenter's own has his sentences. May import ``harness.claims``, for its values,
``harness.talk``, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.model import Results
from harness.show import figures, money, phrases, slide
from harness.show.deck.names import WATCHED_IN
from harness.show.deck.values import (
    BODY_PX,
    DETAIL_PX,
    HUGE_PX,
    LARGE_PX,
    DeckSlide,
    Item,
    Plot,
    Poster,
    Words,
)
from harness.talk.agenda import (
    DEMO,
    DESCRIBED_WORDS,
    Agenda,
    Beat,
    fill_in,
    placeholders,
    words_of,
)

_BOUND_PX = 120.0
_SLIDE_OF_BEAT = {"design": "architecture"}
_WITHOUT_NUMBERS = {*DESCRIBED_WORDS} - {"bound"}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What the slides of a talk are made of.

    ``words`` are those that sentences may name. ``recording`` is a still of the take's recording
    (None: there is none).
    """

    claims: Claims
    headline: Headline
    agenda: Agenda
    words: Mapping[str, str]
    recording: Poster | None = None


def talk_slides(talk: Talk) -> Iterator[DeckSlide]:
    """Yield a slide for each beat in the agenda's order, and the headline in any case.

    Where no beat is the headline's, it is shown before the demo.
    """
    awaited = "headline" not in map(slide_name, talk.agenda.beats)
    for beat in talk.agenda.beats:
        if awaited and beat.name == DEMO:
            yield _headline(talk, "")
        made = _slide_of(talk, beat)
        if made is not None:
            yield made
    if awaited and all(beat.name != DEMO for beat in talk.agenda.beats):
        yield _headline(talk, "")


def slide_name(beat: Beat) -> str:
    """Return the name of the slide that a beat has."""
    return _SLIDE_OF_BEAT.get(beat.name, beat.name)


def _slide_of(talk: Talk, beat: Beat) -> DeckSlide | None:
    match slide_name(beat):
        case "bottleneck":
            return _bottleneck(talk, beat.name)
        case "axis":
            return _axis(talk, beat.name)
        case "architecture":
            return _architecture(talk, beat.name)
        case "headline":
            return _headline(talk, beat.name)
        case "demo":
            return _demo(talk, beat.name)
        case "limitation":
            return _limitation(talk, beat.name)
        case _:
            return _own(talk, beat)


def _bottleneck(talk: Talk, beat: str) -> DeckSlide | None:
    """Return the bottleneck with the number that proves it (None: it is not stated)."""
    stated = _stated(talk.headline.results, "bottleneck")
    if not stated:
        return None
    bound = Words(lines=(phrases.bound(talk.headline),), size=_BOUND_PX, name="bound", bold=True)
    return DeckSlide(name="bottleneck", title=capital(stated), items=(bound,), beat=beat)


def _axis(talk: Talk, beat: str) -> DeckSlide | None:
    """Return the axis, and why not its neighbour (None: no axis is stated)."""
    axis, why = (_stated(talk.headline.results, name) for name in ("axis", "neighbour"))
    if not axis:
        return None
    items = (
        Words(lines=("Why not its neighbour?",), size=BODY_PX, bold=True),
        Words(lines=(capital(why),), size=LARGE_PX),
    )
    title = f"We scale out along one axis: {axis}"
    return DeckSlide(name="axis", title=title, items=items if why else (), beat=beat)


def _architecture(talk: Talk, beat: str) -> DeckSlide | None:
    plot = plot_of(talk.claims, "architecture")
    if plot is None:
        return None
    given = "get one input" if talk.headline.results.spec.has_input else "do the same work"
    title = f"Both sides {given}, and only the right one splits it"
    return DeckSlide(name="architecture", title=title, items=(plot,), beat=beat)


def _headline(talk: Talk, beat: str) -> DeckSlide:
    """Return the claim: the number, both times with their gap, and what else is in one line."""
    headline = talk.headline
    one, _ = phrases.sides(headline.results)
    label, reference = phrases.label(headline.results), f"as fast as on {one}"
    items = (
        Words(lines=(phrases.speedup(headline),), size=HUGE_PX, name="speedup", bold=True),
        Words(
            lines=tuple(filter(None, (label, reference, phrases.observations(headline)))),
            size=BODY_PX,
            name="observed",
            beside=True,
        ),
        Plot(name="plot-gap", picture=slide.gap_bars(headline), rows=slide.GAP_ROWS),
        Words(
            lines=(phrases.claim(headline),),
            size=BODY_PX + 4,
            name="claim",
            bold=True,
            one_line=True,
        ),
        Words(lines=tuple(_facts(headline)), size=DETAIL_PX, name="facts"),
    )
    title = phrases.result(headline)
    return DeckSlide(name="headline", title=title, items=items, beat=beat, counts=True)


def _facts(headline: Headline) -> Iterator[str]:
    """Yield what is behind the claim in a line or two, then its caveats."""
    before, after, runs = money.of_runs(headline)
    values = (
        f"{phrases.metric(headline)} {phrases.quality(headline)[0]}",
        f"{before} → {after} {runs}",
        phrases.ceiling(headline),
    )
    yield " · ".join(values)
    if tags := " · ".join(tag.words for tag in headline.tags):
        yield f"but: {tags}"


def _demo(talk: Talk, beat: str) -> DeckSlide | None:
    """Return the recording for when the live race is too risky (None: there is none)."""
    if talk.recording is None:
        return None
    title = "One clock stops while the other crawls"
    items: tuple[Item, ...] = (talk.recording, *_ways_to_watch(talk.recording))
    return DeckSlide(name="demo", title=title, items=items, beat=beat)


def _ways_to_watch(recording: Poster) -> Iterator[Words]:
    """Yield a line that leads to each file in which the recording can be watched."""
    leads = ("In a browser", "As a film")
    for name, lead, link in zip(WATCHED_IN, leads, (recording.page, recording.film), strict=True):
        if link:
            file = link.rpartition("/")[2]
            line = f"{lead}: {file}"
            yield Words(lines=(line,), link=link, size=DETAIL_PX, name=name, beside=True)


def _limitation(talk: Talk, beat: str) -> DeckSlide | None:
    """Return where the result stops holding, and where the artifact is (None: neither is known)."""
    limit, artifact = _stated(talk.headline.results, "limitation"), talk.agenda.artifact
    named = Words(lines=(capital(limit),), size=LARGE_PX, name="where-it-stops")
    linked = Words(lines=(f"Check it yourself: {artifact}",), link=artifact, size=BODY_PX)
    items = (*((named,) if limit else ()), *((linked,) if artifact else ()))
    if not items:
        return None
    title = "This is where it stops holding" if limit else "Everything can be checked"
    return DeckSlide(name="limitation", title=title, items=items, beat=beat)


def _own(talk: Talk, beat: Beat) -> DeckSlide | None:
    """Return a beat of the presenter's: his first sentence above the others (None: no words)."""
    first, _, rest = text.printable(fill_in(beat, talk.words)).partition(". ")
    title = capital(first).strip()
    if not title:
        return None
    counts = bool({*placeholders(beat.say)} - _WITHOUT_NUMBERS)
    name = f"beat-{talk.agenda.beats.index(beat) + 1}"
    body = Words(lines=(rest,), size=LARGE_PX, name=f"{name}-words" if counts else "")
    return DeckSlide(
        name=name,
        title=title,
        items=(body,) if rest else (),
        beat=beat.name,
        counts=counts,
    )


def plot_of(claims: Claims, name: str) -> Plot | None:
    """Return a figure's plot (None: its facts are not there)."""
    picture = figures.picture(claims, name)
    if isinstance(picture, figures.Missing):
        return None
    return Plot(name=f"plot-{name}", picture=picture)


def capital(sentence: str) -> str:
    """Return a sentence as a title: a capital first, but for a name's, and no full stop."""
    bare = sentence.rstrip(".")
    return f"{bare[:1].upper()}{bare[1:]}" if bare.partition(" ")[0].isalpha() else bare


def _stated(results: Results, name: str) -> str:
    """Return a word of the workload's description; empty where it is not stated."""
    return text.printable(words_of(results.spec.workload).get(name, ""))
