"""What every figure has around it: the finding on top in words, where the numbers come from at the foot.

May import ``model``, ``phrases`` and ``page``.
"""

from harness.model import Results
from harness.show import phrases
from harness.show.figures.page import MARGIN, SMALLEST_PX, WIDTH_PX, Page

_TITLE_Y, _TITLE_PX = 86, 48
_REMARK_Y, _REMARK_PX = 138, 30
_FOOT_Y, _FOOT_LINES = 844, 2


def title(page: Page, said: str, *, field: str) -> None:
    """Write the finding in words; ``field`` names what of the facts it shows."""
    page.say_within(
        MARGIN, _TITLE_Y, said, _TITLE_PX, WIDTH_PX - 2 * MARGIN, field=field, bold=True
    )


def remark(page: Page, told: str, results: Results, *, field: str) -> None:
    """Write beneath the title, in at most two lines, what qualifies it: first of all that it was not measured here."""
    said = " · ".join(filter(None, (phrases.label(results), told)))
    if said:
        page.paragraph(MARGIN, _REMARK_Y, said, _REMARK_PX, WIDTH_PX - 2 * MARGIN, 2, field=field)


def footer(page: Page, results: Results) -> None:
    """Write the provenance."""
    page.paragraph(
        MARGIN,
        _FOOT_Y,
        phrases.provenance(results),
        SMALLEST_PX,
        WIDTH_PX - 2 * MARGIN,
        _FOOT_LINES,
        field="results",
    )
