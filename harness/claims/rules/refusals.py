"""What forbids a headline: every reason, judged from facts alone, to claim nothing at all.

May import ``model``, ``evidence`` and the other judges: ``conduct``, ``seconds``, ``standing`` and ``work``.
"""

from collections.abc import Iterator

from harness.claims.pairs import Caveat, Measure, Pairs, Unit, complete_pairs, within_tolerance
from harness.claims.rules import baseline, session, times, work
from harness.model import Kind, Results, Status

_ENDED = {Status.ABORTED: "was stopped before its end", Status.FAILED: "failed"}


def refusals(results: Results) -> tuple[Caveat, ...]:
    """Return all reasons to claim nothing of this session; none: it may make a headline."""
    seen = complete_pairs(results)
    of_pairs = (
        [] if seen is None else [reason for judge in _JUDGES if (reason := judge(seen)) is not None]
    )
    return (*_of_session(results, seen), *of_pairs)


def _of_session(results: Results, seen: Pairs | None) -> Iterator[Caveat]:
    if results.kind is Kind.SIMULATED:
        yield Caveat(
            "simulated",
            "this was a simulated run; run a real workload to get a headline",
        )
    if results.status is not Status.COMPLETE:
        yield Caveat(
            str(results.status), f"the session {_ENDED[results.status]}; run it again to its end"
        )
    if seen is None:
        yield Caveat(
            "no-pair",
            "there is no complete pair of a baseline and a distributed run; run both sides to their end",
        )


def _input(seen: Pairs) -> Caveat | None:
    """Judge the trials of every scale, and the digest that the session goes by."""
    digests = {trial.input_sha256 for trial in work.finished(seen.results)}
    named = {seen.results.input.sha256} if seen.results.input is not None else set()
    if _undigested(seen) or (len(digests | named) == 1 and "" not in digests):
        return None
    return Caveat(
        "input-differs",
        "the two sides did not load the same input, by its digest; make load give the same value every time",
    )


def _held_out(seen: Pairs) -> Caveat | None:
    """Judge the trials of every scale, and the digest that the session goes by."""
    digests = {trial.held_out_sha256 for trial in work.finished(seen.results)}
    named = {seen.results.held_out.sha256} if seen.results.held_out is not None else set()
    if _undigested(seen) or (len(digests | named) == 1 and "" not in digests):
        return None
    return Caveat(
        "held-out-differs",
        "the two sides were not scored on the same held-out set, by its digest; fix its split in load",
    )


def _answers(seen: Pairs) -> Caveat | None:
    """Refuse other bits, unless the workload says why, or they were made by other processors or numbers of threads."""
    if _undigested(seen) or seen.results.spec.workload.answers_differ or seen.unlike_arithmetic:
        return None
    answers = {trial.answer_sha256 for trial in work.finished(seen.results)}
    if len(answers) == 1 and "" not in answers:
        return None
    sentence = "the answers differ, by their digests, and the workload gives no reason; find the cause, or declare it in answers_differ"
    return Caveat("answers-differ", sentence)


def _undigested(seen: Pairs) -> bool:
    """Declared facts have no digests: nobody saw the values."""
    return seen.results.kind is Kind.DECLARED


def _items(seen: Pairs) -> Caveat | None:
    counts = sorted({trial.items for trial in seen.trials})
    if len(counts) == 1:
        return None
    measures = Measure("fewest", counts[0], Unit.COUNT), Measure("most", counts[-1], Unit.COUNT)
    return Caveat(
        "items-differ",
        "the trials did not process the same number of items; compare equal work",
        measures,
    )


def _quality(seen: Pairs) -> Caveat | None:
    """Judge every pair: one that moved is enough, whichever way it moved."""
    words = seen.results.spec.workload
    pairs = zip(seen.baseline, seen.distributed, strict=True)
    change, one, many = max(
        ((many.quality - one.quality, one, many) for one, many in pairs),
        key=lambda pair: abs(pair[0]),
    )
    if within_tolerance(change, words.tolerance):
        return None
    named = {
        "baseline": one.quality,
        "distributed": many.quality,
        "change": change,
        "tolerance": words.tolerance,
    }
    measures = tuple(Measure(name, value, Unit.QUALITY) for name, value in named.items())
    return Caveat(
        "quality-moved",
        f"the {words.metric} moved by more than the tolerance fixed before the run",
        measures,
    )


def _source(seen: Pairs) -> Caveat | None:
    """Judge the processes of every scale, and the digest that the session goes by; it proves nothing where it is not known."""
    ran = {
        worker.process.source_sha256
        for trial in work.finished(seen.results)
        for worker in trial.workers_detail
    }
    named = {seen.results.code.source_sha256} - {""}
    if not ran or len(ran | named) == 1:
        return None
    return Caveat(
        "source-differs",
        "the processes ran different source code, or other than the session names; ship one version to every worker and run again",
    )


_JUDGES = (
    _input,
    work.inputs_differ,
    _held_out,
    work.held_out_is_input,
    _items,
    session.unequal_scales,
    _answers,
    _quality,
    work.work_lost,
    work.baseline_idle,
    work.beaten,
    baseline.weak,
    _source,
    session.missing,
    session.misordered,
    session.overlapped,
    session.outside,
    times.phases_unequal,
    times.core_seconds_unequal,
    times.impossible_seconds,
    session.watched_dearly,
)
