"""The honesty rules as data: what each demands, where it comes from, whose judgements are its own, and what it measures.

Each key of a caveat or refusal belongs to one rule. May import the rest of ``score``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.claims.pairs import Pairs
from harness.claims.rules import measured
from harness.claims.rules.measured import Measured


@dataclass(frozen=True)
class Rule:
    """One rule. ``title`` is it in two or three words, ``says`` what it demands, ``keys`` are those of its caveats and refusals.

    ``measure`` gives its values and thresholds, whatever was judged; ``of_declared`` tells whether the rule can be
    checked on numbers that were measured elsewhere.
    """

    id: str
    title: str
    says: str
    source: str
    keys: tuple[str, ...]
    measure: Callable[[Pairs], Measured]
    of_declared: bool = False


RULES = (
    Rule(
        "R01",
        "absolute times",
        "absolute times of both sides are there, and every ratio is recomputed from them",
        "Hoefler 1, 4",
        ("no-pair",),
        measured.times,
        of_declared=True,
    ),
    Rule(
        "R02",
        "single machine",
        "the baseline is the best program on one machine: one worker alone is at most 2 % faster, no value tried more than 5 %",
        "Hoefler 1, COST, Bailey 6",
        (
            "cores-stand-for-machines",
            "whole-host-slower",
            "whole-host-wins",
            "baseline-beaten",
            "baseline-matched",
            "baseline-weak",
            "baseline-untuned",
            "limit-implausible",
            "proof-drifted",
        ),
        measured.single_machine,
    ),
    Rule(
        "R03",
        "COST",
        "COST is reported: the smallest number of workers that beats the baseline",
        "COST",
        ("slowdown",),
        measured.cost_scale,
        of_declared=True,
    ),
    Rule(
        "R04",
        "one session",
        "all trials are of one run, on one clock, inside the session, and none overlaps another unless together",
        "MLPerf, SPEC",
        ("combined", "trials-overlap", "outside-session"),
        measured.session,
    ),
    Rule(
        "R05",
        "same input",
        "the input is the same, by its digest, on both sides and on every worker",
        "MLPerf",
        ("input-differs", "worker-input-differs", "input-unnamed"),
        measured.inputs,
    ),
    Rule(
        "R06",
        "quality held",
        "the quality held within a tolerance fixed before the run; whole sets are compared by digest, single items are not looked for",
        "MLPerf, DAWNBench",
        ("held-out-differs", "held-out-is-input", "quality-moved", "unclean-scale"),
        measured.quality,
    ),
    Rule(
        "R07",
        "same answer",
        "both sides gave all items, and one answer or a reason why not",
        "CloudSort",
        ("items-differ", "items-unreported", "answers-differ", "answers-differ-in-bits"),
        measured.answers,
    ),
    Rule(
        "R08",
        "work conserved",
        "the workers did the baseline's work, and the baseline did not sleep",
        "hyperfine user/sys",
        ("work-lost", "baseline-idle", "baseline-crowded"),
        measured.conserved,
    ),
    Rule(
        "R09",
        "same source",
        "the source that the session names ran everywhere, on machines of one kind, from a commit, with its seeds recorded",
        "Hoefler 9",
        ("source-differs", "unlike-machines", "no-seed", "no-commit", "dirty-tree"),
        measured.source,
    ),
    Rule(
        "R10",
        "equal terms",
        "every thread had a core up to the headline's scale, and threads and niceness were equal in all trials",
        "asv tuning, ray#13100",
        ("oversubscribed", "unequal-terms"),
        measured.cores,
    ),
    Rule(
        "R11",
        "quiet machine",
        "neither the other side nor other programs nor a battery slowed a side",
        "pyperf",
        ("contention", "shared-machine", "on-battery"),
        measured.apart,
    ),
    Rule(
        "R12",
        "strong scaling",
        "strong scaling: the same items at every number of workers",
        "Hoefler, Bailey 4",
        ("scales-unequal", "weak-scaling"),
        measured.equal_work,
    ),
    Rule(
        "R13",
        "times add up",
        "phases add up to the wall time and core-seconds to all cores; none is more than there was; what is off the clock is listed",
        "MLPerf, Bailey 2",
        (
            "phases-unequal",
            "core-seconds-unequal",
            "impossible-seconds",
            "start-up-unlisted",
            "start-up-on-clock",
        ),
        measured.sums,
    ),
    Rule(
        "R14",
        "enough pairs",
        "an interval from six pairs on, none below; faster only if it excludes no gain",
        "Hoefler 5–8",
        ("one-observation", "few-observations", "undecided"),
        measured.pairs,
        of_declared=True,
    ),
    Rule(
        "R15",
        "order alternates",
        "the order of the trials is stored, and the side that goes first alternates",
        "hyperfine#21, google/benchmark",
        ("order-contradicted", "order-unalternated"),
        measured.order,
    ),
    Rule(
        "R16",
        "every trial kept",
        "every trial that was launched is recorded, and the headline is the median",
        "MLPerf",
        ("trials-missing", "trial-failed"),
        measured.launched,
    ),
    Rule(
        "R17",
        "stable times",
        "the times are stable, and outliers are counted, never dropped",
        "pyperf, hyperfine",
        ("unstable",),
        measured.spread,
    ),
    Rule(
        "R18",
        "within hardware",
        "no more speed than hardware, and a serial share between none and all",
        "Hoefler 11, Karp–Flatt",
        ("superlinear",),
        measured.law,
        of_declared=True,
    ),
    Rule(
        "R19",
        "cost in full",
        "every machine is billed, and the prices carry currency, source and date",
        "DAWNBench, TPC",
        ("illustrative-prices", "prices-unsourced"),
        measured.price,
        of_declared=True,
    ),
    Rule(
        "R20",
        "cheap to watch",
        "watching cost next to nothing",
        "Hoefler, Lightning#21321",
        ("watching-costly", "watching-noticed"),
        measured.watching,
    ),
    Rule(
        "R21",
        "from its fields",
        "every number comes from a field of the file, which is as this program wrote it and has its journal beside it",
        "ClickBench",
        ("no-journal", "rewritten"),
        measured.recomputed,
        of_declared=True,
    ),
    Rule(
        "R22",
        "kind is said",
        "what is simulated, declared, replayed or cut short says so",
        "MLPerf messaging",
        ("simulated", "declared", "replayed", "aborted", "failed"),
        measured.kind,
        of_declared=True,
    ),
    Rule(
        "R23",
        "environment",
        "every machine is described in full",
        "MLPerf, pyperf",
        ("environment-incomplete",),
        measured.environment,
    ),
    Rule(
        "R24",
        "units named",
        "every quantity carries its unit",
        "Hoefler",
        ("unit-missing",),
        measured.units,
        of_declared=True,
    ),
    Rule(
        "R25",
        "stragglers shown",
        "stragglers and lost workers are shown",
        "Dask task stream",
        ("straggler", "lost-worker"),
        measured.stragglers,
    ),
)
