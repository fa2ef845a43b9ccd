"""What a side reports of an exception in its author's code: what was raised, and where.

May import ``events``, ``run`` and ``errors``.
"""

import sys
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path

from harness.errors import LACKS
from harness.errors import reason_of as words_of
from harness.events import Failed
from harness.run.home import hide_home, home_folder
from harness.run.ray.ray_words import Frame, frames
from harness.run.start import ROOT

LONGEST_REASON = 4_000
BUILT_IN = Path(ROOT, "workloads")
NOT_THE_AUTHORS = (
    Path(ROOT, "harness"),
    BUILT_IN,
    Path(sysconfig.get_path("stdlib")),
    Path(sysconfig.get_path("purelib")),
)


def failure_of(error: Exception) -> Failed:
    """Return what was raised, and where in a file of the author's.

    Without such a place there is no hint: the side's log has the whole traceback. A journal names
    files without their folders, and no home folder.
    """
    places = _places(_frames(error))
    lack = LACKS.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    return Failed(
        reason=reason_of(error),
        last_words="\n".join(places)[-LONGEST_REASON:],
        hint="; ".join(filter(None, (lack, where_raised(_frames(error))))),
    )


def where_raised(frames_of_error: Sequence[Frame]) -> str:
    """Return a hint that names the innermost place in a file of the author's (empty: none is)."""
    places = _places(frames_of_error)
    return f"it was raised in {places[-1]}" if places else ""


def _places(frames_of_error: Sequence[Frame]) -> list[str]:
    return [
        f"{Path(frame.file).name}, line {frame.line}, in {frame.name}"
        for frame in frames_of_error
        if _is_the_authors(frame)
    ]


def reason_of(error: BaseException) -> str:
    """Return the kind of an exception, with the first line of its words.

    A sentence of a built-in workload's, and what the machine lacks, need no kind.
    """
    words = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, OSError) and error.errno in LACKS:
        words = reason = words_of(error)
    elif isinstance(error, ValueError) and words and _is_of_a_built_in(error):
        reason = words
    else:
        reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return hide_home(reason, home_folder())[:LONGEST_REASON]


def _frames(error: BaseException) -> list[Frame]:
    """Return where it was raised; an error of a worker's brings the frames there as text."""
    here = [
        Frame(frame.filename, frame.lineno or 0, frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__
    return here + (frames(str(cause)) if type(cause).__name__.startswith("RayTaskError") else [])


def _is_of_a_built_in(error: BaseException) -> bool:
    """Return whether an exception was raised by a built-in workload itself."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1:]
    return any(Path(frame.filename).is_relative_to(BUILT_IN) for frame in raised_in)


def _is_the_authors(frame: Frame) -> bool:
    """Return whether a frame is in a file that neither we nor an installation brought along."""
    path = Path(frame.file).resolve()  # a worker finds our packages through a link
    return (
        path.suffix == ".py"
        and not any(map(path.is_relative_to, NOT_THE_AUTHORS))
        and not path.is_relative_to(sys.prefix)
        and "site-packages" not in path.parts
    )
