"""A recording in other formats: an HTML page that plays in any browser, a GIF, or an MP4.

May import ``harness``.
"""

from pathlib import Path

from harness.cast.page import PageFacts, render_page
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest, cannot_write
from harness.files import atomic
from harness.model import Kind
from harness.report import Report
from harness.show import phrases
from harness.takes.recordings import Recording
from harness.text import printable


def page_of(recording: Recording) -> bytes:
    """Return the recording as one HTML document."""
    return render_page(recording.cast, _about(recording, Report.load(recording.folder).claim))


def export(recording: Recording, into: Path) -> None:
    """Write the recording to a file, in the format that its name ends with.

    The modules that draw GIF and MP4 are loaded only for these. Raises ``BadRequest`` for another
    format, and what ``cannot_write`` returns if the file cannot be written.
    """
    try:
        match into.suffix.lower():
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
                    f"a recording cannot be written as {printable(into.name)}",
                    "end the name with .html, .gif or .mp4",
                )
    except OSError as error:
        raise cannot_write(printable(str(into)), error, "name another file with --into") from error


def _remark(recording: Recording) -> str:
    return " · ".join(filter(None, (f"run {recording.results.run_id}", _kind(recording))))


def _kind(recording: Recording) -> str:
    """Return the kind of the recorded session in capitals; empty for a measured one."""
    kind = recording.results.kind
    return "" if kind is Kind.MEASURED else str(kind).upper()


def _about(recording: Recording, claim: Headline | Refusal) -> PageFacts:
    facts = recording.results
    name = facts.spec.workload.name
    return PageFacts(
        title=f"twoclocks · {name}",
        run_id=facts.run_id,
        workload=name,
        label=_kind(recording),
        headline=phrases.sentence_to_say(claim) if isinstance(claim, Headline) else "",
    )
