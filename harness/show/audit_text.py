"""An audit as it is told: a line a rule for a terminal of 80 columns, data for other programs, and one line for a footer.

May import ``score.audit``, ``phrases`` and ``words``. Everything returned is safe to print.
"""

from typing import Any

from harness import text as words
from harness.claims.audit import Audit, Finding, Verdict
from harness.model import Kind
from harness.show import phrases

_COLUMNS = 80
_MARGIN = 37
_MARKS = {Verdict.PASS: "  ", Verdict.UNCHECKED: " ?", Verdict.CAVEAT: " !", Verdict.REFUSE: "!!"}
_WORDS = {
    Verdict.PASS: "pass",
    Verdict.UNCHECKED: "unchecked",
    Verdict.CAVEAT: "CAVEAT",
    Verdict.REFUSE: "REFUSE",
}


def format_audit(audit: Audit) -> str:
    """Return the audit for a terminal of 80 columns: a line a rule, more where it says more, and its sum as the last line."""
    tolerance = audit.results.spec.workload.tolerance
    lines = [f" {line}" for line in words.wrap(phrases.provenance(audit.results), _COLUMNS - 1)]
    lines += ["", *(line for finding in audit.findings for line in _told(finding, tolerance)), ""]
    lines += [
        line
        for difference in audit.differences or ()
        for line in words.wrap(words.printable(difference), _COLUMNS, "!! ")
    ]
    lines += words.wrap(summary(audit), _COLUMNS, " ")
    return "".join(f"{line}\n" for line in lines)


def summary(audit: Audit) -> str:
    """Return the audit in one line: ``21 pass · 3 caveats · 1 cannot be checked · agrees with its journal``."""
    refused = [finding.rule.id for finding in audit.findings if finding.verdict is Verdict.REFUSE]
    against = [*refused, *(["its journal"] if audit.differences else [])]
    lead = [f"REFUSED by {', '.join(against)}"] if against else []
    return " · ".join([*lead, *_counts(audit)[bool(refused) :], *_of_journal(audit)])


def footer(audit: Audit) -> str:
    """Return the verdict for a slide's footer: ``audit: 22 pass, 3 caveats, no journal``; one that agrees is not named."""
    journal = [] if audit.missing_journal is None else ["no journal"]
    return f"audit: {', '.join([*_counts(audit), *journal, *(['differs from its journal'] if audit.differences else [])])}"


def audit_data(audit: Audit) -> dict[str, Any]:
    """Return the audit as what JSON can hold."""
    return {
        "run_id": audit.results.run_id,
        "kind": str(audit.results.kind),
        "verdict": str(audit.verdict),
        "counts": {str(verdict): audit.count(verdict) for verdict in Verdict},
        "findings": [_finding(finding) for finding in audit.findings],
        "journal": {
            "read": audit.differences is not None,
            "differences": list(audit.differences or ()),
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "title": finding.rule.title,
        "says": finding.rule.demand,
        "source": finding.rule.source,
        "verdict": str(finding.verdict),
        "keys": list(finding.keys),
        "sentence": finding.sentence,
        "measures": [
            {"name": measure.name, "value": measure.value, "unit": str(measure.unit)}
            for measure in finding.measures
        ],
    }


def _told(finding: Finding, tolerance: float) -> list[str]:
    lead = f"{_MARKS[finding.verdict]} {finding.rule.id}  {_WORDS[finding.verdict]:<9}  {finding.rule.title}"
    measures = ", ".join(phrases.measure(measure, tolerance) for measure in finding.measures)
    said = [] if finding.verdict is Verdict.PASS else [words.printable(finding.sentence)]
    return words.wrap(
        " · ".join([*said, *filter(None, [measures])]), _COLUMNS, f"{lead:<{_MARGIN}}"
    )


def _counts(audit: Audit) -> list[str]:
    """Return how many rules came to each verdict, the refusals first; verdicts that none came to are left out."""
    refused, passed, caveats, unchecked = (
        audit.count(verdict)
        for verdict in (Verdict.REFUSE, Verdict.PASS, Verdict.CAVEAT, Verdict.UNCHECKED)
    )
    told = (
        (refused, words.number_of(refused, "refusal")),
        (passed, f"{words.count(passed)} pass"),
        (caveats, words.number_of(caveats, "caveat")),
        (unchecked, f"{words.count(unchecked)} cannot be checked"),
    )
    return [said for number, said in told if number]


def _of_journal(audit: Audit) -> list[str]:
    match audit.differences:
        case None if audit.results.kind is Kind.DECLARED:
            return ["declared, so there is no journal"]
        case None:
            return ["its journal is not here"]
        case ():
            return ["agrees with its journal"]
        case _:
            return []
