"""The settings of ``train``, and the input that both sides get.

Imports ``harness.workload`` and ``kernel``.
"""

from dataclasses import dataclass
from typing import NamedTuple

from harness.workload import require_between
from workloads.train.kernel import Array

OPTIMIZERS = ("muon", "adam")
LIMITS = {
    "batches": (1, 10_000_000),
    "batch": (1, 1024),
    "crop": (8, 256),
    "channels": (4, 512),
    "depth": (2, 32),
    "group": (1, 1024),
    "validate_every": (1, 1_000_000),
}
MOST_PLACES = 1 << 27  # of all strips: 1 GB with their errors


class Recipe(NamedTuple):
    """How the network is trained: ``batches`` of ``batch`` crops at most, ``crop`` pixels a side.

    It ends at a PSNR of ``target`` dB on the validation strip, which is asked after every
    ``validate_every`` batches. The gradients of ``group`` crops are added up in a batch; a worker
    has whole groups.
    """

    batches: int
    target: float
    batch: int
    group: int
    crop: int
    channels: int
    depth: int
    optimizer: str
    rate: float
    validate_every: int
    noise: float
    seed: int

    @property
    def groups(self) -> int:
        """Return how many groups a batch has."""
        return self.batch // self.group


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``noise`` is the standard deviation of a noisy exposure, of 255 levels of grey.
    """

    batches: int = 6000
    target: float = 31.65
    batch: int = 16
    group: int = 4
    crop: int = 16
    channels: int = 32
    depth: int = 4
    optimizer: str = "muon"
    rate: float = 0.0028
    validate_every: int = 64
    noise: float = 25.0
    seed: int = 1

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer={self.optimizer} is neither muon nor adam")
        if self.channels % 4:
            raise ValueError(f"channels={self.channels} is not a multiple of 4")
        if self.batch % self.group:
            raise ValueError(
                f"batch={self.batch} is not a multiple of the crops in a group, group={self.group}"
            )
        if not 0 <= self.seed < 1 << 63:
            raise ValueError(f"seed={self.seed} is not from 0 to below 2 to the 63")
        for name, most in (("rate", 1), ("noise", 255), ("target", 100)):
            value = getattr(self, name)
            if not 0 < value <= most:
                raise ValueError(f"{name}={value} is not above 0 and at most {most}")
        if self.batch * self.crop**2 * self.channels * self.depth > MOST_PLACES:
            raise ValueError(
                f"batch={self.batch} crops of {self.crop}x{self.crop} pixels with "
                f"channels={self.channels} and depth={self.depth} take more than 1 GB"
            )

    @property
    def recipe(self) -> Recipe:
        """Return the settings that belong to the input."""
        return Recipe(**{name: getattr(self, name) for name in Recipe._fields})


class Exposures(NamedTuple):
    """Pictures (n, colours, rows, columns) from 0 to 1: noisy ones, and the same without noise."""

    noisy: Array
    clean: Array


class Training(NamedTuple):
    """The input of both sides.

    ``scenes`` (n, colours, rows, columns) are what the camera looks at: training sees them only
    through noisy exposures. The validation strip was photographed without noise too.
    """

    scenes: Array
    validation: Exposures
    recipe: Recipe
