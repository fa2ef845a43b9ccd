"""Derive the whole deck, with its notes, from what is claimed of a session and an agenda.

May import ``harness.claims``, for its values, ``harness.talk``, ``harness.text`` and its neighbours
in ``show``.
"""

from dataclasses import replace

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.model import Results
from harness.show import phrases
from harness.show.deck.beats import Talk, talk_slides
from harness.show.deck.questions import question_slides
from harness.show.deck.values import Deck, DeckSlide, Notes, Poster
from harness.show.provenance import provenance
from harness.show.talk_words import talk_words
from harness.talk.agenda import Agenda, fill_in, words_of

_QUESTIONS = {
    "baseline": "Was the baseline real?",
    "least-work": "Was all of the work needed?",
    "core-seconds": "Where did the core-seconds go?",
    "scaling": "Why does the efficiency fall with more workers?",
    "cost-quality": "What did it cost, and did the quality hold?",
    "latency": "Did the latencies hold?",
    "recovery": "What happens when a worker is lost?",
    "capacity": "What can several devices do that one cannot?",
    "audit": "Who checked it?",
    "ten-times": "What breaks at ten times the scale?",
}
_SOURCES = {
    "bottleneck": "the time is the median wall_s of the baseline's trials",
    "headline": (
        "S is the median wall_s of the baseline's trials over that of the workers', E is S over p,"
        " quality is the trials' quality, cost is wall_s × the prices in spec.prices"
    ),
    "demo": "the clocks on the screen are the results' wall_s, as `verify-cast` checks",
    "baseline": "rates[], timed in the same session",
    "least-work": "rates[] of the variants effort and alternative, timed in the same session",
    "core-seconds": "workers_detail[].busy_s and cpu_s of the trials",
    "scaling": "trials[].wall_s at each number of workers; hollow points are Amdahl's law",
    "cost-quality": "trials[].wall_s and quality, and spec.prices",
    "audit": "`twoclocks audit` computes it again from the results file and its journal",
    "ten-times": "nothing of it was measured: Amdahl's law from the measured S",
}


def deck_of(claims: Claims, agenda: Agenda, recording: Poster | None = None) -> Deck | None:
    """Return the deck of a session (None: it is refused, and nothing may be shown of it).

    ``recording`` is a still of its recording (None: there is none).
    """
    headline = claims.drawable
    if headline is None:
        return None
    results = claims.results
    words = words_of(results.spec.workload) | talk_words(claims)
    talk = Talk(claims=claims, headline=headline, agenda=agenda, words=words, recording=recording)
    asked = (replace(one, is_question=True) for one in question_slides(claims, headline))
    slides = (*talk_slides(talk), *asked)
    return Deck(
        title=_title(headline),
        label=phrases.label(results),
        origin=_origin(results),
        began_utc=results.began_utc,
        slides=tuple(replace(one, notes=_notes(one, talk)) for one in slides),
    )


def _title(headline: Headline) -> str:
    name = phrases.short_name(headline.results.spec.workload.name)
    return f"{name}: {phrases.result(headline)}"


def _origin(results: Results) -> str:
    """Return the run and its day."""
    return f"run {phrases.short_name(results.run_id)} · {results.began_utc[:10]}"


def _notes(slide: DeckSlide, talk: Talk) -> Notes:
    source = _SOURCES.get(slide.name, "")
    numbers = " · ".join(filter(None, (source, provenance(talk.claims.results))))
    if slide.is_question:
        return Notes(say=_QUESTIONS.get(slide.name, ""), numbers=numbers)
    place = next(
        (place for place, beat in enumerate(talk.agenda.beats) if beat.name == slide.beat), None
    )
    if place is None:
        return Notes(say=phrases.sentence_to_say(talk.headline), numbers=numbers)
    beat = talk.agenda.beats[place]
    until = sum(beat.budget for beat in talk.agenda.beats[: place + 1])
    budget, end, length = map(text.minutes, (beat.budget, until, talk.agenda.length))
    said = text.printable(fill_in(beat, talk.words))
    time = f"{budget}, until {end} of {length}"
    return Notes(say=said, time=time, numbers=numbers, beat=beat.say, until=until)
