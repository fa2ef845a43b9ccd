"""The options for losing workers on purpose, and what they ask for.

Imports click and ``harness.errors`` at once, so that ``--help`` stays instant.
"""

import click

from harness.errors import BadRequest
from harness.quantities import LARGEST_SEED, MOST_STRIKES

MOST_SPARES = 1_000

CHAOS = (
    click.option(
        "--chaos",
        multiple=True,
        metavar="SPEC",
        help="Lose workers on purpose: kill:w1@33%, freeze:w1@40%,5s, drain:w1@50%,notice=8s, "
        "node:h2@50%, poisson:mtbf=20s; may be given several times.",
    ),
    click.option(
        "--chaos-seed",
        type=click.IntRange(min=0, max=LARGEST_SEED),
        metavar="N",
        help="Seed of the random strikes of poisson.  [default: 0]",
    ),
    click.option(
        "--spares",
        type=click.IntRange(min=0, max=MOST_SPARES),
        default=0,
        show_default=True,
        metavar="N",
        help="Extra workers, started and warm, that replace lost ones.",
    ),
)


def chaos_texts(
    typed: tuple[str, ...], seed: int | None, spares: int, workers: int, *, hosts: bool, pair: bool
) -> tuple[str, ...]:
    """Return the strikes that were asked for, each as it is kept in the results.

    The largest scale has so many workers, on several ``hosts`` or on this machine; the sides are
    a command ``pair`` or not. Raises ``BadRequest`` for what cannot be done.
    """
    from harness.chaos import Poisson, read_chaos, require_targets

    if pair and (typed or spares):
        option = "--chaos" if typed else "--spares"
        raise BadRequest(
            f"{option} is for the workers of a workload, not for two programs",
            f"leave out {option}, or race a workload instead",
        )
    chaos = read_chaos(typed, seed or 0)
    if seed is not None and not any(isinstance(strike, Poisson) for strike in chaos):
        raise BadRequest(
            f"--chaos-seed {seed} has no effect without --chaos poisson",
            "leave it out, or add --chaos poisson:mtbf=20s",
        )
    if len(chaos) > MOST_STRIKES:
        raise BadRequest(
            f"{len(chaos)} strikes are more than a results file can hold",
            f"give --chaos at most {MOST_STRIKES} times, or use poisson:mtbf=20s",
        )
    require_targets(chaos, workers, hosts=hosts)
    return tuple(map(str, chaos))
