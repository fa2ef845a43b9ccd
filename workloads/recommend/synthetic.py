"""The synthetic listeners of ``recommend``: planted tastes, and power laws of popularity.

All arithmetic is on whole numbers, or exactly rounded (+ − × ÷ √), so that every machine draws
the same interactions. Imports NumPy, ``kernel`` and ``rows``.
"""

import numpy as np

from workloads.recommend.kernel import Array, Rows, compiled
from workloads.recommend.rows import merge_duplicates

TASTES = 6
LOYALTY = 0.8
ITEMS_PER_GENRE = 40
FLAT_UNTIL_RANK = 8
IDLEST = 1e-4
FEWEST_DRAWS = 5
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


def draw_interactions(users: int, items: int, draws: int, seed: int) -> Rows:
    """Return about ``draws`` draws of an item by a user; the strength counts equal pairs.

    A user draws from one of six favourite genres, the first ones most, or in one draw of five from
    any genre. Within a genre, an item of rank r is drawn in proportion to 1 / (r + 8). The density
    of how much a user draws falls with the third power.
    """
    random = np.random.default_rng([seed, 1])
    starts = np.concatenate([[0], np.cumsum(_activity(random, users, draws))])
    genres = max(1, items // ITEMS_PER_GENRE)
    bounds = np.arange(genres + 1) * items // genres
    rank = np.arange(items) - np.repeat(bounds[:-1], np.diff(bounds))
    weight_before = np.concatenate([[0], np.cumsum(1 / (rank + FLAT_UNTIL_RANK))])
    names = random.permutation(items).astype(np.int32)
    columns = names[_draw(starts, bounds, weight_before, np.uint64(seed))]
    return merge_duplicates(Rows(starts, columns, np.ones(len(columns), np.float32)), items)


def _activity(random: np.random.Generator, users: int, draws: int) -> Array:
    """Return how many draws each user makes."""
    eagerness = 1 / np.sqrt(random.random(users) + IDLEST)
    share = eagerness / np.cumsum(eagerness)[-1]  # a sum in this order on every machine
    activity: Array = np.maximum(FEWEST_DRAWS, share * draws).astype(np.int64)
    return activity


@compiled
def _unit(state: np.uint64) -> float:
    """Return a number from 0 to below 1 (finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    mixed = (state ^ (state >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return float((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _draw(starts: Array, bounds: Array, weight_before: Array, seed: np.uint64) -> Array:
    """Return the place of every item drawn, user after user.

    A user takes six random numbers for the tastes, and three for each draw.
    """
    genres = len(bounds) - 1
    state = seed * SECOND
    drawn = np.empty(starts[-1], np.int32)
    tastes = np.empty(TASTES, np.int64)
    for user in range(len(starts) - 1):
        for taste in range(TASTES):
            state += GOLDEN
            tastes[taste] = int(_unit(state) * genres)
        for j in range(starts[user], starts[user + 1]):
            loyal = _unit(state + GOLDEN)
            which = _unit(state + GOLDEN * np.uint64(2))
            where = _unit(state + GOLDEN * np.uint64(3))
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
