"""What the stage costs: recording a race, falling back on a recording, and checking the machine.

Every number is of the real program. Races are recorded without a terminal, and watched in one, by
turns.
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
from harness.takes.folder import PAGE_NAME
from tests import terminals
from tests.bench.races import (
    COLUMNS,
    ROWS,
    TERMS,
    WITHIN_S,
    in_terminal,
    run_race,
    wall_s,
    without_terminal,
)
from tests.bench.table import Finding, at_most, largest_share, ratios, row

THREE_MINUTES_S = 180.0
_PACKED = b'<script id="cast" type="text/plain">'
MOST_CAST_BYTES = 2e6
MOST_PAGE_BYTES = 1e6
MOST_COST = 1.02
MOST_DRIFT_S = 0.3
MOST_SWITCH_S = 1.0
MOST_CHECK_S = 20.0


@dataclass(frozen=True, kw_only=True)
class RecordedRace:
    """A recorded race: its results, the drift of its clocks, and what three minutes of it take."""

    results: Results
    drift_s: float
    cast_bytes: float
    page_bytes: float


def recording(pairs: int, batches: int) -> Finding:
    """Race recorded and watched by turns; return what recording costs either side."""
    taken: list[RecordedRace] = []
    watched: list[Results] = []
    for pair in range(pairs):
        for recorded in (True, False) if pair % 2 == 0 else (False, True):
            if recorded:
                taken.append(_record(batches))
            else:
                watched.append(run_race(in_terminal, "--ui", "live", "--set", f"batches={batches}"))
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
            "page, three minutes of it",
            [one.page_bytes for one in taken],
            at_most(MOST_PAGE_BYTES),
            text.size,
        ),
    ]
    return Finding(
        tuple(rows),
        largest_share(results.observer.foreign_cpu for each in both for results in each),
    )


def _record(batches: int) -> RecordedRace:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "take"
        with without_terminal(
            terminals.race(
                out, *TERMS, "--set", f"batches={batches}", workload="train", verb="record"
            )
        ) as process:
            process.wait(WITHIN_S)
        if process.returncode != 0:
            raise RuntimeError(f"a recording ended with exit code {process.returncode}")
        share = THREE_MINUTES_S / read(out / CAST).duration_s
        page = (out / PAGE_NAME).read_bytes()
        packed = page.partition(_PACKED)[2].partition(b"<")[0]
        drift = float(json.loads((out / "verified.json").read_bytes())["drift_s"])
        return RecordedRace(
            results=load(out / "results.json"),
            drift_s=drift,
            cast_bytes=(out / CAST).stat().st_size * share,
            page_bytes=len(page) + len(packed) * (share - 1.0),
        )


def fail_over(repeats: int) -> Finding:
    """Press f during live races on Ray; return the seconds until the recording plays."""
    waited = [_switch_seconds() for _ in range(repeats)]
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


def _switch_seconds() -> float:
    """Return the seconds from the key to the recording, which is the showcase here."""
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
    """Check the machine; return how long that takes with Ray and all."""
    return Finding(
        (
            row(
                "twoclocks check, Ray armed and all",
                [_check_seconds() for _ in range(repeats)],
                at_most(MOST_CHECK_S),
                text.seconds,
            ),
        )
    )


def _check_seconds() -> float:
    began = time.monotonic()
    with without_terminal([terminals.PYTHON, "-m", "demo", "check"]) as process:
        process.wait(WITHIN_S)
    return time.monotonic() - began
