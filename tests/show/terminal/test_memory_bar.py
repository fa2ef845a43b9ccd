from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from harness import events as e
from harness.model import Side
from harness.show.terminal.lines import DISTRIBUTED_PAINT, Frame
from harness.show.terminal.memory_bar import Memory, draw_memory, memory_words
from harness.state.side import SideState
from tests.builders import a_ready, arming_events, trial_events
from tests.capacities import a_search
from tests.goldens import golden_text
from tests.show.terminal.panels import board_at, draw

MEBIBYTE = 1 << 20
TAKEN = {"core": 128, "w0": 113, "w1": 97}
"""What each worker takes of a budget of 144 MiB, in mebibytes; the others take as much as w1."""

SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]
MOMENTS = {"arming": 3.0, "baseline": 40.0, "replay": 70.0, "finished": 200.0}
BYTES = st.integers(0, 1 << 50)
MEMORIES = st.builds(Memory, st.none() | BYTES, BYTES, st.booleans())


def with_memory(event: e.Event, at: float) -> e.Event:
    """Return a sample with the memory that its worker has by then: all of it after some seconds."""
    if not isinstance(event, e.Sample):
        return event
    taken = TAKEN.get(event.worker, TAKEN["w1"]) * MEBIBYTE
    return replace(event, taken_bytes=min(taken, round(taken * at / 20.0)))


def a_run(workers: int = 2) -> Sequence[e.Event]:
    """Return a race in turn of a workload that states a budget: the baseline takes 40 s, then p."""
    return [
        *(
            replace(event, capacity=a_search()) if isinstance(event, e.Ready) else event
            for event in arming_events(workers)
        ),
        *(
            with_memory(event, event.at - began)
            for side, began, wall_s in ((Side.BASELINE, 10.0, 40.0), (Side.DISTRIBUTED, 60.0, 20.0))
            for event in trial_events(side, began, wall_s, workers=workers, beats=20)
        ),
    ]


def panel_at(at: float, columns: int = 80, rows: int = 24, workers: int = 2) -> str:
    return draw(board_at(a_run(workers), at), at, columns, rows, workers=workers)


def words_of(memory: Memory, cells: int) -> str:
    return Frame((draw_memory(memory, DISTRIBUTED_PAINT, cells),)).plain.rstrip("\n")


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("workers", [2, 8])
@pytest.mark.parametrize("moment", MOMENTS)
def test_memory_looks_as_it_did(columns: int, rows: int, workers: int, moment: str) -> None:
    picture = panel_at(MOMENTS[moment], columns, rows, workers)

    assert picture == golden_text(f"memory-{columns}x{rows}-{workers}-{moment}", picture)


def test_a_worker_shows_how_much_of_its_budget_it_has_taken() -> None:
    assert words_of(Memory(128 * MEBIBYTE, 144 * MEBIBYTE), 36) == (
        "memory ▄▄▄▄▄▄▄▄▄▄▄▄▖─ 128 of 144 MiB"
    )


def test_a_bar_is_full_where_more_is_taken_than_the_budget() -> None:
    assert words_of(Memory(150 * MEBIBYTE, 144 * MEBIBYTE), 30) == "memory ▄▄▄▄▄▄▄▄ 150 of 144 MiB"


def test_memory_that_is_not_known_is_not_nothing() -> None:
    unknown, nothing = (words_of(Memory(taken, 144 * MEBIBYTE), 36) for taken in (None, 0))
    assert unknown == "memory ──────────────   — of 144 MiB"
    assert nothing == "memory ──────────────   0 of 144 MiB"


def test_a_small_budget_has_three_digits() -> None:
    assert memory_words(Memory(1_300_000, 2 * MEBIBYTE), 40) == "memory 1.24 of 2 MiB"


def test_where_the_bar_has_no_room_the_words_stay() -> None:
    memory = Memory(128 * MEBIBYTE, 144 * MEBIBYTE)
    assert words_of(memory, 22) == "memory 128 of 144 MiB"
    assert words_of(memory, 12) == "128/144 MiB"


@given(MEMORIES, st.integers(0, 200))
def test_memory_never_takes_more_cells_than_it_is_given(memory: Memory, cells: int) -> None:
    assert cell_len(words_of(memory, cells)) <= cells
    assert cell_len(memory_words(memory, cells)) <= cells


@given(MEMORIES, st.integers(0, 200))
def test_memory_is_told_in_words_wherever_it_is_told(memory: Memory, cells: int) -> None:
    words = memory_words(memory, cells)
    assert not words or words.endswith("MiB")
    assert memory_words(memory, 100).startswith(("memory ", "peak memory "))


def test_a_workload_that_states_no_budget_shows_none() -> None:
    events = [
        replace(event, capacity=None) if isinstance(event, e.Ready) else event for event in a_run()
    ]
    assert "memory" not in draw(board_at(events, 70.0), 70.0)


def test_a_replay_shows_the_memory_of_its_moment() -> None:
    assert "61 of 144 MiB" in panel_at(70.1)
    assert "128 of 144 MiB" in panel_at(49.0)


def test_at_the_end_the_most_that_was_taken_is_shown() -> None:
    assert "peak memory" in panel_at(200.0, 120, 40)
    assert "113 of 144 MiB" in panel_at(200.0, 120, 40)


def test_a_worker_that_is_lost_has_no_memory() -> None:
    def workers(state: SideState) -> list[int | None]:
        return [worker.taken_bytes for worker in state.workers]

    lost = e.stamp(e.Faulted(worker="w0", reason="killed"), 75.0, Side.DISTRIBUTED, 0)
    before = board_at([event for event in a_run() if event.at < 75.0], 75.0)
    after = board_at([*(event for event in a_run() if event.at < 75.0), lost], 75.0)

    assert None not in workers(before.distributed)
    assert workers(after.distributed)[0] is None


def test_a_search_alone_shows_no_memory_before_the_side_runs() -> None:
    ready = e.stamp(replace(a_ready(Side.BASELINE), capacity=a_search()), 3.0, Side.BASELINE, 0)
    assert " 0 of 144 MiB" not in draw(board_at([ready], 4.0), 4.0)
