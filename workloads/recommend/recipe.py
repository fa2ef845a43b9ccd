"""The settings of ``recommend``, and the input that both sides get.

Imports ``harness.workload``, ``kernel`` and ``rows``.
"""

from dataclasses import dataclass
from typing import NamedTuple

from harness.workload import require_between
from workloads.recommend.kernel import Rows
from workloads.recommend.rows import HeldOut

GRAM_NUMBERS = 250_000_000  # 1 GB of float32
LIMITS = {
    "users": (1, 10_000_000),
    "items": (1, 10_000_000),
    "interactions": (1, 200_000_000),
    "factors": (1, 1024),
    "iterations": (1, 100_000),
    "cg_steps": (1, 1000),
    "blocks": (1, 1 << 16),
}


class Recipe(NamedTuple):
    """How the factors are computed; the rows of either mode are solved in ``blocks`` blocks.

    Iterations end at a recall@10 of ``target`` on the validation part; ``iterations`` is the most.
    """

    factors: int
    iterations: int
    target: float
    cg_steps: int
    blocks: int
    regularization: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``interactions`` is about how many times a user is drawn to meet an item, ``alpha`` the weight
    of one meeting. ``ratings`` is a file or a folder of the user's own (empty: interactions are
    drawn), and ``columns`` names the columns of its users, items and perhaps ratings, with commas
    between (empty: they are known by usual names).
    """

    users: int = 150_000
    items: int = 20_000
    interactions: int = 90_000_000
    factors: int = 128
    iterations: int = 6
    target: float = 0.7375
    cg_steps: int = 3
    blocks: int = 96
    regularization: float = 30.0
    alpha: float = 2.0
    seed: int = 1
    ratings: str = ""
    columns: str = ""

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.blocks * self.factors**2 > GRAM_NUMBERS:
            raise ValueError(
                f"blocks={self.blocks} with factors={self.factors} make Gram matrices "
                "of more than 1 GB"
            )
        if not 0 <= self.seed < 1 << 63:
            raise ValueError(f"seed={self.seed} is not from 0 to below 2 to the 63")
        if not 0 < self.target <= 1:
            raise ValueError(f"target={self.target} is not above 0 and at most 1")
        named = self.wanted_columns
        if named and not (2 <= len(named) <= 3 and all(named) and len(set(named)) == len(named)):
            raise ValueError(f"columns={self.columns} is not USER,ITEM or USER,ITEM,RATING")
        if named and not self.ratings:
            raise ValueError(f"columns={self.columns} has no effect without ratings=FILE")
        for name in ("regularization", "alpha"):
            value = getattr(self, name)
            if not 0 < value <= 1e6:
                raise ValueError(f"{name}={value} is not above 0 and at most 1,000,000")

    @property
    def draw(self) -> tuple[int, int, int]:
        """Return how many users, items and meetings are drawn."""
        return self.users, self.items, self.interactions

    @property
    def wanted_columns(self) -> tuple[str, ...]:
        """Return the names of the columns to read (empty: they are known by usual names)."""
        return tuple(name.strip() for name in self.columns.split(",")) if self.columns else ()

    @property
    def recipe(self) -> Recipe:
        """Return the settings that belong to the input."""
        return Recipe(
            factors=self.factors,
            iterations=self.iterations,
            target=self.target,
            cg_steps=self.cg_steps,
            blocks=self.blocks,
            regularization=self.regularization,
            seed=self.seed,
        )


class Training(NamedTuple):
    """The input of both sides: the interactions by user and by item, what validates, the recipe.

    The strengths of the rows are weights: alpha times how often a user met an item. The validation
    part is of some users' items that are in no row.
    """

    users: Rows
    items: Rows
    validation: HeldOut
    recipe: Recipe

    @property
    def rows_by_mode(self) -> tuple[Rows, Rows]:
        """Return the rows that even steps solve, and those that odd steps solve."""
        return self.users, self.items
