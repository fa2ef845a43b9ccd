"""Pages of reports, taken apart by ``tests.cast.pages.Document``."""

from collections.abc import Callable
from functools import cache

from harness.model import Kind, Status
from harness.report import THEMES, Report
from harness.show import figures
from harness.show.report_page.document import render_report
from harness.show.report_page.drawings import Drawn
from tests.builders import a_report, a_sweep, golden_results
from tests.cast.pages import Document
from tests.headlines import a_hostile_report, a_struck_report
from tests.terminals import ROOT

REPORTS: dict[str, Callable[[], Report]] = {
    "race": lambda: Report.load(ROOT / "recordings" / "showcase"),
    "sweep": lambda: Report.load(ROOT / "tests" / "real" / "results.json"),
    "declared": lambda: a_report(golden_results()),
    "hostile": a_hostile_report,
    "refused": lambda: a_report(status=Status.ABORTED),
    "simulated": lambda: a_report(kind=Kind.SIMULATED),
    "struck": a_struck_report,
    "scales": lambda: a_report(a_sweep()),
}


@cache
def report_of(name: str) -> Report:
    """Return one of the reports."""
    return REPORTS[name]()


@cache
def page_of(name: str, theme: str = "light", recording: str = "") -> bytes:
    """Return the page of one of the reports, with its figures."""
    report, colors = report_of(name), THEMES[theme]
    drawn = (
        Drawn(name, figures.svg(picture, colors), colors)
        for name, picture in figures.pictures(report).items()
    )
    return render_report(report, drawn, recording)


@cache
def document_of(name: str) -> Document:
    """Return the page of one of the reports, taken apart."""
    return Document(page_of(name))


def plain(text: str) -> str:
    """Return text with spaces that may break, as it was before."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
