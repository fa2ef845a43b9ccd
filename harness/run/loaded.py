"""The problem that a side holds, one at a time, and the score of an answer to it.

May import ``model``, ``workload`` and ``run``.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from harness.model import Parameters
from harness.run.item_scores import Scores, checked_scores
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


@dataclass(frozen=True)
class Score:
    """An answer's quality, and the scores whose mean it is (empty: ``quality`` gave one number)."""

    quality: float
    items: Scores = ()


def score_of(workload: AnyWorkload, problem: AnyProblem, answer: Any) -> Score:
    """Return an answer's score on the held-out set; raise ``ValueError`` if it is no number."""
    returned: Any = workload.quality(answer, problem.held_out)
    if isinstance(returned, Collection) and getattr(returned, "shape", None) != ():
        items = checked_scores(returned)
        return Score(fmean(items), items)
    quality = float(returned)
    if not math.isfinite(quality):
        raise ValueError(
            f"the answer's {workload.metric.name} is {quality}, not a number to compare"
        )
    return Score(quality)
