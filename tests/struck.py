"""A small real workload for strikes on Ray: a map, a shuffle and a lockstep, a third of it each.

Between them the driver waits until all workers are there, so that each strike hits the part that it
is meant for, whatever the load. Imports ``harness.workload``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.workload import Lockstep, Metric, Pool, Problem, Reporter, Workload

PARTITIONS = 4
MODULUS = 2**61 - 1

Answer = tuple[list[int], list[int], int]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How many chunks each part has, and how much work is in each."""

    chunks: int = 40
    rounds: int = 300_000


def load(settings: Settings) -> Problem[Settings, int]:
    """Return the settings: the input is no larger than that."""
    warmup = Settings(chunks=2, rounds=10)
    return Problem(input=settings, held_out=1, items=3 * settings.chunks, warmup=warmup)


def kernel(seed: int, rounds: int) -> int:
    """Return a number that takes a while."""
    value = seed + 1
    for turn in range(rounds):
        value = (value * 6364136223846793005 + turn) % MODULUS
    return value


def scatter(chunk: int, rounds: int) -> list[int]:
    """Return a piece for every partition."""
    value = kernel(chunk, rounds)
    return [value % (partition + 7) for partition in range(PARTITIONS)]


def gather(partition: int, pieces: Sequence[int], rounds: int) -> int:
    """Return a partition's sum."""
    return partition + sum(pieces)


def start(rounds: int) -> int:
    """Return the state before the first step."""
    return 1


def contribute(state: int, step: int, share: int, rounds: int) -> int:
    """Return what a share adds in a step."""
    return kernel(state + share, rounds)


def combine(state: int, step: int, parts: Sequence[int], rounds: int) -> int:
    """Return the next state; the order of the parts matters."""
    for part in parts:
        state = (31 * state + part) % MODULUS
    return state


def baseline(given: Settings, report: Reporter) -> Answer:
    """Do it all here, with as many shares as there are workers."""
    mapped = []
    for chunk in range(given.chunks):
        mapped.append(kernel(chunk, given.rounds))
        report(chunk + 1)
    scattered = [scatter(chunk, given.rounds) for chunk in range(given.chunks)]
    report(2 * given.chunks)
    gathered = [
        gather(partition, [pieces[partition] for pieces in scattered], given.rounds)
        for partition in range(PARTITIONS)
    ]
    state = start(given.rounds)
    for step in range(given.chunks):
        parts = [contribute(state, step, share, given.rounds // 2) for share in range(2)]
        state = combine(state, step, parts, given.rounds)
    report(3 * given.chunks)
    return mapped, gathered, state


def wait_for_all(pool: Pool) -> None:
    """Return once every worker has computed something."""
    present: set[str] = set()
    while len(present) < pool.size:
        present |= {part.worker for part in pool.map(kernel, range(2 * pool.size), 10)}


def distributed(given: Settings, pool: Pool, report: Reporter) -> Answer:
    """Do the same on the pool, which must have two workers."""
    chunks = range(given.chunks)
    mapped = pool.map(kernel, chunks, given.rounds, report=report)
    wait_for_all(pool)
    gathered = pool.shuffle(
        scatter,
        chunks,
        gather,
        PARTITIONS,
        given.rounds,
        report=lambda done: report(given.chunks + done),
    )
    wait_for_all(pool)
    state = pool.lockstep(
        Lockstep(start, contribute, combine),
        range(pool.size),
        given.chunks,
        given.rounds // 2,
        items=lambda share: 1,
        report=lambda done: report(2 * given.chunks + done // pool.size),
    )
    return [part.value for part in mapped], [part.value for part in gathered], state


def quality(answer: Answer, held_out: int) -> float:
    """Return that it is an answer."""
    return float(held_out)


WORKLOAD = Workload(
    name="struck",
    params=Settings(),
    unit="pieces",
    metric=Metric("presence"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
