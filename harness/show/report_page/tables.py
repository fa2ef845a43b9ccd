"""Tables of a page: those for the questions afterwards, the audit's, and every run.

May import ``harness.claims``, for its values, ``harness.model``, ``harness.text``, ``harness.show``
and ``markup``.
"""

from collections.abc import Iterable, Iterator

from harness import text
from harness.claims.audit import Audit, Finding, Verdict
from harness.claims.claims import Claims
from harness.claims.rule import Measure
from harness.model import Kind, Trial
from harness.show import phrases
from harness.show.appendix import appendix_tables
from harness.show.audit_text import summary
from harness.show.provenance import provenance
from harness.show.report_page.markup import (
    NONE,
    Markup,
    bullets,
    element,
    join,
    paragraph,
    section,
    words,
)
from harness.show.scaling_table import scaling_table
from harness.show.tables import UNMEASURED, Row, RowKind, Table

_VERDICTS = {
    Verdict.PASS: ("pass", "pass"),
    Verdict.UNCHECKED: ("unchecked", "cannot be checked"),
    Verdict.CAVEAT: ("caveat", "CAVEAT"),
    Verdict.REFUSE: ("refuse", "REFUSED"),
}
_BOUNDS = {"limit", "at least", "at most", "good", "needed", "tolerance", "budget"}
_RUNS = (
    *("run", "side", "workers", "start-up", "wall time", "core-seconds", "items", "quality"),
    "peak memory",
)


def tables(claims: Claims) -> Markup:
    """Return the scaling table and those of the appendix; empty for a refused session."""
    scaling = None if claims.headline is None else scaling_table(claims)
    every = ([] if scaling is None else [scaling]) + list(appendix_tables(claims))
    origin = provenance(claims.results)
    return section("tables", "Tables", *(_table(one, origin) for one in every))


def _table(table: Table, origin: str) -> Markup:
    """Return a table and its notes; where the numbers come from is said once, below."""
    flagged = any(_remark(row) for row in table.rows)
    columns = (*table.columns, "") if flagged else table.columns
    rows = (_row(row, flagged=flagged) for row in table.rows)
    notes = bullets((words(note) for note in table.notes if note != origin), "notes")
    return join([_grid(table.title, columns, rows), notes])


def _grid(title: str, columns: Iterable[str], rows: Iterable[Markup]) -> Markup:
    head = element("tr", *map(_column, columns))
    heading = element("h3", words(title)) if title else NONE
    grid = element("table", element("thead", head), element("tbody", join(rows)))
    return join([heading, element("div", grid, class_="scroll", tabindex="0")])


def _column(name: str) -> Markup:
    return element("th", words(name), scope="col", class_="side" if name == "side" else "")


def _row(row: Row, *, flagged: bool) -> Markup:
    name, *numbers = row.cells
    cells = [_name_cell(name), *(element("td", words(number)) for number in numbers)]
    remark = [element("td", words(_remark(row)), class_="remark")] if flagged else []
    return element("tr", *cells, *remark, class_=str(row.kind))


def _name_cell(name: str) -> Markup:
    return element("th", words(name), scope="row")


def _remark(row: Row) -> str:
    """Return in words what a row's style says, too."""
    predicted = (UNMEASURED,) if row.kind is RowKind.PREDICTED else ()
    return "; ".join((*predicted, *row.flags))


def audit_table(audit: Audit) -> Markup:
    """Return every rule with its verdict, what was measured, and the threshold beside it."""
    tolerance = audit.results.spec.workload.tolerance
    head = element("tr", *map(_column, ("rule", "verdict", "measured", "threshold")))
    rows = join(_finding(finding, tolerance) for finding in audit.findings)
    grid = element("table", element("thead", head), element("tbody", rows), class_="audit")
    differs = bullets(words(difference) for difference in audit.differences or ())
    return section("audit", "Audit", paragraph(summary(audit)), differs, grid)


def _finding(finding: Finding, tolerance: float) -> Markup:
    rule = finding.rule
    kind, verdict = _VERDICTS[finding.verdict]
    named = element("b", words(f"{rule.id} {rule.title}"))
    said = element("small", words(finding.sentence))
    measured = join(_measures(finding.measures, tolerance), "")
    cells = (
        element("th", named, said, scope="row"),
        element("td", words(verdict), class_="verdict"),
        element("td", measured, colspan="2"),
    )
    return element("tr", *cells, class_=kind)


def _measures(measures: Iterable[Measure], tolerance: float) -> Iterator[Markup]:
    """Yield a line for each number; a threshold stands beside the number that it bounds."""
    lines: list[tuple[str, str]] = []
    for measure in measures:
        written = phrases.measure(measure, tolerance)
        if measure.name in _BOUNDS and lines and not lines[-1][1]:
            lines[-1] = (lines[-1][0], written)
        else:
            lines.append(("", written) if measure.name in _BOUNDS else (written, ""))
    for number, bound in lines:
        beside = element("span", words(number)), element("span", words(bound))
        yield element("div", *beside, class_="measure")


def runs(claims: Claims) -> Markup:
    """Return every run of both sides; nothing where the numbers were measured elsewhere."""
    if claims.results.kind is Kind.DECLARED:
        return NONE
    tolerance = claims.results.spec.workload.tolerance
    rows = (_run(trial, tolerance) for trial in claims.results.trials)
    failed = (
        words(f"run {trial.order + 1} has no answer: {trial.failure}")
        for trial in claims.results.trials
        if trial.failure
    )
    grid = _grid("", _RUNS, rows) if claims.results.trials else NONE
    return section("runs", "Every run", grid, bullets(failed, "notes"))


def _run(trial: Trial, tolerance: float) -> Markup:
    answered = not trial.failure
    side = element("td", words(str(trial.side)), class_="side")
    cells = (
        text.count(trial.workers),
        text.seconds(trial.startup_s),
        text.seconds(trial.wall_s),
        text.seconds(trial.cpu_s),
        text.count(trial.items),
        text.quality(trial.quality, tolerance) if answered else text.NOTHING,
        text.size(trial.peak_rss_bytes),
    )
    numbers = (element("td", words(cell)) for cell in cells)
    return element("tr", _name_cell(text.count(trial.order + 1)), side, *numbers)
