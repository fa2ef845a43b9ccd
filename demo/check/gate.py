"""The gate of ten points before a talk: which of them a take, an agenda and a deck fulfil.

A point that is not there is a warning: it keeps no machine from racing. Pure. May import
``harness`` and its neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.check.result import CheckResult, ok, warn
from harness import text
from harness.claims.claims import Claims
from harness.model import Description
from harness.show import phrases
from harness.talk.agenda import Agenda, placeholders, words_of
from harness.talk.history import Rehearsal

SLACK_S = 60.0
FIGURES = ("fig-architecture.png", "fig-scaling.png", "fig-cost-quality.png")
_DESIGN = ("partition", "communication", "consistency")
_RACE = "race it on this machine: twoclocks race"
_UPDATE = "update it from the take: twoclocks slide --into DECK.pptx"
_DESCRIBE = "say it in the workload's description"


@dataclass(frozen=True, kw_only=True)
class TalkFacts:
    """What there is for a talk about a workload.

    ``claims`` are those of its newest take (None: there is none), ``take`` is that take's folder
    and ``files`` the names in it. ``is_recorded``: a verified recording is there to be played.
    ``rehearsal`` is the newest whole one of this configuration with a presenter (None: there is
    none), ``deck`` the text of each of its slides (None: no deck was named).
    """

    words: Description
    agenda: Agenda
    claims: Claims | None = None
    take: str = ""
    files: frozenset[str] = frozenset()
    is_recorded: bool = False
    rehearsal: Rehearsal | None = None
    deck: tuple[str, ...] | None = None


def judge_gate(talk: TalkFacts) -> Iterator[CheckResult]:
    """Yield the ten points in their order."""
    yield _judge_bottleneck("bottleneck", talk)
    yield _judge_description("axis", talk, ("axis", "neighbour"))
    yield _judge_description("design", talk, _DESIGN)
    yield _judge_headline("headline", talk)
    yield _judge_demo("demo", talk)
    yield _judge_figures("figures", talk)
    yield _judge_baseline("baseline", talk)
    yield _judge_limitation("limitation", talk)
    yield _judge_artifact("artifact", talk)
    yield _judge_rehearsal("slack", talk)


def _judge_bottleneck(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether the talk begins with the bottleneck and the number that proves it."""
    stated = words_of(talk.words)
    headline = None if talk.claims is None else talk.claims.headline
    if "bottleneck" not in stated:
        return warn(name, "the workload does not state its bottleneck", _DESCRIBE)
    number = stated.get("bound") or ("" if headline is None else phrases.bound(headline))
    if not number:
        return warn(name, "no number proves the bottleneck", f"state its bound, or {_RACE}")
    first = {*placeholders(talk.agenda.beats[0].say)} if talk.agenda.beats else set()
    if not first & {"bottleneck", "bound"}:
        hint = "begin it with {bottleneck} and {bound}"
        return warn(name, "the agenda does not begin with the bottleneck", hint)
    if talk.deck and not _holds(talk.deck[0], number):
        return warn(name, f"the deck's first slide lacks its number: {number}", _UPDATE)
    return ok(name, number)


def _judge_description(name: str, talk: TalkFacts, wanted: tuple[str, ...]) -> CheckResult:
    """Judge whether the workload's description says all that is wanted."""
    stated = words_of(talk.words)
    missing = [word for word in wanted if word not in stated]
    if missing:
        return warn(name, f"the workload does not state its {' and '.join(missing)}", _DESCRIBE)
    return ok(name, f"{', '.join(wanted)}: all stated")


def _judge_headline(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether one take has S, E, a quality that held, and the cost; and the deck its S."""
    if talk.claims is None:
        return warn(name, "there is no take of this workload", _RACE)
    headline = talk.claims.headline
    if headline is None:
        reason = talk.claims.refused[0].sentence
        return warn(name, f"the newest take claims nothing: {reason}", "`twoclocks audit` says why")
    if not headline.quality.held:
        sentence = f"the quality is not shown to have held: {phrases.change(headline)}"
        return warn(name, sentence, "hold out more items, or look at what changed")
    if talk.deck is not None and not any(
        _holds(slide, phrases.speedup(headline)) for slide in talk.deck
    ):
        return warn(name, f"the deck lacks this take's {phrases.claim(headline)}", _UPDATE)
    return ok(name, phrases.claim(headline))


def _judge_demo(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether the speedup will be seen to happen, live and else as a recording."""
    if not talk.is_recorded:
        return warn(name, "no verified recording shows the race", "run `twoclocks record`")
    return ok(name, "a verified recording shows the race if the live one cannot")


def _judge_figures(name: str, talk: TalkFacts) -> CheckResult:
    missing = [figure for figure in FIGURES if figure not in talk.files]
    if missing:
        names = ", ".join(figure.removesuffix(".png") for figure in missing)
        return warn(
            name, f"the newest take lacks {names}", f"draw them: twoclocks slide {talk.take}"
        )
    return ok(name, "architecture, scaling, cost against quality")


def _judge_baseline(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether it was shown that the baseline is a good one."""
    if talk.claims is None or talk.claims.proof is None:
        return warn(
            name, "no take shows that the baseline is a good one", f"{_RACE} --prove-baseline"
        )
    return ok(name, "timed beside its variants; the appendix has them")


def _judge_limitation(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether the talk closes with a limitation that is stated."""
    if "limitation" not in words_of(talk.words):
        return warn(name, "the workload states no limitation", _DESCRIBE)
    beats = talk.agenda.beats
    if not beats or "limitation" not in placeholders(beats[-1].say):
        return warn(
            name, "the agenda does not close with it", "end the last beat with {limitation}"
        )
    return ok(name, talk.words.limitation)


def _judge_artifact(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether everybody can reach what proves the result."""
    address = talk.agenda.artifact
    if not address:
        hint = "pack one with `twoclocks package`, and write artifact = … in the agenda"
        return warn(name, "the agenda names no artifact", hint)
    if talk.deck is not None and not any(_holds(slide, address) for slide in talk.deck):
        return warn(name, f"no slide of the deck links {address}", _UPDATE)
    return ok(name, address)


def _judge_rehearsal(name: str, talk: TalkFacts) -> CheckResult:
    """Judge whether the talk was rehearsed as a whole to end a minute before its time."""
    if talk.rehearsal is None:
        return warn(name, "the whole talk was not rehearsed", "run `twoclocks rehearse`")
    took_s = sum(beat.taken for beat in talk.rehearsal.beats)
    left_s = talk.agenda.length - took_s
    took = f"{text.minutes(took_s)} of {text.minutes(talk.agenda.length)}"
    if left_s < SLACK_S:
        return warn(name, f"it took {took}, without a minute of slack", "leave something out")
    return ok(name, took)


def _holds(slide: str, words: str) -> bool:
    """Return whether a slide has words, however they are set in lines."""
    return "".join(words.split()) in "".join(slide.split())
