"""What the stage costs: recording a race, falling back on a recording, and checking the machine.

Every figure is of the real program; races are recorded without a terminal and watched in one by turns.
May import ``harness`` and its neighbours in ``tests``.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import text
from harness.cast.format import CAST, read
from harness.files.results import load
from harness.model import Results, Side
from tests import terminals
from tests.bench.races import COLUMNS, ROWS, TERMS, WITHIN_S, in_terminal, raced, unseen, wall_s
from tests.bench.table import Finding, at_most, loudest, ratios, row

THREE_MINUTES_S = 180.0
MOST_CAST_BYTES, MOST_PAGE_BYTES = 5e6, 1e6
MOST_COST, MOST_DRIFT_S, MOST_SWITCH_S, MOST_CHECK_S = 1.02, 0.3, 1.0, 20.0


@dataclass(frozen=True)
class Taken:
    """A recorded race: its facts, how far its clocks drift, and the bytes of cast and page for three minutes of it."""

    results: Results
    drift_s: float
    cast_bytes: float
    page_bytes: float


def recording(pairs: int, steps: int) -> Finding:
    """Race recorded and merely watched by turns; tell what recording costs either side, and what a recording is like."""
    taken: list[Taken] = []
    watched: list[Results] = []
    for pair in range(pairs):
        for recorded in (True, False) if pair % 2 == 0 else (False, True):
            if recorded:
                taken.append(_recorded(steps))
            else:
                watched.append(raced(in_terminal, "--ui", "live", "--set", f"steps={steps}"))
    both = [one.results for one in taken], watched
    recorded_s, watched_s = (
        {side: [wall_s(one, side) for one in each] for side in Side} for each in both
    )
    rows = [
        row(
            f"{side} wall time, recorded ÷ watched",
            ratios(recorded_s[side], watched_s[side]),
            at_most(MOST_COST),
        )
        for side in Side
    ]
    rows += [
        row(
            "drift of a recording's clocks",
            [one.drift_s for one in taken],
            at_most(MOST_DRIFT_S),
            text.seconds,
        ),
        row(
            "cast, three minutes of it",
            [one.cast_bytes for one in taken],
            at_most(MOST_CAST_BYTES),
            text.size,
        ),
        row(
            "page, three minutes of it at most",
            [one.page_bytes for one in taken],
            at_most(MOST_PAGE_BYTES),
            text.size,
        ),
    ]
    return Finding(
        tuple(rows), loudest(results.observer.foreign_cpu for each in both for results in each)
    )


def _recorded(steps: int) -> Taken:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "take"
        with unseen(
            terminals.race(out, *TERMS, "--set", f"steps={steps}", workload="train", verb="record")
        ) as process:
            process.wait(WITHIN_S)
        if process.returncode != 0:
            raise RuntimeError(f"a recording ended with exit code {process.returncode}")
        share = THREE_MINUTES_S / read(out / CAST).duration_s
        drift = float(json.loads((out / "verified.json").read_bytes())["drift_s"])
        sizes = [(out / name).stat().st_size * share for name in (CAST, "run.html")]
        return Taken(load(out / "results.json"), drift, *sizes)


def failing_over(repeats: int) -> Finding:
    """Give up live runs on Ray by the key f; tell how long the room waits for the recording."""
    waited = [_switched() for _ in range(repeats)]
    return Finding(
        (
            row(
                "from f to the recording's first frame",
                waited,
                at_most(MOST_SWITCH_S),
                text.seconds,
            ),
        )
    )


def _switched() -> float:
    """Return the seconds from the key to the recording: the showcase is what a race of train falls back on here."""
    with _stage() as terminal:
        terminal.until(lambda look: "RAY" in look.text and "LIVE" in look.text, 60.0)
        terminal.linger(2.0)
        pressed = time.monotonic()
        terminal.type(b"f")
        terminal.until_text("RECORDED")
        seconds = time.monotonic() - pressed
        terminal.type(b"q")
        terminal.ended(60.0)
        return seconds


@contextmanager
def _stage() -> Iterator[terminals.Terminal]:
    with tempfile.TemporaryDirectory() as folder:
        command = terminals.race(Path(folder) / "take", *TERMS, workload="train")
        with terminals.Terminal(command, columns=COLUMNS, rows=ROWS) as terminal:
            yield terminal


def checks(repeats: int) -> Finding:
    """Check the machine; tell how long that takes with Ray and all."""
    return Finding(
        (
            row(
                "twoclocks check, Ray armed and all",
                [_checked() for _ in range(repeats)],
                at_most(MOST_CHECK_S),
                text.seconds,
            ),
        )
    )


def _checked() -> float:
    began = time.monotonic()
    with unseen([terminals.PYTHON, "-m", "demo", "check"]) as process:
        process.wait(WITHIN_S)
    return time.monotonic() - began
