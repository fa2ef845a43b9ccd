"""The two themes of a picture: light for print and a bright room, dark for a dark one.

Imports the standard library only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a page, those of the sides from the palette of Okabe and Ito.

    Every text is in ``ink``, which has a strong contrast to ``ground``, but for a number that was
    not measured here, which is in ``pale`` as are bars and lines to compare with. ``faint`` is for
    guide lines, ``shade`` for areas behind everything; ``parts`` are the six parts of the
    core-seconds: none is a side's colour, and neighbours differ in brightness, too.
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
    parts=("#006B4F", "#3FA07D", "#8B3A78", "#A38600", "#6B3E26", "#8C8C8C"),
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
    parts=("#009E73", "#8FE3C4", "#B05FA0", "#F0E442", "#8F6044", "#B4B4B4"),
)
