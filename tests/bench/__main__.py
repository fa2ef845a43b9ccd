"""The bench: the ratios that tests/README.md quotes, from one session; ``make bench`` runs it.

Every number is a median of neighbours in time, compared with its target. The bench wants a quiet
machine and says so where it had none. ``--quick`` shows that everything runs; its numbers mean
nothing. May import ``harness`` and its neighbours in ``tests``.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import click

from harness import text
from harness.model import Parameters
from harness.run.host import this_host
from tests.bench import core, dedup, embed, races, recommend, rivals, screen, stage
from tests.bench.races import RaceTargets
from tests.bench.table import Finding, failed, finding_text, replace_block, report
from tests.builders import find_workload
from tests.terminals import ROOT

PAGE = ROOT / "tests" / "README.md"
FORCED = "OPENBLAS_CORETYPE"


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is measured: pairs of races, rounds of comparisons, repeats of what is short.

    ``changes`` are parameters other than their defaults, by workload.
    """

    pairs: int
    rounds: int
    core_steps: int
    repeats: int
    frames: int
    beats: int
    changes: Mapping[str, Parameters]

    def of(self, workload: str, name: str) -> int:
        """Return a whole number among a workload's parameters."""
        return int((find_workload(workload).defaults | self.changes.get(workload, {}))[name])


TINY: dict[str, Parameters] = {
    "train": {"batches": 96},
    "recommend": {"users": 2000, "items": 500, "interactions": 100_000, "factors": 32},
    "dedup": {"documents": 2000, "permutations": 128, "bands": 16, "block": 1 << 18},
    "embed": {"passages": 100, "queries": 20},
}

FULL = Effort(pairs=6, rounds=5, core_steps=60, repeats=5, frames=300, beats=50, changes={})
QUICK = Effort(pairs=1, rounds=1, core_steps=4, repeats=2, frames=30, beats=5, changes=TINY)

TARGETS = {
    "train": RaceTargets(efficiency=0.8, quality=31.1),
    "recommend": RaceTargets(efficiency=0.90),
    "dedup": RaceTargets(efficiency=0.90),
    "embed": RaceTargets(efficiency=0.95),
}

Measure = Callable[[Effort], Finding]


def _workload_measures() -> Mapping[str, Measure]:
    """Return what is measured of every workload: its race, and its distributed side on rivals."""
    return {f"efficiency-{name}": partial(_efficiency, name) for name in TARGETS} | {
        f"rivals-{name}": partial(_rivals, name) for name in TARGETS
    }


def _efficiency(workload: str, effort: Effort) -> Finding:
    return races.efficiency(
        workload, effort.pairs, effort.changes.get(workload, {}), TARGETS[workload]
    )


def _rivals(workload: str, effort: Effort) -> Finding:
    return rivals.measure_rivals(workload, effort.rounds, effort.changes.get(workload, {}))


MEASURES: dict[str, Measure] = {
    **_workload_measures(),
    "gemm": lambda effort: core.gemm(effort.core_steps),
    "torch": lambda effort: core.torch(effort.core_steps),
    "recommend": lambda effort: recommend.recommend(effort.rounds),
    "dedup": lambda effort: dedup.dedup(effort.rounds),
    "embed": lambda effort: embed.embed(effort.rounds, effort.of("embed", "passages")),
    "panel": lambda effort: races.panel(effort.pairs, effort.of("train", "batches")),
    "recording": lambda effort: stage.recording(effort.pairs, effort.of("train", "batches")),
    "fail-over": lambda effort: stage.fail_over(effort.repeats),
    "check": lambda effort: stage.checks(effort.repeats),
    "start-up": lambda effort: races.start_up(effort.repeats),
    "memory": lambda effort: races.memory(effort.of("train", "batches")),
    "slide": lambda effort: screen.slide(effort.repeats),
    "frames": lambda effort: screen.frames(effort.frames, effort.repeats),
    "events": lambda effort: screen.events(effort.beats, effort.repeats),
}


@click.command()
@click.option(
    "--quick",
    is_flag=True,
    help="Few and tiny runs: shows that everything works, measures nothing.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(MEASURES)),
    help="Measure this alone; may be given more than once.",
)
@click.option("--write", is_flag=True, help="Replace the table in tests/README.md.")
def main(quick: bool, only: tuple[str, ...], write: bool) -> None:
    """Measure everything and print a Markdown table with targets and verdicts."""
    if write and (quick or only):
        raise click.UsageError("--write takes a whole session: leave --quick and --only out")
    if write:
        _page_with(
            ""
        )  # fails at once, not after an hour, where the page has no place for the table
    findings = [
        _measure(name, QUICK if quick else FULL) for name in MEASURES if name in only or not only
    ]
    block = report(findings, this_host(), f"{datetime.now(UTC):%Y-%m-%d}", _remarks(quick))
    print(f"\n{block}", end="")
    if write:
        PAGE.write_text(_page_with(block), encoding="utf-8")
    sys.exit(any(finding.failed for finding in findings))


def _measure(name: str, effort: Effort) -> Finding:
    """Return what one measurement found; where it fails, that is a row, and the others go on."""
    began = time.monotonic()
    try:
        finding = MEASURES[name](effort)
    except Exception as error:  # whatever stops one, the others must not be lost with it
        traceback.print_exc()
        finding = failed(name, type(error).__name__)
    print(f"{name}, {text.seconds(time.monotonic() - began)}\n{finding_text(finding)}", flush=True)
    return finding


def _remarks(quick: bool) -> list[str]:
    """Return what else a reader must know of this session, a clause each."""
    remarks = {
        "this was a quick try: its numbers mean nothing": quick,
        f"{FORCED} is set: the BLAS kernel is not the library's own choice": FORCED in os.environ,
    }
    return [remark for remark, holds in remarks.items() if holds]


def _page_with(block: str) -> str:
    """Return the page with the block in its place; raise ``UsageError`` if it has none."""
    try:
        return replace_block(PAGE.read_text(encoding="utf-8"), block)
    except ValueError as error:
        raise click.UsageError(f"tests/README.md cannot take the table: {error}") from error


if __name__ == "__main__":
    main()
