"""The synthetic listeners of ``recommend``: planted tastes, popularity and activity that fall like a power.

All arithmetic is of whole numbers, or exactly rounded (+ − × ÷ √), so every machine draws the same interactions.
Imports NumPy, ``_recommend_kernel`` and ``_recommend_rows``.
"""

import numpy as np

from workloads.recommend.kernel import Array, compiled
from workloads.recommend.rows import Rows, merged

TASTES, LOYALTY = 6, 0.8
ITEMS_A_GENRE = 125
FLAT_UNTIL_RANK, IDLEST = 8, 1e-4
LEAST_DRAWS = 5
GOLDEN, FIRST, SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def drawn(users: int, items: int, draws: int, seed: int) -> Rows:
    """Return about so many draws of an item by a user, the same pair merged and counted as its strength.

    A user draws from one of six genres of taste, the first ones most, or four times in twenty from any; within a genre an item
    of rank r is drawn in proportion to 1 / (r + 8). How much a user draws has a density that falls with the third power.
    """
    random = np.random.default_rng([seed, 1])
    starts = np.concatenate([[0], np.cumsum(_activity(random, users, draws))])
    genres = max(1, items // ITEMS_A_GENRE)
    bounds = np.arange(genres + 1) * items // genres
    rank = np.arange(items) - np.repeat(bounds[:-1], np.diff(bounds))
    weight_before = np.concatenate([[0], np.cumsum(1 / (rank + FLAT_UNTIL_RANK))])
    columns = random.permutation(items).astype(np.int32)[
        _draw(starts, bounds, weight_before, np.uint64(seed))
    ]
    return merged(Rows(starts, columns, np.ones(len(columns), np.float32)), items)


def _activity(random: np.random.Generator, users: int, draws: int) -> Array:
    eagerness = 1 / np.sqrt(random.random(users) + IDLEST)
    share = eagerness / np.cumsum(eagerness)[-1]  # a sum in this order on every machine
    activity: Array = np.maximum(LEAST_DRAWS, share * draws).astype(np.int64)
    return activity


@compiled
def _unit(state: np.uint64) -> float:
    """Return a number from 0 to below 1 (the finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    mixed = (state ^ (state >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return float((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _draw(starts: Array, bounds: Array, weight_before: Array, seed: np.uint64) -> Array:
    """Return the place of every item drawn, user after user; three numbers are spent on each, six on the user's tastes."""
    genres, state = len(bounds) - 1, seed * SECOND
    drawn = np.empty(starts[-1], np.int32)
    tastes = np.empty(TASTES, np.int64)
    for user in range(len(starts) - 1):
        for taste in range(TASTES):
            state += GOLDEN
            tastes[taste] = int(_unit(state) * genres)
        for j in range(starts[user], starts[user + 1]):
            loyal, which, where = (
                _unit(state + GOLDEN),
                _unit(state + GOLDEN * np.uint64(2)),
                _unit(state + GOLDEN * np.uint64(3)),
            )
            state += GOLDEN * np.uint64(3)
            genre = tastes[int(which * which * TASTES)] if loyal < LOYALTY else int(which * genres)
            low, high = bounds[genre], bounds[genre + 1] - 1
            at = weight_before[low] + where * (weight_before[high + 1] - weight_before[low])
            while low < high:
                middle = (low + high) // 2
                if weight_before[middle + 1] <= at:
                    low = middle + 1
                else:
                    high = middle
            drawn[j] = low
    return drawn
