"""The bench: the figures that the READMEs quote; ``make bench`` runs it.

Every number is a median of neighbours in time, compared with its target. The bench wants a quiet
machine and says so where it had none. What a measurement finds is kept in a file, so that the parts
of a table may be measured one after another. ``--quick`` shows that everything runs; its numbers
mean nothing. May import ``harness`` and its neighbours in ``tests``.
"""

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from harness import text
from harness.model import Parameters
from harness.run.host import this_host
from tests.bench import (
    claims,
    dedup,
    dispatch,
    hosts,
    metrics,
    races,
    ray_serve,
    recommend,
    research,
    rivals,
    screen,
    serve,
    stage,
    train,
)
from tests.bench.claims import Targets
from tests.bench.table import (
    Finding,
    Measurement,
    Row,
    block,
    failed,
    finding_text,
    replace_block,
    table,
    table_of_columns,
)
from tests.builders import find_workload
from tests.terminals import ROOT

KEPT = ROOT / "recordings" / "bench"
PAGES = {"workloads": ROOT / "workloads" / "README.md", "bench": ROOT / "tests" / "README.md"}
FORCED = "OPENBLAS_CORETYPE"
QUICK_TRY = "this was a quick try: its numbers mean nothing"


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

    def batches(self) -> int:
        """Return how many batches a race of ``train`` has at most."""
        return int((find_workload("train").defaults | self.changes.get("train", {}))["batches"])


TINY: dict[str, Parameters] = {
    "embed": {"passages": 100, "queries": 20},
    "recommend": {"users": 2000, "items": 500, "interactions": 100_000, "factors": 32},
    "dedup": {"documents": 2000, "permutations": 128, "bands": 16, "block": 1 << 18},
    "train": {"batches": 96},
    "shard": {"megabytes": 0.5, "rows": 1 << 14, "device": "9MiB"},
    "research": {"modules": "json,queue", "questions": 40},
    "serve": {
        "passages": 64,
        "queries": 16,
        "requests": 459,
        "lists": 8,
        "probes": 4,
        "max_tokens": 8,
        "budget_ms": 400.0,
    },
}

FULL = Effort(pairs=6, rounds=3, core_steps=60, repeats=5, frames=300, beats=50, changes={})
QUICK = Effort(pairs=1, rounds=1, core_steps=4, repeats=2, frames=30, beats=5, changes=TINY)

WITHOUT_RIVALS = ("shard", "serve")  # no other pool runs a pipeline, or answers requests
RACE_MINUTES = {"serve": 11}  # its requests come one by one

TARGETS = {
    "embed": Targets(of_possible=0.97),
    "recommend": Targets(of_possible=0.95),
    "dedup": Targets(of_possible=0.93),
    "train": Targets(efficiency=0.80),
    "shard": Targets(efficiency=0.80),
    "research": Targets(efficiency=0.85),
    "serve": Targets(efficiency=0.90),
}


@dataclass(frozen=True)
class Part:
    """A part of the bench: what it measures, and about how long that takes on two quiet cores.

    ``measure(effort, folder)`` may leave a take in the folder.
    """

    measure: Callable[[Effort, Path], Finding]
    minutes: float


def _workload_parts(name: str) -> dict[str, Part]:
    """Return the parts of a workload: its race, and its distributed side on rivals."""

    def race(effort: Effort, folder: Path) -> Finding:
        changes = effort.changes.get(name, {})
        return claims.race(name, effort.pairs, changes, TARGETS[name], folder / name)

    def compare(*others: str) -> Part:
        def measure(effort: Effort, _: Path) -> Finding:
            return rivals.measure_rivals(name, others, effort.rounds, effort.changes.get(name, {}))

        return Part(measure, 2.5 * (1 + len(others)) / 2)

    minutes = RACE_MINUTES.get(name, 8)
    if name in WITHOUT_RIVALS:
        return {f"{name}.race": Part(race, minutes)}
    return {
        f"{name}.race": Part(race, minutes),
        f"{name}.rivals": compare("multiprocessing", "joblib"),
        f"dask.{name}": compare("dask.distributed"),
    }


def _over_hosts(name: str, effort: Effort) -> Finding:
    return hosts.over_hosts(name, effort.pairs, effort.changes.get(name, {}))


PARTS: dict[str, Part] = {
    **{part: what for name in TARGETS for part, what in _workload_parts(name).items()},
    "recommend.library": Part(lambda effort, _: recommend.recommend(effort.rounds), 5),
    "dedup.library": Part(lambda effort, _: dedup.dedup(effort.rounds), 2),
    "research.hops": Part(lambda effort, _: research.hops(effort.changes.get("research", {})), 2),
    "serve.library": Part(lambda effort, _: serve.search_libraries(effort.rounds), 0.5),
    "serve.ray-serve": Part(
        lambda effort, _: ray_serve.compare_with_ray_serve(
            effort.rounds, effort.changes.get("serve", {})
        ),
        6,
    ),
    "train.library": Part(lambda effort, _: train.torch(effort.core_steps), 0.5),
    "hosts.embed": Part(lambda effort, _: _over_hosts("embed", effort), 6),
    "hosts.train": Part(lambda effort, _: _over_hosts("train", effort), 6),
    "hosts.shard": Part(lambda effort, _: _over_hosts("shard", effort), 6),
    "hosts.research": Part(lambda effort, _: _over_hosts("research", effort), 6),
    "stage.panel": Part(lambda effort, _: races.panel(effort.pairs, effort.batches()), 10),
    "stage.recording": Part(lambda effort, _: stage.recording(effort.pairs, effort.batches()), 12),
    "stage.fail-over": Part(lambda effort, _: stage.fail_over(effort.repeats), 2),
    "stage.check": Part(lambda effort, _: stage.checks(effort.repeats), 1),
    "stage.start-up": Part(lambda effort, _: races.start_up(effort.repeats), 2),
    "stage.memory": Part(lambda effort, _: races.memory(effort.batches()), 1),
    "stage.slide": Part(lambda effort, _: screen.slide(effort.repeats), 1),
    "stage.frames": Part(lambda effort, _: screen.frames(effort.frames, effort.repeats), 1),
    "stage.events": Part(lambda effort, _: screen.events(effort.beats, effort.repeats), 1),
    "stage.metrics": Part(lambda effort, _: metrics.metrics(effort.rounds), 1),
    "stage.dispatch": Part(lambda effort, _: dispatch.dispatch(effort.rounds), 2),
}
ASKED_FOR_ONLY = ("dask", "hosts")
GROUPS = tuple(dict.fromkeys(part.partition(".")[0] for part in PARTS))


def parts_of(names: Sequence[str]) -> list[str]:
    """Return the parts that these groups and parts mean, in order.

    Without names all but those of ``ASKED_FOR_ONLY``. Raises ``BadParameter`` for a name that is
    neither.
    """
    for name in names:
        if name not in (*GROUPS, *PARTS):
            parts = ", ".join([*GROUPS, *(part for part in PARTS if not part.startswith("dask"))])
            raise click.BadParameter(f"there is no {name!r}; use some of {parts}")
    wanted = names or [group for group in GROUPS if group not in ASKED_FOR_ONLY]
    return [part for part in PARTS if part in wanted or part.partition(".")[0] in wanted]


@click.command()
@click.argument("names", metavar="[PART]...", nargs=-1)
@click.option(
    "--quick",
    is_flag=True,
    help="Few and tiny runs: shows that everything works, measures nothing.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep findings and takes here.  [default: recordings/bench/; quick ones are not kept]",
)
@click.option("--write", is_flag=True, help="Replace the tables in the READMEs by what is kept.")
def main(names: tuple[str, ...], quick: bool, keep: Path | None, write: bool) -> None:
    """Measure parts of the bench and print Markdown tables of all that is kept.

    PART is a workload (embed, recommend, dedup, train, shard, research, serve), stage, dask, hosts,
    or a part of one such as embed.race, embed.rivals, hosts.train or dedup.library. Without any,
    everything but dask and hosts is measured.
    """
    parts = parts_of(names)
    if quick and write:
        raise click.UsageError("--write takes what was really measured: leave --quick out")
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or (Path(scratch) if quick else KEPT)
        folder.mkdir(parents=True, exist_ok=True)
        _announce(parts)
        measured = [_measure(part, QUICK if quick else FULL, folder, quick) for part in parts]
        for marker, written in tables(kept_in(folder)).items():
            print(f"\n{written}", end="")
            (folder / f"{marker}.md").write_text(written, encoding="utf-8")
            if write:
                _write(marker, written)
    sys.exit(any(one.finding.failed for one in measured))


def _announce(parts: Sequence[str]) -> None:
    for part in parts:
        print(f"{part}, about {_minutes(PARTS[part].minutes)}")
    print(f"in all, about {_minutes(sum(PARTS[part].minutes for part in parts))}", flush=True)


def _minutes(number: float) -> str:
    return f"{text.three_digits(number)} min"


def _measure(part: str, effort: Effort, folder: Path, quick: bool) -> Measurement:
    """Return and keep what one part found; where it fails, that is a row, and others go on."""
    began = time.monotonic()
    try:
        finding = PARTS[part].measure(effort, folder)
    except Exception as error:  # whatever stops one, the others must not be lost with it
        traceback.print_exc()
        finding = failed(part, type(error).__name__)
    measured = Measurement(
        name=part,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        host=this_host(),
        seconds=time.monotonic() - began,
        remarks=_remarks(quick),
        finding=finding,
    )
    kept = msgspec.json.format(msgspec.json.encode(measured), indent=1)
    (folder / f"{part}.json").write_bytes(kept)
    print(f"\n{part}, {text.seconds(measured.seconds)}\n{finding_text(finding)}", flush=True)
    return measured


def kept_in(folder: Path) -> list[Measurement]:
    """Return what was measured last of each part."""
    files = (folder / f"{part}.json" for part in PARTS)
    return [
        msgspec.json.decode(file.read_bytes(), type=Measurement) for file in files if file.exists()
    ]


def tables(kept: Sequence[Measurement]) -> dict[str, str]:
    """Return a block by its marker for each page that has any: the workloads', and the stage's."""
    stage = [one for one in kept if one.name.startswith("stage.")]
    others = [one for one in kept if one not in stage]
    blocks = dict[str, str]()
    if others:
        wide = table_of_columns({name: _rows_of(name, others) for name in TARGETS})
        blocks["workloads"] = block(others, wide, "workloads")
    if stage:
        blocks["bench"] = block(stage, table([one.finding for one in stage]), "bench")
    return blocks


def _rows_of(workload: str, kept: Sequence[Measurement]) -> list[Row]:
    return [row for one in kept if workload in one.name.split(".") for row in one.finding.rows]


def _remarks(quick: bool) -> tuple[str, ...]:
    """Return what else a reader must know of this session, a clause each."""
    remarks = {
        QUICK_TRY: quick,
        f"{FORCED} is set: the BLAS kernel is not the library's own choice": FORCED in os.environ,
    }
    return tuple(remark for remark, holds in remarks.items() if holds)


def _write(marker: str, written: str) -> None:
    """Put a block into its place in its page; raise ``UsageError`` if it has none."""
    page = PAGES[marker]
    if QUICK_TRY[1:] in written:
        raise click.UsageError(f"a quick try is kept among the others: {page.name} stays as it is")
    try:
        changed = replace_block(page.read_text(encoding="utf-8"), written, marker)
    except ValueError as error:
        raise click.UsageError(f"{page} cannot take the table: {error}") from error
    page.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
