"""The rules that the proof of the baseline answers: is its work needed, and is it done well?

May import ``rule``, ``pairs``, ``baseline_proof`` and ``model``.
"""

from harness.claims.baseline_proof import BaselineProof, proof
from harness.claims.pairs import Pairs
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    of_proof,
    ratio,
    refuse,
    uncheckable,
)
from harness.model import Kind

LEAST_SHARE = 0.9
LEAST_SHARE_OF_ALL = 0.8
UNTUNED_LIMIT = 0.05
BADLY_TUNED_LIMIT = 0.20


def _padded(proof: BaselineProof) -> Caveat | None:
    """Judge whether a setting that means far less work reaches the baseline's quality."""
    least = proof.least_work
    if least is None or least.share >= LEAST_SHARE_OF_ALL:
        return None
    return Caveat(
        "padded-work",
        "the baseline reaches the same quality with far less work;"
        " run both sides with the cheaper setting",
        _work_over_need(least.share, LEAST_SHARE_OF_ALL),
    )


def _slightly_padded(proof: BaselineProof) -> Caveat | None:
    least = proof.least_work
    if least is None or not LEAST_SHARE_OF_ALL <= least.share < LEAST_SHARE:
        return None
    return Caveat(
        "spare-work",
        "the baseline reaches the same quality with less work;"
        " run both sides with the cheaper setting",
        _work_over_need(least.share, LEAST_SHARE),
    )


def _need_not_shown(pairs: Pairs) -> Caveat | None:
    """Judge whether any cheaper setting was tried; of declared runs nobody can tell."""
    if pairs.results.kind is Kind.DECLARED or _shows_need(pairs):
        return None
    return Caveat(
        "need-not-shown",
        "that the work is needed is not shown;"
        " prove the baseline, and declare cheaper settings as the workload's effort",
    )


def _shows_need(pairs: Pairs) -> bool:
    baseline_proof = proof(pairs.results, pairs)
    return baseline_proof is not None and baseline_proof.tried_less_work


def _needed_work(pairs: Pairs) -> Measured:
    baseline_proof = proof(pairs.results, pairs)
    if baseline_proof is None or not baseline_proof.tried_less_work:
        return Unknown("no cheaper setting of the baseline was tried")
    if baseline_proof.least_work is not None:
        return _work_over_need(baseline_proof.least_work.share, LEAST_SHARE)
    tried = count("cheaper settings tried", len(baseline_proof.cheaper_efforts))
    return tried, count("as good", 0)


def _work_over_need(share: float, least: float) -> tuple[Measure, ...]:
    return ratio("work done over work needed", 1 / share), ratio("at most", 1 / least)


def _variant_far_faster(proof: BaselineProof) -> Caveat | None:
    """Judge whether another way of doing the same is far faster and as good."""
    behind = proof.behind_alternative or 0.0
    if behind <= BADLY_TUNED_LIMIT:
        return None
    return Caveat(
        "variant-far-faster",
        "another way of doing the same on the same cores is far faster and as good;"
        " make it the baseline",
        _behind(behind, BADLY_TUNED_LIMIT),
    )


def _variant_faster(proof: BaselineProof) -> Caveat | None:
    behind = proof.behind_alternative or 0.0
    if not UNTUNED_LIMIT < behind <= BADLY_TUNED_LIMIT:
        return None
    return Caveat(
        "variant-faster",
        "another way of doing the same on the same cores is faster and as good,"
        " which flatters the speedup; make it the baseline",
        _behind(behind, UNTUNED_LIMIT),
    )


def _baseline_badly_tuned(proof: BaselineProof) -> Caveat | None:
    """Judge whether another value of the tuned parameter is far faster than the baseline's."""
    behind = proof.behind_best or 0.0
    if behind <= BADLY_TUNED_LIMIT:
        return None
    return Caveat(
        "baseline-weak",
        "the baseline was far slower than with the best value that was tried;"
        " run both sides with that value",
        _behind(behind, BADLY_TUNED_LIMIT),
    )


def _baseline_untuned(proof: BaselineProof) -> Caveat | None:
    behind = proof.behind_best or 0.0
    if not UNTUNED_LIMIT < behind <= BADLY_TUNED_LIMIT:
        return None
    return Caveat(
        "baseline-untuned",
        "the baseline was slower than with the best value that was tried,"
        " which flatters the speedup; run with that value",
        _behind(behind, UNTUNED_LIMIT),
    )


def _per_node(pairs: Pairs) -> Measured:
    baseline_proof = proof(pairs.results, pairs)
    if baseline_proof is None:
        return Unknown("the baseline was not timed beside its variants")
    measured = (baseline_proof.behind_best, baseline_proof.behind_alternative)
    behind = [share for share in measured if share is not None]
    if not behind:
        return Unknown("no other way of doing the same was timed")
    return _behind(max(behind), UNTUNED_LIMIT)


def _behind(share: float, limit: float) -> tuple[Measure, ...]:
    return fraction("behind the best", share), fraction("limit", limit)


NEEDED_WORK = Rule(
    id="R26",
    title="needed work",
    demand="no cheaper setting of the baseline reaches its quality in less than 90 % of its time",
    source="MLPerf (time to train), McCandlish et al. 2018, COST",
    measure=_needed_work,
    judges=(
        refuse(of_proof(_padded)),
        caveat(of_proof(_slightly_padded), Topic.BASELINE),
        uncheckable(_need_not_shown, Topic.BASELINE),
    ),
)
PER_NODE_STANDARD = Rule(
    id="R27",
    title="per-node standard",
    demand="no value and no variant tried on the same cores is as good and more than 5 % faster",
    source="Bailey 6, COST",
    measure=_per_node,
    judges=(
        refuse(of_proof(_baseline_badly_tuned)),
        refuse(of_proof(_variant_far_faster)),
        caveat(of_proof(_baseline_untuned), Topic.BASELINE),
        caveat(of_proof(_variant_faster), Topic.BASELINE),
    ),
)
