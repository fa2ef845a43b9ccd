"""The settings of ``train``, and the input that both sides get.

Imports ``harness.workload`` and the numerics of ``kernel``.
"""

from dataclasses import dataclass
from typing import NamedTuple

from harness.workload import require_between
from workloads.train.kernel import Samples

TRAINING_IMAGES = 1433
LIMITS = {
    "steps": (1, 1_000_000),
    "batch": (1, 1 << 20),
    "micro_batch": (1, 1 << 16),
    "hidden": (1, 8192),
    "copies": (1, 1000),
}


class Recipe(NamedTuple):
    """How the model is trained.

    ``batch`` counts the samples of a global batch, ``micro_batch`` those of one leaf of it.
    """

    steps: int
    batch: int
    micro_batch: int
    hidden: int
    learning_rate: float
    momentum: float
    seed: int

    @property
    def leaves(self) -> int:
        """Return the number of micro-batches in a global batch."""
        return self.batch // self.micro_batch


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; ``copies`` is how many augmented copies of each image there are.

    Raises ``ValueError`` with one sentence for values that make no sense.
    """

    steps: int = 67
    batch: int = 24576
    micro_batch: int = 768
    hidden: int = 512
    copies: int = 64
    learning_rate: float = 0.3
    momentum: float = 0.9
    seed: int = 1

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.seed < 0:
            raise ValueError(f"seed={self.seed} is below 0")
        if not 0 < self.learning_rate <= 100:
            raise ValueError(f"learning_rate={self.learning_rate} is not above 0 and at most 100")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum={self.momentum} is not from 0 to below 1")
        if self.batch % self.micro_batch:
            raise ValueError(
                f"batch={self.batch} is not a multiple of micro_batch={self.micro_batch}"
            )
        images = self.copies * TRAINING_IMAGES
        if self.batch > images:
            raise ValueError(
                f"batch={self.batch} is more than the {images:,} images "
                f"that copies={self.copies} makes"
            )

    @property
    def recipe(self) -> Recipe:
        """Return the settings that belong to the input."""
        return Recipe(
            steps=self.steps,
            batch=self.batch,
            micro_batch=self.micro_batch,
            hidden=self.hidden,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            seed=self.seed,
        )


class Training(NamedTuple):
    """The input of both sides: augmented samples in float32, shuffled once, and the recipe."""

    samples: Samples
    recipe: Recipe

    def micro_batch(self, step: int, leaf: int) -> Samples:
        """Return the samples of one leaf as slices.

        Steps go through the shuffled samples again and again, as many passes as that takes.
        """
        images, labels = self.samples
        rows = self.recipe.micro_batch
        begin = (step * self.recipe.leaves + leaf) * rows % len(labels)
        end = begin + rows
        return Samples(images[begin:end], labels[begin:end])
