"""Sessions whose figures are drawn, and what a drawing is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from harness.claims.headline import Headline
from harness.model import (
    CommandFacts,
    CoreSeconds,
    Fault,
    FaultKind,
    Kind,
    Offer,
    Rate,
    Results,
    Side,
    Trial,
    Variant,
)
from harness.report import Report
from harness.show import figures
from harness.show.figures import FIGURES, LIGHT
from harness.show.figures.picture import Picture
from tests.builders import (
    a_host,
    a_pass,
    a_report,
    a_results,
    a_spec,
    a_strike,
    a_trial,
    golden_results,
    on_its_cores,
    some_pairs,
    some_prices,
    some_words,
)
from tests.services import serving

SVG = "{http://www.w3.org/2000/svg}"


HOSTILE = "$x^2$ \x1b[31m<script>alert('&')</script> 世界 " + "verylongword" * 20


WORDY = some_words(
    partition=(
        "each global batch is cut into fixed micro-batches; every worker owns an equal run of them"
    ),
    communication=(
        "1.2 MB of gradient sums per worker and step, from worker to worker; weights and samples"
        " never move"
    ),
    consistency=(
        "synchronous: one model, gradients added along one fixed tree, the same bits on any number"
        " of workers"
    ),
)


LONG = some_words(
    bottleneck=HOSTILE,
    partition=HOSTILE,
    communication="many words " * 90,
    consistency=HOSTILE,
    metric=HOSTILE,
    unit=HOSTILE,
    axis=HOSTILE,
)


RATES = (
    Rate(Variant.OWN, 12_300.0, 3.0, 1),
    Rate(Variant.TUNED, 8_100.0, 3.0, 1, "micro_batch", 128),
    Rate(Variant.TUNED, 12_350.0, 3.0, 1, "micro_batch", 1024),
    Rate(Variant.TEXTBOOK, 2_460.0, 3.0, 1),
    Rate(Variant.LIMIT, 13_100.0, 3.0, 1, "matrix products"),
    Rate(Variant.WHOLE, 22_500.0, 3.0, 2),
)


def trial_of(side: Side, scale: int, index: int, order: int, unclean: Sequence[int]) -> Trial:
    """Return a trial whose core-seconds are known, of a baseline of 40 s and a law of f = 4 %."""
    baseline = 40.0 + 0.2 * index
    wall = (
        baseline
        if side is Side.BASELINE
        else 1.03 * baseline * (0.04 + 0.96 / scale) * (1 + 0.01 * ((7 * index + scale) % 3))
    )
    rest = wall * scale - 0.97 * baseline
    spent = CoreSeconds(
        0.97 * baseline + rest * 0.1, rest * 0.5, rest * 0.2, rest * 0.15, rest * 0.05
    )
    facts: dict[str, Any] = {
        "index": index,
        "order": order,
        "began_s": 8.0 + 60 * order,
        "cpu_s": spent.compute_s,
    }
    lost = 0.012 if side is Side.DISTRIBUTED and scale in unclean else 0.0
    trial = a_trial(
        side, wall, scale, quality=0.975 - lost, core_seconds=spent, part_bytes=79_000_000, **facts
    )
    saturated = tuple(0.97 + 0.02 * (place % 3) / 2 for place in range(50))
    return replace(
        trial,
        workers_detail=tuple(
            replace(worker, utilization=saturated) for worker in trial.workers_detail
        ),
    )


def a_sweep_of(
    *points: int, rounds: int = 1, cores: int = 0, unclean: Sequence[int] = (), **changes: Any
) -> Results:
    """Return a sweep with everything that the figures show."""
    starts = [(Side.BASELINE, 1), *((Side.DISTRIBUTED, scale) for scale in points)]
    runs = [(index, *start) for index in range(rounds) for start in starts]
    trials = tuple(
        trial_of(side, scale, index, order, unclean)
        for order, (index, side, scale) in enumerate(runs)
    )
    fitting = [scale for scale in points if not cores or scale <= cores]
    given: dict[str, Any] = {
        "points": points if len(points) > 1 else (),
        "workers": fitting[-1],
        "trials": rounds,
        "workload": WORDY,
    }
    spec = a_spec(
        **(given | {"params": {"micro_batch": 1024}, "oversubscribe": bool(cores)} | changes)
    )
    host = a_host(cores=cores or max(points))
    return on_its_cores(a_results(spec=spec, trials=trials, rates=RATES, hosts=(host,)))


def with_passes(results: Results, *passes: Rate) -> Results:
    """Return a session whose proof holds whole passes, too; its baseline takes 40 s for 0.975."""
    return replace(results, rates=(*results.rates, *passes))


def iterations(count: int, seconds: float, quality: float) -> Rate:
    """Return a pass with so many iterations."""
    return a_pass(Variant.EFFORT, seconds, quality, settings={"iterations": count})


NEEDED = [iterations(2, 3.1, 0.931), iterations(4, 5.4, 0.964), iterations(5, 6.7, 0.970)]
OTHER_WAYS = (
    a_pass(Variant.ALTERNATIVE, 36.0, 0.958, name="int8"),
    a_pass(Variant.ALTERNATIVE, 44.0, 0.975, name="a library"),
)
WIDE = [
    a_pass(
        Variant.EFFORT,
        8.0 * place,
        0.9 + 0.01 * place,
        settings={HOSTILE: place, "permutations": 64 * place, "bands": 8, "mode": HOSTILE},
    )
    for place in range(1, 5)
]


OFFERS = some_prices(
    illustrative=True, offers=(Offer("spot", 0.34, 0.10, 0.0), Offer("reserved", 0.34, 0.20, 0.0))
)


STRIKES = (
    a_strike(worker="w0"),
    a_strike(kind=FaultKind.DRAIN, at_s=9.0, notice_s=4.0, cost_s=0.2, caught_up_s=4.4, redone=0),
    a_strike(worker="w0", kind=FaultKind.FREEZE, at_s=5.0, cost_s=5.0, caught_up_s=5.3, redone=0),
)


def struck(results: Results, *faults: Fault) -> Results:
    """Return a session in which workers were struck in every trial of the headline's scale."""
    workers = results.spec.workers
    trials = tuple(
        replace(trial, faults=faults)
        if trial.side is Side.DISTRIBUTED and trial.workers == workers
        else trial
        for trial in results.trials
    )
    spec = replace(results.spec, chaos=("poisson:mtbf=20s,seed=0",))
    return replace(results, spec=spec, trials=trials)


CASES = {
    "race": serving(struck(a_sweep_of(2), *STRIKES[:1])),
    "three": serving(struck(a_sweep_of(1, 2, 4, rounds=3, prices=OFFERS), *STRIKES)),
    "eight": a_sweep_of(1, 2, 4, 8, 16, 32, 64, 128, rounds=6),
    "ones": a_sweep_of(*range(1, 9), rounds=2),
    "flagged": a_sweep_of(1, 2, 4, 8, rounds=3, cores=2, unclean=(4,)),
    "golden": golden_results(),
    "long": serving(
        struck(
            a_sweep_of(1, 2, workload=LONG, prices=OFFERS),
            *(
                a_strike(worker="w1", at_s=5.2 + 0.5 * place, caught_up_s=None)
                for place in range(9)
            ),
        )
    ),
    "needed": with_passes(
        a_sweep_of(1, 2, 4, rounds=3, params={"iterations": 30}), *NEEDED, *OTHER_WAYS
    ),
    "spare": with_passes(a_sweep_of(2), *NEEDED, iterations(25, 34.4, 0.9745)),
    "slow efforts": with_passes(a_sweep_of(2), iterations(60, 80.0, 0.975)),
    "exact": with_passes(
        a_sweep_of(2, workload=some_words(tolerance=0.0)), iterations(25, 34.4, 0.975)
    ),
    "wide": with_passes(
        a_sweep_of(1, 2, workload=LONG),
        *WIDE,
        a_pass(Variant.ALTERNATIVE, 36.0, 0.958, name=HOSTILE),
    ),
    "slower": a_results(trials=some_pairs([22.0], [40.0])),
    "command pair": a_results(
        spec=a_spec(commands=CommandFacts(says_ready=False, input_named=False, compared="output"))
    ),
    "served": serving(a_results()),
    "thousandfold": a_results(trials=some_pairs([40_000.0], [22.0]), kind=Kind.DECLARED),
}


# Of these it is not known how good the baseline was, and of these where the core-seconds went.
UNPROVEN = {"golden"}
UNSPLIT = {"golden", "slower", "command pair", "served", "thousandfold"}


# In words, because every process that runs tests reads this file, and few need what is drawn.
STRUCK = {"race", "three", "long"}
SERVED = {"race", "three", "long", "served"}
DRAWN = [
    (case, name)
    for case in CASES
    for name in FIGURES
    if case
    not in {
        "baseline": UNPROVEN,
        "core-seconds": UNSPLIT,
        "recovery": set(CASES) - STRUCK,
        "latency": set(CASES) - SERVED,
    }.get(name, ())
]


@cache
def report_of(case: str) -> Report:
    return a_report(CASES[case])


def headline_of(case: str) -> Headline:
    claim = report_of(case).claim
    assert isinstance(claim, Headline), claim
    return claim


def texts(drawn: Figure) -> list[Text]:
    """Return every text of a drawing: of its page, and the ticks of its charts."""
    page, *charts = drawn.axes
    ticks = [label for one in charts for label in one.get_xticklabels() + one.get_yticklabels()]
    return [text for text in (*page.texts, *ticks) if text.get_text()]


@cache
def pictures(case: str) -> Mapping[str, Picture]:
    return figures.pictures(report_of(case))


def picture(case: str, name: str) -> Picture:
    return pictures(case)[name]


@cache
def drawing(case: str, name: str) -> Figure:
    return figures.render(picture(case, name), LIGHT)


@cache
def svg(case: str, name: str) -> bytes:
    return figures.svg(picture(case, name), LIGHT, drawing(case, name))


def read_back(case: str, name: str) -> dict[str, str]:
    """Return what the drawing says, by the field that it says it comes from."""
    root = ElementTree.fromstring(svg(case, name))
    named = {
        node.attrib["id"]: node.findtext(f"{SVG}title")
        for node in root.iter(f"{SVG}g")
        if "id" in node.attrib
    }
    return {
        field: said.replace("\N{NO-BREAK SPACE}", " ")
        for field, said in named.items()
        if said is not None
    }


def overlapping_texts(drawn: Figure) -> list[tuple[str, str]]:
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(drawn)]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)]


def overlap(one: BboxBase, other: BboxBase) -> bool:
    """Return whether two boxes share more than the few pixels above and below letters."""
    spare = 6
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 0 and high > spare


def marks(drawn: Figure) -> dict[str, list[Any]]:
    """Return the colour inside every mark, by its shape; ends of error bars are none."""
    found: dict[str, list[Any]] = {}
    for line in (line for axes in drawn.axes for line in axes.lines):
        if line.get_marker() not in ("None", "", "_", None):
            found.setdefault(str(line.get_marker()), []).append(to_rgb(line.get_markerfacecolor()))
    return found
