"""A target of fuzzing: how its files are made, what is asked of the program, and its bounds."""

import contextlib
import io
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.__main__ import main
from harness.errors import BadRequest
from harness.text import printable
from tests.fuzz.example import Example
from tests.fuzz.outputs import Outcome, faults_of

LARGEST_WRITTEN_BYTES = 100_000_000

Run = Callable[[Sequence[str]], Outcome]
"""Runs the program with these arguments in the current folder."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One kind of hostile input.

    ``make`` draws an example; ``faults`` asks the program for something with it, in the current
    folder, and yields a sentence for everything that is not as it must be: ``holds`` says what
    holds besides what does for every target. That is checked around it, within ``cpu_s``
    core-seconds and ``grown_bytes`` of memory more than before. ``examples`` are drawn in the
    suite. Another file than the folder's may be read where a setting names it
    (``reads_anything``), and a shell asked about a command (``asks_shell``). ``runs_verbs``: it
    asks the program, and no function of it alone.
    """

    name: str
    reads: str
    make: Callable[[random.Random], Example]
    faults: Callable[[Example, Run], Iterator[str]]
    examples: int
    holds: str = "–"
    cpu_s: float = 20.0
    grown_bytes: int = 500_000_000
    node_share: float = 0.06
    reads_anything: bool = False
    asks_shell: bool = False
    runs_verbs: bool = False

    @property
    def row(self) -> str:
        """Return the target's row of the table in ``tests/README.md``."""
        return f"| {self.name} | {self.reads} | {self.holds} | {self.examples} |"


def run_here(arguments: Sequence[str]) -> Outcome:
    """Run the program in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8", newline="")),
        contextlib.redirect_stderr(io.TextIOWrapper(err, "utf-8", newline="")),
    ):
        code = main(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        printed = out.getvalue().decode(), err.getvalue().decode()
    return Outcome(code, *printed)


def outcome_of(call: Callable[[], str], *, as_printed: bool = False) -> Outcome:
    """Return how a call ends: what it returns is printed, what it refuses an error.

    ``as_printed``: what the error quotes was typed, and may need what is done before it is printed.
    """
    try:
        return Outcome(0, call())
    except BadRequest as refused:
        sentence, hint = refused.sentence, refused.hint
    if as_printed:
        sentence, hint = printable(sentence), printable(hint)
    return Outcome(2, err=f"error: {sentence}\n" + (f"hint: {hint}\n" if hint else ""))


def verb_faults(run: Run, arguments: Sequence[str], *, form: str = "") -> Iterator[str]:
    """Run a verb; yield what is wrong with what it prints and with what it writes into ``out``."""
    outcome = run(arguments)
    yield from faults_of(Outcome(outcome.code, outcome.out, outcome.err, written("out")), form)


def description_faults(run: Run, workload: str, settings: Sequence[str]) -> Iterator[str]:
    """Have a program of its own describe a workload and start nothing; yield what is wrong.

    A sweep whose sides would run together is refused once the workload is described.
    """
    if run is not run_here:
        words = [word for setting in settings for word in ("--set", setting)]
        asked = ("sweep", "--schedule", "together", "--workload", workload, *words)
        yield from verb_faults(run, asked)


def written(folder: str) -> dict[str, bytes]:
    """Return the files in a folder by name, but for large ones; none where it is not there."""
    with contextlib.suppress(OSError):
        return {
            entry.name: Path(entry.path).read_bytes()
            for entry in os.scandir(folder)
            if entry.is_file(follow_symlinks=False) and entry.stat().st_size < LARGEST_WRITTEN_BYTES
        }
    return {}
