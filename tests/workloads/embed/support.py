"""What the tests of ``embed`` share: the skip without the extra, a small corpus and problem."""

import importlib.util
import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness.model import Parameters
from workloads import embed
from workloads.embed.model import LIBRARIES

needs_extra = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, LIBRARIES)) and not os.environ.get("CI"),
    reason="the extra embed is not installed",
)

SUBJECTS = (
    "a kettle",
    "the harbour",
    "her violin",
    "an old bridge",
    "the orchard",
    "a comet",
    "the bakery",
    "my bicycle",
)
DEEDS = (
    "is painted blue each spring",
    "keeps strangers awake all night",
    "was drawn by a child",
    "smells of rain and tar",
    "belongs to nobody any more",
    "turns up in every dream",
    "costs more than it did",
    "was lost in the war",
)
LINES = tuple(
    f"I heard that {subject} {deed}. Who has seen {subject} told {number} others "
    f"that it {deed}{', again' * (number % 7)}."
    for number, (subject, deed) in enumerate(product(SUBJECTS, DEEDS))
)

SMALL: Parameters = {"passages": 64, "queries": 16, "batch": 96, "max_tokens": 36}


def small(folder: Path, **changed: Any) -> Parameters:
    """Write a corpus of 64 short passages into the folder; return the settings that read it."""
    corpus = folder / "lines.txt"
    corpus.write_text("\n".join(LINES), encoding="utf-8")
    return embed.WORKLOAD.defaults | SMALL | {"corpus": str(corpus)} | changed
