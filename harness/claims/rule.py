"""The shape of an honesty rule, and of the caveats and refusals that its judges raise.

A rule is one value in one file of ``rules``. A caveat is data: a key, a sentence that advises and
holds no measured number, and the measures behind it; how a number looks is decided where it is
drawn. May import ``model``, ``pairs``, ``observed_trials`` and
``baseline_proof``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from harness.claims.baseline_proof import BaselineProof, proof
from harness.claims.observed_trials import ObservedTrials
from harness.claims.pairs import Pairs, complete_pairs
from harness.model import Results


class Unit(StrEnum):
    """What a measure counts, so that whoever draws it can word it."""

    COUNT = "count"
    FRACTION = "fraction"
    RATIO = "ratio"
    SECONDS = "seconds"
    QUALITY = "quality"


@dataclass(frozen=True)
class Measure:
    """A number behind a verdict; ``name`` says of what."""

    name: str
    value: float
    unit: Unit


def count(name: str, value: float) -> Measure:
    """Return a measure that counts whole things."""
    return Measure(name, value, Unit.COUNT)


def fraction(name: str, value: float) -> Measure:
    """Return a measure that is a part of a whole."""
    return Measure(name, value, Unit.FRACTION)


def ratio(name: str, value: float) -> Measure:
    """Return a measure that says how many times one thing is another."""
    return Measure(name, value, Unit.RATIO)


def seconds(name: str, value: float) -> Measure:
    """Return a measure of time."""
    return Measure(name, value, Unit.SECONDS)


def quality(name: str, value: float) -> Measure:
    """Return a measure in the unit of the workload's metric."""
    return Measure(name, value, Unit.QUALITY)


@dataclass(frozen=True)
class Caveat:
    """What must be said beside the headline, or a reason to claim nothing.

    ``key`` is its public name. The sentence says what is so and, after a semicolon, what to do
    about it.
    """

    key: str
    sentence: str
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """Why a rule cannot be checked."""

    reason: str


Measured = tuple[Measure, ...] | Unknown


class Verdict(StrEnum):
    """What a rule says of a session, from best to worst."""

    PASS = "pass"
    UNCHECKED = "cannot be checked"
    CAVEAT = "caveat"
    REFUSE = "refuse"


class Topic(IntEnum):
    """What a caveat or refusal is about.

    A headline lists them by topic, and within a topic in the rules' order.
    """

    ORIGIN = 1
    """Where the numbers come from."""
    GAIN = 2
    """Whether anything was gained."""
    BASELINE = 3
    """Whether the baseline is the best on one machine, and what one machine is."""
    MACHINES = 4
    """Whether the machines favoured a side."""
    RUN = 5
    """How the session went."""
    RESULT = 6
    """What came out: answers, prices and units."""
    REPRODUCIBILITY = 7
    """What others need to repeat it, and is missing."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a judge may look at.

    ``pairs`` are those of the headline's scale (None: there is no complete pair). ``written`` holds
    the bytes of the results file (None: the facts were not read from one). ``journal_missing``
    tells that the journal was looked for and is not there. ``observed`` is what it says of the
    trials beside what the sides said. ``read_at`` is when the file was read (None: it was not).
    """

    results: Results
    pairs: Pairs | None
    written: bytes | None = None
    journal_missing: bool = False
    observed: ObservedTrials = field(default_factory=dict)
    read_at: datetime | None = None

    @classmethod
    def of(cls, results: Results) -> "Evidence":
        """Return the evidence in the facts alone."""
        return cls(results=results, pairs=complete_pairs(results))


@dataclass(frozen=True)
class Judge:
    """A question to the evidence that raises a caveat or refusal, or None."""

    verdict: Verdict
    topic: Topic
    judge: Callable[[Evidence], Caveat | None]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One honesty rule.

    ``title`` names it in two or three words, ``demand`` says what it asks, ``source`` where it
    comes from. ``measure`` gives its values and thresholds, whatever was judged; ``of_declared``
    tells whether it can be checked on numbers that were measured elsewhere. ``judges`` raise its
    caveats and refusals, in the order in which they are listed.
    """

    id: str
    title: str
    demand: str
    source: str
    measure: Callable[[Pairs], Measured]
    judges: tuple[Judge, ...]
    of_declared: bool = False


def refuse(judge: Callable[[Pairs], Caveat | None]) -> Judge:
    """Return a judge of the pairs that forbids the headline."""
    return Judge(Verdict.REFUSE, Topic.RUN, lambda evidence: _of_pairs(evidence, judge))


def caveat(judge: Callable[[Pairs], Caveat | None], topic: Topic) -> Judge:
    """Return a judge of the pairs that qualifies the headline."""
    return Judge(Verdict.CAVEAT, topic, lambda evidence: _of_pairs(evidence, judge))


def uncheckable(judge: Callable[[Pairs], Caveat | None], topic: Topic) -> Judge:
    """Return a judge of the pairs that qualifies the headline since its rule cannot be checked."""
    return Judge(Verdict.UNCHECKED, topic, lambda evidence: _of_pairs(evidence, judge))


def refuse_session(judge: Callable[[Evidence], Caveat | None], topic: Topic) -> Judge:
    """Return a judge that forbids the headline, asked whether or not there is a pair."""
    return Judge(Verdict.REFUSE, topic, judge)


def caveat_file(judge: Callable[[Evidence], Caveat | None]) -> Judge:
    """Return a judge of the file and its journal that qualifies the headline."""
    return Judge(Verdict.CAVEAT, Topic.ORIGIN, judge)


def caveat_session(judge: Callable[[Evidence], Caveat | None], topic: Topic) -> Judge:
    """Return a judge of all the evidence that qualifies the headline."""
    return Judge(Verdict.CAVEAT, topic, judge)


def uncheckable_session(judge: Callable[[Evidence], Caveat | None], topic: Topic) -> Judge:
    """Return a judge of all the evidence that says that its rule cannot be checked."""
    return Judge(Verdict.UNCHECKED, topic, judge)


def of_proof(judge: Callable[[BaselineProof], Caveat | None]) -> Callable[[Pairs], Caveat | None]:
    """Return a judge of the pairs that asks one of the baseline's proof, where there is a proof."""

    def judge_of_pairs(pairs: Pairs) -> Caveat | None:
        baseline_proof = proof(pairs.results, pairs)
        return None if baseline_proof is None else judge(baseline_proof)

    return judge_of_pairs


def _of_pairs(evidence: Evidence, judge: Callable[[Pairs], Caveat | None]) -> Caveat | None:
    return None if evidence.pairs is None else judge(evidence.pairs)
