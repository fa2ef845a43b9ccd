"""The numbers and names that a file may hold: types with bounds, which msgspec checks on reading.

A model's fields are of these types, and so is the published schema of the results file.
"""

from typing import Annotated

from msgspec import Meta

MOST_WORKERS = 1_000_000
MOST_STRIKES = 64
LARGEST_SEED = 2**32 - 1
LARGEST_NUMBER = 1e15
LARGEST_COUNT = 2**63 - 1
LONGEST_WALL_S = 1e9
SHORTEST_WALL_S = 1e-9
SMALLEST_PRICE = 1e-9

Number = Annotated[float, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
"""A number that may be negative, such as a quality."""

Amount = Annotated[float, Meta(ge=0.0, le=LARGEST_NUMBER)]
"""A number that is not negative."""

Seconds = Annotated[float, Meta(ge=0.0, le=LARGEST_NUMBER, description="seconds")]
WallSeconds = Annotated[float, Meta(ge=0.0, le=LONGEST_WALL_S, description="seconds")]

Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Bytes = Annotated[int, Meta(ge=0, le=LARGEST_COUNT, description="bytes")]
PositiveCount = Annotated[int, Meta(ge=1, le=MOST_WORKERS)]
"""A number of workers, cores, trials or scored items: at least one."""

Nice = Annotated[int, Meta(ge=-20, le=20)]

_PER_HOUR = "money per machine-hour, in the currency of the prices"
Price = Annotated[float, Meta(ge=SMALLEST_PRICE, le=LARGEST_NUMBER, description=_PER_HOUR)]
PriceOrNothing = Annotated[float, Meta(ge=0.0, le=LARGEST_NUMBER, description=_PER_HOUR)]

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 in hex")]
Sha256OrEmpty = Annotated[
    str, Meta(pattern="^([0-9a-f]{64})?$", description="SHA-256 in hex; empty where unknown")
]
CommitOrEmpty = Annotated[
    str, Meta(pattern="^([0-9a-f]{7,64})?$", description="empty outside a repository")
]
Version = Annotated[str, Meta(pattern="^[0-9A-Za-z.+!_]{0,40}$")]
RUN_ID_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
RunId = Annotated[str, Meta(pattern=RUN_ID_PATTERN)]
