"""Small problems of ``shard``. May import ``harness`` and the workload."""

from typing import Any

import numpy as np

from harness.workload import Problem
from workloads.shard import WORKLOAD, make_problem
from workloads.shard.corpus import Text, as_text
from workloads.shard.recipe import Corpus, Settings

TINY: dict[str, Any] = {
    "megabytes": 0.02,
    "orders": 5,
    "rows": 1 << 12,
    "batch": 2048,
    "micro_batches": 4,
    "device": "8MiB",
}
SENTENCE = b"def answer(question: str) -> str:\n    return question.strip()\n"


def configured(**changes: Any) -> Settings:
    """Return small settings."""
    settings: Settings = WORKLOAD.configure(WORKLOAD.defaults | TINY | changes)
    return settings


def text(size: int, seed: int = 1) -> Text:
    """Return so many bytes of a sentence with some letters changed at random."""
    random = np.random.default_rng(seed)
    repeated = np.frombuffer((SENTENCE * (size // len(SENTENCE) + 1))[:size], np.uint8).copy()
    changed = random.random(size) < 0.05
    repeated[changed] = random.integers(97, 123, changed.sum(), dtype=np.uint8)
    return as_text(repeated.tobytes())


def problem(**changes: Any) -> Problem[Corpus, Text]:
    """Return a small problem of a made-up text."""
    settings = configured(**changes)
    return make_problem(text(round(settings.megabytes * 1e6)), text(3000, seed=2), settings)
