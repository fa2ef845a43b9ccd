"""An audit as text: a line for each rule, one line in all, a slide's footer, and data for programs.

Everything returned is printable. May import ``harness.claims``, for its values, ``harness.model``,
``harness.text`` and ``phrases``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from harness import text
from harness.claims.audit import Audit, Finding, Verdict
from harness.claims.requirements import Judgement
from harness.model import Kind
from harness.show import phrases
from harness.show.provenance import provenance

_COLUMNS = 80
_MARGIN = 37
_MARKS = {Verdict.PASS: "  ", Verdict.UNCHECKED: " ?", Verdict.CAVEAT: " !", Verdict.REFUSE: "!!"}
_NAMES = {
    Verdict.PASS: "pass",
    Verdict.UNCHECKED: "unchecked",
    Verdict.CAVEAT: "CAVEAT",
    Verdict.REFUSE: "REFUSE",
}


def format_audit(audit: Audit) -> str:
    """Return the audit for a terminal of 80 columns: a line or more for each rule, then the sum."""
    tolerance = audit.results.spec.workload.tolerance
    findings = (_finding_lines(finding, tolerance) for finding in audit.findings)
    differences = (
        text.wrap(text.printable(difference), _COLUMNS, "!! ")
        for difference in audit.differences or ()
    )
    lines = [
        *text.wrap(provenance(audit.results), _COLUMNS, " "),
        "",
        *(line for lines in findings for line in lines),
        "",
        *(line for lines in differences for line in lines),
        *text.wrap(summary(audit), _COLUMNS, " "),
    ]
    return "".join(f"{line}\n" for line in lines)


def _finding_lines(finding: Finding, tolerance: float) -> list[str]:
    rule, verdict = finding.rule, finding.verdict
    lead = f"{_MARKS[verdict]} {rule.id}  {_NAMES[verdict]:<9}  {rule.title}"
    sentence = "" if verdict is Verdict.PASS else text.printable(finding.sentence)
    measures = ", ".join(phrases.measure(measure, tolerance) for measure in finding.measures)
    remark = " · ".join(filter(None, (sentence, measures)))
    return text.wrap(remark, _COLUMNS, f"{lead:<{_MARGIN}}")


def summary(audit: Audit) -> str:
    """Return the audit in one line.

    For example ``21 pass · 3 caveats · 1 cannot be checked · agrees with its journal``.
    """
    refused_by = [
        finding.rule.id for finding in audit.findings if finding.verdict is Verdict.REFUSE
    ]
    counts = [count for verdict, count in _counts(audit) if verdict is not Verdict.REFUSE]
    if audit.differences:
        refused_by.append("its journal")
    lead = [f"REFUSED by {', '.join(refused_by)}"] if refused_by else []
    return " · ".join(filter(None, (*lead, *counts, _journal(audit))))


def footer(audit: Audit) -> str:
    """Return the audit for a slide's footer: ``audit: 22 pass, 3 caveats, no journal``.

    A journal that agrees is not mentioned.
    """
    parts = [count for _, count in _counts(audit)]
    if audit.missing_journal is not None:
        parts.append("no journal")
    if audit.differences:
        parts.append("differs from its journal")
    return f"audit: {', '.join(parts)}"


def _counts(audit: Audit) -> Iterator[tuple[Verdict, str]]:
    """Yield how many rules came to each verdict, the refusals first, if any did."""
    refused = audit.count(Verdict.REFUSE)
    passed = audit.count(Verdict.PASS)
    caveats = audit.count(Verdict.CAVEAT)
    unchecked = audit.count(Verdict.UNCHECKED)
    if refused:
        yield Verdict.REFUSE, text.number_of(refused, "refusal")
    if passed:
        yield Verdict.PASS, f"{text.count(passed)} pass"
    if caveats:
        yield Verdict.CAVEAT, text.number_of(caveats, "caveat")
    if unchecked:
        yield Verdict.UNCHECKED, f"{text.count(unchecked)} cannot be checked"


def _journal(audit: Audit) -> str:
    """Return what the journal says (empty: it differs, which is said before)."""
    match audit.differences:
        case None if audit.results.kind is Kind.DECLARED:
            return "declared, so there is no journal"
        case None:
            return "its journal is not here"
        case ():
            return "agrees with its journal"
        case _:
            return ""


def format_judgements(judgements: Sequence[Judgement]) -> str:
    """Return a line for each requirement; whoever falls short is marked as a refusal is."""
    return "".join(f"{_judgement(judgement)}\n" for judgement in judgements)


def _judgement(judgement: Judgement) -> str:
    mark, verdict = ("  ", "met") if judgement.is_met else ("!!", "NOT MET")
    value = "nothing is claimed" if judgement.value is None else f"it is {judgement.value:.4g}"
    return f"{mark} {verdict:<7}  {judgement.requirement}: {value}"


def audit_data(audit: Audit, judgements: Sequence[Judgement] = ()) -> dict[str, Any]:
    """Return the audit as JSON can hold it, with what was required of the claim."""
    return {
        "run_id": audit.results.run_id,
        "kind": str(audit.results.kind),
        "verdict": str(audit.verdict),
        "counts": {str(verdict): audit.count(verdict) for verdict in Verdict},
        "findings": [_finding_data(finding) for finding in audit.findings],
        "journal": {
            "read": audit.differences is not None,
            "differences": list(audit.differences or ()),
        },
        "required": [
            {
                "name": judgement.requirement.name,
                "comparison": judgement.requirement.comparison,
                "bound": judgement.requirement.bound,
                "value": judgement.value,
                "met": judgement.is_met,
            }
            for judgement in judgements
        ],
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
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
