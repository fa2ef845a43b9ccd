"""The board: what is asked, what is answered, and the judge who joins answers and asks again.

All questions are worked on at once, a wave of sub-questions after the other: whatever can be asked
now is asked once, however many questions wait for it. Imports this package.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workloads.research.agents import SubAnswer, SubQuestion
from workloads.research.planner import Plan
from workloads.research.tools import short_name

NAMES = ("find", "base", "method")  # answers that are things, and are asked on


class State(NamedTuple):
    """How far a plan is: an answer for each step (None: not yet), and what can be asked now.

    ``stuck``: a step has found nothing.
    """

    found: tuple[str | None, ...]
    open: tuple[SubQuestion, ...]
    stuck: bool


class Board:
    """Sub-answers by sub-question, and the judge. ``asked_again`` counts what the judge asked anew.

    A judge asks ``again`` so many times, about the next candidate of what was found by description.
    """

    def __init__(self, plans: Sequence[Plan], again: int) -> None:
        self.answers: dict[SubQuestion, SubAnswer] = {}
        self.asked_again = 0
        self._plans = plans
        self._again = again
        self._attempts = [0] * len(plans)
        self._working = [number for number, plan in enumerate(plans) if plan]
        self._results = [""] * len(plans)

    def wave(self) -> dict[SubQuestion, int]:
        """Return what can be asked now, each with the number of steps that wait for it.

        Steps of a question that is asked again are not counted. Nothing is asked twice.
        """
        waiting = dict[SubQuestion, int]()
        working = []
        for number in self._working:
            state = self._judge(number)
            if state.open:
                working.append(number)
            for asked in state.open:
                first = self._attempts[number] == 0
                waiting[asked] = waiting.get(asked, 0) + first
        self._working = working
        return waiting

    def _judge(self, number: int) -> State:
        """Return how far a question is; ask again where a step has found nothing."""
        plan = self._plans[number]
        state = state_of(plan, self.answers, self._attempts[number])
        while state.stuck and self._attempts[number] < self._again:
            self._attempts[number] += 1
            self.asked_again += 1
            state = state_of(plan, self.answers, self._attempts[number])
        if state.stuck:
            return state._replace(open=())
        last = state.found[-1]
        if last is not None:
            self._results[number] = short_name(last) if plan[-1].action in NAMES else last
        return state

    def results(self) -> tuple[str, ...]:
        """Return the answer of each question (empty: there is none)."""
        return tuple(self._results)


def state_of(plan: Plan, answers: Mapping[SubQuestion, SubAnswer], attempt: int) -> State:
    """Return how far a plan is with these answers and the candidate of this number."""
    found = list[str | None]()
    waiting = list[SubQuestion]()
    stuck = False
    for action, detail, on in plan:
        about = [found[place] for place in on]
        known = [one for one in about if one is not None]
        answer = None
        if len(known) == len(about):
            asked = SubQuestion(action, detail, tuple(known))
            candidates = answers.get(asked)
            if candidates is None:
                waiting.append(asked)
            else:
                place = attempt if action == "find" else 0
                stuck = stuck or place >= len(candidates)
                answer = candidates[place] if place < len(candidates) else None
        found.append(answer)
    return State(tuple(found), tuple(dict.fromkeys(waiting)), stuck)
