"""The baseline's machine taken away as often as a worker's: how long it would take, computed.

It is the answer to "and if your one machine is a spot machine, too?". Nothing of it is measured but
the baseline's own times. May import ``chaos``, ``errors``, ``model``, ``checkpoints`` and
``pairs``.
"""

from dataclasses import dataclass

from harness.chaos import Poisson, read_chaos
from harness.claims import checkpoints
from harness.claims.pairs import Pairs, median_of
from harness.errors import BadRequest
from harness.model import ChaosKind, Spec


@dataclass(frozen=True, kw_only=True)
class PreemptedBaseline:
    """One machine that restarts from checkpoints whenever it is taken away, in seconds.

    It is lost every ``mtbf_s`` on average: the workers' strikes hit each of them that often. A
    checkpoint takes ``checkpoint_s``, which is assumed, and a restart ``restart_s``, the baseline's
    median start-up. Written every ``interval_s``, they make its ``undisturbed_s``, which are
    measured, ``expected_s`` (infinite: it would hardly ever end).
    """

    mtbf_s: float
    checkpoint_s: float
    restart_s: float
    interval_s: float
    undisturbed_s: float
    expected_s: float


def preempted_baseline(pairs: Pairs) -> PreemptedBaseline | None:
    """Return what random losses would do to the baseline.

    None: workers were not lost at random, or nobody said how long a checkpoint takes.
    """
    spec = pairs.results.spec
    side_mtbf_s = _mean_time_between_losses(spec)
    if not side_mtbf_s or not spec.checkpoint_s:
        return None
    mtbf_s = side_mtbf_s * pairs.scale
    restart_s = median_of(pairs.baseline, lambda trial: trial.startup_s)
    interval_s = checkpoints.young_interval(spec.checkpoint_s, mtbf_s)
    return PreemptedBaseline(
        mtbf_s=mtbf_s,
        checkpoint_s=spec.checkpoint_s,
        restart_s=restart_s,
        interval_s=interval_s,
        undisturbed_s=pairs.baseline_s,
        expected_s=checkpoints.preempted_time(
            work_s=pairs.baseline_s,
            checkpoint_s=spec.checkpoint_s,
            restart_s=restart_s,
            mtbf_s=mtbf_s,
            interval_s=interval_s,
        ),
    )


def _mean_time_between_losses(spec: Spec) -> float | None:
    """Return that of the whole distributed side, in seconds, as it was asked for.

    None: nothing was lost at random; a freeze loses no machine.
    """
    try:
        chaos = read_chaos(spec.chaos)
    except BadRequest:
        return None
    random = (one for one in chaos if isinstance(one, Poisson) and one.kind is not ChaosKind.FREEZE)
    a_second = sum(1 / one.mtbf_s for one in random)  # losses of all of them together
    return 1 / a_second if a_second else None
