"""The verbs that show a session from its files: ``slide``, also into a deck, and ``audit``.

May import ``harness`` and its neighbours in ``demo``.
"""

import contextlib
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from demo.deck import poster, recording_of
from demo.headline_screen import screen_text
from demo.outputs import ensure_folder, output_folder, write_outputs
from harness.claims.audit import Audit, Verdict
from harness.claims.requirements import Judgement, Requirement, judge, parse_requirement
from harness.errors import BadRequest, ExitCode, cannot_write
from harness.files import atomic
from harness.report import THEMES, Report, journal_of
from harness.show import audit_text, pptx
from harness.takes.folder import PAGE_NAME
from harness.takes.recordings import Recording
from harness.talk.agenda import NO_AGENDA, Agenda
from harness.talk.agenda_file import read_agenda
from harness.text import printable, size

LONG_JOURNAL_BYTES = 20_000_000


def slide(
    paths: Sequence[Path],
    out: Path | None,
    *,
    theme: str,
    form: str | None,
    deck: Path | None,
    talk: Path | None,
    appendix: bool,
) -> int:
    """Show the sessions at these paths as asked: printed, drawn, exported or put into a deck.

    ``talk`` is the agenda of that deck. Return the exit code.
    """
    if talk is not None and deck is None:
        raise BadRequest("--talk names the agenda of a deck", "name that deck with --into")
    if form is not None and deck is not None:
        raise BadRequest("--format prints and --into updates a deck", "run slide once for each")
    folder = ensure_folder(out) if out is not None else _own_folder(paths)
    report = _load(paths)
    if form is not None:
        return _print_export(report, form)
    if deck is not None:
        recorded = recording_of(paths[0]) if len(paths) == 1 else None
        text, code = update_deck(deck, report, read_agenda(talk), recorded, theme)
        click.echo(text, nl=False)
        return code
    parts = (screen_text(report, sys.stdout), report.appendix if appendix else "")
    click.echo("\n".join(filter(None, parts)), nl=False)
    if folder is None:
        click.echo("hint: name a folder with --out to have slide and figures drawn", err=True)
    else:
        write_outputs(report.files(theme, recording=_recording_in(folder)), folder)
    return report.exit_code


def _own_folder(paths: Sequence[Path]) -> Path | None:
    return output_folder(paths[0]) if len(paths) == 1 else None


def _recording_in(folder: Path) -> str:
    """Return the name of the page in a folder that plays a recording (empty: there is none)."""
    return PAGE_NAME if (folder / PAGE_NAME).is_file() else ""


def _print_export(report: Report, form: str) -> int:
    """Print the claim in a format that other programs read, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(report.export(form).encode())
    sys.stdout.buffer.flush()
    return report.exit_code


def update_deck(
    path: Path,
    report: Report,
    agenda: Agenda = NO_AGENDA,
    recorded: Recording | None = None,
    theme: str = "light",
) -> tuple[str, int]:
    """Update the deck at a path in place; return what changed, and the exit code.

    ``agenda``, ``recorded`` and ``theme`` are for a deck that ``deck`` wrote. The deck is
    replaced whole or left as it was. A refused session leaves it and says why. Raises
    ``BadRequest``.
    """
    if report.headline is None:
        return f"{report.text}\n{printable(str(path))} is left as it was\n", ExitCode.REFUSED
    still = None if recorded is None else poster(recorded, path)
    changes = _update(path, lambda deck: pptx.update(deck, report, agenda, still, THEMES[theme]))
    return pptx.format_changes(changes), ExitCode.DONE


def _update(
    path: Path, update: Callable[[bytes], tuple[bytes, pptx.DeckChanges]]
) -> pptx.DeckChanges:
    content = atomic.read(
        path, pptx.LARGEST_BYTES, "deck", "name a .pptx or .pptm file that is there"
    )
    _check_closed(path)
    updated, changes = update(content)
    try:
        target = path.resolve()
        atomic.replace(target, updated, stat.S_IMODE(target.stat().st_mode))
    except OSError as error:
        raise cannot_write(
            printable(str(path)), error, "copy the deck, which is as it was, to another folder"
        ) from error
    return changes


def _check_closed(path: Path) -> None:
    """Raise ``BadRequest`` if PowerPoint's or LibreOffice's lock file lies beside the deck."""
    for lock in (f"~${path.name}", f".~lock.{path.name}#"):
        if path.with_name(lock).exists():
            raise BadRequest(
                f"{printable(str(path))} is open in another program",
                f"close it there; if it is not open, remove {printable(lock)}",
            )


def run_audit(path: Path, required: Sequence[str] = (), *, as_json: bool) -> tuple[str, int]:
    """Return the audit of a session, as text or as one JSON document, and the exit code.

    ``required`` is what its claim has to reach. Raises ``BadRequest`` for what cannot be required.
    """
    requirements = [_requirement(words) for words in required]
    report = _load([path])
    judgements = [judge(requirement, report.headline) for requirement in requirements]
    code = _audit_code(report.audit, judgements)
    if as_json:
        data = msgspec.json.encode(audit_text.audit_data(report.audit, judgements))
        return msgspec.json.format(data).decode(), code
    text = audit_text.format_audit(report.audit) + audit_text.format_judgements(judgements)
    return text.removesuffix("\n"), code


def _requirement(words: str) -> Requirement:
    try:
        return parse_requirement(words)
    except ValueError as error:
        raise BadRequest(
            f"--require {printable(repr(words))} {printable(str(error))}",
            "write --require 'E>=0.8', for example",
        ) from error


def _audit_code(audit: Audit, judgements: Sequence[Judgement]) -> ExitCode:
    if audit.verdict is Verdict.REFUSE or not all(judgement.is_met for judgement in judgements):
        return ExitCode.REFUSED
    return ExitCode.DONE if audit.missing_journal is None else ExitCode.NO_JOURNAL


def _load(paths: Sequence[Path]) -> Report:
    """Return the report of these paths; say on a terminal that it takes a while if it does."""
    size_bytes = sum(map(_journal_bytes, paths))
    if size_bytes >= LONG_JOURNAL_BYTES and sys.stderr.isatty():
        click.echo(f"reading a journal of {size(size_bytes)} …", err=True)
    return Report.load(*paths)


def _journal_bytes(path: Path) -> int:
    """Return the size of the journal beside a results file (0: there is none)."""
    with contextlib.suppress(OSError, ValueError):
        return journal_of(path).stat().st_size
    return 0
