"""The bench: the ratios that the README quotes, all from one session; ``make bench``, and not part of ``make test``.

Every number is a median of neighbours in time, set against its target. It wants a quiet machine, and says so
where it had none. ``--quick`` shows that everything runs; its numbers mean nothing.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from harness.run.host import this_host
from harness.show import words
from tests import bench_core, bench_races, bench_rivals, bench_screen, bench_stage
from tests.bench_table import Finding, failed, replaced, report, told
from tests.terminals import ROOT
from workloads import train

README = ROOT / "README.md"
FORCED = "OPENBLAS_CORETYPE"


@dataclass(frozen=True)
class Effort:
    """How much is measured: pairs of races, steps of each, rounds of the rivals, and repetitions of what is short."""

    pairs: int
    steps: int
    rounds: int
    core_steps: int
    repeats: int
    frames: int
    beats: int


FULL = Effort(pairs=6, steps=int(train.WORKLOAD.params["steps"]), rounds=5, core_steps=60, repeats=5, frames=300, beats=50)
QUICK = Effort(pairs=1, steps=4, rounds=1, core_steps=4, repeats=2, frames=30, beats=5)

MEASURES: dict[str, Callable[[Effort], Finding]] = {
    "efficiency": lambda effort: bench_races.efficiency(effort.pairs, effort.steps),
    "gemm": lambda effort: bench_core.gemm(effort.core_steps),
    "torch": lambda effort: bench_core.torch(effort.core_steps),
    "rivals": lambda effort: bench_rivals.rivals(effort.rounds, effort.steps),
    "panel": lambda effort: bench_races.panel(effort.pairs, effort.steps),
    "recording": lambda effort: bench_stage.recording(effort.pairs, effort.steps),
    "fail-over": lambda effort: bench_stage.failing_over(effort.repeats),
    "check": lambda effort: bench_stage.checks(effort.repeats),
    "start-up": lambda effort: bench_races.start_up(effort.repeats),
    "memory": lambda effort: bench_races.memory(effort.steps),
    "slide": lambda effort: bench_screen.slide(effort.repeats),
    "frames": lambda effort: bench_screen.frames(effort.frames, effort.repeats),
    "events": lambda effort: bench_screen.events(effort.beats, effort.repeats),
}


@click.command()
@click.option("--quick", is_flag=True, help="Few and tiny runs: shows that everything works, measures nothing.")
@click.option("--only", multiple=True, type=click.Choice(list(MEASURES)), help="Measure this alone; may be given more than once.")
@click.option("--write", is_flag=True, help="Replace the table in README.md.")
def main(quick: bool, only: tuple[str, ...], write: bool) -> None:
    """Measure everything and print a Markdown table with targets and verdicts."""
    if write and (quick or only):
        raise click.UsageError("--write takes a whole session: leave --quick and --only out")
    if write:
        _written("")  # a README that cannot take the table is found out before, not after
    findings = [_measured(name, QUICK if quick else FULL) for name in MEASURES if name in only or not only]
    block = report(findings, this_host(), f"{datetime.now(UTC):%Y-%m-%d}", _remarks(quick))
    print(f"\n{block}", end="")
    if write:
        README.write_text(_written(block), encoding="utf-8")
    sys.exit(any(finding.failed for finding in findings))


def _measured(name: str, effort: Effort) -> Finding:
    """Return what a measurement found; one that fails is a row too, and the others go on."""
    began = time.monotonic()
    try:
        finding = MEASURES[name](effort)
    except Exception as error:  # whatever stops one of them, an hour of the others must not be lost with it
        traceback.print_exc()
        finding = failed(name, type(error).__name__)
    print(f"{name}, {words.seconds(time.monotonic() - began)}\n{told(finding)}", flush=True)
    return finding


def _remarks(quick: bool) -> list[str]:
    """Return what else must be known of this session, a clause each."""
    known = {
        "this was a quick try: its numbers mean nothing": quick,
        f"{FORCED} is set: the BLAS kernel is not the library's own choice": FORCED in os.environ,
    }
    return [remark for remark, so in known.items() if so]


def _written(block: str) -> str:
    """Return the README with the block in its place; raise ``UsageError`` if it has none."""
    try:
        return replaced(README.read_text(encoding="utf-8"), block)
    except ValueError as error:
        raise click.UsageError(f"README.md cannot take the table: {error}") from error


if __name__ == "__main__":
    main()
