"""Rules about what came out: the quality is the same, and both sides gave one answer.

May import ``model``, ``rule`` and ``pairs``.
"""

from harness.claims.pairs import Pairs, finished_trials, pairs_by_scale
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    caveat,
    count,
    quality,
    refuse,
)
from harness.model import AnswerDifference, Difference, Kind, Side, Trial

RAY_LOG_LINES = r"^(\(.*pid=|\(raylet|....-..-.. ..:..:..,).*"

SCORES_ROUNDING = 1e-6


def _held_out_differs(pairs: Pairs) -> Caveat | None:
    """Judge the trials of every scale, and the digest that the session names."""
    results = pairs.results
    if results.kind is Kind.DECLARED:
        return None
    digests = {trial.held_out_sha256 for trial in finished_trials(results)}
    named = {results.held_out.sha256} if results.held_out is not None else set()
    if len(digests | named) == 1 and "" not in digests:
        return None
    return Caveat(
        "held-out-differs",
        "the two sides were not scored on the same held-out set, by its digest;"
        " fix its split in load",
    )


def _held_out_is_input(pairs: Pairs) -> Caveat | None:
    given, held_out = pairs.results.input, pairs.results.held_out
    if given is None or held_out is None or not given.bytes or given.sha256 != held_out.sha256:
        return None
    return Caveat(
        "held-out-is-input",
        "the answers were scored on the input they were made from; hold out a part in load",
    )


def _quality_moved(pairs: Pairs) -> Caveat | None:
    """Judge every pair: one that moved is enough, whichever way it moved.

    Where the answers themselves are compared, it is another rule that says how they differ.
    """
    if pairs.quality_tolerated or _differing(pairs) is not None:
        return None
    change, asked = pairs.quality_change, pairs.results.spec.workload
    both = zip(pairs.baseline, pairs.distributed, strict=True)
    one, many = next(pair for pair in both if pair[1].quality - pair[0].quality == change)
    return Caveat(
        "quality-moved",
        f"the {asked.metric} moved by more than the tolerance fixed before the run",
        (
            quality("baseline", one.quality),
            quality("distributed", many.quality),
            quality("change", change),
            quality("tolerance", asked.tolerance),
        ),
    )


def _unclean_scale(pairs: Pairs) -> Caveat | None:
    """Judge whether the quality moved at another scale than the headline's."""
    asked = pairs.results.spec.workload
    for other in pairs_by_scale(pairs.results):
        if other.scale != pairs.scale and not other.quality_tolerated:
            return Caveat(
                "unclean-scale",
                f"the {asked.metric} moved by more than its tolerance"
                " at another number of workers; that scale is no clean win",
                (
                    count("workers", other.scale),
                    quality("change", other.quality_change),
                    quality("tolerance", asked.tolerance),
                ),
            )
    return None


def _quality_unrepeatable(pairs: Pairs) -> Caveat | None:
    """Judge whether one and the same answer was always given the same quality.

    Where arithmetic may differ in its last bits, so may a quality; one that moved is refused
    already.
    """
    results = pairs.results
    if results.kind is Kind.DECLARED or pairs.arithmetic_may_differ or not pairs.quality_tolerated:
        return None
    qualities: dict[str, set[float]] = {}
    for trial in pairs.trials:
        if trial.answer_sha256:
            qualities.setdefault(trial.answer_sha256, set()).add(trial.quality)
    apart = max((max(scores) - min(scores) for scores in qualities.values()), default=0.0)
    if not apart:
        return None
    return Caveat(
        "quality-unrepeatable",
        f"equal answers, by their digest, were given unequal {results.spec.workload.metric};"
        " make quality depend on its arguments alone",
        (quality("apart", apart),),
    )


def _quality_by_process(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline's process gave a distributed answer its own side's scores."""
    workload = pairs.results.spec.workload
    gaps = [
        gap
        for trial in finished_trials(pairs.results)
        if (gap := trial.rescoring_gap) is not None and gap > _rounding(pairs, trial)
    ]
    if not gaps:
        return None
    return Caveat(
        "quality-by-process",
        f"one and the same answer was given unequal {workload.metric} by the processes of the two"
        " sides; make quality depend on its arguments alone",
        (quality("apart", max(gaps)),),
    )


def _rounding(pairs: Pairs, trial: Trial) -> float:
    """Return how far the scores of one answer may be apart for the arithmetic of two processes."""
    differences = trial.score_differences
    largest = max(abs(trial.quality), 0.0 if differences is None else differences.span)
    tolerated = pairs.results.spec.workload.tolerance if pairs.arithmetic_may_differ else 0.0
    return max(SCORES_ROUNDING * largest, tolerated)


def _not_rescored(pairs: Pairs) -> Caveat | None:
    if not any(trial.not_rescored for trial in finished_trials(pairs.results)):
        return None
    return Caveat(
        "scored-by-its-own-side",
        "the baseline's process could not read the distributed answer, so each side scored its own;"
        " return an answer that pickle can hand over",
    )


def _quality(pairs: Pairs) -> Measured:
    """Return how far the quality moved, and how many answers one process scored beside its own."""
    tolerance = pairs.results.spec.workload.tolerance
    gaps = (trial.rescoring_gap for trial in finished_trials(pairs.results))
    rescored = sum(gap is not None for gap in gaps)
    moved = quality("change", pairs.quality_change), quality("tolerance", tolerance)
    return (*moved, count("distributed answers scored by both processes", rescored))


def _items_differ(pairs: Pairs) -> Caveat | None:
    fewest, *more = sorted({trial.items for trial in pairs.trials})
    if not more or pairs.results.spec.workload.until:
        return None
    return Caveat(
        "items-differ",
        "the trials did not process the same number of items; compare equal work",
        (count("fewest", fewest), count("most", more[-1])),
    )


def _items_unreported(pairs: Pairs) -> Caveat | None:
    results, done = pairs.results, pairs.distributed[0].items
    given = results.input
    if given is None or done == given.items:
        return None
    if results.spec.workload.until and 0 < done < given.items:
        return None
    return Caveat(
        "items-unreported",
        "the sides did not report all the items they were given; have both call report",
        (count("reported", done), count("given", given.items)),
    )


def _answers_differ(pairs: Pairs) -> Caveat | None:
    """Refuse other bits, unless the workload or the arithmetic explains them."""
    results = pairs.results
    explained = results.spec.workload.answers_differ or pairs.arithmetic_may_differ
    if results.kind is Kind.DECLARED or explained:
        return None
    answers = {trial.answer_sha256 for trial in finished_trials(results)}
    if len(answers) == 1 and "" not in answers:
        return None
    if (trial := _differing(pairs)) is not None and trial.answer_difference is not None:
        return Caveat("answers-differ", _how_answers_differ(trial.side, trial.answer_difference))
    return Caveat(
        "answers-differ",
        "the answers differ, by their digests, and the workload gives no reason;"
        " find the cause, or declare it in answers_differ",
    )


def _differing(pairs: Pairs) -> Trial | None:
    """Return the first trial of a command pair whose answer is not the session's first."""
    trials = sorted(finished_trials(pairs.results), key=lambda trial: trial.order)
    return next((trial for trial in trials if trial.answer_difference is not None), None)


def _how_answers_differ(side: Side, difference: AnswerDifference) -> str:
    """Return a sentence on two programs' answers, with the ways out."""
    if side is difference.first_side:
        whose = f"the {side} program gave another answer when it ran again"
    else:
        whose = "the answers differ"
    match difference.kind:
        case Difference.ORDER:
            return f"{whose}: the same lines in another order; sort both, or name a --quality"
        case Difference.RAY_LOG:
            return (
                f"{whose} in lines of Ray's log alone; leave them out with"
                f" --ignore '{RAY_LOG_LINES}', or ray.init(log_to_driver=False)"
            )
        case Difference.BYTES:
            return f"{whose} from byte {difference.place} on; find the cause, or name a --quality"
        case Difference.LINES:
            one, two = (
                f'"{line}"' if line else "missing" for line in (difference.first, difference.other)
            )
            return (
                f"{whose}: line {difference.place} is"
                f" {one} ({difference.first_side}) and {two} ({side});"
                " leave out what may differ with --ignore REGEX, name the file of the answer with"
                " --answer, or a number with --quality"
            )


def _answers_differ_in_bits(pairs: Pairs) -> Caveat | None:
    results = pairs.results
    if results.kind is Kind.DECLARED or pairs.answers_identical:
        return None
    given = results.spec.workload.answers_differ
    why = given or "unlike processors or thread counts round differently"
    return Caveat(
        "answers-differ-in-bits", f"the answers agree in quality, not to the last bit: {why}"
    )


def _answers(pairs: Pairs) -> Measured:
    digests = {trial.answer_sha256 for trial in pairs.trials}
    return count("items", pairs.baseline[0].items), count("answers", len(digests))


SAME_QUALITY = Rule(
    id="R06",
    title="same quality",
    demand="the quality moved by no more than a tolerance fixed before the run, and one process"
    " gives both answers their sides' scores; the sets are compared by digest, not item by item",
    source="MLPerf, DAWNBench",
    measure=_quality,
    judges=(
        refuse(_held_out_differs),
        refuse(_held_out_is_input),
        refuse(_quality_moved),
        refuse(_quality_unrepeatable),
        refuse(_quality_by_process),
        caveat(_not_rescored, Topic.RESULT),
        caveat(_unclean_scale, Topic.RUN),
    ),
)
SAME_ANSWER = Rule(
    id="R07",
    title="same answer",
    demand="both sides report all items, or stop at the same result,"
    " and give one answer or a reason why not",
    source="CloudSort",
    measure=_answers,
    judges=(
        refuse(_items_differ),
        refuse(_answers_differ),
        caveat(_items_unreported, Topic.RUN),
        caveat(_answers_differ_in_bits, Topic.RESULT),
    ),
)
