"""The numerics of ``embed``: texts to tokens, tokens to batches of like length, batches to unit vectors.

Imports NumPy and the encoder of ``_embed_model``. Batches are made from the lengths alone, whoever computes
them: the same batches give the same bits on any number of workers.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from workloads.embed.model import Array, Encoder, Model, opened

Run = tuple[int, int]

CHUNK_TOKENS = 512
FEWEST_CHUNKS = 64
TEXT_BYTES = 1 << 18
FEWEST_TEXT_CHUNKS = 16  # tokenising is less than a hundredth of the work: more of them would cost more than they even out


class Corpus(NamedTuple):
    """Texts as one run of UTF-8 (bytes,) and where each ends in it (n,)."""

    utf8: Array
    ends: Array

    def texts(self, run: Run) -> list[str]:
        """Return the texts of a run (start, stop)."""
        starts = np.concatenate(([0], self.ends))[run[0] : run[1]]
        return [
            self.utf8[start:end].tobytes().decode()
            for start, end in zip(starts, self.ends[run[0] : run[1]], strict=True)
        ]


class Tokens(NamedTuple):
    """The token ids of texts one after the other (tokens,), and how many each text has (n,)."""

    ids: Array
    lengths: Array


class Plan(NamedTuple):
    """What is encoded together: texts from the longest to the shortest, cut into batches of like length.

    ``order`` (n,) says which text stands where; ``starts`` (n + 1,) is where the ids of each begin in ``ids``;
    ``bounds`` (batches + 1,) is where each batch begins in that order.
    """

    ids: Array
    starts: Array
    order: Array
    bounds: Array

    def tokens(self, batches: Run) -> int:
        """Return the tokens of a run (start, stop) of batches, padding left out."""
        first, last = self.bounds[batches[0]], self.bounds[batches[1]]
        return int(self.starts[last] - self.starts[first])


def gathered(texts: Sequence[str]) -> Corpus:
    """Return texts as a corpus."""
    encoded = [text.encode() for text in texts]
    return Corpus(
        np.frombuffer(b"".join(encoded), np.uint8),
        np.cumsum([len(text) for text in encoded], dtype=np.int64),
    )


def text_chunks(corpus: Corpus) -> list[Run]:
    """Return runs of texts of about equal bytes, none empty: at least 16 where there are as many texts."""
    size = int(corpus.ends[-1])
    wanted = max(FEWEST_TEXT_CHUNKS, -(-size // TEXT_BYTES))
    edges = np.searchsorted(corpus.ends, np.arange(1, wanted) * size / wanted)
    cuts = np.unique([0, *edges.tolist(), len(corpus.ends)]).tolist()
    return list(pairwise(cuts))


def tokenised(run: Run, corpus: Corpus, model: Model) -> Tokens:
    """Return the tokens of a run of texts."""
    return tokenised_by(opened(model), corpus.texts(run))


def tokenised_by(encoder: Encoder, texts: list[str]) -> Tokens:
    """Return the tokens of texts as an encoder cuts them."""
    ids = encoder.tokens(texts)
    flat = np.fromiter(chain.from_iterable(ids), np.int32, sum(map(len, ids)))
    return Tokens(flat, np.array([len(text) for text in ids], np.int64))


def joined(parts: Sequence[Tokens]) -> Tokens:
    """Return the tokens of runs of texts, one after the other, as those of all."""
    return Tokens(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )


def planned(tokens: Tokens, batch: int) -> Plan:
    """Return batches of at most so many tokens, padding included; a text that is longer is a batch by itself.

    The longest come first: what is left for the end is short, and no worker waits long for another.
    """
    order = np.argsort(-tokens.lengths, kind="stable")
    lengths = tokens.lengths[order]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    moved = np.repeat((np.cumsum(tokens.lengths) - tokens.lengths)[order] - starts[:-1], lengths)
    bounds = [0]
    while bounds[-1] < len(lengths):
        bounds.append(
            min(len(lengths), bounds[-1] + max(1, batch // max(1, int(lengths[bounds[-1]]))))
        )
    return Plan(
        tokens.ids[moved + np.arange(len(moved))], starts, order, np.array(bounds, np.int64)
    )


def chunks(plan: Plan) -> list[Run]:
    """Return runs of batches of about 512 tokens, fewer where that makes less than 64 runs, and one batch at least."""
    batches = len(plan.bounds) - 1
    room = min(CHUNK_TOKENS, plan.tokens((0, batches)) // FEWEST_CHUNKS)
    runs, begin = list[Run](), 0
    for end in range(1, batches + 1):
        if end == batches or plan.tokens((begin, end + 1)) > room:
            runs.append((begin, end))
            begin = end
    return runs


def embedded(run: Run, plan: Plan, model: Model) -> Array:
    """Return the unit vectors (texts, width) of a run of batches, in the plan's order."""
    return embedded_by(opened(model), run, plan)


def embedded_by(encoder: Encoder, run: Run, plan: Plan) -> Array:
    """Return the unit vectors (texts, width) of a run of batches, as an encoder gives them."""
    padded = (pad(plan, number, encoder.padding) for number in range(*run))
    return np.concatenate([pooled(encoder.states(ids, mask), mask) for ids, mask in padded])


def pad(plan: Plan, number: int, padding: int) -> tuple[Array, Array]:
    """Return a batch's ids (rows, tokens), padded to its longest text, and the mask of what is no padding; both int64."""
    begin, end = plan.bounds[number : number + 2]
    lengths = np.diff(plan.starts[begin : end + 1])
    real = np.arange(lengths[0]) < lengths[:, None]
    ids = np.full(real.shape, padding, np.int64)
    ids[real] = plan.ids[plan.starts[begin] : plan.starts[end]]
    return ids, real.astype(np.int64)


def pooled(states: Array, mask: Array) -> Array:
    """Return the mean (rows, width) of each row's states (rows, tokens, width) outside the padding, scaled to length 1."""
    weights = mask.astype(np.float32)
    means: Array = np.matmul(weights[:, None, :], states)[:, 0] / weights.sum(axis=1, keepdims=True)
    units: Array = means / np.linalg.norm(means, axis=1, keepdims=True)
    return units


def restored(plan: Plan, parts: Sequence[Array]) -> Array:
    """Return the vectors of all runs, one below the other, in the order of the texts."""
    vectors = np.concatenate(parts)
    placed = np.empty_like(vectors)
    placed[plan.order] = vectors
    return placed
