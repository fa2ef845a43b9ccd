"""What a declared result's file may hold: its tables, their names and the bounds of their values.

May import ``quantities`` and its neighbours.
"""

from typing import Annotated

from msgspec import Meta

from harness.files.config_file import Day, Line, Table
from harness.files.measurements import Numbers, WallTimes
from harness.files.prices import PriceTable
from harness.quantities import LARGEST_NUMBER, SMALLEST_PRICE, Amount, PositiveCount

MOST_SCALES = 100

Cost = Annotated[float, Meta(ge=SMALLEST_PRICE, le=LARGEST_NUMBER)]


class WordsTable(Table, frozen=True):
    """What is said of the work; what need not be said may be empty. ``name`` is else the file's."""

    bottleneck: Line
    axis: Line
    metric: Line
    tolerance: Amount
    name: Line | None = None
    unit: str = "runs"
    partition: str = ""
    communication: str = ""
    consistency: str = ""
    neighbour: str = ""
    limitation: str = ""
    answers_differ: str = ""
    bound: str = ""


class BaselineTable(Table, frozen=True):
    """The single machine's runs; ``cores`` are counted as a worker's are (None: 1)."""

    time: WallTimes
    quality: Numbers
    cost: Cost | None = None
    cores: PositiveCount | None = None


class DistributedTable(Table, frozen=True):
    """The runs on one number of workers."""

    workers: PositiveCount
    time: WallTimes
    quality: Numbers
    cost: Cost | None = None


class DeclaredTable(Table, frozen=True):
    """The whole file. It declares costs in a ``currency``, or ``prices``."""

    source: Line
    date: Day
    words: WordsTable
    baseline: BaselineTable
    distributed: Annotated[tuple[DistributedTable, ...], Meta(max_length=MOST_SCALES)] = ()
    currency: Line | None = None
    cores_per_worker: PositiveCount | None = None
    headline_workers: PositiveCount | None = None
    prices: PriceTable | None = None
