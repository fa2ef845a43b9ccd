"""The settings of ``embed``. Imports ``harness.workload`` and this package."""

from dataclasses import dataclass

from harness.workload import require_between
from workloads.embed.minilm import MOST_TOKENS, PRECISIONS
from workloads.embed.queries import FEWEST_PASSAGES

LIMITS = {
    "passages": (FEWEST_PASSAGES, 1_000_000),
    "queries": (1, 10_000),
    "batch": (1, 1 << 16),
    "max_tokens": (8, 4096),
    "seed": (0, 1 << 53),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``model`` is a folder or an ONNX file in it (empty: the MiniLM that the extra brings).
    ``corpus`` is a file or folder (empty: the documentation of the installed packages).
    ``field`` names the field of its text in JSON and Parquet (empty: a usual name).
    ``precision`` is that of the extra's MiniLM: a model in a folder computes as it was exported.
    ``batch`` counts a batch's tokens; ``max_tokens`` is where a passage is cut off.
    """

    model: str = ""
    corpus: str = ""
    field: str = ""
    precision: str = PRECISIONS[0]
    passages: int = 5000
    batch: int = 256
    max_tokens: int = 128
    queries: int = 1500
    seed: int = 1

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision={self.precision} is neither {' nor '.join(PRECISIONS)}")
        if self.model and self.precision != PRECISIONS[0]:
            raise ValueError(
                f"precision={self.precision} is for MiniLM: a model of one's own computes as it "
                "was exported"
            )
        if not self.model and self.max_tokens > MOST_TOKENS:
            raise ValueError(
                f"max_tokens={self.max_tokens} is more than the {MOST_TOKENS} that MiniLM has "
                "places for"
            )
        if self.queries > self.passages:
            raise ValueError(f"queries={self.queries} are more than passages={self.passages}")
