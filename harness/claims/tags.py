"""Caveats in two or three words, for where a room reads them from afar, the gravest first.

Every key of a caveat has its tag here, so that none is ever left out for want of room. May import
``rule``.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from harness.claims.rule import Caveat


class Weight(IntEnum):
    """How far a caveat goes: whether the claim stands at all, how far it reaches, or its form."""

    DOUBT = 1
    LIMIT = 2
    NOTE = 3


class Tag(NamedTuple):
    """A caveat in two or three words, and its weight."""

    weight: Weight
    words: str


_DOUBTS = {
    "simulated": "simulated",
    "shared-machine": "disturbed",
    "contention": "sides slowed each other",
    "baseline-matched": "one Ray worker as fast",
    "baseline-untuned": "baseline untuned",
    "variant-faster": "faster baseline known",
    "whole-host-wins": "whole host faster",
    "spare-work": "less work is enough",
    "need-not-shown": "need not shown",
    "limit-implausible": "proof in doubt",
    "work-unclear": "work in doubt",
    "clock-contradicted": "clocks disagree",
    "recovery-contradicted": "recovery disputed",
    "cpu-contradicted": "CPU time disputed",
    "baseline-partly-idle": "baseline partly idle",
    "baseline-crowded": "baseline disturbed",
    "oversubscribed": "cores oversubscribed",
    "unequal-terms": "unequal terms",
    "worked-beside-workers": "uncounted cores",
    "unlike-machines": "unlike machines",
    "slowdown": "no faster",
    "undecided": "gain not shown",
    "quality-unsure": "quality not shown to hold",
    "busy-off-clock": "work off the clock",
    "superlinear": "faster than its hardware",
    "declared": "declared",
    "no-journal": "no journal",
    "rewritten": "file rewritten",
    "trial-failed": "failed runs left out",
    "same-command": "one command twice",
}
_LIMITS = {
    "one-observation": "one run",
    "few-observations": "few runs",
    "unstable": "unstable times",
    "cores-stand-for-machines": "cores as machines",
    "combined": "sessions combined",
    "weak-scaling": "weak scaling",
    "work-differs": "unequal work",
    "capacity-superlinear": "capacity above p",
    "requests-sent-late": "requests came late",
    "sender-busy": "sending took a core",
    "illustrative-prices": "made-up prices",
    "priced-spot": "spot prices",
    "spot-unproved": "spot untested",
    "unclean-scale": "another scale lost quality",
    "change-without-interval": "Δ without interval",
    "tolerance-too-fine": "tolerance too fine",
    "too-few-scores": "few held-out items",
    "answers-differ-in-bits": "answers differ in bits",
    "scored-by-its-own-side": "scored apart",
    "items-unreported": "items unreported",
    "items-unspanned": "chunks incomplete",
    "input-unnamed": "input unnamed",
    "start-up-on-clock": "start-up on the clock",
    "prepared": "prepared off the clock",
    "baseline-waits": "baseline waits",
    "straggler": "straggler",
    "lost-worker": "worker lost",
    "struck-on-purpose": "workers killed on purpose",
    "strike-missed": "strikes missed",
    "copies-slower": "busy host",
    "whole-host-slower": "busy host in the proof",
    "proof-drifted": "proof drifted",
    "on-battery": "on battery",
    "search-unwatched": "rate search unwatched",
    "clock-late": "late clock",
    "cpu-unseen": "CPU time unseen",
    "order-unalternated": "order not alternated",
    "watching-noticed": "watching took time",
}
_NOTES = {
    "replayed": "in turn",
    "dirty-tree": "uncommitted code",
    "no-commit": "no commit",
    "no-seed": "no seed",
    "environment-incomplete": "machine not described",
    "start-up-unlisted": "start-up unknown",
    "prices-unsourced": "prices unsourced",
    "unit-missing": "unit missing",
}

TAGS: Mapping[str, Tag] = MappingProxyType(
    {
        key: Tag(weight, words)
        for weight, every in zip(Weight, (_DOUBTS, _LIMITS, _NOTES), strict=True)
        for key, words in every.items()
    }
)


def tags(caveats: Iterable[Caveat]) -> tuple[Tag, ...]:
    """Return the tag of every caveat once, the gravest first; one without a tag is its key."""
    every = (TAGS.get(one.key) or Tag(Weight.LIMIT, one.key.replace("-", " ")) for one in caveats)
    return tuple(sorted(dict.fromkeys(every), key=lambda tag: tag.weight))
