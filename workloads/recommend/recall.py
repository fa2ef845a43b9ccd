"""Recall@10 of factors on the held-out items of some users.

Imports NumPy, ``kernel`` and ``rows``.
"""

import numpy as np

from workloads.recommend.kernel import Array
from workloads.recommend.rows import HeldOut

TOP = 10
BATCH = 128  # users whose scores are computed at a time


def recalls(users: Array, items: Array, held_out: HeldOut, begin: int, end: int) -> Array:
    """Return the recall of each tested user from place ``begin`` to before ``end``.

    ``users`` and ``items`` hold a row of factors each. A user's recall is the share of the held-out
    items (ten at most) that are among the ten best of those that training did not see with that
    user. Scores are computed in batches from ``begin`` on.
    """
    batches = range(begin, end, BATCH)
    return np.concatenate(
        [np.empty(0)]
        + [_recalls(users, items, held_out, first, min(first + BATCH, end)) for first in batches]
    )


def _recalls(users: Array, items: Array, held_out: HeldOut, begin: int, end: int) -> Array:
    scores = users[held_out.users[begin:end]] @ items.T
    recalls = np.empty(end - begin)
    for place, score in enumerate(scores, start=begin):
        seen = slice(held_out.seen_starts[place], held_out.seen_starts[place + 1])
        score[held_out.seen_columns[seen]] = -np.inf
        wanted = held_out.columns[held_out.starts[place] : held_out.starts[place + 1]]
        best = np.argpartition(score, -min(TOP, len(score)))[-TOP:]
        recalls[place - begin] = np.isin(wanted, best).sum() / min(TOP, len(wanted))
    return recalls
