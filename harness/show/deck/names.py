"""Which names shapes of a deck have that ``deck`` wrote, whether this session fills them or not.

A name that is known and has nothing to say any more is emptied, so that no earlier number stays.
May import ``harness.show.figures``.
"""

import re

from harness.show import figures

RECORDING = "recording"
WATCHED_IN = ("recording-page", "recording-film")
"""The texts that lead to where the recording can be watched."""

CHART = "chart-scaling"
NOTES = "notes-"
GAP = "plot-gap"
PLOTS = (GAP, *(f"plot-{name}" for name in figures.FIGURES))
QUESTIONS = (
    *(name for name in figures.FIGURES if name != "architecture"),
    "least-work",
    "capacity",
    "audit",
    "ten-times",
)
TALK = ("bottleneck", "axis", "architecture", "headline", "demo", "limitation")
TEXTS = (
    "label",
    "origin",
    "bound",
    "speedup",
    "observed",
    "claim",
    "facts",
    "where-it-stops",
    "least-work",
    "capacity-words",
    "audit-caveats",
    "ten-times",
    *WATCHED_IN,
    f"{CHART}-remark",
    *(f"title-{name}" for name in ("headline", *QUESTIONS)),
)
WITHOUT_NUMBERS = frozenset({"label", "origin", "where-it-stops", "audit-caveats", *WATCHED_IN})
_SLIDES = {
    "observed": "headline",
    "claim": "headline",
    "facts": "headline",
    GAP: "headline",
    "where-it-stops": "limitation",
    "least-work": "least-work",
    "capacity-words": "capacity",
    "audit-caveats": "audit",
    "ten-times": "ten-times",
    CHART: "scaling",
    **dict.fromkeys((RECORDING, *WATCHED_IN), "demo"),
}
_OWN_BEAT = re.compile(r"(?:title-)?beat-\d{1,2}(?:-words)?")


def is_own_beat(name: str) -> bool:
    """Return whether a name is that of a text of a beat of the presenter's own."""
    return _OWN_BEAT.fullmatch(name) is not None


def is_notes(name: str) -> bool:
    """Return whether a name is that of a slide's notes."""
    slide = name.removeprefix(NOTES)
    return name.startswith(NOTES) and (slide in TALK or slide in QUESTIONS or is_own_beat(slide))


def slide_of(name: str) -> str:
    """Return the slide that a name is on; empty for one that other decks may have, too."""
    if name in _SLIDES:
        return _SLIDES[name]
    return name.removeprefix("plot-") if name in PLOTS else ""
