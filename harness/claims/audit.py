"""The audit: each honesty rule's verdict on a session, with the measured value and its threshold.

A finding belongs to the rule whose judge raised it, and the headline reads the same rules, so that
the two agree. May import ``model``, ``events`` and the rest of ``claims``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from harness.claims.journal_check import check
from harness.claims.pairs import complete_pairs
from harness.claims.rule import Caveat, Evidence, Measure, Measured, Rule, Unknown
from harness.claims.rule import Verdict as Verdict
from harness.claims.rules import RULES
from harness.claims.rules.results_file import missing_journal
from harness.events import Event
from harness.model import JournalHeader, Kind, Results


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule's verdict.

    ``measures`` hold the measured value and the threshold; ``sentence`` says what is so.
    ``keys`` are those of the caveats and refusals behind the verdict (empty: there are none).
    """

    rule: Rule
    verdict: Verdict
    sentence: str
    measures: tuple[Measure, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """All findings in the rules' order, then what the journal says.

    ``differences`` are the fields that the results file states otherwise than its journal (None:
    there is no journal).
    """

    evidence: Evidence
    findings: tuple[Finding, ...]
    differences: tuple[str, ...] | None

    @property
    def results(self) -> Results:
        """Return the facts."""
        return self.evidence.results

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict; a file that differs from its journal is refused."""
        if self.differences:
            return Verdict.REFUSE
        return max((finding.verdict for finding in self.findings), key=list(Verdict).index)

    @property
    def missing_journal(self) -> Caveat | None:
        """Return what to say of a measured session whose journal is missing.

        None: it is there, or there never was one.
        Declared facts have no journal, combined facts have several, and a simulated session is
        refused anyway.
        """
        return missing_journal(self.evidence)

    def count(self, verdict: Verdict) -> int:
        """Return how many rules came to a verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


def audit(
    results: Results,
    journal: Iterable[Event] | None = None,
    *,
    journal_header: JournalHeader | None = None,
    journal_sha256: str = "",
    written: bytes | None = None,
    read_at: datetime | None = None,
) -> Audit:
    """Return every rule's verdict on a session, and what its journal says otherwise.

    ``journal`` is None where there is none.
    ``journal_header`` is its first line and ``journal_sha256`` its digest as they were read (None
    and empty: they are not compared),
    ``written`` the bytes of the results file and
    ``read_at`` when they were read (None: the facts were not read from one).
    """
    checked = None if journal is None else check(results, journal, journal_sha256, journal_header)
    evidence = Evidence(
        results=results,
        pairs=complete_pairs(results),
        written=written,
        read_at=read_at,
        journal_missing=journal is None,
        observed={} if checked is None else checked.observed,
    )
    return judged(evidence, None if checked is None else checked.differences)


def judged(evidence: Evidence, differences: tuple[str, ...] | None) -> Audit:
    """Return every rule's verdict on evidence, beside what a journal says otherwise."""
    return Audit(evidence, tuple(_finding(rule, evidence) for rule in RULES), differences)


def _finding(rule: Rule, evidence: Evidence) -> Finding:
    """Return the gravest verdict of the rule's judges, else what the rule measures."""
    measured = _measures_of(rule, evidence)
    for verdict in (Verdict.REFUSE, Verdict.CAVEAT, Verdict.UNCHECKED):
        if raised := _raised_caveats(rule, verdict, evidence):
            return _adverse_finding(rule, verdict, raised, measured)
    if isinstance(measured, Unknown):
        return Finding(rule=rule, verdict=Verdict.UNCHECKED, sentence=measured.reason)
    return Finding(rule=rule, verdict=Verdict.PASS, sentence=rule.demand, measures=measured)


def _raised_caveats(rule: Rule, verdict: Verdict, evidence: Evidence) -> list[Caveat]:
    judged = (judge.judge(evidence) for judge in rule.judges if judge.verdict is verdict)
    return [caveat for caveat in judged if caveat is not None]


def _adverse_finding(
    rule: Rule, verdict: Verdict, raised: list[Caveat], measured: Measured
) -> Finding:
    """Return the finding of what was raised; a caveat without numbers gets the rule's measures."""
    measures = tuple(measure for caveat in raised for measure in caveat.measures)
    if verdict is Verdict.CAVEAT and not measures and not isinstance(measured, Unknown):
        measures = measured
    return Finding(
        rule=rule,
        verdict=verdict,
        sentence=" · ".join(caveat.sentence for caveat in raised),
        measures=measures,
        keys=tuple(caveat.key for caveat in raised),
    )


def _measures_of(rule: Rule, evidence: Evidence) -> Measured:
    if evidence.results.kind is Kind.DECLARED and not rule.of_declared:
        return Unknown("declared: not measured here")
    if evidence.pairs is None:
        return Unknown("there is no complete pair to judge")
    return rule.measure(evidence.pairs)
