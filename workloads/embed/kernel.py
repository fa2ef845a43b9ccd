"""The numerics of ``embed``: texts to tokens, tokens to batches, batches to unit vectors.

The lengths alone decide the batches: any number of workers runs the same ones, and gets the same
bits. Imports NumPy and this package.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from workloads.embed.encoder import Encoder, cached_encoder
from workloads.embed.model import Model
from workloads.embed.onnx_file import Array

Range = tuple[int, int]  # start, stop

CHUNK_TOKENS = 2048
FEWEST_CHUNKS = 64
TEXT_BYTES = 1 << 18
# tokenizing is a thirtieth of the work: more chunks would cost more than they even out
FEWEST_TEXT_CHUNKS = 16


class Corpus(NamedTuple):
    """Texts as one run of UTF-8 (bytes,), and where each ends in it (n,)."""

    utf8: Array
    ends: Array

    def texts(self, run: Range) -> list[str]:
        """Return the texts of a run (start, stop)."""
        starts = np.concatenate(([0], self.ends))[run[0] : run[1]]
        return [
            self.utf8[start:end].tobytes().decode()
            for start, end in zip(starts, self.ends[run[0] : run[1]], strict=True)
        ]


class Tokens(NamedTuple):
    """The token ids of texts, one after the other (tokens,), and their number per text (n,)."""

    ids: Array
    lengths: Array


class Batching(NamedTuple):
    """Texts from the longest to the shortest, cut into batches of equal length.

    ``order`` (n,) has the number of the text at each place; ``starts`` (n + 1,) is where its ids
    begin in ``ids``; ``bounds`` (batches + 1,) is the place where each batch begins.
    """

    ids: Array
    starts: Array
    order: Array
    bounds: Array

    def tokens(self, batches: Range) -> int:
        """Count the tokens of a run (start, stop) of batches."""
        first = self.bounds[batches[0]]
        last = self.bounds[batches[1]]
        return int(self.starts[last] - self.starts[first])


def make_corpus(texts: Sequence[str]) -> Corpus:
    """Return texts as a corpus."""
    encoded = [text.encode() for text in texts]
    return Corpus(
        np.frombuffer(b"".join(encoded), np.uint8),
        np.cumsum([len(text) for text in encoded], dtype=np.int64),
    )


def text_chunks(corpus: Corpus) -> list[Range]:
    """Return runs of texts of about equal bytes, none empty: 16 or more, if there are 16 texts."""
    size = int(corpus.ends[-1])
    wanted = max(FEWEST_TEXT_CHUNKS, -(-size // TEXT_BYTES))
    edges = np.searchsorted(corpus.ends, np.arange(1, wanted) * size / wanted)
    cuts = np.unique([0, *edges.tolist(), len(corpus.ends)]).tolist()
    return list(pairwise(cuts))


def tokenize(run: Range, corpus: Corpus, model: Model) -> Tokens:
    """Return the tokens of a run of texts."""
    return tokenize_with(cached_encoder(model), corpus.texts(run))


def tokenize_with(encoder: Encoder, texts: list[str]) -> Tokens:
    """Return the tokens of texts."""
    ids = encoder.tokens(texts)
    flat = np.fromiter(chain.from_iterable(ids), np.int32, sum(map(len, ids)))
    return Tokens(flat, np.array([len(text) for text in ids], np.int64))


def join_tokens(parts: Sequence[Tokens]) -> Tokens:
    """Return the tokens of several runs of texts as those of all texts."""
    return Tokens(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )


def make_batching(tokens: Tokens, batch: int) -> Batching:
    """Cut texts into batches of at most ``batch`` tokens, each of texts that are equally long.

    So nothing is padded and no mask is needed. A longer text is a batch by itself. The longest
    texts come first, so that the last batches are short and no worker waits long for another.
    """
    order = np.argsort(-tokens.lengths, kind="stable")
    lengths = tokens.lengths[order]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    moved = np.repeat((np.cumsum(tokens.lengths) - tokens.lengths)[order] - starts[:-1], lengths)
    bounds = [0]
    negated, counts = np.unique(-lengths, return_counts=True)
    for length, count in zip((-negated).tolist(), counts.tolist(), strict=True):
        first, rows = bounds[-1], max(1, batch // max(1, length))
        bounds += [*range(first + rows, first + count, rows), first + count]
    return Batching(
        ids=tokens.ids[moved + np.arange(len(moved))],
        starts=starts,
        order=order,
        bounds=np.array(bounds, np.int64),
    )


def chunks(batching: Batching) -> list[Range]:
    """Return runs of batches of about 2,048 tokens, or fewer where that makes less than 64 runs."""
    batches = len(batching.bounds) - 1
    room = min(CHUNK_TOKENS, batching.tokens((0, batches)) // FEWEST_CHUNKS)
    runs: list[Range] = []
    begin = 0
    for end in range(1, batches + 1):
        if end == batches or batching.tokens((begin, end + 1)) > room:
            runs.append((begin, end))
            begin = end
    return runs


def embed(run: Range, batching: Batching, model: Model) -> Array:
    """Return the unit vectors (texts, width) of a run of batches, in the order of the batching."""
    return embed_with(cached_encoder(model), run, batching)


def embed_with(encoder: Encoder, run: Range, batching: Batching) -> Array:
    """Return the unit vectors (texts, width) of a run of batches, in the order of the batching."""
    batches = (batch_ids(batching, number) for number in range(*run))
    return np.concatenate([encoder.vectors(ids, np.ones_like(ids)) for ids in batches])


def batch_ids(batching: Batching, number: int) -> Array:
    """Return a batch's ids (rows, tokens) as int64."""
    begin, end = batching.bounds[number : number + 2]
    flat = batching.ids[batching.starts[begin] : batching.starts[end]]
    return flat.reshape(end - begin, -1).astype(np.int64)


def restore_order(batching: Batching, parts: Sequence[Array]) -> Array:
    """Return the vectors of all runs in the order of the texts."""
    vectors = np.concatenate(parts)
    ordered = np.empty_like(vectors)
    ordered[batching.order] = vectors
    return ordered
