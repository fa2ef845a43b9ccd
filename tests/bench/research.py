"""What ``research`` answers, by the hops that a question takes, and what its board saves.

One pass of the baseline in this process; both sides give the same answers. May import ``harness``,
the workload ``research`` and its neighbours in ``tests``.
"""

from itertools import compress

from harness import text
from harness.model import Parameters
from tests.bench.table import Finding, Row
from tests.pools import ignore_progress
from workloads import research
from workloads.research.calculator import close_own
from workloads.research.planner import plan_question
from workloads.research.questions import HOPS, scores
from workloads.research.waves import work_off


def hops(changes: Parameters) -> Finding:
    """Return the exact match by hops, and how many sub-questions were asked for how many steps."""
    settings = research.WORKLOAD.defaults | changes
    problem = research.load(research.WORKLOAD.configure(settings))
    backlog, key = problem.input, problem.held_out
    try:
        board = work_off(backlog, research.Alone(backlog), ignore_progress)
    finally:
        close_own()
    right = scores(board.results(), key)
    rows = []
    for number in HOPS:
        ones = list(compress(right, [hops == number for hops in key.hops]))
        share = text.three_digits(sum(ones) / len(ones)) if ones else "no questions"
        of = text.number_of(len(ones), "question")
        rows.append(Row(f"exact match, {number} hops", share, of))
    questions = backlog.questions.texts((0, len(key.answers)))
    steps = sum(len(plan_question(question)) for question in questions)
    asked = text.count(len(board.answers))
    rows.append(Row("sub-questions asked, each once", asked, f"for {text.count(steps)} steps"))
    rows.append(Row("questions asked again", text.count(board.asked_again)))
    return Finding(tuple(rows))
