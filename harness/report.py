"""A session's report: read from its files once, audited, and ready to be shown anywhere.

The terminal, the slide, the deck and a notebook all show a ``Report``, so that none of them shows
the claims of an edited file. May import ``harness``, but not ``harness.run``.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Self

from harness.claims.audit import Audit, audit, judged
from harness.claims.claims import Claims
from harness.claims.combine import combine, combine_observed
from harness.claims.rule import Evidence
from harness.errors import BadRequest, ExitCode
from harness.events import Event
from harness.files import declared, journal, results
from harness.files.results import RESULTS_NAME
from harness.model import Results
from harness.show import appendix, figures, slide
from harness.show.displays import Drawing, Gallery, Note, TableView
from harness.show.export import Form, export
from harness.show.headline_text import final_lines, headline_frame, headline_text
from harness.show.report_page.document import render_report
from harness.show.report_page.drawings import Drawn
from harness.show.scaling_table import scaling_table
from harness.show.tables import format_table
from harness.show.terminal.lines import Frame
from harness.text import printable

HEADLINE, APPENDIX, REPORT_PAGE = "headline", "appendix.txt", "report.html"
THEMES = {theme.name: theme for theme in (figures.LIGHT, figures.DARK)}


class Report(Claims):
    """An audited session and all that is claimed of it; a notebook's cell shows its slide."""

    @classmethod
    def load(cls, *paths: str | Path) -> Self:
        """Return the report of a results file, a take's folder or a declared result (``.toml``).

        Several sessions of one configuration make one report. Raises ``BadRequest`` for what cannot
        be read or combined.
        """
        audits = [_audit_of(Path(path)) for path in paths]
        return cls(audits[0] if len(audits) == 1 else _combine_audits(audits))

    @classmethod
    def of(cls, facts: Results, events: Iterable[Event] | None = None) -> Self:
        """Return the report of a session that has just ended.

        ``events`` are those of its journal (None: it has none).
        """
        return cls(audit(facts, events))

    @cached_property
    def text(self) -> str:
        """Return the headline for a terminal, and a sweep's table; or the reasons against it."""
        return f"{headline_text(self)}{self.table_text}"

    @property
    def table_text(self) -> str:
        """Return a sweep's table below an empty line; empty for a race or a refused session."""
        if self.headline is None or len(self.results.spec.scales) < 2:
            return ""
        table = scaling_table(self)
        return "" if table is None else f"\n{format_table(table)}"

    def screen(self, columns: int) -> Frame:
        """Return the headline, or the reasons against it, for a terminal so wide."""
        return headline_frame(self, columns)

    def final_lines(self, columns: int) -> list[str]:
        """Return the lines that a recording of the session, so wide, must end with."""
        return final_lines(self, columns)

    @cached_property
    def appendix(self) -> str:
        """Return the tables for the questions afterwards; empty for a refused session."""
        return "\n".join(map(format_table, appendix.appendix_tables(self)))

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code; a simulated session is refused by design, and counts as shown."""
        reasons = {reason.key for reason in self.refused}
        return ExitCode.DONE if reasons <= {"simulated"} else ExitCode.REFUSED

    def export(self, form: Form | str) -> str:
        """Return the claim and the table as Markdown, CSV, JSON or LaTeX."""
        return export(self, form)

    def files(self, theme: str = "light", *, recording: str = "") -> dict[str, bytes]:
        """Return the files to keep, by name: texts, page, slide and figures, or a refusal's.

        ``recording`` is the name of the page beside them that plays the session's recording (empty:
        there is none).
        """
        text = {f"{HEADLINE}.txt": self.text.encode()}
        if self.drawable is None:
            return text | {REPORT_PAGE: render_report(self, (), recording)}
        colors = _theme(theme)
        suffix = "" if colors is figures.LIGHT else f"-{theme}"
        pictures = {
            f"{HEADLINE}{suffix}.{form}": picture
            for form, picture in slide.draw(self, colors).items()
        } | figures.draw(self, colors)
        drawn = (
            Drawn(name, pictures[file], colors)
            for name in figures.FIGURES
            if (file := f"fig-{name}{suffix}.svg") in pictures
        )
        page = {REPORT_PAGE: render_report(self, drawn, recording)}
        appended = {APPENDIX: self.appendix.encode()} if self.appendix else {}
        return text | page | appended | pictures

    def slide(self, theme: str = "light") -> Drawing | Note:
        """Return the headline slide, light or dark; of a refused session its reasons."""
        if self.drawable is None:
            return self._refusal
        return Drawing(slide.svg(self, _theme(theme)).decode())

    def table(self) -> TableView | Note:
        """Return the scaling table: every measured scale, and what Amdahl's law predicts beyond."""
        if self.headline is None:
            return self._refusal
        table = scaling_table(self)
        if table is None:
            return Note("there is no complete pair to make a table of")
        return TableView(table, self.export(Form.MARKDOWN))

    def figure(self, name: str, theme: str = "light") -> Drawing | Note:
        """Return the figure of that name, or why there is none.

        Raises ``BadRequest`` for a name that is not in ``figures.FIGURES``.
        """
        if name not in figures.FIGURES:
            raise BadRequest(f"there is no figure {name!r}", _figure_hint(name))
        if self.drawable is None:
            return self._refusal
        picture = figures.picture(self, name)
        if isinstance(picture, figures.Missing):
            return Note(picture.reason)
        return Drawing(figures.svg(picture, _theme(theme)).decode())

    def figures(self, theme: str = "light") -> Gallery | Note:
        """Return every figure whose facts are there, and why the others are not."""
        if self.drawable is None:
            return self._refusal
        views = {name: self.figure(name, theme) for name in figures.FIGURES}
        return Gallery(
            {name: view for name, view in views.items() if isinstance(view, Drawing)},
            {name: view.text for name, view in views.items() if isinstance(view, Note)},
        )

    @property
    def _refusal(self) -> Note:
        return Note(headline_text(self))

    def __repr__(self) -> str:
        return headline_text(self)

    def _repr_html_(self) -> str:
        return self.slide()._repr_html_()


def _audit_of(path: Path) -> Audit:
    """Return the audit of what a path holds, against the journal beside it."""
    if path.suffix.lower() == ".toml" and not path.is_dir():
        return audit(declared.load(path))
    file = _results_file(path)
    if path.is_dir() and not os.path.lexists(file):
        raise _no_results(path)
    written = results.read(file)
    read_at = datetime.now(UTC)
    facts = results.decode(written, printable(str(file)))
    if facts.combined:
        raise BadRequest(
            f"{printable(str(file))} says that it combines several sessions, and no file does",
            "give the results file of each: they are combined whenever they are shown",
        )
    beside = journal_of(path)
    if not os.path.lexists(beside):
        return audit(facts, written=written, read_at=read_at)
    try:
        events = journal.read(beside)
    except BadRequest as error:
        return replace(
            audit(facts, (), written=written, read_at=read_at), differences=(error.sentence,)
        )
    return audit(
        facts,
        events,
        journal_header=events.header,
        journal_sha256=events.sha256,
        written=written,
        read_at=read_at,
    )


def journal_of(path: Path) -> Path:
    """Return where the journal is of a take's folder or of a results file."""
    return _results_file(path).parent / journal.JOURNAL_NAME


def _results_file(path: Path) -> Path:
    return path / RESULTS_NAME if path.is_dir() else path


def _no_results(folder: Path) -> BadRequest:
    """Return the error of a folder that holds no results file, and why it may hold none."""
    name = printable(str(folder))
    if os.path.lexists(folder / journal.JOURNAL_NAME):
        return BadRequest(
            f"the take {name} has no {RESULTS_NAME}: its race is still running, or was killed",
            f"what happened in it is in its {journal.JOURNAL_NAME}",
        )
    return BadRequest(f"{name} holds no take", f"name a folder that has a {RESULTS_NAME}")


def _combine_audits(audits: Sequence[Audit]) -> Audit:
    """Return the audit of several sessions combined, each compared with its own journal."""
    unread = any(one.differences is None for one in audits)
    combined = combine([one.results for one in audits])
    evidence = replace(
        Evidence.of(combined),
        journal_missing=unread,
        observed=combine_observed([(one.results, one.evidence.observed) for one in audits]),
    )
    differences = tuple(
        f"{one.results.run_id}: {difference}"
        for one in audits
        for difference in one.differences or ()
    )
    return judged(evidence, differences if differences or not unread else None)


def _theme(name: str) -> figures.Theme:
    if name not in THEMES:
        raise BadRequest(f"there is no theme {name!r}", f"use {' or '.join(THEMES)}")
    return THEMES[name]


def _figure_hint(name: str) -> str:
    near = get_close_matches(name, figures.FIGURES, 1)
    return f"did you mean {near[0]}?" if near else f"use {', '.join(figures.FIGURES)}"
