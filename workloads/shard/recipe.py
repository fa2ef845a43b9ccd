"""The settings of ``shard``, and the input that both sides get.

Imports ``harness.workload`` and ``kernel``.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from harness.workload import require_between
from workloads.shard.kernel import LOGITS, Array

ROW_BYTES = 4 * LOGITS
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
LIMITS: dict[str, tuple[float, float]] = {
    "megabytes": (0.01, 1000),
    "orders": (1, 32),
    "rows": (1, 1 << 26),
    "batch": (1, 1 << 20),
    "micro_batches": (1, 1024),
    "baseline_micro_batches": (1, 1024),
}


class Recipe(NamedTuple):
    """How the model is built and trained.

    ``orders`` tables, one for each number of bytes before the next one, have at most ``rows`` rows.
    A step is of ``batch`` bytes, in so many ``micro_batches``; of the baseline, which has nobody to
    keep at work, in ``baseline_micro_batches``, to the same bits. A device holds ``device_bytes``.
    """

    orders: int
    rows: int
    batch: int
    micro_batches: int
    baseline_micro_batches: int
    rate: float
    device_bytes: int

    @property
    def of_the_baseline(self) -> "Recipe":
        """Return the recipe with the baseline's micro-batches."""
        return self._replace(micro_batches=self.baseline_micro_batches)

    @property
    def micro_batch(self) -> int:
        """Return the bytes of a micro-batch."""
        return self.batch // self.micro_batches

    def rows_of(self, order: int) -> int:
        """Return the rows of a table: no more than there are contexts of so few bytes."""
        contexts = 256**order if order < 4 else self.rows
        return min(self.rows, 17 * contexts)

    @property
    def parameters(self) -> int:
        """Return how many weights all tables hold."""
        return self.table_bytes // ROW_BYTES * (LOGITS - 1)

    @property
    def table_bytes(self) -> int:
        """Return the bytes of all tables."""
        return sum(self.rows_of(order) for order in range(self.orders)) * ROW_BYTES


class Corpus(NamedTuple):
    """The input of both sides: a text as bytes, and the recipe."""

    text: Array
    recipe: Recipe

    @property
    def steps(self) -> int:
        """Return how many whole batches the text has."""
        return len(self.text) // self.recipe.batch


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``device`` is the memory of a device, such as ``112MiB``, for the model and for what a step
    needs.
    """

    megabytes: float = 9.0
    orders: int = 14
    rows: int = 1 << 18
    batch: int = 16_384
    micro_batches: int = 16
    baseline_micro_batches: int = 1
    rate: float = 0.1
    device: str = "144MiB"

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        for name in ("micro_batches", "baseline_micro_batches"):
            if self.batch % getattr(self, name):
                raise ValueError(
                    f"batch={self.batch} is not a multiple of {name}={getattr(self, name)}"
                )
        if self.batch > self.megabytes * 1e6:
            raise ValueError(f"batch={self.batch} is more than megabytes={self.megabytes} of text")
        if not 0 < self.rate <= 10:
            raise ValueError(f"rate={self.rate} is not above 0 and at most 10")
        largest = max(self.recipe.rows_of(order) for order in range(self.orders)) * ROW_BYTES
        if largest > self.recipe.device_bytes:
            raise ValueError(
                f"device={self.device} is less than the {largest / 2**20:.1f} MiB of one table of "
                f"rows={self.rows}"
            )

    @property
    def recipe(self) -> Recipe:
        """Return the settings that belong to the model."""
        return Recipe(
            orders=self.orders,
            rows=self.rows,
            batch=self.batch,
            micro_batches=self.micro_batches,
            baseline_micro_batches=self.baseline_micro_batches,
            rate=self.rate,
            device_bytes=bytes_of(self.device),
        )


def bytes_of(size: str) -> int:
    """Return the bytes of a size such as ``112MiB``; raise ``ValueError`` for anything else."""
    written = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(KiB|MiB|GiB)", size)
    if written is None:
        raise ValueError(f"device={size!r} is not a size such as 112MiB or 1.5GiB")
    return int(float(written[1]) * UNITS[written[2]])
