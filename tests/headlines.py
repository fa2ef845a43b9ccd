"""Sessions of every kind whose headlines the tests of text and slide read."""

from dataclasses import replace
from typing import Any

from harness.model import Code, FaultKind
from harness.report import Report
from tests.builders import (
    a_digest_of,
    a_report,
    a_spec,
    a_strike,
    a_sweep,
    golden_results,
    some_pairs,
    some_prices,
    some_words,
)
from tests.capacities import some_searches

HOSTILE = "$x^2$ \x1b[31m<script>alert('&')</script> 世界 " + "verylongword" * 20


def a_laptop_report() -> Report:
    """Return the report of a session with the caveats that one on a laptop has."""
    code = Code(commit=a_digest_of("commit")[:40], dirty=True, source_sha256=a_digest_of("source"))
    return a_report(spec=a_spec(prices=some_prices(illustrative=True)), code=code)


def a_hostile_report() -> Report:
    """Return the report of a session whose words would be markup or move the cursor."""
    words = some_words(
        bottleneck=HOSTILE, metric=HOSTILE, answers_differ=HOSTILE, limitation=HOSTILE
    )
    return a_report(spec=a_spec(workload=words), run_id=HOSTILE)


def a_struck_report(**changes: Any) -> Report:
    """Return the report of a session in which a worker was killed, and another one frozen."""
    faults = a_strike(), a_strike(worker="w0", kind=FaultKind.FREEZE, at_s=12.0, redone=0)
    baseline, distributed = some_pairs([40.0], [22.0])
    chaos = "kill:w1@33%", "freeze:w0@40%,5s"
    spec = a_spec(chaos=chaos, prices=some_prices(illustrative=True))
    trials = baseline, replace(distributed, faults=faults)
    return a_report(spec=spec, trials=trials, **changes)


REPORTS = {
    "golden": a_report(golden_results()),
    "laptop": a_laptop_report(),
    "six-pairs": a_report(
        trials=some_pairs(
            [40.0, 41.0, 40.5, 40.0, 39.8, 40.2], [22.0, 21.0, 22.2, 22.0, 22.1, 21.9]
        )
    ),
    "proved": a_report(a_sweep()),
    "slower": a_report(trials=some_pairs([22.0], [40.0])),
    "thousandfold": a_report(trials=some_pairs([40_000.0], [22.0])),
    "hardly slower": a_report(trials=some_pairs([38.0], [40.0])),
    "hostile": a_hostile_report(),
    "struck": a_struck_report(),
    "largest models": a_struck_report(**some_searches()),
    "struck-laptop": a_struck_report(
        rates=(), code=Code(commit="0" * 40, dirty=True, source_sha256=a_digest_of("source"))
    ),
}


HEADLINES = {name: report.headline for name, report in REPORTS.items() if report.headline}
