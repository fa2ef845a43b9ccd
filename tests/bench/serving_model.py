"""A model of the sessions of ``serve``, for the rule by which the rate of its trials is found.

Events in simulated time: a process that answers micro-batches, or two workers that share a queue
and search for each other, on cores whose speed drifts and which stand still now and then. The
search is the product's own. It says how often all trials of six pairs hold the budget, for a rule:
how often a rate is tried, at which share of the rate that held trials run, and how long they are.
``python -m tests.bench.serving_model [SESSIONS]`` prints the table.
May import ``harness``.
"""

import math
import random
import sys
from bisect import bisect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, stdev

from harness import text
from harness.errors import SideFailed
from harness.run.rate_search import FIRST_SHARE, MOST_REQUESTS, PROBED, Tries, climb
from harness.run.request_generator import schedule
from harness.serving import (
    BUDGETED_SHARE,
    FINE_STEP,
    HEADROOM,
    STEP,
    TRIES,
    ServedLoad,
    TriedRate,
    percentile,
)

BUDGET_S = 0.1
MICRO_BATCH = 8
# A request at the 5th, 15th, … percentile of 49,000 on one core, without what it waited for it.
WORK_MS = (1.14, 1.26, 1.34, 1.42, 1.50, 1.63, 1.83, 2.14, 2.57, 3.51)
SEARCH_S = 0.0001  # of one request in the other worker's shard
CALL_S = 0.0002
PAIRS = 6
PAUSE_S = 3.0  # between two trials
LONGEST_S = 3_600.0
STEP_S = 0.25


@dataclass(frozen=True, kw_only=True)
class World:
    """How a machine behaves.

    The logarithm of its speed has a standard deviation of ``drift``, and forgets within
    ``drift_s``. Each core stands still so many times a minute, for 30 ms to ``stalls_s``.
    """

    drift: float = 0.01
    drift_s: float = 60.0
    stalls_a_minute: float = 0.0
    stalls_s: float = 0.15


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How the rate of trials of so many ``requests`` is found."""

    tries: int
    headroom: float
    requests: int


class Machine:
    """Two cores, and the time ``now``."""

    def __init__(self, world: World, seed: int) -> None:
        draw = random.Random(seed)
        self.now = 0.0
        self.work_s = [draw.choice(WORK_MS) / 1e3 for _ in range(20_000)]
        self._speeds = _speeds(world, draw)
        self._stalls = [_stalls(world, draw) for _ in range(2)]

    def done_at(self, core: int, begin: float, work_s: float) -> float:
        """Return when work that begins on a core is done."""
        stalls = self._stalls[core]
        place = bisect(stalls, (begin, math.inf))
        if place and stalls[place - 1][1] > begin:
            begin = stalls[place - 1][1]
        end = begin + work_s / self._speeds[min(int(begin / STEP_S), len(self._speeds) - 1)]
        while place < len(stalls) and stalls[place][0] < end:
            end += stalls[place][1] - stalls[place][0]
            place += 1
        return end


def _speeds(world: World, draw: random.Random) -> list[float]:
    keeps = math.exp(-STEP_S / world.drift_s)
    forgets = world.drift * math.sqrt(1 - keeps * keeps)
    at, speeds = draw.gauss(0, world.drift), []
    for _ in range(int(LONGEST_S / STEP_S)):
        at = keeps * at + draw.gauss(0, forgets)
        speeds.append(math.exp(at))
    return speeds


def _stalls(world: World, draw: random.Random) -> list[tuple[float, float]]:
    stalls, at = [], 0.0
    while world.stalls_a_minute and at < LONGEST_S:
        at += draw.expovariate(world.stalls_a_minute / 60)
        end = at + draw.uniform(0.03, world.stalls_s)
        stalls.append((at, end))
        at = end
    return stalls


Answer = Callable[[Machine, Sequence[float], int], list[float]]
"""Answer requests that are due at these times, until so many and one are late; return latencies."""


def alone(machine: Machine, due: Sequence[float], late_at_most: int) -> list[float]:
    """Answer in one process, one micro-batch after the other."""
    began = at = machine.now
    latencies: list[float] = []
    late = 0
    while len(latencies) < len(due) and late <= late_at_most:
        first = end = len(latencies)
        at = max(at, began + due[first])
        while end < min(len(due), first + MICRO_BATCH) and began + due[end] <= at:
            end += 1
        at = machine.done_at(0, at, CALL_S + sum(machine.work_s[first:end]))
        latencies += [at - began - due[number] for number in range(first, end)]
        late += sum(one > BUDGET_S for one in latencies[first:end])
    machine.now = at
    return latencies


def together(machine: Machine, due: Sequence[float], late_at_most: int) -> list[float]:
    """Answer on two workers: each encodes micro-batches, and searches for those of the other."""
    began, free = machine.now, [machine.now, machine.now]
    searches: tuple[deque[tuple[float, range]], ...] = (deque(), deque())
    latencies: list[float] = []
    taken = late = 0
    while len(latencies) < len(due) and late <= late_at_most:
        coming = began + due[taken] if taken < len(due) else math.inf
        ready = [min([coming, *(at for at, _ in searches[core])]) for core in range(2)]
        core = min((0, 1), key=lambda one: (max(free[one], ready[one]), free[one]))
        at = max(free[core], ready[core])
        answered = [numbers for since, numbers in searches[core] if since <= at]
        for _ in answered:
            searches[core].popleft()
        end = taken
        while end < min(len(due), taken + MICRO_BATCH) and began + due[end] <= at:
            end += 1
        work_s = CALL_S + SEARCH_S * sum(map(len, answered)) + sum(machine.work_s[taken:end])
        free[core] = machine.done_at(core, at, work_s)
        if end > taken:
            searches[1 - core].append((free[core], range(taken, end)))
        taken = end
        arrived = [free[core] - began - due[number] for each in answered for number in each]
        latencies += arrived
        late += sum(one > BUDGET_S for one in arrived)
    machine.now = max(free)
    return latencies


def offer(
    machine: Machine, answer: Answer, rate: float, count: int, *, to_the_end: bool = False
) -> ServedLoad:
    """Offer so many requests at a rate; return what became of them."""
    late_at_most = count if to_the_end else math.floor(BUDGETED_SHARE * count)
    began = machine.now
    latencies = sorted(answer(machine, schedule(rate, count, 1), late_at_most))
    return ServedLoad(
        rate=rate,
        budget_s=BUDGET_S,
        requests=len(latencies),
        late=sum(one > BUDGET_S for one in latencies),
        failed=0,
        p50_s=percentile(latencies, 0.5),
        p99_s=percentile(latencies, 0.99),
        sent_late_p99_s=0.0,
        generator_s=0.0,
        wall_s=machine.now - began,
    )


def find_rate(machine: Machine, answer: Answer, rule: Rule) -> float:
    """Return the largest rate that holds, by the product's search; raise ``SideFailed`` if none."""
    began = machine.now
    answer(machine, [0.0] * PROBED, PROBED)
    first = FIRST_SHARE * PROBED / (machine.now - began)

    def load(rung: int) -> ServedLoad:
        return offer(machine, answer, first * float(FINE_STEP**rung), MOST_REQUESTS)

    known: dict[int, TriedRate] = {}

    def once(rung: int) -> TriedRate:
        if rung not in known:
            known[rung] = TriedRate((load(rung),) * TRIES)
        return known[rung]

    return first * float(FINE_STEP ** climb(once if rule.tries == 1 else Tries(load)))


@dataclass(frozen=True, kw_only=True)
class Session:
    """Six pairs: the ratio of the rates, how many trials broke the budget, and the arming."""

    ratio: float
    broken: int
    arming_s: float


def session(world: World, rule: Rule, seed: int) -> Session | None:
    """Return what six pairs come to (None: no rate was found)."""
    machine = Machine(world, seed)
    try:
        rates = [find_rate(machine, answer, rule) for answer in (alone, together)]
    except SideFailed:
        return None
    arming_s, broken = machine.now, 0
    for pair in range(PAIRS):
        for answer, rate in [*zip((alone, together), rates, strict=True)][:: 1 - 2 * (pair % 2)]:
            machine.now += PAUSE_S
            load = offer(machine, answer, rate / rule.headroom, rule.requests, to_the_end=True)
            broken += not load.holds
    return Session(ratio=rates[1] / rates[0], broken=broken, arming_s=arming_s)


WORLDS = {
    "calm": World(),
    "drifts by 5 %": World(drift=0.05, drift_s=90.0),
    "drifts by 8 %": World(drift=0.08, drift_s=120.0),
    "5 %, a stall in 5 min": World(drift=0.05, drift_s=90.0, stalls_a_minute=0.1),
    "8 %, a stall in 100 s": World(drift=0.08, drift_s=120.0, stalls_a_minute=0.3),
}
RULES = {
    "before": Rule(tries=1, headroom=STEP, requests=5_000),
    "tried twice": Rule(tries=TRIES, headroom=STEP, requests=5_000),
    "80 %": Rule(tries=TRIES, headroom=1.25, requests=5_000),
    "70 %": Rule(tries=TRIES, headroom=HEADROOM, requests=5_000),
    "70 %, 10,000": Rule(tries=TRIES, headroom=HEADROOM, requests=10_000),
}


def main(sessions: int) -> None:
    """Print, for each world and rule, what so many sessions came to, as a Markdown table."""
    write = sys.stdout.write
    write("| machine | rule | all trials held | trials broken | S | arming of both sides |\n")
    write("| --- | --- | --- | --- | --- | --- |\n")
    for name, world in WORLDS.items():
        for rule_name, rule in RULES.items():
            ran = [one for seed in range(sessions) if (one := session(world, rule, seed))]
            held = sum(one.broken == 0 for one in ran) / sessions
            broken = sum(one.broken for one in ran) / (2 * PAIRS * max(1, len(ran)))
            ratios = [one.ratio for one in ran]
            write(
                f"| {name} | {rule_name} | {text.percent(held)} | {text.percent(broken)} |"
                f" {median(ratios):.2f} ± {stdev(ratios):.2f} |"
                f" {median(one.arming_s for one in ran):.0f} s |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
