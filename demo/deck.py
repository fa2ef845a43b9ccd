"""The verb ``deck``: the whole talk as slides, from one results file and the agenda.

May import ``harness`` and its neighbours in ``demo``.
"""

import os
from pathlib import Path
from urllib.parse import quote

from harness.cast.format import CAST
from harness.errors import BadRequest, ExitCode, cannot_write
from harness.files import atomic
from harness.report import THEMES, Report
from harness.show.deck.build import deck_of
from harness.show.deck.canvas import LAYOUT
from harness.show.deck.presentation import Template, as_pptx
from harness.show.deck.values import Deck, Poster
from harness.show.pptx import LARGEST_BYTES
from harness.takes.folder import MOVIE_NAME, PAGE_NAME
from harness.takes.recordings import Recording, recording
from harness.talk.agenda import Agenda
from harness.text import number_of, printable

PRESENTATION, PDF, PAGE = ".pptx", ".pdf", ".html"
_FORMS = (PRESENTATION, PDF, PAGE)


def deck(
    path: Path,
    into: Path,
    agenda: Agenda,
    *,
    theme: str,
    template: Path | None = None,
    layout: str = "",
) -> tuple[str, int]:
    """Write the talk of the session at a path to a file; return what is in it, and the exit code.

    ``template`` is a presentation with a master of the presenter's (None: ours), and ``layout`` the
    name of the one to use of it (empty: the usual one). A refused session has no deck. Raises
    ``BadRequest``.
    """
    form = into.suffix.lower()
    _check_target(into, form)
    master = _template(form, template, layout)
    report = Report.load(path)
    recorded = recording_of(path)
    still = None if recorded is None else poster(recorded, None if form == PAGE else into)
    made = deck_of(report, agenda, still)
    if made is None:
        return f"{report.text}\nno deck is written: nothing may be claimed", ExitCode.REFUSED
    content = _written(made, report, recorded, form=form, theme=theme, master=master)
    try:
        atomic.replace(into, content)
    except OSError as error:
        raise cannot_write(printable(str(into)), error, "name another file with --out") from error
    return _summary(made, agenda, into), ExitCode.DONE


def poster(recorded: Recording, deck: Path | None) -> Poster:
    """Return a still of a recording, with what it is if it is not verified.

    It leads from a ``deck`` to the page and the film beside it (None: the deck plays it itself).
    """
    from harness.cast.film.still import still

    remark = " · ".join(
        (f"run {recorded.results.run_id}", *(() if recorded.verified else ("NOT VERIFIED",)))
    )
    shown = still(recorded.cast, remark)
    words = "the recording: both clocks once the distributed side is done"
    page, film = (
        "" if deck is None else _seen_from(deck, recorded.folder / name)
        for name in (PAGE_NAME, MOVIE_NAME)
    )
    return Poster(
        png=shown.png,
        width=shown.width,
        height=shown.height,
        words=words,
        page=page,
        film=film,
    )


def _seen_from(deck: Path, file: Path) -> str:
    """Return where a file is as seen from a deck, for a link.

    Empty where it is not there, or not below the deck's folder: then no copy of that folder would
    have it, and its path may name a home.
    """
    folder, target = deck.resolve().parent, file.resolve()
    if not target.is_file() or not target.is_relative_to(folder):
        return ""
    return quote(os.fsencode(target.relative_to(folder).as_posix()))


def recording_of(path: Path) -> Recording | None:
    """Return the recording of a take (None: it has none that can be read)."""
    folder = path if path.is_dir() else path.parent
    if not (folder / CAST).exists():
        return None
    return recording(folder)


def _check_target(into: Path, form: str) -> None:
    """Refuse a format that there is none of, and a deck that may have been edited."""
    if form not in _FORMS:
        raise BadRequest(
            f"a deck cannot be written as {printable(into.name)}",
            "end the name with .pptx, .pdf or .html",
        )
    if form == PRESENTATION and os.path.lexists(into):
        raise BadRequest(
            f"{printable(str(into))} is there already, and may have been edited",
            f"update it with `slide --into {printable(into.name)}`, or name another with --out",
        )


def _template(form: str, path: Path | None, layout: str) -> Template | None:
    """Return the presenter's master (None: none is named)."""
    if form != PRESENTATION and (path is not None or layout):
        raise BadRequest(
            f"a template is for PowerPoint, not for {printable(form)}",
            "end the name of --out with .pptx",
        )
    if path is None:
        if layout:
            raise BadRequest("--layout names one of a template", "name that file with --template")
        return None
    content = atomic.read(path, LARGEST_BYTES, "template", "name a .pptx or .potx file")
    return Template(content, layout or LAYOUT)


def _written(
    made: Deck,
    report: Report,
    recorded: Recording | None,
    *,
    form: str,
    theme: str,
    master: Template | None,
) -> bytes:
    colors = THEMES[theme]
    if form == PDF:
        from harness.show.deck.pdf import as_pdf

        return as_pdf(made, colors)
    if form == PAGE:
        from harness.cast.deck_page import render_deck

        played = recorded.cast if recorded is not None and recorded.verified else None
        return render_deck(made, colors, played)
    return as_pptx(made, report.curve, colors, master)


def _summary(made: Deck, agenda: Agenda, into: Path) -> str:
    """Return how many slides there are, and which beats have none."""
    talk = [one for one in made.slides if not one.is_question]
    counts = (
        f"{number_of(len(talk), 'slide')} for the talk",
        f"{number_of(len(made.slides) - len(talk), 'slide')} for questions",
    )
    shown = {one.beat for one in talk}
    missing = [printable(beat.name) for beat in agenda.beats if beat.name not in shown]
    lines = [f"{printable(str(into))}: {', '.join(counts)}"]
    if missing:
        lines.append(f"left out, because the facts for it are not there: {', '.join(missing)}")
    return "\n".join(lines)
