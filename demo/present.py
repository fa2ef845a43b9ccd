"""Draw the headline from a results file, and from nothing else. What ``race`` does at its end, and ``slide`` at any time.

May import ``harness``; matplotlib is loaded by the slide when there is one to draw.
"""

from pathlib import Path

from harness.errors import BadRequest
from harness.results import load
from harness.score.headline import Headline, Refusal, headline
from harness.show import slide

NAMES = ("headline.txt", "headline.svg", "headline.png")
SHOWN, REFUSED = 0, 4


def present(results: Path, into: Path) -> tuple[str, int]:
    """Write text, SVG and PNG of the headline into a folder; return the text and the exit code.

    A refusal is text only, and no earlier slide is left standing beside it. A simulated session is
    refused by design, so that its refusal counts as shown.
    """
    claim = headline(load(results))
    match claim:
        case Headline():
            text = slide.text(claim)
            _write(into, (text.encode(), slide.svg(claim), slide.png(claim)))
            return text, SHOWN
        case Refusal():
            text = slide.refusal_text(claim)
            _write(into, (text.encode(), None, None))
            return text, SHOWN if {reason.key for reason in claim.reasons} == {"simulated"} else REFUSED


def _write(into: Path, contents: tuple[bytes | None, ...]) -> None:
    """Write the files, taking away those that there is nothing for; raise ``BadRequest`` where that cannot be."""
    try:
        for name, content in zip(NAMES, contents, strict=True):
            if content is None:
                (into / name).unlink(missing_ok=True)
            else:
                (into / name).write_bytes(content)
    except OSError as error:
        raise BadRequest(f"{into} cannot be written to: {error.strerror}", "name another folder with --out") from error
