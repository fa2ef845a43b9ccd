"""The problem that a side holds, one at a time, and the quality of an answer to it.

May import ``model`` and ``workload``.
"""

import math
from typing import Any

from harness.model import Parameters
from harness.workload import AnyProblem, AnyWorkload


class LoadedProblem:
    """A workload's problem at a session's parameters, or at some that are laid over them.

    It never holds two problems, since one may fill the memory.
    """

    def __init__(self, workload: AnyWorkload, params: Parameters) -> None:
        self.workload = workload
        self._params = params
        self._loaded_with: Parameters | None = None
        self._problem: AnyProblem | None = None

    @property
    def own(self) -> AnyProblem:
        """Return the session's problem."""
        return self.with_settings({})

    def with_settings(self, settings: Parameters) -> AnyProblem:
        """Return the problem at these settings; it is loaded once the one before is let go."""
        params = self._params | settings
        if self._problem is None or params != self._loaded_with:
            self.let_go()
            self._problem = self.workload.load(self.workload.configure(params))
            self._loaded_with = params
        return self._problem

    def let_go(self) -> None:
        """Hold no problem until one is asked for."""
        self._problem = None


def quality_of(workload: AnyWorkload, problem: AnyProblem, answer: Any) -> float:
    """Return an answer's quality on the held-out set; raise ``ValueError`` if it is no number."""
    quality = float(workload.quality(answer, problem.held_out))
    if not math.isfinite(quality):
        raise ValueError(
            f"the answer's {workload.metric.name} is {quality}, not a number to compare"
        )
    return quality
