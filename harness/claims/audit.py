"""The audit: every honesty rule as data, judged on a session, with the measured value beside its threshold.

Rules own the keys of caveats and refusals, so that the audit and the headline cannot disagree.
May import ``model``, ``events``, ``errors``, ``results`` and the rest of ``score``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.claims.journal_check import differences
from harness.claims.pairs import Caveat, Measure, Pairs, complete_pairs
from harness.claims.rules.caveats import caveats
from harness.claims.rules.measured import Measured, Unknown
from harness.claims.rules.refusals import refusals
from harness.claims.rules.table import RULES, Rule
from harness.errors import BadRequest
from harness.events import Event
from harness.files.results import encode
from harness.model import Kind, Results


class Verdict(StrEnum):
    """What a rule says of a session, from best to worst."""

    PASS = "pass"
    UNCHECKED = "cannot be checked"
    CAVEAT = "caveat"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Finding:
    """One rule's verdict. ``measures`` hold the measured value and the threshold; ``sentence`` says what is so.

    ``title`` is the rule in two or three words, ``says`` what it demands. ``keys`` are those of the caveats and
    refusals behind the verdict (empty: there are none).
    """

    rule: str
    title: str
    says: str
    source: str
    verdict: Verdict
    sentence: str
    measures: tuple[Measure, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """All findings in the rules' order, then what the journal says.

    ``differences`` are the fields that the results file states otherwise than its journal (None: there is no journal).
    """

    results: Results
    findings: tuple[Finding, ...]
    differences: tuple[str, ...] | None

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict; a file that differs from its journal is refused."""
        return (
            Verdict.REFUSE
            if self.differences
            else max((finding.verdict for finding in self.findings), key=list(Verdict).index)
        )

    @property
    def missing_journal(self) -> Caveat | None:
        """Return what is to be said of a measured session whose journal is not there (None: it is, or there never was one).

        Declared facts have no journal, facts that were combined have several, and a rehearsal is refused anyway.
        """
        return None if self.differences is not None else _unwitnessed(self.results)

    def count(self, verdict: Verdict) -> int:
        """Return how many rules came to a verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


def audit(
    results: Results,
    journal: Iterable[Event] | None = None,
    *,
    journal_sha256: str = "",
    written: bytes | None = None,
) -> Audit:
    """Return every rule's verdict on a session, and what its journal says otherwise (None: there is no journal).

    ``journal_sha256`` is the journal's digest as it was read (empty: it is not compared), ``written`` the bytes of the
    results file (None: the facts were not read from one).
    """
    seen = complete_pairs(results)
    forbidding = refusals(results)
    missing_journal = _unwitnessed(results) if journal is None else None
    of_file = (
        caveat for caveat in (missing_journal, _rewritten(results, written)) if caveat is not None
    )
    qualifying = (*of_file, *(() if seen is None else caveats(seen)))
    findings = tuple(_finding(rule, results, seen, forbidding, qualifying) for rule in RULES)
    return Audit(
        results,
        findings,
        None if journal is None else differences(results, journal, journal_sha256),
    )


def _unwitnessed(results: Results) -> Caveat | None:
    """Judge a file without its journal: what it states could have been changed in step, and nothing would show it."""
    if results.kind is not Kind.MEASURED:
        return None
    return Caveat(
        "no-journal",
        "there is no journal to check these numbers against; keep events.jsonl beside results.json",
    )


def _rewritten(results: Results, written: bytes | None) -> Caveat | None:
    """Judge the file itself: facts that were written by this program have one form only."""
    if written is None:
        return None
    try:
        unchanged = encode(results) == written
    except BadRequest:
        unchanged = False
    return (
        None
        if unchanged
        else Caveat(
            "rewritten",
            "the file is not in the form that this program writes; use it as it was written",
        )
    )


def _finding(
    rule: Rule,
    results: Results,
    seen: Pairs | None,
    forbidding: tuple[Caveat, ...],
    qualifying: tuple[Caveat, ...],
) -> Finding:
    measured = _measured(rule, results, seen)
    for verdict, judgements in ((Verdict.REFUSE, forbidding), (Verdict.CAVEAT, qualifying)):
        if own := [judgement for judgement in judgements if judgement.key in rule.keys]:
            return _judged(rule, verdict, own, measured)
    if isinstance(measured, Unknown):
        return Finding(
            rule.id, rule.title, rule.says, rule.source, Verdict.UNCHECKED, str(measured)
        )
    return Finding(rule.id, rule.title, rule.says, rule.source, Verdict.PASS, rule.says, measured)


def _judged(rule: Rule, verdict: Verdict, own: list[Caveat], measured: Measured) -> Finding:
    """Return the verdict with the numbers behind it; a caveat that has none stands beside what the rule measures."""
    sentence = " · ".join(judgement.sentence for judgement in own)
    measures = tuple(measure for judgement in own for measure in judgement.measures)
    if verdict is Verdict.CAVEAT and not measures and not isinstance(measured, Unknown):
        measures = measured
    return Finding(
        rule.id,
        rule.title,
        rule.says,
        rule.source,
        verdict,
        sentence,
        measures,
        tuple(judgement.key for judgement in own),
    )


def _measured(rule: Rule, results: Results, seen: Pairs | None) -> Measured:
    if results.kind is Kind.DECLARED and not rule.of_declared:
        return Unknown("declared: nobody here saw it")
    return Unknown("there is no complete pair to judge") if seen is None else rule.measure(seen)
