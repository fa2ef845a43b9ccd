"""The settings of ``dedup``, and the input that both sides get.

Imports ``harness.workload``, ``machine`` and ``text``.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness.workload import require_between
from workloads.dedup.machine import Array
from workloads.dedup.text import Text

PAIRS_AT_A_TIME = 1 << 15
MOST_BYTES = 1 << 30
MOST_WORDS = 1_000_000_000  # of about seven bytes: as much text as is read from files
LIMITS = {
    "documents": (1, 50_000_000),
    "words": (1, 100_000),
    "permutations": (1, 1 << 16),
    "bands": (1, 1 << 12),
    "shingle": (1, 1000),
    "sample": (1, 100_000),
}


class Recipe(NamedTuple):
    """How near-duplicates are found, and how much is done at a time.

    A shingle has ``shingle`` words. ``block`` and ``shard`` count bytes of text, ``pairs`` the
    candidates that are verified at a time. ``shards`` is a folder (empty: shards are not kept).
    """

    shingle: int
    bands: int
    threshold: float
    block: int
    pairs: int
    shard: int
    shards: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``input`` is a file, a folder or ``stdlib`` (empty: a synthetic crawl of ``documents`` pages of
    about ``words`` words), and ``field`` names the field of its text (empty: a usual name).
    ``sample`` counts the documents whose duplicates are searched exactly
    in a real input. ``shards`` is the folder for the result (empty: it is not kept).
    """

    documents: int = 2_500_000
    words: int = 200
    permutations: int = 60
    bands: int = 12
    shingle: int = 5
    threshold: float = 0.8
    seed: int = 1
    input: str = ""
    field: str = ""
    sample: int = 500
    shards: str = ""
    block: int = 64 << 20
    shard: int = 64 << 20

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        for name in ("block", "shard"):
            if not 1 <= getattr(self, name) <= MOST_BYTES:
                raise ValueError(
                    f"{name}={getattr(self, name)} is not between 1 and {MOST_BYTES:,} bytes"
                )
        if self.seed < 0:
            raise ValueError(f"seed={self.seed} is below 0")
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold={self.threshold} is not above 0 and at most 1")
        if self.permutations % 4 or self.permutations % self.bands:
            raise ValueError(
                f"permutations={self.permutations} is not a multiple of four and of "
                f"bands={self.bands}"
            )
        if not self.input and self.documents * self.words > MOST_WORDS:
            raise ValueError(
                f"documents={self.documents} of words={self.words} are more than "
                f"{MOST_WORDS:,} words"
            )

    @property
    def recipe(self) -> Recipe:
        """Return the settings that belong to the input."""
        return Recipe(
            shingle=self.shingle,
            bands=self.bands,
            threshold=self.threshold,
            block=self.block,
            pairs=PAIRS_AT_A_TIME,
            shard=self.shard,
            shards=str(Path(self.shards).expanduser()) if self.shards else "",
        )


class Crawl(NamedTuple):
    """The input of both sides: all documents, the permutations and the recipe.

    ``text`` is UTF-8, in memory or in a file; ``offsets`` (documents + 1,) say where each document
    begins and the last one ends. A permutation of 32-bit hashes is ``factor * hash + term`` modulo
    2^32, with an odd factor.
    """

    text: Text
    offsets: Array
    factors: Array
    terms: Array
    recipe: Recipe


def check_shards(folder: str) -> None:
    """Raise ``ValueError`` unless shards can be written to this folder (empty: to none)."""
    try:
        path = Path(folder).expanduser()
        writable = path.is_dir() and os.access(path, os.W_OK | os.X_OK)
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"shards={folder!r} is not a path: {error}") from error
    if folder and not path.exists():
        raise ValueError(f"shards={folder} is not there: make that folder first")
    if folder and not writable:
        raise ValueError(f"shards={folder} is not a folder that can be written to")
