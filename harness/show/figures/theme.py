"""The two themes of a picture: light for print and a bright room, dark for a dark one.

Imports the standard library only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a page, from the palette of Okabe and Ito.

    Every text is in ``ink``, which has a strong contrast to ``ground``, but for a number that was
    not measured here, which is in ``pale`` as are bars and lines to compare with. ``faint`` is for
    guide lines, ``shade`` for areas behind everything; ``parts`` are the six parts of the
    core-seconds.
    """

    name: str
    ground: str
    ink: str
    pale: str
    faint: str
    shade: str
    baseline: str
    distributed: str
    parts: tuple[str, ...]


LIGHT = Theme(
    name="light",
    ground="#FFFFFF",
    ink="#000000",
    pale="#757575",
    faint="#C8C8C8",
    shade="#ECECEC",
    baseline="#D55E00",
    distributed="#0072B2",
    parts=("#0072B2", "#2B93CF", "#D55E00", "#A38600", "#C46A9B", "#8C8C8C"),
)
DARK = Theme(
    name="dark",
    ground="#111111",
    ink="#FFFFFF",
    pale="#8C8C8C",
    faint="#4A4A4A",
    shade="#2A2A2A",
    baseline="#E69F00",
    distributed="#56B4E9",
    parts=("#56B4E9", "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#8C8C8C"),
)
