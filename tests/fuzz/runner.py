"""Runs examples of targets, in this process or in one of its own, and says what is wrong."""

import contextlib
import importlib
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.run.find import built_in
from tests.fuzz.example import Example, with_a_node
from tests.fuzz.outputs import Outcome
from tests.fuzz.target import Target, run_here
from tests.fuzz.targets import (
    casts,
    config_files,
    decks,
    models,
    settings,
    streams,
    tables,
    takes,
)
from tests.fuzz.watch import ROOT, NeverEnds, Room, Watched

MODULES = (takes, streams, casts, config_files, decks, tables, models, settings)
TARGETS = {target.name: target for module in MODULES for target in module.TARGETS}
MOST_ADDRESS_BYTES = 8 << 30
PROGRAM_CPU_S = 60


def draw_example(target: Target, seed: int) -> Example:
    """Return the example of a target that a seed stands for."""
    draw = random.Random(f"{target.name} {seed}")
    example = target.make(draw)
    is_special = draw.random() < target.node_share
    return with_a_node(draw, example) if is_special else example


def run_program(arguments: Sequence[str]) -> Outcome:
    """Run the program in a process of its own, with little memory and time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_BYTES, MOST_ADDRESS_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (PROGRAM_CPU_S, PROGRAM_CPU_S))

    done = subprocess.run(
        [sys.executable, "-P", "-m", "demo", *arguments],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": os.getcwd()},
        preexec_fn=limit,
        stdin=subprocess.DEVNULL,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


class Tried:
    """What was seen of an example: the sentences on what is wrong, and what it took."""

    def __init__(self, faults: Sequence[str], watched: Watched) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        self.watched = watched


def try_example(room: Room, target: Target, example: Example, *, as_program: bool = False) -> Tried:
    """Write an example into the room, have the target ask for something, and look at it all."""
    _empty(room.folder)
    links_out = target.reads_anything or "link" in example.nodes.values()
    may_read = ("/",) if target.reads_anything else ()
    with contextlib.chdir(room.folder):
        example.write(Path())
        with room.watch(
            links_out=links_out,
            may_read=may_read,
            may_start=target.asks_shell or as_program,
        ) as watched:
            faults = list(_faults(target, example, as_program=as_program))
    return Tried([*faults, *watched.touched, *_beyond(target, watched)], watched)


def _faults(target: Target, example: Example, *, as_program: bool) -> Iterator[str]:
    try:
        yield from target.faults(example, run_program if as_program else run_here)
    except NeverEnds:
        yield "it never ends"
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
        yield f"it raises {type(error).__name__}: {str(error)[:300]} ({where})"


def _beyond(target: Target, watched: Watched) -> Iterator[str]:
    if watched.cpu_s > target.cpu_s:
        yield f"it takes {watched.cpu_s:.1f} core-seconds, the most is {target.cpu_s:.0f}"
    if watched.grown_bytes > target.grown_bytes:
        grown, most = watched.grown_bytes >> 20, target.grown_bytes >> 20
        yield f"it takes {grown:,} MB, the most is {most:,} MB"


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def warm_up() -> None:
    """Import what is imported once in a process, and read the fonts, before anything is watched."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as for a side
    for module in ("matplotlib.font_manager", "onnxruntime", "tokenizers", "pyarrow.dataset"):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(module)
    for name in built_in():
        importlib.import_module(f"workloads.{name}")
