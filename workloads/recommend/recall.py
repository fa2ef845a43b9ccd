"""Recall@10 of factors on the held-out items of some users.

Imports NumPy, ``kernel`` and ``rows``.
"""

from itertools import count

import numpy as np

from workloads.recommend.kernel import Array, Rows
from workloads.recommend.rows import FEWEST_ITEMS, HELD_OUT_EVERY, HeldOut

TOP = 10
BATCH = 128  # users whose scores are computed at a time


def require_testable(rows: Rows, width: int) -> None:
    """Raise ``ValueError`` unless some user's recall tells one answer from another.

    That takes items to learn from, to validate and to test, and more unknown ones than are
    recommended.
    """
    known = np.diff(rows.starts)
    left = known - known // HELD_OUT_EVERY
    testable = left >= FEWEST_ITEMS
    if not testable.any():
        fewest = next(n for n in count(FEWEST_ITEMS) if n - n // HELD_OUT_EVERY >= FEWEST_ITEMS)
        raise ValueError(
            f"no user has {fewest} items or more, so none can be held out and validated with"
        )
    if width - left[testable].min() <= TOP:
        raise ValueError(
            f"some users lack {TOP} items or fewer, so any answer has a recall@{TOP} of 1 for them"
        )


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
