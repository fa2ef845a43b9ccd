"""What a drawing function made of its latest arguments, given again where they are the same.

Unlike ``functools.lru_cache`` it only compares: a side's state is quick to compare, since most of
its parts are the very same objects as a frame before, and cannot be hashed. Imports nothing of
ours.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def recent_calls(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that remembers a pure function's values for as many arguments."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        recent: tuple[tuple[object, R], ...] = ()

        @wraps(function)
        def remembering(*args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal recent
            given = args, kwargs
            for before, value in recent:
                if before == given:
                    return value
            value = function(*args, **kwargs)
            recent = ((given, value), *recent[: most - 1])
            return value

        return remembering

    return decorate
