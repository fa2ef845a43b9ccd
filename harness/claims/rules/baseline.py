"""The rule about the baseline: it is the best program on one machine, and its proof is reliable.

May import ``model``, ``rule``, ``pairs`` and ``baseline_proof``.
"""

from harness.claims.baseline_proof import DRIFT_LIMIT, BaselineProof, proof
from harness.claims.pairs import Pairs, hosts_of, one_worker_ratio
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    fraction,
    of_proof,
    ratio,
    refuse,
)
from harness.model import whole_machines

BASELINE_MATCHED = 0.98
BASELINE_BEATEN = 0.95
LIMIT_SHARE = 1.10
POSSIBLE_SHARE = 1.05


def _baseline_beaten(pairs: Pairs) -> Caveat | None:
    """Judge whether one worker alone was clearly faster; at p = 1 that is just a speedup."""
    tax = one_worker_ratio(pairs.results) if pairs.scale > 1 else None
    if tax is None or tax >= BASELINE_BEATEN:
        return None
    if pairs.results.disturbed:
        so = (
            "but other programs used the machine, so nothing can be concluded;"
            " close them and run again"
        )
    else:
        so = "so the baseline is not the best on one machine; make the faster one the baseline"
    return Caveat(
        "baseline-beaten",
        f"one worker alone was faster than the baseline, {so}",
        _one_worker_over_baseline(tax, BASELINE_BEATEN),
    )


def _baseline_matched(pairs: Pairs) -> Caveat | None:
    tax = one_worker_ratio(pairs.results) if pairs.scale > 1 else None
    if tax is None or not BASELINE_BEATEN <= tax < BASELINE_MATCHED:
        return None
    return Caveat(
        "baseline-matched",
        "one worker alone was a little faster than the baseline, which flatters the speedup;"
        " tune the baseline",
        _one_worker_over_baseline(tax, BASELINE_MATCHED),
    )


def _one_worker_over_baseline(tax: float, least: float) -> tuple[Measure, ...]:
    return ratio("T of one worker over baseline", tax), ratio("at least", least)


def _beats_itself(pairs: Pairs) -> Caveat | None:
    """Judge whether one and the same command ran on as many cores on both sides."""
    if _cores_alone_differ(pairs) is not False:
        return None
    return Caveat(
        "beats-itself",
        "both sides are one command on as many cores, so what differs is chance or a warm cache;"
        " name another program for the distributed side",
    )


def _same_command(pairs: Pairs) -> Caveat | None:
    if _cores_alone_differ(pairs) is not True:
        return None
    return Caveat(
        "same-command",
        "both sides are one command, and only the number of its cores differs;"
        " --warmup leaves out what the first run loads for the second",
    )


def _cores_alone_differ(pairs: Pairs) -> bool | None:
    """Return whether the cores of one and the same command differ (None: there are two)."""
    spec = pairs.results.spec
    if spec.commands is None or not spec.commands.same_command:
        return None
    return pairs.scale * spec.cores_per_worker != spec.baseline_cores


def _whole_host_wins(proof: BaselineProof) -> Caveat | None:
    """Judge whether one machine with all its cores would have been faster than the workers."""
    gain = proof.speedup_over_whole
    if gain is None or gain >= 1:
        return None
    return Caveat(
        "whole-host-wins",
        "the baseline on all its host's cores beats the workers;"
        " use the whole host, or more workers",
        (ratio("speedup over the whole host", gain), ratio("at least", 1.0)),
    )


def _cores_stand_for_machines(pairs: Pairs) -> Caveat | None:
    """Judge whether a worker had a machine; a baseline timed on the whole host is compared with."""
    why = _shares_machines(pairs)
    if why is None:
        return None
    baseline_proof = proof(pairs.results, pairs)
    gain = None if baseline_proof is None else baseline_proof.whole_speedup
    if gain is None or gain < 1:
        advice = "show the baseline on the whole host with --prove-baseline or --baseline-cores all"
        measures: tuple[Measure, ...] = ()
    else:
        advice = "compare with what the whole host does"
        measures = (
            ratio("baseline on all its cores", gain),
            ratio("speedup over that", pairs.speedup / gain),
        )
    return Caveat(
        "cores-stand-for-machines", f"cores stand for machines: {why}; {advice}", measures
    )


def _shares_machines(pairs: Pairs) -> str | None:
    """Return why a worker is not a machine (None: each is, or there is one worker)."""
    results, workers = pairs.results, pairs.workers
    if len(workers) < 2:
        return None
    if len(hosts_of(pairs.distributed[:1])) == 1:
        return "all workers share one host"
    if whole_machines(workers, results.hosts, results.spec.cores_per_worker):
        return None
    return "a worker is a part of its host"


def _whole_host_slower(proof: BaselineProof) -> Caveat | None:
    """Judge whether the whole host looks slower than one of its cores, which is not credible."""
    gain = proof.whole_speedup
    if gain is None or gain >= 1:
        return None
    return Caveat(
        "whole-host-slower",
        "the baseline was slower on all the host's cores than on its own, so the host was busy;"
        " prove it again on a quiet one",
        (ratio("baseline on all its cores", gain),),
    )


def _copies_slower(pairs: Pairs) -> Caveat | None:
    """Judge whether the workers did better than copies of the baseline, who exchange nothing."""
    baseline_proof = proof(pairs.results, pairs)
    possible = None if baseline_proof is None else baseline_proof.possible_efficiency
    if possible is None or pairs.efficiency <= POSSIBLE_SHARE * possible:
        return None
    return Caveat(
        "copies-slower",
        "copies of the baseline at once were slower than the workers,"
        " so the host was busy, or a worker's part fits its cache better;"
        " prove it again on a quiet host",
        (fraction("efficiency", pairs.efficiency), fraction("of the copies", possible)),
    )


def _limit_implausible(proof: BaselineProof) -> Caveat | None:
    share = proof.share_of_limit
    if share is None or share <= LIMIT_SHARE:
        return None
    return Caveat(
        "limit-implausible",
        "the baseline was faster than its machine's own limit, so the limit or the rate is wrong;"
        " prove it again on a quiet machine",
        (fraction("share of the limit", share), fraction("at most", LIMIT_SHARE)),
    )


def _proof_drifted(proof: BaselineProof) -> Caveat | None:
    """Judge whether the baseline's rate was the same at both ends of its proof."""
    if proof.drift <= DRIFT_LIMIT:
        return None
    return Caveat(
        "proof-drifted",
        "the machine changed its speed while the baseline was proved;"
        " prove it again on a quiet machine",
        (fraction("drift", proof.drift), fraction("limit", DRIFT_LIMIT)),
    )


def _one_worker(pairs: Pairs) -> Measured:
    tax = one_worker_ratio(pairs.results)
    if tax is None:
        return Unknown("one worker alone was not measured against a baseline of as many cores")
    return _one_worker_over_baseline(tax, BASELINE_MATCHED)


SINGLE_MACHINE = Rule(
    id="R02",
    title="single machine",
    demand="the baseline is the best program on one machine:"
    " one worker alone is at most 2 % faster",
    source="Hoefler 1, COST, Bailey 6",
    measure=_one_worker,
    judges=(
        refuse(_baseline_beaten),
        refuse(_beats_itself),
        caveat(_same_command, Topic.GAIN),
        caveat(_baseline_matched, Topic.BASELINE),
        caveat(of_proof(_whole_host_wins), Topic.GAIN),
        caveat(_cores_stand_for_machines, Topic.BASELINE),
        caveat(of_proof(_whole_host_slower), Topic.BASELINE),
        caveat(_copies_slower, Topic.BASELINE),
        caveat(of_proof(_limit_implausible), Topic.BASELINE),
        caveat(of_proof(_proof_drifted), Topic.BASELINE),
    ),
)
