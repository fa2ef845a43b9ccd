"""Show what may be claimed of a session, from its files alone. What ``race`` and ``sweep`` do at their end, and ``slide`` at any time.

May import ``harness``; matplotlib is loaded when there is something to draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.audited import audited, claimed
from harness.claims.audit import Audit, audit
from harness.claims.combine import combine
from harness.claims.curve import curve
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest, ExitCode
from harness.files import atomic
from harness.files.results import RESULTS_NAME
from harness.model import Results
from harness.show import appendix, audit_text, figures, slide
from harness.show import tables as table
from harness.text import printable

HEADLINE, APPENDIX = "headline", "appendix.txt"
THEMES = {theme.name: theme for theme in (figures.LIGHT, figures.DARK)}


@dataclass(frozen=True)
class Shown:
    """What may be claimed, audited: a headline or its refusal, and how it reads on a terminal."""

    audit: Audit
    claim: Headline | Refusal

    @property
    def results(self) -> Results:
        """Return the facts."""
        return self.audit.results

    @property
    def text(self) -> str:
        """Return the headline for a terminal, followed by a sweep's table; of a refused session the reasons alone."""
        if isinstance(self.claim, Refusal):
            return slide.refusal_text(self.claim)
        told = slide.text(self.claim, audit_text.footer(self.audit))
        measured = curve(self.results) if len(self.results.spec.scales) > 1 else None
        return told if measured is None else f"{told}\n{table.text(table.sweep(measured))}"

    @property
    def claims(self) -> list[str]:
        """Return the lines that a recording of it must end with; of a refused session all of them."""
        if isinstance(self.claim, Refusal):
            return self.text.splitlines()
        return slide.claims(self.claim)

    @property
    def appendix(self) -> str:
        """Return the tables for the questions afterwards; empty for a refused session."""
        if isinstance(self.claim, Refusal):
            return ""
        tables = (
            appendix.bills(self.claim),
            appendix.rates(self.results),
            appendix.core_seconds(self.results),
        )
        return "\n".join(table.text(known) for known in tables if known is not None)

    @property
    def code(self) -> int:
        """Return the exit code. A simulated session is refused by design, so that its refusal counts as shown."""
        if isinstance(self.claim, Headline):
            return ExitCode.DONE
        return (
            ExitCode.DONE
            if {reason.key for reason in self.claim.reasons} == {"simulated"}
            else ExitCode.REFUSED
        )

    def drawn(self, theme: figures.Theme = figures.LIGHT) -> dict[str, bytes]:
        """Return everything to be kept, by file name: texts, slide and figures. Of a refused session there is text only."""
        kept = {f"{HEADLINE}.txt": self.text.encode()}
        if isinstance(self.claim, Refusal):
            return kept
        verdict = audit_text.footer(self.audit)
        stem = HEADLINE if theme is figures.LIGHT else f"{HEADLINE}-{theme.name}"
        pictures = {
            f"{stem}.svg": slide.svg(self.claim, verdict, theme),
            f"{stem}.png": slide.png(self.claim, verdict, theme),
        }
        return (
            kept | {APPENDIX: self.appendix.encode()} | pictures | figures.draw(self.results, theme)
        )


def show(paths: Sequence[Path]) -> Shown:
    """Return what may be claimed of a results file, a take, a declared record, or of several sessions of one configuration.

    Raises ``BadRequest`` for what cannot be read, or not be put together.
    """
    each = [audited(path) for path in paths]
    found = each[0] if len(each) == 1 else _together(each)
    return Shown(found, claimed(found))


def _together(each: Sequence[Audit]) -> Audit:
    """Return the audit of several sessions put together; what differs from its journal alone does so in company."""
    unread = any(one.differences is None for one in each)
    found = audit(
        combine([one.results for one in each]), None if unread else ()
    )  # each has been held against its own journal
    differing = tuple(
        f"{one.results.run_id}: {difference}"
        for one in each
        for difference in one.differences or ()
    )
    return Audit(found.results, found.findings, differing if differing or not unread else None)


def keep(contents: Mapping[str, bytes], into: Path) -> None:
    """Write the files into a folder, and take away earlier ones that nothing stands for now; raise ``BadRequest`` where that cannot be."""
    try:
        for name, content in contents.items():
            atomic.replace(into / name, content)
        for stale in _ours(into) - contents.keys():
            (into / stale).unlink()
    except OSError as error:
        raise _unwritable(into, error) from error


def made(folder: Path) -> Path:
    """Return the folder, made if need be; raise ``BadRequest`` where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _unwritable(folder: Path, error: OSError) -> BadRequest:
    return BadRequest(
        f"{printable(str(folder))} cannot be written to: {error.strerror}",
        "name another folder with --out",
    )


def _ours(folder: Path) -> set[str]:
    """Return the names of pictures and texts in a folder that a showing could have left there."""
    stems = [
        f"{stem}{suffix}"
        for stem in (HEADLINE, *(f"fig-{name}" for name in figures.FIGURES))
        for suffix in ("", "-dark")
    ]
    possible = {
        APPENDIX,
        f"{HEADLINE}.txt",
        *(f"{stem}.{form}" for stem in stems for form in ("svg", "png")),
    }
    return {entry.name for entry in folder.iterdir()} & possible


def home_of(path: Path) -> Path | None:
    """Return the folder in which what is drawn of a path belongs: a take's own (None: it has none)."""
    folder = path if path.is_dir() else path.parent
    return folder if path.is_dir() or path.name == RESULTS_NAME else None
