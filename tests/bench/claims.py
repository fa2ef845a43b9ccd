"""What the real program claims of a workload: its race in ABBA order, with the baseline proved.

Every figure is read from the report of the take; nothing is derived here but how near the
efficiency comes to what the host leaves possible. May import ``harness`` and its neighbours in
``tests``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.claims import Claims
from harness.claims.pairs import Pairs
from harness.claims.serving import ServiceGain, service_gain
from harness.claims.whole_pass import WholePass, fastest_that_holds
from harness.model import Parameters
from harness.report import Report
from harness.show import appendix_phrases as phrases
from tests.bench.races import WORKERS, run_race_into, without_terminal
from tests.bench.table import Aim, Finding, Row, at_least, at_most, judged, row, unmeasured

LEAST_WORK = at_least(0.9)
FASTEST_VARIANT = at_least(0.95)


@dataclass(frozen=True)
class Targets:
    """What a race on two workers should reach; None: it has no such target.

    ``of_possible`` is a share of the efficiency that copies of the baseline leave possible.
    """

    efficiency: float | None = None
    of_possible: float | None = None


def race(workload: str, pairs: int, params: Parameters, asked: Targets, take: Path) -> Finding:
    """Race a workload in ABBA order and prove its baseline; return what is claimed of the take."""
    settings = [word for name, value in params.items() for word in ("--set", f"{name}={value}")]
    run_race_into(
        take,
        without_terminal,
        *("--ui", "none", "--prove-baseline", "--trials", str(pairs)),
        *settings,
        workload=workload,
    )
    return claims_finding(Report.load(take), asked)


def claims_finding(claims: Claims, asked: Targets) -> Finding:
    """Return what is claimed of a race; figures of a refused one stand beside its refusal."""
    rows = [_headline(claims)]
    pairs = next((scale for scale in claims.scales if scale.scale == WORKERS), None)
    if pairs is not None:
        rows += [*_times(pairs), *_efficiencies(pairs, claims.proof, asked), *_qualities(pairs)]
    rows += _service(service_gain(claims.results))
    if claims.proof is not None:
        rows += _proof(claims.proof)
    return Finding(tuple(rows), claims.results.observer.foreign_cpu)


def _headline(claims: Claims) -> Row:
    why = "; ".join(reason.sentence for reason in claims.refused)
    return judged("headline", f"refused: {why}" if why else "stands", not why, "stands")


def _times(pairs: Pairs) -> Iterator[Row]:
    baseline_s, distributed_s = zip(*pairs.wall_times, strict=True)
    yield row("T1, the baseline", baseline_s, as_text=text.seconds)
    yield row(f"T{WORKERS}, on {WORKERS} workers", distributed_s, as_text=text.seconds)


def _efficiencies(pairs: Pairs, proof: BaselineProof | None, asked: Targets) -> Iterator[Row]:
    number = text.number_of(len(pairs), "pair")
    ends = " to ".join(text.three_digits(end / WORKERS) for end in pairs.interval or ())
    interval = f"95 % interval {ends}, {number}" if ends else f"{number}, too few for an interval"
    efficiency = f"efficiency E({WORKERS})"
    yield row(efficiency, [pairs.efficiency], _aim(asked.efficiency), note=interval)
    if proof is not None and proof.possible_efficiency is not None:
        possible = proof.possible_efficiency
        copies = f"{WORKERS} copies of the baseline at once, T1 ÷ their time"
        yield row(copies, [possible])
        of_possible = [pairs.efficiency / possible]
        yield row(f"{efficiency} ÷ that of the copies", of_possible, _aim(asked.of_possible))
    if pairs.hardware_efficiency is not None and pairs.statistical_efficiency is not None:
        yield row("hardware efficiency", [pairs.hardware_efficiency])
        yield row("statistical efficiency", [pairs.statistical_efficiency])


def _aim(limit: float | None) -> Aim | None:
    return None if limit is None else at_least(limit)


def _qualities(pairs: Pairs) -> Iterator[Row]:
    workload, first, second = pairs.results.spec.workload, pairs.baseline[0], pairs.distributed[0]
    limit, change = workload.tolerance, pairs.quality_change
    both = " and ".join(
        map(partial(text.quality, tolerance=limit), (first.quality, second.quality))
    )
    yield Row("quality of baseline and distributed, first pair", f"{workload.metric} {both}")
    yield judged(
        "largest change of quality in a pair",
        text.change(change, limit),
        pairs.quality_tolerated,
        f"within ±{text.tolerance(limit)}",
    )
    yield Row("answers", "identical" if pairs.answers_identical else "different")


def _service(gain: ServiceGain | None) -> Iterator[Row]:
    """Yield the rates at which both sides ran, and their largest latency (None: nothing)."""
    if gain is None:
        return
    rates = " and ".join(map(text.three_digits, (gain.alone, gain.together)))
    note = f"{text.percent(1 / gain.headroom)} of what held"
    yield Row("requests a second, baseline and distributed", rates, spread=note)
    p99s = gain.alone_p99_s, gain.together_p99_s
    yield judged(
        "largest p99 of a trial, baseline and distributed",
        " and ".join(map(text.seconds, p99s)),
        max(p99s) <= gain.budget_s,
        at_most(gain.budget_s).text(text.seconds),
    )


def _proof(proof: BaselineProof) -> Iterator[Row]:
    least, fastest = proof.least_work, fastest_that_holds(proof.alternatives)
    faster, others = f"{len(proof.cheaper_efforts)} faster", str(len(proof.alternatives))
    yield _share("least work as good ÷ T1", least, faster, LEAST_WORK)
    yield _share("fastest variant as good ÷ T1", fastest, others, FASTEST_VARIANT)
    if proof.behind_best is not None and proof.best is not None:
        tuned = "speed ÷ that of the best tuning tried"
        note = phrases.variant(proof.best)
        yield row(tuned, [1 - proof.behind_best], FASTEST_VARIANT, note=note)
    if proof.share_of_limit is not None and proof.limit is not None:
        yield row("speed ÷ the core's own", [proof.share_of_limit], note=proof.limit.name)
    if proof.textbook_factor is not None:
        yield row("speed ÷ a textbook program's", [proof.textbook_factor])


def _share(what: str, one: WholePass | None, tried: str, aim: Aim) -> Row:
    """Return a row for the share of T1 that a variant takes, which is met where none is as good.

    ``tried`` begins with how many were tried.
    """
    if one is not None:
        return row(what, [one.share], aim, note=f"{phrases.variant(one.rate)}, the best of {tried}")
    if not tried.startswith("0"):
        return judged(what, f"none of {tried} is as good", True, aim.text(text.three_digits))
    return unmeasured(what, "none was tried")
