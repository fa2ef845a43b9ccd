"""How the baseline stands beside what else its machine could do, judged by its proof: that it was tuned, and that the proof holds.

May import ``evidence`` and ``proof``.
"""

from harness.claims.baseline_proof import DRIFT_LIMIT, proof
from harness.claims.pairs import Caveat, Measure, Pairs, Unit

UNTUNED_LIMIT = 0.05
WEAK_LIMIT = 0.20
LIMIT_SHARE = 1.10


def weak(seen: Pairs) -> Caveat | None:
    """Judge whether another value of the tuned parameter makes so much faster a baseline that this one is none."""
    behind = _behind(seen)
    if behind <= WEAK_LIMIT:
        return None
    sentence = "the baseline was far slower than with the best value that was tried; run both sides with that value"
    return Caveat(
        "baseline-weak",
        sentence,
        (_fraction("behind the best", behind), _fraction("limit", WEAK_LIMIT)),
    )


def untuned(seen: Pairs) -> Caveat | None:
    """Judge whether another value of the tuned parameter makes a faster baseline."""
    behind = _behind(seen)
    if not UNTUNED_LIMIT < behind <= WEAK_LIMIT:
        return None
    sentence = "the baseline was slower than with the best value that was tried, which flatters the speedup; run with that value"
    return Caveat(
        "baseline-untuned",
        sentence,
        (_fraction("behind the best", behind), _fraction("limit", UNTUNED_LIMIT)),
    )


def _behind(seen: Pairs) -> float:
    known = proof(seen.results)
    return 0.0 if known is None or known.behind_best is None else known.behind_best


def outrun_by_host(seen: Pairs) -> Caveat | None:
    """Judge whether one machine with all its cores at work would have been faster than the workers."""
    known = proof(seen.results)
    gain = None if known is None else known.speedup_over_whole
    if gain is None or gain >= 1:
        return None
    sentence = "the baseline on all its host's cores beats the workers; use the whole host, or more workers"
    measures = (
        Measure("speedup over the whole host", gain, Unit.RATIO),
        Measure("at least", 1.0, Unit.RATIO),
    )
    return Caveat("whole-host-wins", sentence, measures)


def beyond_limit(seen: Pairs) -> Caveat | None:
    """Judge whether the baseline went faster than what was taken for its machine's limit."""
    known = proof(seen.results)
    share = None if known is None else known.share_of_limit
    if share is None or share <= LIMIT_SHARE:
        return None
    sentence = "the baseline was faster than its machine's own limit, so the limit or the rate is wrong; prove it again on a quiet machine"
    return Caveat(
        "limit-implausible",
        sentence,
        (_fraction("share of the limit", share), _fraction("at most", LIMIT_SHARE)),
    )


def drifted(seen: Pairs) -> Caveat | None:
    """Judge whether the baseline's rate was the same at both ends of its proof."""
    known = proof(seen.results)
    if known is None or known.drift <= DRIFT_LIMIT:
        return None
    sentence = "the machine changed its speed while the baseline was proved; prove it again on a quiet machine"
    return Caveat(
        "proof-drifted",
        sentence,
        (_fraction("drift", known.drift), _fraction("limit", DRIFT_LIMIT)),
    )


def _fraction(name: str, value: float) -> Measure:
    return Measure(name, value, Unit.FRACTION)
