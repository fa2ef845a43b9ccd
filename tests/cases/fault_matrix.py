"""Faults that befall a real race on Ray, each at several moments, and the table of what was seen.

``python -m tests.cases.fault_matrix`` prints what is seen of all of them, with ``--write`` into the
table of ``harness/README.md``; words choose those whose names hold one of them, and the other rows
stay. Takes root for the hosts. May import its neighbours.
"""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from harness.model import Side
from tests.cases import fault_deeds as deeds
from tests.cases import fault_places as places
from tests.cases.fault_scene import Outcome, Pair, Promise, Scene, outcomes_of
from tests.cases.standing import ARMING, FIRST, LAST, MERGING, MIDDLE, SCORING
from tests.terminals import ROOT

GUIDE = ROOT / "harness" / "README.md"
BEGIN, END = "<!-- fault matrix -->\n", "<!-- /fault matrix -->"
AT_ONCE = 3
SAID_AT_MOST = 3_000
UNTRIED = "not tried yet"
MOMENTS = (ARMING, FIRST, MIDDLE, LAST, MERGING, SCORING)
WORKING = (ARMING, FIRST, MIDDLE, LAST)
RUNNING = (FIRST, MIDDLE, LAST)

RIGHT = Promise(words="the right answer", codes=(0,), right=True)
CLEAR = Promise(words="exit 3 in one sentence, or the right answer", codes=(0, 3))
UNCLAIMED = Promise(
    words="exit 3 in one sentence, or the right answer, without a claim if Ray works meanwhile",
    codes=(0, 3, 4),
)
FAILS = Promise(words="exit 3 in one sentence", codes=(3,))
FULL = Promise(words="exit 3 in one sentence; the journal is kept", codes=(3,), results=False)
UNKEPT = Promise(words="exit 3 in one sentence", codes=(3,), journal=False, results=False)
REFUSED = Promise(words="exit 2 or 3 in one sentence", codes=(2, 3), journal=False, results=False)
KILLED = Promise(words="all that it started ends; the journal is kept", codes=(-9,), results=False)
STOPS = Promise(words="exit 130, and the take is kept", codes=(130,))
HANGS_UP = Promise(words="exit 129, and the take is kept", codes=(129,))


def at(
    moments: Sequence[str],
    what: str,
    promise: Promise,
    befall: Callable[[Scene], None],
    **more: Any,
) -> tuple[Pair, ...]:
    """Return a fault at each of these moments."""
    return tuple(
        Pair(what=what, moment=moment, promise=promise, befall=befall, **more) for moment in moments
    )


ON_ONE_HOST = (
    *at((ARMING, FIRST), "a worker is killed", RIGHT, deeds.kill_a_worker),
    *at((MIDDLE,), "a worker is killed", RIGHT, deeds.kill_a_worker, times=5),
    *at((LAST, MERGING, SCORING), "a worker is killed", RIGHT, deeds.kill_a_worker),
    *at(MOMENTS, "all workers are killed at once", RIGHT, deeds.kill_all_workers),
    *at(WORKING, "a worker is stopped (SIGSTOP)", RIGHT, deeds.stop_a_worker),
    *at(MOMENTS, "raylet is killed", CLEAR, deeds.kill_named("raylet")),
    *at((ARMING,), "the GCS is killed", UNCLAIMED, deeds.kill_named("gcs_server")),
    *at((*RUNNING, MERGING, SCORING), "the GCS is killed", CLEAR, deeds.kill_named("gcs_server")),
    *at(MOMENTS, "the driver is killed", FAILS, deeds.kill_side(Side.DISTRIBUTED)),
    *at(
        MOMENTS,
        "the baseline is killed",
        FAILS,
        deeds.kill_side(Side.BASELINE),
        side=Side.BASELINE,
    ),
    *at(MOMENTS, "the screen's process is killed", KILLED, deeds.kill_program),
    *at(MOMENTS, "the conductor is stopped for 3 s", RIGHT, deeds.stop_program),
    *at(WORKING, "out of memory in a worker (MemoryError)", FAILS, lambda _: None, deed="memory"),
    *at(MOMENTS, "the disk is full", FULL, deeds.fill_disk),
    *at(MOMENTS, "the take is removed", UNKEPT, deeds.remove_take),
    *at(MOMENTS, "the terminal is closed", HANGS_UP, deeds.close_terminal, terminal=True),
    *at(MOMENTS, "Ctrl-C is pressed twice", STOPS, deeds.interrupt_twice, terminal=True),
    *at(
        MOMENTS,
        "the wall clock is set back an hour",
        RIGHT,
        deeds.set_clock_back,
        place=places.with_own_wall_clock,
    ),
    *at((MIDDLE,), "another race is run beside it", RIGHT, deeds.race_beside),
    Pair(
        what="/dev/shm has 16 MB",
        moment="",
        promise=CLEAR,
        place=places.shell(places.SMALL_MEMORY, *places.OWN_MOUNTS),
    ),
    Pair(
        what="64 open files are allowed",
        moment="",
        promise=CLEAR,
        place=places.shell(places.FEW_FILES),
    ),
    Pair(
        what="somebody else's Ray runs", moment="", promise=RIGHT, place=places.beside_foreign_ray
    ),
    Pair(
        what="Ray's note of a cluster that has ended",
        moment="",
        promise=RIGHT,
        place=places.beside_stale_ray,
    ),
    Pair(
        what="RAY_ADDRESS names a cluster that has ended",
        moment="",
        promise=REFUSED,
        place=places.with_stale_address,
    ),
)
ON_TWO_HOSTS = (
    *at(
        RUNNING,
        "the link is cut for 2 s",
        RIGHT,
        deeds.cut_link(deeds.SHORT_CUT_S),
        place=places.two_hosts,
    ),
    *at(
        RUNNING,
        "the link is cut for 20 s",
        CLEAR,
        deeds.cut_link(deeds.LONG_CUT_S),
        place=places.two_hosts,
    ),
    *at(
        RUNNING,
        "the far host's raylet is killed",
        CLEAR,
        deeds.kill_far_raylet,
        place=places.two_hosts,
    ),
    *at(RUNNING, "the head is lost (GCS killed)", CLEAR, deeds.lose_head, place=places.two_hosts),
)
PAIRS = (*ON_ONE_HOST, *ON_TWO_HOSTS)

HEADS = ("fault", "moment", "promised", "seen", "recovery", "over after", "exit code")


def row(pair: Pair, outcomes: Sequence[Outcome]) -> str:
    """Return a line of the table."""
    broken = sorted({one for outcome in outcomes for one in outcome.broken(pair.promise)})
    recoveries = [seconds for outcome in outcomes for seconds in outcome.recoveries]
    cells = (
        pair.what,
        pair.when,
        pair.promise.words,
        "BROKEN: " + ", ".join(broken) if broken else _end_of(pair, outcomes),
        _seconds(recoveries),
        _seconds([outcome.seconds for outcome in outcomes]),
        ", ".join(sorted({_code(outcome) for outcome in outcomes})),
    )
    return f"| {' | '.join(cells)} |"


def _end_of(pair: Pair, outcomes: Sequence[Outcome]) -> str:
    """Return how all of them ended, in words."""
    right = sum(outcome.right for outcome in outcomes)
    if right == len(outcomes):
        return "the answer is right" + (f", {right} of {right} times" if right > 1 else "")
    said = [line for line in outcomes[-1].said.splitlines() if line.startswith("error: ")]
    if said and not pair.terminal:
        return said[-1].removeprefix("error: ").replace("|", "/")
    return "everything had ended"


def _seconds(seconds: Sequence[float]) -> str:
    """Return the median of some seconds, with the range."""
    if not seconds:
        return "–"
    middle = f"{statistics.median(seconds):.1f} s"
    if len(seconds) == 1:
        return middle
    return f"{middle} ({min(seconds):.1f} to {max(seconds):.1f}, n = {len(seconds)})"


def _code(outcome: Outcome) -> str:
    return "(killed)" if outcome.exit_code < 0 else str(outcome.code)


def try_all(pairs: Sequence[Pair], keep: Callable[[Mapping[str, str]], None]) -> None:
    """Try each pair, some at once, as most waits; each line is kept as soon as it is there."""
    one_by_one = Lock()

    def try_one(pair: Pair) -> None:
        line = tried(pair)
        with one_by_one:
            keep({beginning(pair): line})

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(try_one, pairs))


def tried(pair: Pair) -> str:
    """Return the line of a pair that was tried now; what was said of a broken one is printed."""
    try:
        outcomes = outcomes_of(pair)
    except pytest.skip.Exception as skipped:
        reason = f"{UNTRIED}: {skipped}"
        return f"{beginning(pair)}{pair.promise.words} | {reason} | – | – | – |"
    except Exception as failed:  # the others go on, and the line says it
        return f"{beginning(pair)}{pair.promise.words} | BROKEN: {failed!r} | – | – | – |"
    line = row(pair, outcomes)
    if "BROKEN" in line:
        sys.stderr.write("".join(outcome.said[-SAID_AT_MOST:] for outcome in outcomes))
    return line


def beginning(pair: Pair) -> str:
    """Return how a pair's line begins."""
    return f"| {pair.what} | {pair.when} | "


def written_rows(guide: str) -> dict[str, str]:
    """Return the lines that the guide has, by their beginnings."""
    lines = guide.partition(BEGIN)[2].partition(END)[0].splitlines()
    return {
        begins: line
        for pair in PAIRS
        for line in lines
        if line.startswith(begins := beginning(pair))
    }


def table(rows: Mapping[str, str]) -> str:
    """Return the table in Markdown, in the order of the pairs."""
    heads = [f"| {' | '.join(HEADS)} |", "|" + "---|" * len(HEADS)]
    lines = [
        rows.get(
            beginning(pair), f"{beginning(pair)}{pair.promise.words} | {UNTRIED} | – | – | – |"
        )
        for pair in PAIRS
    ]
    return "\n".join([*heads, *lines]) + "\n"


def write(rows: Mapping[str, str], path: Path = GUIDE) -> None:
    """Write these rows into the guide, and keep the others."""
    guide = path.read_text(encoding="utf-8")
    before, _, rest = guide.partition(BEGIN)
    made = table({**written_rows(guide), **rows})
    path.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> None:
    """Print the rows as they come, or write each into the guide."""
    words = [word for word in sys.argv[1:] if word != "--write"]
    pairs = [pair for pair in PAIRS if not words or any(word in pair.name for word in words)]

    def keep(rows: Mapping[str, str]) -> None:
        sys.stdout.write("\n".join(rows.values()) + "\n")
        sys.stdout.flush()
        if "--write" in sys.argv:
            write(rows)

    try_all(pairs, keep)


if __name__ == "__main__":
    main()
