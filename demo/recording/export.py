"""A recording in other formats: an HTML page that plays in any browser, an MP4, its race as a GIF.

May import ``harness``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.cast.page import PageFacts, PagePicture, render_page
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest, cannot_write
from harness.files import atomic
from harness.model import Kind
from harness.report import Report
from harness.show import phrases
from harness.show.displays import Drawing
from harness.takes.recordings import Recording
from harness.text import printable


def page_of(recording: Recording, report: Report, files: Mapping[str, bytes]) -> bytes:
    """Return the recording as one HTML document, with its report's files as ``Report.files`` has.

    Nothing of the take's folder but the recording is in the page: the pictures are those given.
    """
    claim = report.claim
    facts = recording.results
    name = facts.spec.workload.name
    about = PageFacts(
        title=f"twoclocks · {name}",
        run_id=facts.run_id,
        workload=name,
        label=_label(recording, claim),
        headline=phrases.sentence_to_say(claim) if isinstance(claim, Headline) else "",
        report=report.text,
        pictures=tuple(_pictures(files)),
    )
    return render_page(recording.cast, about)


def _pictures(files: Mapping[str, bytes]) -> Iterator[PagePicture]:
    """Yield slide and figures; the words of each are those of its SVG."""
    from harness.cast.film.compact import compact

    for name, content in files.items():
        stem, _, form = name.rpartition(".")
        if form == "png":
            yield PagePicture(Drawing(files[f"{stem}.svg"].decode()).title, compact(content))


def export(recording: Recording, into: Path) -> None:
    """Write the recording to a file, in the format that its name ends with.

    The modules that draw GIF and MP4 are loaded only for these. Raises ``BadRequest`` for another
    format, and what ``cannot_write`` returns if the file cannot be written.
    """
    report = Report.load(recording.folder)
    remark = _remark(recording, report.claim)
    try:
        match into.suffix.lower():
            case ".html":
                atomic.replace(into, page_of(recording, report, report.files()))
            case ".gif":
                from harness.cast.film import race_gif

                atomic.replace(into, race_gif(recording.cast, remark))
            case ".mp4":
                from harness.cast.film import mp4

                mp4(recording.cast, into, remark)
            case _:
                raise BadRequest(
                    f"a recording cannot be written as {printable(into.name)}",
                    "end the name with .html, .gif or .mp4",
                )
    except OSError as error:
        raise cannot_write(printable(str(into)), error, "name another file with --into") from error


def _remark(recording: Recording, claim: Headline | Refusal) -> str:
    return " · ".join(filter(None, (f"run {recording.results.run_id}", _label(recording, claim))))


def _label(recording: Recording, claim: Headline | Refusal) -> str:
    """Return what no film and no page may omit; empty for a verified recording of a claim.

    A simulated session has no claim by design.
    """
    facts = recording.results
    refused = isinstance(claim, Refusal) and facts.kind is Kind.MEASURED
    parts = (
        "REFUSED" if refused else "",
        phrases.label(facts),
        "" if recording.verified else "NOT VERIFIED",
    )
    return " · ".join(filter(None, parts))
