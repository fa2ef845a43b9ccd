"""How much of its budget of memory a worker has taken: a bar with words, or words alone.

A total function of the two sizes and the room. May import ``text`` and its neighbours in ``show``.
"""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from harness.show.capacity_phrases import memory_of_budget
from harness.show.terminal.lines import Line, bar, first_fitting, piece

_SHORTEST_BAR = 4
_LOWER_HALVES = str.maketrans("█▉▊▋▌▍▎▏", "▄▄▖▖▖▖──")


class Memory(NamedTuple):
    """What a worker has taken of its budget (None: not known), or the most that it has taken."""

    taken_bytes: int | None
    budget_bytes: int
    is_peak: bool = False

    @property
    def label(self) -> str:
        """Return what the bar is of."""
        return "peak memory" if self.is_peak else "memory"

    @property
    def share(self) -> float:
        """Return the share of the budget that is taken (0: it is not known)."""
        return (self.taken_bytes or 0) / self.budget_bytes if self.budget_bytes > 0 else 0.0


def draw_memory(memory: Memory, paint: Style, cells: int) -> Line:
    """Return a line of at most so many cells: a bar between words, or words where it is short."""
    words = memory_of_budget(memory.taken_bytes, memory.budget_bytes)[0]
    room = cells - cell_len(memory.label) - cell_len(words) - 2
    if room < _SHORTEST_BAR:
        return (piece(memory_words(memory, cells) or first_fitting([words], cells)),)
    filled = half_bar(memory.share, room)
    return (piece(f"{memory.label} "), piece(filled, paint), piece(f" {words}"))


def memory_words(memory: Memory, cells: int) -> str:
    """Return the same in words of at most so many cells (empty: there is no room for them)."""
    sizes = memory_of_budget(memory.taken_bytes, memory.budget_bytes)
    variants = [*(f"{memory.label} {size}" for size in sizes), *sizes]
    return next((words for words in variants if cell_len(words) <= cells), "")


def half_bar(fraction: float, width: int) -> str:
    """Return a bar half a row high, so that those of several rows stand apart."""
    return bar(fraction, width).translate(_LOWER_HALVES)
