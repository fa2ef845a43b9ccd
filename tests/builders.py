"""Builders of the central values with sensible defaults: the fakes in one place.

Each takes the fields that a test cares about and fills in the rest, so that a test states only what
it is about. The defaults are one honest, complete, measured session: two workers, one pair, 40 s
against 22 s, whose baseline is proved to need its work. May import ``harness``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from harness import events as e
from harness.claims.audit import audit
from harness.model import (
    AnswerDifference,
    Code,
    CoreSeconds,
    Description,
    Difference,
    Digest,
    Fault,
    FaultKind,
    Host,
    Kind,
    Observer,
    Prices,
    Process,
    Rate,
    Results,
    Schedule,
    ScoreDifferences,
    Side,
    Spec,
    Status,
    Trial,
    Variant,
    WorkerTrial,
)
from harness.quantities import LARGEST_COUNT
from harness.report import Report
from harness.run.find import find
from harness.state.board import Board, apply
from harness.workload import AnyWorkload, Workload

BASELINE_S = 40.0
DISTRIBUTED_S = 22.0
ITEMS = 20_000
SWEPT = {1: (41.0,), 2: (21.2,), 4: (11.3,)}


def a_digest_of(text: str) -> str:
    """Return a plausible SHA-256 in hex, the same for the same text."""
    return sha256(text.encode()).hexdigest()


def some_words(**changes: Any) -> Description:
    """Return what a small training workload says about itself."""
    words = Description(
        name="train",
        axis="training",
        unit="samples",
        bottleneck="the nightly retrain misses its deploy window",
        partition="the global batch is split across workers",
        communication="one gradient exchange a step",
        consistency="synchronous: every worker applies the same sum",
        neighbour="the model fits on one machine, so sharding it buys nothing",
        limitation="holds while a step outlasts its gradient exchange",
        metric="accuracy",
        tolerance=0.003,
        answers_differ="sums of floats are grouped differently",
    )
    return replace(words, **changes)


def some_prices(**changes: Any) -> Prices:
    """Return equal prices for both sides and no head node."""
    prices = Prices(
        currency="USD",
        baseline_per_hour=0.34,
        worker_per_hour=0.34,
        head_per_hour=0.0,
        source="a price list",
        date="2026-01-01",
        illustrative=False,
    )
    return replace(prices, **changes)


def a_spec(**changes: Any) -> Spec:
    """Return what was asked: two workers of one core against one core, in turn, one pair."""
    spec = Spec(
        workload=some_words(),
        params={"steps": 200, "rate": 0.1, "seed": 1, "name": "digits", "augment": True},
        workers=2,
        cores_per_worker=1,
        baseline_cores=1,
        schedule=Schedule.AUTO,
        trials=1,
        prices=some_prices(),
    )
    return replace(spec, **changes)


def an_input(**changes: Any) -> Digest:
    """Return the digest of the input."""
    return replace(Digest(sha256=a_digest_of("input"), items=ITEMS, bytes=5_120_000), **changes)


def a_held_out(**changes: Any) -> Digest:
    """Return the digest of the held-out set."""
    return replace(Digest(sha256=a_digest_of("held out"), items=360, bytes=92_160), **changes)


def a_process(id: str = "core", **changes: Any) -> Process:
    """Return a process pinned to one core of host ``h0``; worker ``wN`` is pinned to core N."""
    core = int(id[1:]) if id[1:].isdecimal() else 0
    process = Process(
        id=id,
        pid=4000 + core,
        host="h0",
        nice=0,
        threads=1,
        affinity=(core,),
        source_sha256=a_digest_of("source"),
    )
    return replace(process, **changes)


def a_host(**changes: Any) -> Host:
    """Return a machine of sixteen cores."""
    host = Host(
        id="h0",
        cpu_model="A CPU @ 2.10GHz",
        cores=16,
        memory_bytes=16 << 30,
        system="Linux 6.1",
        python="3.11.7",
        packages={"numpy": "2.2.0", "ray": "2.60.0"},
        blas="openblas 0.3.28",
        on_mains=True,
    )
    return replace(host, **changes)


def some_processes(side: Side, workers: int = 2) -> tuple[Process, ...]:
    """Return the side's processes: one called ``core``, or workers ``w0``, ``w1``, …"""
    if side is Side.BASELINE:
        return (a_process("core"),)
    return tuple(a_process(f"w{place}") for place in range(workers))


def a_worker(process: Process | None = None, **changes: Any) -> WorkerTrial:
    """Return what one saturated process did in one trial."""
    record = WorkerTrial(
        process=process or a_process(),
        chunks=20,
        busy_s=20.0,
        cpu_s=20.0,
        utilization=(0.97, 0.99, 1.0, 0.98),
    )
    return replace(record, **changes)


def a_trial(
    side: Side = Side.BASELINE, wall_s: float | None = None, workers: int = 2, **changes: Any
) -> Trial:
    """Return a finished trial; its workers are saturated for its whole wall time."""
    baseline = side is Side.BASELINE
    wall = wall_s if wall_s is not None else BASELINE_S if baseline else DISTRIBUTED_S
    processes = some_processes(side, workers)
    trial = Trial(
        side=side,
        workers=len(processes),
        index=0,
        order=0 if baseline else 1,
        began_s=8.0 if baseline else 60.0,
        startup_s=1.5 if baseline else 5.0,
        wall_s=wall,
        cpu_s=wall * len(processes),
        items=ITEMS,
        answer_sha256=a_digest_of("answer"),
        quality=0.975,
        peak_rss_bytes=300_000_000,
        phases={"compute": wall},
        curve=((0.0, 0), (wall / 2, ITEMS // 2), (wall, ITEMS)),
        workers_detail=tuple(a_worker(process, busy_s=wall, cpu_s=wall) for process in processes),
        input_sha256=an_input().sha256,
        held_out_sha256=a_held_out().sha256,
        off_clock_cpu_s=0.2,
        score_differences=None if baseline else some_differences(),
    )
    return replace(trial, **changes)


def a_difference(**changes: Any) -> AnswerDifference:
    fields: dict[str, Any] = {
        "kind": Difference.LINES,
        "place": 3,
        "first_side": Side.BASELINE,
        "first": "42",
        "other": "43",
    }
    return AnswerDifference(**(fields | changes))


def some_differences(**changes: Any) -> ScoreDifferences:
    """Return how 2,000 items differ, very few of them; any mean of them is possible."""
    return replace(ScoreDifferences(items=2_000, sd=0.02, span=1.0, step=0.001), **changes)


def some_pairs(
    baseline_s: Sequence[float], distributed_s: Sequence[float], workers: int = 2, **changes: Any
) -> tuple[Trial, ...]:
    """Return a pair of trials per two wall times, in ABBA order; each does the baseline's work."""
    trials: list[Trial] = []
    for index, walls in enumerate(zip(baseline_s, distributed_s, strict=True)):
        cores = zip(Side, walls, (1, workers), strict=True)
        pair = [
            a_trial(
                side,
                wall,
                workers,
                **({"index": index, "cpu_s": max(walls[0], wall * p)} | changes),
            )
            for side, wall, p in cores
        ]
        trials += pair if index % 2 == 0 else pair[::-1]
    began = [
        8.0 + sum(trial.wall_s + 2.0 for trial in trials[:order]) for order in range(len(trials))
    ]
    return tuple(
        replace(trial, order=order, began_s=began[order], peak_rss_bytes=300_000_000 + order)
        for order, trial in enumerate(trials)
    )


def a_race_of(baseline_s: float, distributed_s: float, workers: int = 2, **asked: Any) -> Results:
    """Return one pair of these wall times, one after the other, observed at no cost."""
    trials = some_pairs([baseline_s], [distributed_s], workers)
    apart = tuple(replace(trial, began_s=8.0 + 1e6 * trial.order) for trial in trials)
    return a_results(
        spec=a_spec(workers=workers, **asked), trials=apart, observer=an_observer(cpu_s=0.0)
    )


def an_observer(**changes: Any) -> Observer:
    """Return a screen that cost nearly nothing on a quiet machine."""
    return replace(Observer(cpu_s=0.6, frames=250, longest_gap_s=0.3, foreign_cpu=0.01), **changes)


def a_results(**changes: Any) -> Results:
    """Return a complete measured session of one pair, run in turn on one host.

    Unless they are given, its rates prove that the baseline's work is needed. As many trials were
    asked for as there are.
    """
    trials = changes.get("trials", ()) or some_pairs([BASELINE_S], [DISTRIBUTED_S])
    spec = changes.pop("spec", a_spec())
    rounds = max(spec.trials, *(trial.index + 1 for trial in trials))
    results = Results(
        run_id="7c21",
        began_utc="2026-11-22T09:14:07Z",
        kind=Kind.MEASURED,
        status=Status.COMPLETE,
        spec=replace(spec, trials=rounds),
        schedule=Schedule.IN_TURN,
        input=an_input(),
        held_out=a_held_out(),
        code=Code(commit="0" * 40, dirty=False, source_sha256=a_digest_of("source")),
        hosts=(a_host(),),
        trials=trials,
        observer=an_observer(),
        journal_sha256=a_digest_of("journal"),
        rates=(an_own_rate(), *some_efforts(trials)),
    )
    return replace(results, **changes)


def an_own_rate(**changes: Any) -> Rate:
    """Return the rate of the baseline as it runs."""
    return replace(Rate(Variant.OWN, ITEMS / BASELINE_S, 5.0, 1), **changes)


def a_pass(variant: Variant, seconds: float, quality: float, **changes: Any) -> Rate:
    """Return a whole pass of a variant on one core, scored."""
    rate = Rate(variant, ITEMS / seconds, seconds, 1, quality=quality, pass_s=seconds)
    return replace(rate, **changes)


def some_efforts(trials: Iterable[Trial]) -> tuple[Rate, ...]:
    """Return passes with a quarter, a half and three quarters of the steps: none is good enough."""
    baselines = [trial for trial in trials if trial.side is Side.BASELINE]
    usual_s = median(trial.wall_s for trial in baselines)
    quality = median(trial.quality for trial in baselines)
    lacking = {50: 0.034, 100: 0.013, 150: 0.006}
    return tuple(
        a_pass(Variant.EFFORT, usual_s * steps / 200, quality - lack, settings={"steps": steps})
        for steps, lack in lacking.items()
    )


def some_core_seconds(
    wall_s: float = DISTRIBUTED_S, cores: int = 2, compute_s: float | None = None
) -> CoreSeconds:
    """Return where the cores' seconds went; by default nine tenths were computing."""
    total = wall_s * cores
    compute = 0.9 * total if compute_s is None else compute_s
    rest = total - compute
    return CoreSeconds(compute, 0.4 * rest, 0.25 * rest, 0.2 * rest, rest - 0.85 * rest)


def some_rates() -> tuple[Rate, ...]:
    """Return a proof of a baseline at nine tenths of its machine's limit, of four batch sizes.

    Its work is needed, and a library that is faster is worse; two copies at once take longer.
    """
    own = ITEMS / BASELINE_S
    batches = {128.0: 0.61, 256.0: 0.84, 512.0: 1.0, 1024.0: 0.98}
    return (
        Rate(Variant.OWN, own, 5.0, 1),
        *(
            Rate(Variant.TUNED, own * share, 5.0, 1, "batch", batch)
            for batch, share in batches.items()
        ),
        Rate(Variant.TEXTBOOK, own / 12, 5.0, 1),
        Rate(Variant.LIMIT, own / 0.9, 5.0, 1, "GEMM"),
        Rate(Variant.WHOLE, own * 6, 5.0, 16),
        *some_efforts([a_trial(Side.BASELINE)]),
        a_pass(Variant.ALTERNATIVE, 36.0, 0.951, name="int8"),
        Rate(Variant.COPIES, 4 * ITEMS / 41.7, 41.7, 4, value=4.0, pass_s=41.7),
    )


def a_report(results: Results | None = None, **changes: Any) -> Report:
    """Return the report of a session whose journal says what its results file says."""
    facts = a_results(**changes) if results is None else results
    return Report(replace(audit(facts, ()), differences=()))


def a_sweep(
    walls: Mapping[int, Sequence[float]] | None = None,
    baseline_s: Sequence[float] | None = None,
    **changes: Any,
) -> Results:
    """Return a sweep with a round for every wall time of a scale, there and back (ABBA).

    Each trial has its core-seconds. The defaults are one good round: 40 s against 41.0 s, 21.2 s
    and 11.3 s on 1, 2 and 4 workers.
    """
    times = SWEPT if walls is None else walls
    rounds = len(next(iter(times.values())))
    ones = [BASELINE_S] * rounds if baseline_s is None else baseline_s
    trials: list[Trial] = []
    for index in range(rounds):
        scales = [
            _swept(Side.DISTRIBUTED, times[p][index], p, index, ones[index]) for p in sorted(times)
        ]
        there = [_swept(Side.BASELINE, ones[index], 1, index, ones[index]), *scales]
        trials += there if index % 2 == 0 else there[::-1]
    began = [
        8.0 + sum(trial.wall_s + 2.0 for trial in trials[:order]) for order in range(len(trials))
    ]
    params = a_spec().params | {"batch": 512}
    spec = a_spec(
        workers=max(times),
        points=tuple(sorted(times)),
        trials=rounds,
        prove_baseline=True,
        params=params,
    )
    placed = tuple(
        replace(trial, order=order, began_s=began[order], peak_rss_bytes=300_000_000 + order)
        for order, trial in enumerate(trials)
    )
    swept = a_results(**({"spec": spec, "trials": placed, "rates": some_rates()} | changes))
    return on_its_cores(swept)


def on_its_cores(results: Results) -> Results:
    """Return the results with workers beyond the host's last core pinned to its first ones."""
    cores = max((host.cores for host in results.hosts), default=LARGEST_COUNT) or 1

    def pinned(worker: WorkerTrial) -> WorkerTrial:
        affinity = tuple(core % cores for core in worker.process.affinity)
        return replace(worker, process=replace(worker.process, affinity=affinity))

    trials = (
        replace(trial, workers_detail=tuple(map(pinned, trial.workers_detail)))
        for trial in results.trials
    )
    return replace(results, trials=tuple(trials))


def _swept(side: Side, wall_s: float, workers: int, index: int, baseline_s: float) -> Trial:
    """Return a trial whose work, split of time and split of core-seconds agree."""
    work_s = 0.99 * baseline_s * (1.0 if side is Side.BASELINE else 1 + 0.01 * workers)
    spent = some_core_seconds(wall_s, workers, min(0.99 * wall_s * workers, work_s))
    trial = a_trial(
        side,
        wall_s,
        workers,
        index=index,
        core_seconds=spent,
        part_bytes=0 if workers == 1 else 79_000_000,
        cpu_s=spent.compute_s + spent.serial_s,
    )
    busy, compute = (spent.compute_s + spent.idle_s) / workers, spent.compute_s / workers
    detail = tuple(
        replace(
            worker,
            busy_s=busy,
            cpu_s=compute,
            process=replace(worker.process, input_sha256=an_input().sha256),
        )
        for worker in trial.workers_detail
    )
    return replace(
        trial, workers_detail=detail, phases={"compute": busy, "exchange": wall_s - busy}
    )


def golden_results(**changes: Any) -> Results:
    """Return the known-good example: eight machines, 11.4 h against 1.62 h, as published.

    Its prices give the published costs, $9.40 and $3.05, for the published times.
    """
    prices = some_prices(
        baseline_per_hour=9.40 / 11.4,
        worker_per_hour=3.05 / (8 * 1.62),
        source="the published costs",
        date="2026-01-01",
    )
    words = some_words(
        bottleneck="nightly retrain missed the deploy window",
        axis="distribute training (data parallel)",
        tolerance=0.005,
        answers_differ="sums of floats are grouped differently",
    )
    sides = ((Side.BASELINE, 11.4, 1, 0.741), (Side.DISTRIBUTED, 1.62, 8, 0.738))
    return a_results(
        kind=Kind.DECLARED,
        spec=a_spec(workload=words, workers=8, prices=prices),
        input=None,
        held_out=None,
        code=Code(commit="", dirty=False, source_sha256=""),
        hosts=(),
        trials=tuple(
            _declared(side, hours * 3600, workers, quality)
            for side, hours, workers, quality in sides
        ),
        observer=Observer(cpu_s=0.0, frames=0, longest_gap_s=0.0),
        journal_sha256="",
        remark="declared from published numbers",
        rates=(),
        **changes,
    )


def _declared(side: Side, wall_s: float, workers: int, quality: float) -> Trial:
    """Return a trial of which only the published numbers are known."""
    return Trial(
        side=side,
        workers=workers,
        index=0,
        order=0 if side is Side.BASELINE else 1,
        began_s=0.0,
        startup_s=0.0,
        wall_s=wall_s,
        cpu_s=0.0,
        items=0,
        answer_sha256="",
        quality=quality,
        peak_rss_bytes=0,
    )


def a_fault(**changes: Any) -> Fault:
    """Return a worker that was lost for a second and a half."""
    return replace(Fault(worker="w1", reason="killed", at_s=5.0, cost_s=1.5), **changes)


def a_strike(**changes: Any) -> Fault:
    """Return a worker that was killed on purpose, noticed at once and made up for in 1.9 s."""
    fault = Fault(
        worker="w1",
        reason="killed on purpose",
        at_s=5.1,
        cost_s=1.3,
        kind=FaultKind.KILL,
        struck_at_s=5.0,
        caught_up_s=1.9,
        redone=3,
        lost_cpu_s=0.88,
    )
    return replace(fault, **changes)


def an_opening(**changes: Any) -> e.Opened:
    """Return the session's first event, unstamped."""
    fields: dict[str, Any] = {
        "run_id": "7c21",
        "began_utc": "2026-11-22T09:14:07Z",
        "kind": Kind.MEASURED,
        "spec": a_spec(),
        "code": Code(commit="0" * 40, dirty=False, source_sha256=a_digest_of("source")),
    }
    return e.Opened(**(fields | changes))


def a_ready(side: Side = Side.BASELINE, workers: int = 2, **changes: Any) -> e.Ready:
    """Return the event that a side is armed, unstamped."""
    fields: dict[str, Any] = {
        "items": ITEMS,
        "unit": "samples",
        "workers": some_processes(side, workers),
        "input": an_input(),
        "held_out": a_held_out(),
        "startup": {"import": 0.5, "load": 0.7, "warm": 0.3},
        "hosts": (a_host(),),
    }
    return e.Ready(**(fields | changes))


def arming_events(workers: int = 2) -> list[e.Event]:
    """Return both sides launched and armed, stamped on the conductor's clock."""
    return [
        e.stamp(e.Launched(pid=3000), 0.1, Side.BASELINE, 0),
        e.stamp(e.Launched(pid=3001), 0.2, Side.DISTRIBUTED, 0),
        e.stamp(a_ready(Side.BASELINE), 1.6, Side.BASELINE, 0),
        e.stamp(a_ready(Side.DISTRIBUTED, workers), 5.2, Side.DISTRIBUTED, 0),
    ]


def trial_events(
    side: Side,
    started_at: float,
    wall_s: float,
    *,
    workers: int = 2,
    trial: int = 0,
    order: int = 0,
    beats: int = 8,
    quality: float = 0.975,
    scale: int = 0,
) -> list[e.Event]:
    """Return one trial from go to scored, in ``beats`` even steps.

    Each is a progress, then a span and a sample per worker.
    """
    processes = some_processes(side, workers)
    timed: list[tuple[float, e.Event]] = [(started_at, e.Go(order=order, workers=scale))]
    for beat in range(1, beats + 1):
        at = started_at + wall_s * beat / (beats + 1)
        timed.append((at, e.Progress(done=ITEMS * beat // (beats + 1))))
        for process in processes:
            share = wall_s / (beats + 1)
            span = e.Span(
                worker=process.id,
                chunk=beat,
                items=ITEMS // beats,
                busy_s=share,
                cpu_s=share,
            )
            timed.append((at, span))
            timed.append((at, e.Sample(worker=process.id, cpu=0.98, rss_bytes=200_000_000)))
    ended = started_at + wall_s
    timed += [
        (ended, e.Sample(worker=process.id, cpu=0.98, rss_bytes=200_000_000))
        for process in processes
    ]
    timed.append((ended, e.Phase(name="compute", seconds=wall_s)))
    finished = e.Finished(
        wall_s=wall_s,
        cpu_s=wall_s * len(processes),
        peak_rss_bytes=300_000_000 + order,
        items=ITEMS,
    )
    timed.append((ended + 0.01, finished))
    scored = e.Scored(answer_sha256=a_digest_of("answer"), quality=quality, off_clock_cpu_s=0.2)
    timed.append((ended + 0.2, scored))
    return [e.stamp(event, at, side, trial) for at, event in timed]


def some_events(
    workers: int = 2,
    baseline_s: float = BASELINE_S,
    distributed_s: float = DISTRIBUTED_S,
    pairs: int = 1,
) -> list[e.Event]:
    """Return a whole session run in turn, in ABBA order, stamped on the conductor's clock."""
    events: list[e.Event] = [
        an_opening(spec=a_spec(workers=workers, trials=pairs)),
        *arming_events(workers),
    ]
    events.append(e.stamp(e.Scheduled(schedule=Schedule.IN_TURN), 7.0, Side.BASELINE, 0))
    at = 8.0
    for pair in range(pairs):
        sides = list(Side) if pair % 2 == 0 else list(Side)[::-1]
        for place, side in enumerate(sides):
            wall = baseline_s if side is Side.BASELINE else distributed_s
            events += trial_events(
                side, at, wall, workers=workers, trial=pair, order=2 * pair + place
            )
            at += wall + 2.0
    observed = e.Observed(cpu_s=0.6, frames=250, longest_gap_s=0.3, foreign_cpu=0.01)
    return [
        *events,
        *(
            e.stamp(event, at, Side.BASELINE, 0)
            for event in (observed, e.Closed(status=Status.COMPLETE))
        ),
    ]


def sweep_events(
    points: Sequence[int] = (1, 2, 4),
    rounds: int = 1,
    baseline_s: float = 20.0,
    serial: float = 0.1,
) -> list[e.Event]:
    """Return a whole sweep run in turn, in ABBA order, by Amdahl's law with a serial fraction."""
    spec = a_spec(workers=points[-1], points=tuple(points), trials=rounds)
    events: list[e.Event] = [an_opening(spec=spec), *arming_events(points[-1])]
    events.append(e.stamp(e.Scheduled(schedule=Schedule.IN_TURN), 7.0, Side.BASELINE, 0))
    starts = [(turn, scale) for turn in range(rounds) for scale in (0, *points)[:: (-1) ** turn]]
    at = 8.0
    for order, (turn, scale) in enumerate(starts):
        side = Side.DISTRIBUTED if scale else Side.BASELINE
        wall = 1.04 * baseline_s * (serial + (1 - serial) / scale) if scale else baseline_s
        events += trial_events(side, at, wall, workers=scale, trial=turn, order=order, scale=scale)
        at += wall + 2.0
    observed = e.Observed(cpu_s=0.6, frames=250, longest_gap_s=0.3, foreign_cpu=0.01)
    return [
        *events,
        *(
            e.stamp(event, at, Side.BASELINE, 0)
            for event in (observed, e.Closed(status=Status.COMPLETE))
        ),
    ]


def a_board(events: Iterable[e.Event] | None = None) -> Board:
    """Return the board after the events (default: a whole session)."""
    board = Board()
    for event in some_events() if events is None else events:
        board = apply(board, event)
    return board


_WORKLOAD_FILE = """
import os, pathlib, signal, subprocess, sys, threading, time
from dataclasses import dataclass
from harness.workload import Ceiling, Metric, Problem, Proof, Workload

def load(params):
    return Problem(input=tuple(range(5)), held_out=0.5, items=5)

def baseline(numbers, report):
    report(len(numbers))
    return numbers

def distributed(numbers, pool, report):
    report(len(numbers))
    return numbers

def quality(answer, held_out):
    return held_out

@dataclass(frozen=True)
class Settings:
    size: int = 5
    rate: float = 0.5
    fast: bool = True
    mode: str = "plain"

proof = {}
fields = dict(name="made", metric=Metric("score"), params=Settings(), simulated=True)

{changes}

WORKLOAD = Workload(
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    proof=Proof(**proof),
    **fields,
)
"""


def a_workload_file(folder: Path, changes: str = "", name: str = "made.py") -> str:
    """Write a workload whose sides answer at once; return its path.

    ``changes`` is source that redefines parts of it.
    """
    path = folder / name
    path.write_text(_WORKLOAD_FILE.replace("{changes}", changes), encoding="utf-8")
    return str(path)


def find_workload(name: str) -> AnyWorkload:
    """Return the workload of that name, which is no command pair."""
    workload = find(name)
    assert isinstance(workload, Workload)
    return workload
