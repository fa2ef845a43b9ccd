"""A recording in the forms in which it leaves the terminal: a page that plays anywhere, a GIF, a film.

May import ``harness`` and its neighbours in ``demo``.
"""

from pathlib import Path

from harness.audited import audited, claimed
from harness.cast.page import PageFacts, render_page
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.files import atomic
from harness.model import Kind
from harness.show import phrases
from harness.takes.recordings import Recording
from harness.text import printable


def page_of(recording: Recording) -> bytes:
    """Return the recording as one HTML document."""
    return render_page(recording.cast, _about(recording, claimed(audited(recording.folder))))


def export(recording: Recording, into: Path) -> None:
    """Write the recording into a file in the form that its name ends with; raise ``BadRequest`` for another one, or where it cannot be.

    What draws films is loaded only for one.
    """
    form = into.suffix.lower()
    try:
        match form:
            case ".html":
                atomic.replace(into, page_of(recording))
            case ".gif":
                from harness.cast.film import gif

                atomic.replace(into, gif(recording.cast, _remark(recording)))
            case ".mp4":
                from harness.cast.film import mp4

                mp4(recording.cast, into, _remark(recording))
            case _:
                raise BadRequest(
                    f"{printable(str(into))} is none of the forms that a recording can have",
                    "name it .html, .gif or .mp4",
                )
    except OSError as error:
        raise BadRequest(
            f"cannot write {printable(str(into))}: {error.strerror}",
            "name another file with --into",
        ) from error


def _remark(recording: Recording) -> str:
    return " · ".join(filter(None, (f"run {recording.results.run_id}", _label(recording))))


def _label(recording: Recording) -> str:
    """Return in a word what the recorded session is if it is no measurement."""
    return "" if recording.results.kind is Kind.MEASURED else str(recording.results.kind).upper()


def _about(recording: Recording, claim: Headline | Refusal) -> PageFacts:
    facts = recording.results
    name = facts.spec.workload.name
    return PageFacts(
        title=f"twoclocks · {name}",
        run_id=facts.run_id,
        workload=name,
        label=_label(recording),
        headline=phrases.aloud(claim) if isinstance(claim, Headline) else "",
    )
