"""The settings of ``research``. Imports ``harness.workload`` and this package."""

import re
from dataclasses import dataclass

from harness.workload import require_between
from workloads.research.endpoint import require_endpoint

PRECISIONS = ("int8", "float32")
FEWEST_QUESTIONS = 30
LIMITS = {
    "questions": (FEWEST_QUESTIONS, 50_000),
    "max_tokens": (8, 512),
    "passages": (1, 2),
    "again": (0, 8),
    "batch": (1, 1 << 16),
    "seed": (0, 1 << 53),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for values that make no sense.

    ``modules`` are modules of the standard library, separated by commas (empty: all).
    A definition has so many ``passages`` in the index: its declaration, and what it is made of.
    ``again`` is how often the judge asks again where a step found nothing. ``batch`` counts a
    batch's tokens, ``max_tokens`` is where a text is cut off, ``precision`` is the encoder's.
    ``endpoint`` is the address of a language model that plans, such as ``http://localhost:8080/v1``
    (empty: the grammar plans), and ``model`` its name there (empty: there is only one).
    """

    questions: int = 3000
    modules: str = ""
    passages: int = 2
    again: int = 1
    max_tokens: int = 40
    batch: int = 384
    precision: str = PRECISIONS[0]
    seed: int = 1
    endpoint: str = ""
    model: str = ""

    def __post_init__(self) -> None:
        require_between(self, LIMITS)
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision={self.precision} is neither {' nor '.join(PRECISIONS)}")
        if not re.fullmatch(r"|[\w.]+(,[\w.]+)*", self.modules):
            raise ValueError(f"modules={self.modules[:40]} are not names separated by commas")
        if self.endpoint:
            require_endpoint(self.endpoint)
        if self.model and not self.endpoint:
            raise ValueError(
                f"model={self.model[:40]} is a model's name at an endpoint, and endpoint is not "
                "set: a file of weights is served by llama.cpp, for example"
            )

    @property
    def module_names(self) -> tuple[str, ...]:
        """Return the modules whose definitions are read (empty: all)."""
        return tuple(filter(None, self.modules.split(",")))
