"""What surrounds the numbers, judged: the machines' power and description, prices, units, and the seed of what is drawn at random.

May import ``model`` and ``evidence``.
"""

from harness.claims.pairs import Caveat, Measure, Pairs, Unit
from harness.claims.rules.work import finished
from harness.model import Host, Kind, Process


def on_battery(seen: Pairs) -> Caveat | None:
    """Judge whether a machine is known to have run on its battery."""
    if all(host.on_mains is not False for host in seen.results.hosts):
        return None
    return Caveat(
        "on-battery",
        "a machine ran on its battery, which slows it as it pleases; plug it in and run again",
    )


def unsourced_prices(seen: Pairs) -> Caveat | None:
    """Judge whether the prices say where and when they are from."""
    prices = seen.results.spec.prices
    if prices.source and prices.date:
        return None
    return Caveat(
        "prices-unsourced",
        "the prices do not say where or when they are from; name their source and date",
    )


def without_unit(seen: Pairs) -> Caveat | None:
    """Judge whether items, quality and money have the names of what they count."""
    spec = seen.results.spec
    if spec.workload.unit and spec.workload.metric and spec.prices.currency:
        return None
    return Caveat(
        "unit-missing",
        "the unit of the items, the metric or the currency is not named; name all three",
    )


def processes(seen: Pairs) -> tuple[Process, ...]:
    """Return every process of every finished trial."""
    return tuple(
        worker.process for trial in finished(seen.results) for worker in trial.workers_detail
    )


def undescribed(seen: Pairs) -> Caveat | None:
    """Judge whether each machine that worked is described, without a gap."""
    if seen.results.kind is Kind.DECLARED:
        return None
    gaps = len(
        {process.host for process in processes(seen)}
        - {host.id for host in seen.results.hosts if _whole(host)}
    )
    if not gaps:
        return None
    sentence = "a machine that worked is not fully described; tell its processor, memory, system and versions"
    return Caveat("environment-incomplete", sentence, (Measure("machines", gaps, Unit.COUNT),))


def _whole(host: Host) -> bool:
    return all(
        (
            host.cpu_model,
            host.cores,
            host.memory_bytes,
            host.system,
            host.python,
            host.packages,
            host.blas,
        )
    )


def without_seed(seen: Pairs) -> Caveat | None:
    """Judge whether what may be random can be drawn again; answers that are all the same have nothing random in them."""
    answers = {trial.answer_sha256 for trial in finished(seen.results)}
    if seen.results.kind is not Kind.MEASURED or seed(seen) is not None or len(answers) == 1:
        return None
    return Caveat(
        "no-seed",
        "the answers differ and no parameter is a seed; make one a parameter so that the run can be repeated",
    )


def seed(seen: Pairs) -> float | None:
    """Return the seed among the parameters (None: there is none)."""
    found = (value for name, value in seen.results.spec.params.items() if "seed" in name.lower())
    return next((float(value) for value in found if isinstance(value, int | float)), None)
