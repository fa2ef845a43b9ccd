"""Bisection: the largest of consecutive sizes that fits, if all smaller ones fit, too.

Pure; imports nothing of ours.
"""

from collections.abc import Callable
from typing import NamedTuple


class Bisection(NamedTuple):
    """Whether each size that was ``tried`` fits, in that order, and the ``largest`` that does.

    None: the smallest does not fit, the largest does, or it was over before that was known.
    """

    tried: dict[int, bool]
    largest: int | None


def bisect_sizes(
    sizes: range,
    first: int,
    fits: Callable[[int], bool],
    is_over: Callable[[], bool] = lambda: False,
) -> Bisection:
    """Try sizes, beginning with the ``first``, until one fits and the next one does not.

    That takes at most 1 + log2 of their number, rounded up, where the first is one of them.
    ``is_over`` is asked before each.
    """
    fitting, failing = sizes.start - 1, sizes.stop
    tried: dict[int, bool] = {}
    size = first
    while failing - fitting > 1 and not is_over():
        tried[size] = fits(size)
        fitting, failing = (size, failing) if tried[size] else (fitting, size)
        size = (fitting + failing) // 2
    is_shown = failing - fitting == 1 and fitting in tried and failing in tried
    return Bisection(tried, fitting if is_shown else None)
