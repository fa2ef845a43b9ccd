"""Whether a session that was run again comes to what the first one came to.

Both are compared as they are claimed, after each was audited. May import ``harness.claims`` and
``harness.model``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.claims.combine import machine_kind
from harness.claims.headline import Headline
from harness.model import Parameters, Results

SPEED_TOLERANCE = 0.10
"""By how much of itself a speedup without an interval may differ. Two runs of one machine differ by
about a twentieth; that twice as much is allowed for is ours."""


class Part(StrEnum):
    """What must agree."""

    WORK = "settings"
    SCALE = "number of workers"
    INPUT = "input"
    HELD_OUT = "held-out set"
    QUALITY = "quality"
    SPEED = "speedup"


@dataclass(frozen=True)
class Difference:
    """What the two sessions do not have in common, with both values."""

    what: str
    first: str
    again: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Two sessions side by side: the ``first``, and the one that was run ``again``.

    ``differing`` are the parts that disagree (empty: it was reproduced). ``answers_equal``: all
    four answers, or more, have the same bits; where they have not, other processors and libraries
    round otherwise, and quality alone decides. ``machines`` is what differs of machine and
    software, which refutes nothing.
    """

    first: Headline
    again: Headline
    differing: tuple[Part, ...]
    answers_equal: bool
    source_equal: bool
    machines: tuple[Difference, ...]

    @property
    def reproduced(self) -> bool:
        """Return whether all that must agree does."""
        return not self.differing


def reproduction(first: Headline, again: Headline) -> Reproduction:
    """Return two sessions side by side."""
    return Reproduction(
        first=first,
        again=again,
        differing=tuple(_differing(first, again)),
        answers_equal=len(_answers(first.results) | _answers(again.results)) == 1,
        source_equal=first.results.code.source_sha256 == again.results.code.source_sha256,
        machines=tuple(_machines(first.results, again.results)),
    )


def is_same_session(first: Results, again: Results) -> bool:
    """Return whether both are one session, which reproduces nothing."""
    one_journal = bool(first.journal_sha256) and first.journal_sha256 == again.journal_sha256
    return one_journal or first.run_id == again.run_id


def _differing(first: Headline, again: Headline) -> Iterator[Part]:
    one, other = first.results, again.results
    if _work(one) != _work(other):
        yield Part.WORK
    if first.pairs.scale != again.pairs.scale:
        yield Part.SCALE
    if one.input != other.input:
        yield Part.INPUT
    if one.held_out != other.held_out:
        yield Part.HELD_OUT
    if not _quality_agrees(first, again):
        yield Part.QUALITY
    if not _speed_agrees(first, again):
        yield Part.SPEED


def _work(results: Results) -> tuple[str, Parameters, int, int]:
    """Return what was asked for, without texts: these name files, whose content is the input."""
    spec = results.spec
    numbers: Parameters = {
        name: value for name, value in spec.params.items() if not isinstance(value, str)
    }
    return spec.workload.name, numbers, spec.baseline_cores, spec.cores_per_worker


def _quality_agrees(first: Headline, again: Headline) -> bool:
    """Return whether both kept the quality, and each side's is as good as it was.

    Better counts as good, and so does what is worse by no more than the workload tolerates.
    """
    if not (first.quality.held and again.quality.held):
        return False
    reaches = first.results.spec.workload.reaches
    return reaches(again.quality.baseline, first.quality.baseline) and reaches(
        again.quality.distributed, first.quality.distributed
    )


def _speed_agrees(first: Headline, again: Headline) -> bool:
    """Return whether the intervals of both speedups meet.

    Where neither has one, they differ by no more than ``SPEED_TOLERANCE`` of the first; where one
    has, the other's speedup lies within it.
    """
    spans = [one.speed.interval for one in (first, again)]
    before, after = first.speed.speedup, again.speed.speedup
    if spans == [None, None]:
        return abs(after - before) <= SPEED_TOLERANCE * before
    low, high = spans[0] or (before, before)
    lowest, highest = spans[1] or (after, after)
    return low <= highest and lowest <= high


def _answers(results: Results) -> set[str]:
    return {trial.answer_sha256 for trial in results.trials}


def _machines(first: Results, again: Results) -> Iterator[Difference]:
    """Yield what differs of machines and software, as the first host of each has them."""
    one, other = (
        machine_kind(results.hosts[0]) if results.hosts else {} for results in (first, again)
    )
    kinds = {name: (one.get(name), other.get(name)) for name in one | other}
    kinds["hosts"] = len(first.hosts), len(again.hosts)
    for name, values in kinds.items():
        if values[0] != values[1]:
            yield Difference(name, *("none" if value is None else str(value) for value in values))
