"""The settings of ``serve``. Imports ``harness.workload`` and ``workloads.embed``."""

from dataclasses import dataclass

from harness.workload import require_between
from workloads.embed.minilm import MOST_TOKENS, PRECISIONS

FEWEST_REQUESTS = 459  # of fewer no p99 can be claimed
LIMITS: dict[str, tuple[float, float]] = {
    "passages": (64, 1_000_000),
    "queries": (1, 10_000),
    "requests": (FEWEST_REQUESTS, 50_000),
    "micro_batch": (1, 64),
    "lists": (1, 4096),
    "probes": (1, 4096),
    "max_tokens": (8, MOST_TOKENS),
    "budget_ms": (1, 60_000),
    "seed": (0, 1 << 32),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    The ``passages`` are searched, in so many ``lists``, of which a request looks into ``probes``.
    So many ``requests`` come in a trial, each of them one of the ``queries``. A micro-batch has at
    most ``micro_batch`` of them. A text is cut off at ``max_tokens``.
    Of all requests 99 % are to be answered within ``budget_ms``.
    """

    passages: int = 3000
    queries: int = 1000
    requests: int = 10_000  # of a trial of a few seconds one stall of the machine is 1 %
    micro_batch: int = 8
    lists: int = 64
    probes: int = 24
    max_tokens: int = 64
    budget_ms: float = 100.0
    precision: str = PRECISIONS[0]
    seed: int = 1

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision={self.precision} is neither {' nor '.join(PRECISIONS)}")
        if self.probes > self.lists:
            raise ValueError(f"probes={self.probes} are more than lists={self.lists}")
        if self.lists > self.passages:
            raise ValueError(f"lists={self.lists} are more than passages={self.passages}")
        if self.queries > self.passages / 2:  # hardly more can be cut out of them
            raise ValueError(
                f"queries={self.queries} are more than half of passages={self.passages}"
            )
