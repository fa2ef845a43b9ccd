"""The recommender's baseline compared with the library ``implicit``, each on one thread.

Both have the same interactions, factors, start and steps, and are measured in one process, pinned
to one core, by turns, so that a drift of the core's speed cancels out.
The library takes as many iterations as ours takes to its target.
``python -m tests.bench.recommend ROUNDS`` is that process.
May import ``harness``, the workload ``recommend`` and its neighbours in ``tests``.
"""

import sys
import time
from statistics import median

import msgspec
import numpy as np

from harness import text
from harness.run.host import pin, usable_cores
from tests.bench.library import QUALITY, SPEED, THREADS, measure_apart
from tests.bench.table import Finding, at_least, judged, ratios, row
from workloads import recommend as workload
from workloads.recommend.recipe import Training
from workloads.recommend.rows import HeldOut
from workloads.recommend.steps import MODES, start


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of each round, ours and the library's, and the recall@10 that either comes to."""

    own: list[float]
    others: list[float]
    recall: float
    other_recall: float


def recommend(rounds: int) -> Finding:
    """Compare the baseline with ``implicit``, ``rounds`` times by turns."""
    times, foreign = measure_apart(__name__, rounds, into=Times)
    tolerance = workload.WORKLOAD.metric.tolerance
    equal = abs(times.recall - times.other_recall) <= tolerance
    note = f"{text.seconds(median(times.own))} and {text.seconds(median(times.others))}"
    both = f"{text.three_digits(times.recall)} and {text.three_digits(times.other_recall)}"
    speed = row(SPEED, ratios(times.others, times.own), at_least(1.5), note=note, than="implicit")
    within = f"within ±{text.three_digits(tolerance)}"
    return Finding((speed, judged(QUALITY, both, equal, within, than="implicit")), foreign)


def _own(training: Training) -> tuple[float, workload.Factors]:
    began = time.perf_counter()
    answer = workload.baseline(training, lambda _: None)
    return time.perf_counter() - began, answer


def _implicit(training: Training) -> tuple[float, workload.Factors]:
    """Factorize with the library from the same start; its preparations are not counted."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    recipe, (starts, columns, weights) = training.recipe, training.users
    model = AlternatingLeastSquares(
        factors=recipe.factors,
        regularization=recipe.regularization,
        alpha=1.0,  # the weights contain it; the library's confidence is one plus the weight
        iterations=recipe.iterations,
        num_threads=THREADS,
    )
    model.cg_steps = recipe.cg_steps
    model.user_factors, model.item_factors = start(training).factors
    seconds_of_iterations = list[float]()
    confidence = csr_matrix(
        (1 + weights, columns, starts), shape=(training.users.height, training.items.height)
    )
    model.fit(
        confidence,
        show_progress=False,
        callback=lambda iteration, seconds, loss: seconds_of_iterations.append(seconds),
    )
    return sum(seconds_of_iterations), workload.Factors(
        np.asarray(model.user_factors), np.asarray(model.item_factors)
    )


def _measure(training: Training, held_out: HeldOut, rounds: int) -> Times:
    """Return the seconds of each round, taking turns at going first, once both are warm."""
    brief = training._replace(recipe=training.recipe._replace(iterations=1))
    _own(brief), _implicit(brief)
    done = list[int]()
    workload.baseline(training, done.append)
    iterations = done[-1] // (MODES * len(training.users.columns))
    training = training._replace(recipe=training.recipe._replace(iterations=iterations))
    own, others = list[float](), list[float]()
    for turn in range(rounds):
        for run, taken in [(_own, own), (_implicit, others)][:: 1 if turn % 2 == 0 else -1]:
            seconds, answer = run(training)
            taken.append(seconds)
            if run is _own:
                recall = float(workload.quality(answer, held_out).mean())
            else:
                other_recall = float(workload.quality(answer, held_out).mean())
    return Times(own=own, others=others, recall=recall, other_recall=other_recall)


def main(rounds: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    loaded = workload.load(workload.WORKLOAD.params)
    sys.stdout.buffer.write(msgspec.json.encode(_measure(loaded.input, loaded.held_out, rounds)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
