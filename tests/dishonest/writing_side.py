"""Sides that write events to the pipe of their own process, and one that only prints them."""

import json
import os
import sys
import time
from dataclasses import dataclass

from harness.workload import Pool, Problem, QualityReporter, Workload
from tests.dishonest import honest, without_ray

EARLY: dict[str, object] = {
    "event": "finished",
    "cpu_s": 0.1,
    "peak_rss_bytes": 1,
    "items": 20,
}
LIES: dict[str, list[dict[str, object]]] = {
    "finished": [EARLY | {"wall_s": 60.0}],
    "early finish": [EARLY],
    "scored": [EARLY, {"event": "scored", "answer_sha256": "0" * 64, "quality": 9.0}],
    "go": [{"event": "go", "order": 0}],
    "progress": [{"event": "progress", "done": done} for done in (20, 15)],
    "span": [{"event": "span", "worker": "w9", "chunk": 0, "items": 1, "busy_s": 1, "cpu_s": 1}],
}


@dataclass(frozen=True, kw_only=True)
class Settings(honest.Settings):
    """Which events a side writes itself (empty: none)."""

    terms: int = 600_000
    baseline_writes: str = ""
    distributed_writes: str = ""


Given = tuple[honest.Given, str, str]


def load(settings: Settings) -> Problem[Given, float]:
    """Return the honest problem, with what each side writes."""
    problem = honest.load(settings)
    writes = settings.baseline_writes, settings.distributed_writes
    return Problem(input=(problem.input, *writes), held_out=problem.held_out, items=problem.items)


def write(lie: str, so_far_s: float) -> None:
    """Write events; those of which the name begins with ``print`` go to the log, as they may.

    A clock that is said to have stopped has run ``so_far_s``, unless that is the lie. Who has
    claimed to have scored its answer already goes to sleep over it.
    """
    pipe = json.loads(sys.argv[1])["events_fd"]
    for event in LIES[lie.removeprefix("print ")] if lie else []:
        stopped = {"wall_s": so_far_s} if event["event"] == "finished" else {}
        line = json.dumps(stopped | event).encode() + b"\n"
        os.write(1 if lie.startswith("print ") else pipe, line)
    if lie == "scored":
        time.sleep(60)


def baseline(given: Given, report: QualityReporter) -> honest.Answer:
    """Write events in the middle of the work."""
    return honest.baseline(given[0], lying(report, given[1]))


def distributed(given: Given, pool: Pool, report: QualityReporter) -> honest.Answer:
    """Write events in the middle of the work."""
    return without_ray.WORKLOAD.distributed(given[0], pool, lying(report, given[2]))


def lying(report: QualityReporter, lie: str) -> QualityReporter:
    """Return a reporter that writes events once, when half of the work is done."""
    began = time.perf_counter()

    def report_and_lie(done: int, quality: float | None = None, /) -> None:
        report(done, quality)
        if done == honest.CHUNKS // 2:
            write(lie, time.perf_counter() - began)

    return report_and_lie


WORKLOAD = Workload(
    name="writing",
    params=Settings(),
    metric=without_ray.WORKLOAD.metric,
    unit="chunks",
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=honest.quality,
    simulated=True,
)
