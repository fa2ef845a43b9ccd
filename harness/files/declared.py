"""Declared results: measured elsewhere, written down by a person as TOML, read as facts.

Nothing here was measured by this program, so the facts are of the kind ``declared``, which every
format says. What nobody measured stays empty. The file is untrusted input: every name and value is
checked. May import ``errors``, ``model``, ``quantities`` and its neighbours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median

import msgspec

from harness.errors import BadRequest
from harness.files import results
from harness.files.config_file import ConfigFile
from harness.files.declared_tables import BaselineTable, DeclaredTable, DistributedTable
from harness.files.prices import prices_of
from harness.model import (
    Code,
    Description,
    Kind,
    Observer,
    Prices,
    Results,
    Schedule,
    Side,
    Spec,
    Status,
    Trial,
)
from harness.quantities import RUN_ID_PATTERN

AGREEMENT = 0.01
"""The largest difference, as a fraction, of the prices that costs of several scales imply."""


@dataclass(frozen=True, kw_only=True)
class _Runs:
    """One side at one scale: seconds and quality of every run, money per run (None: unknown)."""

    workers: int
    times: tuple[float, ...]
    qualities: tuple[float, ...]
    cost: float | None

    @property
    def machine_hours(self) -> float:
        """Return the hours of all workers' machines together."""
        return median(self.times) / 3600 * self.workers


def load(path: Path) -> Results:
    """Return the facts that a file declares; raise ``BadRequest`` if it cannot be read or used."""
    hint = "`twoclocks new --declared` writes one in which every line is explained"
    file = ConfigFile(path, "declared result", hint)
    declared = file.load(DeclaredTable)
    baseline = _runs(file, "baseline", declared.baseline, workers=1)
    scales = _scales(file, declared, baseline)
    spec = _spec(file, declared, baseline, scales)
    facts = _results(path, spec, declared, _trials(baseline, scales))
    try:
        results.encode(facts)
    except BadRequest as error:
        file.fail(error.sentence)
    return facts


def _runs(
    file: ConfigFile, place: str, table: BaselineTable | DistributedTable, workers: int
) -> _Runs:
    times, qualities = table.time, table.quality
    if len(qualities) not in (1, len(times)):
        file.fail(
            f"{place}.quality has {len(qualities)} values for {len(times)} times",
            "give one, or as many as times",
        )
    each = qualities if len(qualities) == len(times) else qualities * len(times)
    # Nobody saw which runs were paired, so nothing may depend on the order they are written in.
    runs = sorted(zip(times, each, strict=True))
    return _Runs(
        workers=workers,
        times=tuple(time for time, _ in runs),
        qualities=tuple(quality for _, quality in runs),
        cost=table.cost,
    )


def _scales(file: ConfigFile, declared: DeclaredTable, baseline: _Runs) -> list[_Runs]:
    """Return the distributed runs at every scale, ascending; each has as many as the baseline."""
    scales = []
    for index, table in enumerate(declared.distributed):
        runs = _runs(file, f"distributed[{index}]", table, table.workers)
        if len(runs.times) != len(baseline.times):
            file.fail(
                f"distributed[{index}].time has {len(runs.times)} and baseline.time "
                f"{len(baseline.times)}, which makes no pairs",
                "give as many times on both sides, or one median of each",
            )
        scales.append(runs)
    if not scales:
        file.fail(
            "it declares no distributed run", "begin each number of workers with [[distributed]]"
        )
    if len({runs.workers for runs in scales}) < len(scales):
        file.fail(
            "two of its distributed tables have as many workers",
            "put the times of one scale into one list",
        )
    return sorted(scales, key=lambda runs: runs.workers)


def _spec(file: ConfigFile, declared: DeclaredTable, baseline: _Runs, scales: list[_Runs]) -> Spec:
    if (declared.baseline.cores is None) != (declared.cores_per_worker is None):
        file.fail(
            "it says one of baseline.cores and cores_per_worker without the other",
            "say both, or neither: equal machines",
        )
    cores = declared.baseline.cores or 1
    cores_per_worker = declared.cores_per_worker or 1
    headline = _headline(file, declared, scales)
    words = msgspec.structs.asdict(declared.words)
    name = declared.words.name or file.path.stem[:80] or "declared"
    return Spec(
        workload=Description(**words | {"name": name}),
        params={},
        workers=headline.workers,
        cores_per_worker=cores_per_worker,
        baseline_cores=cores,
        schedule=Schedule.IN_TURN,
        trials=len(baseline.times),
        prices=_prices(file, declared, baseline, scales, cores / cores_per_worker),
        points=tuple(runs.workers for runs in scales) if len(scales) > 1 else (),
    )


def _headline(file: ConfigFile, declared: DeclaredTable, scales: list[_Runs]) -> _Runs:
    """Return the scale that the headline is about: the one that is named, else the largest."""
    workers = declared.headline_workers or scales[-1].workers
    headline = next((runs for runs in scales if runs.workers == workers), None)
    if headline is None:
        file.fail(
            f"headline_workers is {workers}, and no distributed table has as many workers",
            f"use one of {', '.join(str(runs.workers) for runs in scales)}",
        )
    return headline


def _prices(
    file: ConfigFile,
    declared: DeclaredTable,
    baseline: _Runs,
    scales: list[_Runs],
    machines: float,
) -> Prices:
    """Return the declared prices, or those that make the declared costs of the declared times.

    ``machines`` is how many machines of a worker's size the baseline's one is.
    """
    with_cost = [runs for runs in (baseline, *scales) if runs.cost is not None]
    if declared.prices is None:
        if len(with_cost) <= len(scales):
            file.fail(
                "a run without a cost needs prices",
                "say cost on both sides at every scale, with a currency, or add [prices]",
            )
        return _implied_prices(file, declared, baseline, scales, machines)
    if with_cost or declared.currency is not None:
        file.fail(
            "it declares both prices and costs, of which one follows from the other",
            "take away [prices], or currency and cost",
        )
    prices = prices_of(declared.prices, file, declared.source, declared.date)
    return _per_worker_share(prices, machines)


def _implied_prices(
    file: ConfigFile,
    declared: DeclaredTable,
    baseline: _Runs,
    scales: list[_Runs],
    machines: float,
) -> Prices:
    """Return the prices that make the declared costs, which must agree at every scale."""
    if declared.currency is None:
        file.fail("currency is missing", 'say what the costs are in: currency = "EUR"')
    _check_agreement(file, scales)
    return Prices(
        currency=declared.currency,
        baseline_per_hour=_implied_price(baseline) / machines,
        worker_per_hour=_implied_price(_headline(file, declared, scales)),
        head_per_hour=0.0,
        source=declared.source,
        date=str(declared.date),
        illustrative=False,
    )


def _per_worker_share(prices: Prices, machines: float) -> Prices:
    """Return the prices with the baseline's for a share as large as a worker's machine.

    The file names the price of the whole machine.
    """
    offers = tuple(
        replace(offer, baseline_per_hour=offer.baseline_per_hour / machines)
        for offer in prices.offers
    )
    return replace(prices, baseline_per_hour=prices.baseline_per_hour / machines, offers=offers)


def _implied_price(runs: _Runs) -> float:
    """Return the price of a machine-hour that makes the declared cost of the median time."""
    return (runs.cost or 0.0) / runs.machine_hours


def _check_agreement(file: ConfigFile, scales: list[_Runs]) -> None:
    """Refuse costs that imply another price of a worker at another scale."""
    low, high = min(scales, key=_implied_price), max(scales, key=_implied_price)
    if _implied_price(high) > _implied_price(low) * (1 + AGREEMENT):
        implied = " and ".join(
            f"{_implied_price(runs):.4g} on {runs.workers} workers" for runs in (low, high)
        )
        file.fail(
            f"its costs imply prices of a machine-hour that differ by more than 1 %: {implied}",
            "correct a cost, or declare [prices] with head_per_hour if a head node was billed",
        )


def _trials(baseline: _Runs, scales: Iterable[_Runs]) -> tuple[Trial, ...]:
    """Return every run as a trial, round after round; only what is declared is known of it."""
    sides = [(Side.BASELINE, baseline), *((Side.DISTRIBUTED, runs) for runs in scales)]
    order = count()
    return tuple(
        _trial(side, runs, index, next(order))
        for index in range(len(baseline.times))
        for side, runs in sides
    )


def _trial(side: Side, runs: _Runs, index: int, order: int) -> Trial:
    return Trial(
        side=side,
        workers=runs.workers,
        index=index,
        order=order,
        began_s=0.0,
        startup_s=0.0,
        wall_s=runs.times[index],
        cpu_s=0.0,
        items=0,
        answer_sha256="",
        quality=runs.qualities[index],
        peak_rss_bytes=0,
    )


def _results(path: Path, spec: Spec, declared: DeclaredTable, trials: tuple[Trial, ...]) -> Results:
    """Return the facts, empty where nobody measured; the file's name is the run's if it can be."""
    named = re.fullmatch(RUN_ID_PATTERN, path.stem)
    digest = sha256(path.stem.encode(errors="replace")).hexdigest()
    return Results(
        run_id=path.stem if named else f"declared-{digest[:8]}",
        began_utc=f"{declared.date}T00:00:00Z",
        kind=Kind.DECLARED,
        status=Status.COMPLETE,
        spec=spec,
        schedule=Schedule.IN_TURN,
        input=None,
        held_out=None,
        code=Code(commit="", dirty=False, source_sha256=""),
        hosts=(),
        trials=trials,
        observer=Observer(cpu_s=0.0, frames=0, longest_gap_s=0.0),
        journal_sha256="",
        remark=f"declared on {declared.date}: {declared.source}",
    )
