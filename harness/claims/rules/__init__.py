"""The honesty rules, each a value in the file of its theme, and what their judges raise.

A new rule is one value in one of these files and one line here. May import the files beside it,
``model`` and ``rule``.
"""

from harness.claims.rule import Caveat, Evidence, Rule, Verdict
from harness.claims.rules import (
    answers,
    baseline,
    capacity,
    environment,
    inputs,
    off_clock,
    proof,
    resources,
    results_file,
    same_work,
    serving,
    session,
    speedup,
    terms,
    times,
    uncertainty,
    work,
)

RULES: tuple[Rule, ...] = (
    times.ABSOLUTE_TIMES,
    baseline.SINGLE_MACHINE,
    speedup.COST,
    session.ONE_SESSION,
    inputs.SAME_INPUT,
    answers.SAME_QUALITY,
    answers.SAME_ANSWER,
    same_work.SAME_WORK,
    environment.SAME_SOURCE,
    terms.EQUAL_TERMS,
    resources.QUIET_MACHINE,
    work.STRONG_SCALING,
    times.TIMES_ADD_UP,
    speedup.ENOUGH_PAIRS,
    session.ORDER_ALTERNATES,
    session.EVERY_TRIAL,
    speedup.STABLE_TIMES,
    speedup.WITHIN_HARDWARE,
    results_file.COST_IN_FULL,
    resources.CHEAP_TO_WATCH,
    results_file.FROM_ITS_FIELDS,
    results_file.KIND_IS_STATED,
    environment.ENVIRONMENT,
    results_file.UNITS_NAMED,
    work.STRAGGLERS_SHOWN,
    proof.NEEDED_WORK,
    proof.PER_NODE_STANDARD,
    speedup.EFFICIENCY_SPLIT,
    uncertainty.SURE_OF_QUALITY,
    off_clock.NO_WORK_OFF_CLOCK,
    capacity.CAPACITY_SHOWN,
    serving.LATENCY_HELD,
    serving.RATE_SHOWN,
    serving.SENT_ON_TIME,
)


def refusals(evidence: Evidence) -> tuple[Caveat, ...]:
    """Return all reasons to claim nothing of a session; none: it may make a headline."""
    return _raised_caveats(evidence, Verdict.REFUSE)


def caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Return what must be said beside the headline."""
    return _raised_caveats(evidence, Verdict.CAVEAT, Verdict.UNCHECKED)


def _raised_caveats(evidence: Evidence, *verdicts: Verdict) -> tuple[Caveat, ...]:
    """Return what judges of some verdicts raise, by topic and within one in the rules' order."""
    judges = (judge for rule in RULES for judge in rule.judges if judge.verdict in verdicts)
    raised = (judge.judge(evidence) for judge in sorted(judges, key=lambda judge: judge.topic))
    return tuple(caveat for caveat in raised if caveat is not None)
