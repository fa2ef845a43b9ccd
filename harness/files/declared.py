"""Declared records: a result that was measured elsewhere, written down by a person as TOML, read as facts.

Nothing here was measured by this program, so the facts are of the kind ``declared``, which every format says.
What nobody measured stays empty. A record is untrusted input: every name and value is checked.
May import ``model``, ``errors``, ``results``, ``toml`` and ``prices``.
"""

import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median

from harness.errors import BadRequest
from harness.files import config_file, results
from harness.files.config_file import Table
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
from harness.quantities import (
    LARGEST_NUMBER,
    LONGEST_WALL_S,
    MOST_WORKERS,
    RUN_ID_PATTERN,
    SHORTEST_WALL_S,
    SMALLEST_PRICE,
)

AGREEMENT = 0.01
MOST_SCALES = 100
MOST_TIMES = 100
_HINT = "begin with a copy of demo/examples/nightly-retrain.toml, where each line is explained"
_TOP = (
    "source",
    "date",
    "currency",
    "cores_per_worker",
    "headline_workers",
    "words",
    "baseline",
    "distributed",
    "prices",
)
_BASELINE = ("time", "quality", "cost", "cores")
_DISTRIBUTED = ("workers", "time", "quality", "cost")
_REQUIRED_WORDS = ("bottleneck", "axis", "metric")


@dataclass(frozen=True)
class _Runs:
    """One side at one scale: a time in seconds and a quality for every run, and money per run (None: not said)."""

    table: Table
    workers: int
    times: tuple[float, ...]
    qualities: tuple[float, ...]
    cost: float | None

    @property
    def machine_hours(self) -> float:
        """Return the hours of all workers' machines together."""
        return median(self.times) / 3600 * self.workers


def load(path: Path) -> Results:
    """Return the facts that a record declares; raise ``BadRequest`` if it cannot be read or does not hold together."""
    record = config_file.read(path, "declared record", _HINT)
    record.check_names(_TOP)
    words = _words(record)
    baseline, cores = _baseline(record)
    scales = _scales(record, baseline)
    headline = _headline(record, scales)
    source, day = record.text("source"), record.date("date")
    cores_per_worker = record.count("cores_per_worker", 1, MOST_WORKERS, default=1)
    prices = _prices(record, baseline, scales, headline, cores / cores_per_worker)
    spec = Spec(
        workload=words,
        params={},
        workers=headline.workers,
        cores_per_worker=cores_per_worker,
        baseline_cores=cores,
        schedule=Schedule.IN_TURN,
        trials=len(baseline.times),
        prices=prices,
        points=tuple(runs.workers for runs in scales) if len(scales) > 1 else (),
    )
    facts = _results(path, spec, f"declared on {day}: {source}", day, _trials(baseline, scales))
    try:
        results.encode(facts)
    except BadRequest as error:
        record.fail(error.sentence)
    return facts


def _words(record: Table) -> Description:
    """Return what the record says of the work; what it need not say may be empty."""
    said = record.table("words")
    if said is None:
        record.fail("the table words is missing")
    said.check_names(field.name for field in fields(Description))
    optional = {
        field.name: "" if field.default is MISSING else str(field.default)
        for field in fields(Description)
    }
    defaults = optional | {"name": record.path.stem[:80] or "record", "unit": "runs"}
    texts = [name for name in optional if name != "tolerance"]
    return Description(
        **{
            name: said.text(name, None if name in _REQUIRED_WORDS else defaults[name])
            for name in texts
        },
        tolerance=said.number("tolerance", 0, LARGEST_NUMBER),
    )


def _baseline(record: Table) -> tuple[_Runs, int]:
    """Return the baseline's runs and its cores, counted as a worker's are."""
    table = record.table("baseline")
    if table is None:
        record.fail(
            "the table baseline is missing",
            "a speedup needs the single machine's time: begin it with [baseline]",
        )
    table.check_names(_BASELINE)
    cores = table.count("cores", 1, MOST_WORKERS, default=1)
    if ("cores" in table.fields) != ("cores_per_worker" in record.fields):
        record.fail(
            "it says one of baseline.cores and cores_per_worker without the other",
            "say both, or neither: equal machines",
        )
    return _runs(table, workers=1), cores


def _scales(record: Table, baseline: _Runs) -> list[_Runs]:
    """Return the distributed runs at every scale, ascending; each has as many times as the baseline."""
    scales = []
    for table in record.tables("distributed", MOST_SCALES):
        table.check_names(_DISTRIBUTED)
        scales.append(_runs(table, table.count("workers", 1, MOST_WORKERS)))
    if not scales:
        record.fail(
            "it declares no distributed run", "begin each number of workers with [[distributed]]"
        )
    if len({runs.workers for runs in scales}) < len(scales):
        record.fail(
            "two of its distributed tables have as many workers",
            "put the times of one scale into one list",
        )
    for runs in scales:
        if len(runs.times) != len(baseline.times):
            fault = f"{runs.table.named('time')} has {len(runs.times)} and baseline.time {len(baseline.times)}"
            record.fail(
                f"{fault}, which makes no pairs",
                "give as many times on both sides, or one median of each",
            )
    return sorted(scales, key=lambda runs: runs.workers)


def _runs(table: Table, workers: int) -> _Runs:
    times = tuple(
        table.as_seconds(value, table.named("time"), SHORTEST_WALL_S, LONGEST_WALL_S)
        for value in _listed(table, "time")
    )
    most = LARGEST_NUMBER
    qualities = tuple(
        table.as_number(value, table.named("quality"), -most, most)
        for value in _listed(table, "quality")
    )
    if len(qualities) not in (1, len(times)):
        table.fail(
            f"{table.named('quality')} has {len(qualities)} values for {len(times)} times",
            "give one, or as many as times",
        )
    cost = table.number("cost", SMALLEST_PRICE, LARGEST_NUMBER) if "cost" in table.fields else None
    each = qualities if len(qualities) == len(times) else qualities * len(times)
    # nobody saw which runs were paired, so none may depend on the order in which they were written down
    runs = sorted(zip(times, each, strict=True))
    return _Runs(
        table, workers, tuple(time for time, _ in runs), tuple(quality for _, quality in runs), cost
    )


def _listed(table: Table, name: str) -> list[object]:
    """Return a field's values: one, or a list of some."""
    value = table.value(name)
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= MOST_TIMES:
        table.fail(f"{table.named(name)} has {len(values)} values, not between 1 and {MOST_TIMES}")
    return values


def _headline(record: Table, scales: list[_Runs]) -> _Runs:
    """Return the scale that the headline is about: the one that is named, else the largest."""
    workers = record.count("headline_workers", 1, MOST_WORKERS, default=scales[-1].workers)
    chosen = [runs for runs in scales if runs.workers == workers]
    if not chosen:
        declared = ", ".join(str(runs.workers) for runs in scales)
        record.fail(
            f"headline_workers is {workers}, and no distributed table has as many workers",
            f"use one of {declared}",
        )
    return chosen[0]


def _prices(
    record: Table, baseline: _Runs, scales: list[_Runs], headline: _Runs, machines: float
) -> Prices:
    """Return the prices: as they are declared, or those that make the declared costs of the declared times."""
    source, day, sheet = record.text("source"), record.date("date"), record.table("prices")
    stated = [runs for runs in (baseline, *scales) if runs.cost is not None]
    if sheet is not None:
        if stated or "currency" in record.fields:
            record.fail(
                "it declares both prices and costs, of which one follows from the other",
                "take away [prices], or currency and cost",
            )
        return _of_shares(prices_of(sheet, source, day), machines)
    if len(stated) <= len(scales):
        record.fail(
            "a run without a cost needs prices",
            "say cost on both sides at every scale, with a currency, or add [prices]",
        )
    _check_agreement(record, scales)
    return Prices(
        currency=record.text("currency"),
        baseline_per_hour=_price(baseline) / machines,
        worker_per_hour=_price(headline),
        head_per_hour=0.0,
        source=source,
        date=day,
        illustrative=False,
    )


def _of_shares(prices: Prices, machines: float) -> Prices:
    """Return the prices with the baseline's for a share as large as a worker's: the whole machine costs what the record names."""
    offers = tuple(
        replace(offer, baseline_per_hour=offer.baseline_per_hour / machines)
        for offer in prices.offers
    )
    return replace(prices, baseline_per_hour=prices.baseline_per_hour / machines, offers=offers)


def _price(runs: _Runs) -> float:
    """Return the price of a machine-hour that makes the declared cost of the median time."""
    return (runs.cost or 0.0) / runs.machine_hours


def _check_agreement(record: Table, scales: list[_Runs]) -> None:
    """Refuse costs that imply another price of a worker at another scale."""
    low, high = min(scales, key=_price), max(scales, key=_price)
    if _price(high) > _price(low) * (1 + AGREEMENT):
        implied = " and ".join(
            f"{_price(runs):.4g} on {runs.workers} workers" for runs in (low, high)
        )
        record.fail(
            f"its costs imply prices of a machine-hour that differ by more than 1 %: {implied}",
            "correct a cost, or declare [prices] instead, with head_per_hour if a head node was billed",
        )


def _trials(baseline: _Runs, scales: Iterable[_Runs]) -> tuple[Trial, ...]:
    """Return every run as a trial of which only the declared numbers are known, round after round."""
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


def _results(path: Path, spec: Spec, remark: str, day: str, trials: tuple[Trial, ...]) -> Results:
    """Return the facts, empty where nobody measured; the record's name is the run's, where it can be."""
    named = re.fullmatch(RUN_ID_PATTERN, path.stem)
    return Results(
        run_id=path.stem
        if named
        else f"declared-{sha256(path.stem.encode(errors='replace')).hexdigest()[:8]}",
        began_utc=f"{day}T00:00:00Z",
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
        remark=remark,
    )
