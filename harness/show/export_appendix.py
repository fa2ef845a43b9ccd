"""What supports the claim as numbers for programs: core-seconds, the proof of the baseline, losses.

Units are in the names of the fields, which do not change. May import ``harness.claims``, for its
values, and ``harness.model``.
"""

from harness.claims.claims import Claims
from harness.claims.core_time import CoreTime
from harness.claims.recovery import Loss, Recovery, Spread
from harness.model import Rate

Fields = dict[str, object]


def appendix_fields(claims: Claims) -> Fields:
    """Return what supports the claim: core-seconds, the proof of the baseline, losses."""
    proof = claims.proof
    least = proof.least_work if proof else None
    return {
        "core_seconds": list(map(_core_seconds, claims.core_time)),
        "rates": list(map(_rate, claims.results.rates)),
        "share_of_limit_fraction": proof.share_of_limit if proof else None,
        "whole_host_speedup_ratio": proof.whole_speedup if proof else None,
        "work_done_over_work_needed_ratio": 1 / least.share if least else None,
        "behind_best_variant_fraction": proof.behind_alternative if proof else None,
        "fake_speedup_beside_naive_ratio": proof.speedup_over_textbook if proof else None,
        "recovery": [_recovery(recovery) for recovery in claims.recoveries],
    }


def _core_seconds(split: CoreTime) -> Fields:
    fields: Fields = {
        "side": str(split.side),
        "workers": split.workers,
        "cores": split.cores,
        "given_core_s": split.available_s,
    }
    return fields | {f"{part.name.lower()}_core_s": spent for part, spent in split.parts}


def _rate(rate: Rate) -> Fields:
    return {
        "variant": str(rate.variant),
        "name": rate.name,
        "value": rate.value,
        "cores": rate.cores,
        "items_per_s": rate.items_per_s,
        "settings": rate.settings,
        "pass_s": rate.pass_s,
        "quality": rate.quality,
    }


def _recovery(recovery: Recovery) -> Fields:
    with_losses, without = recovery.efficiency_with, recovery.efficiency_without
    return {
        "workers": recovery.scale,
        "losses": len(recovery.losses),
        "losses_by_kind": {str(kind): number for kind, number in recovery.kinds.items()},
        "detection": _spread(recovery.detection),
        "replacement": _spread(recovery.replacement),
        "recovery": _spread(recovery.time),
        "redone": recovery.redone,
        "thrown_away_core_s": recovery.lost_cpu_s,
        "thrown_away_fraction": recovery.lost_share,
        "answers_identical": recovery.answers_identical,
        "efficiency_with_losses_fraction": with_losses,
        "efficiency_without_losses_fraction": without,
        "each": [_loss(loss) for loss in recovery.losses],
    }


def _spread(durations: Spread | None) -> Fields | None:
    if durations is None:
        return None
    low, high = durations.interval or (None, None)
    return {
        "number": durations.number,
        "median_s": durations.median_s,
        "lowest_s": durations.low_s,
        "highest_s": durations.high_s,
        "interval_low_s": low,
        "interval_high_s": high,
    }


def _loss(loss: Loss) -> Fields:
    return {
        "trial_order": loss.order,
        "worker": loss.worker,
        "kind": str(loss.kind),
        "struck_on_purpose": loss.is_struck,
        "notice_s": loss.notice_s,
        "noticed_after_s": loss.noticed_s,
        "replaced_after_s": loss.replaced_s,
        "caught_up_after_s": loss.caught_up_s,
        "redone": loss.redone,
        "thrown_away_core_s": loss.lost_cpu_s,
    }
