"""Rectangles on a page, in pixels from its upper left corner. Imports the standard library only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH_PX = 1600
HEIGHT_PX = 900

_EDGE_PX = 24


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Return the width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return the height."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Return the horizontal middle."""
        return (self.left + self.right) / 2

    @property
    def is_on_page(self) -> bool:
        """Return whether all of it is on the page, a little away from the edge."""
        return (
            self.left >= _EDGE_PX
            and self.top >= _EDGE_PX
            and self.right <= WIDTH_PX - _EDGE_PX
            and self.bottom <= HEIGHT_PX - _EDGE_PX
        )

    def overlaps(self, other: "Box") -> bool:
        """Return whether some point is inside both."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def move(self, right: float, down: float) -> "Box":
        """Return the rectangle elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def widen(self, by: float) -> "Box":
        """Return the rectangle with that much more on the left and on the right."""
        return Box(self.left - by, self.top, self.right + by, self.bottom)


def box_around(x: float, y: float, reach: float) -> Box:
    """Return the square that reaches that far from a point."""
    return Box(x - reach, y - reach, x + reach, y + reach)


def boxes_along(points: Sequence[tuple[float, float]], reach: float = 5) -> list[Box]:
    """Return squares along the line through some points."""
    boxes = []
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / (2 * reach)))
        for step in range(steps + 1):
            share = step / steps
            boxes.append(box_around(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, reach))
    return boxes
