"""What a side's box, the lines and the presenter view say of workers that are struck or lost.

Variants are ordered from the longest to the shortest. Pure. May import ``model``, ``state``,
``text`` and ``lines``.
"""

import math
from collections.abc import Iterator
from statistics import median

from harness import text
from harness.events import Struck
from harness.model import ChaosKind, Fault, FaultKind
from harness.show.terminal.lines import cut
from harness.state.series import done_at
from harness.state.side import SideState
from harness.state.worker import WorkerState

RETURN_SHOWN_S = 5.0

_LOST_MARK = "✕"
_CAUGHT_UP_MARK = "↺"
_STRUCK = {
    FaultKind.KILL: "KILLED on purpose",
    FaultKind.FREEZE: "FROZEN on purpose",
    FaultKind.DRAIN: "LEAVING",
    FaultKind.NODE: "KILLED on purpose with its host",
}


def lost_at(fault: Fault) -> float:
    """Return when a loss began, in seconds since go: when it struck, else when it was noticed."""
    return fault.at_s if fault.struck_at_s is None else fault.struck_at_s


def recovery_s(fault: Fault) -> float | None:
    """Return how long after a loss all had caught up.

    Where nobody says that, it is how long after it was noticed the worker worked again (None: not
    yet).
    """
    return fault.cost_s if fault.caught_up_s is None else fault.caught_up_s


def made_up_at(fault: Fault) -> float | None:
    """Return when all had caught up or the worker worked again, in seconds since go (None: not)."""
    if fault.caught_up_s is not None:
        return lost_at(fault) + fault.caught_up_s
    return None if fault.cost_s is None else fault.at_s + fault.cost_s


def back_at(fault: Fault) -> float | None:
    """Return when the place was filled and, where that is said, all had caught up, since go.

    None: it is not filled yet, although others may have caught up without it.
    """
    if fault.cost_s is None:
        return None
    return max(fault.at_s + fault.cost_s, lost_at(fault) + (fault.caught_up_s or 0.0))


def worker_remark(worker: WorkerState, lane: SideState, elapsed: float, at: float) -> str:
    """Return whether a worker is lost, struck, catching up, or back; empty if it is none of these.

    ``elapsed`` is the side's clock and ``at`` the conductor's, both in seconds.
    """
    if worker.lost_at is not None:
        return f"LOST {text.seconds(max(0.0, at - worker.lost_at))}"
    if lane.wall_s is not None:
        return ""
    if worker.struck is not None:
        return _strike_remark(worker.struck, at)
    faults = [fault for fault in lane.faults if fault.worker == worker.process.id]
    return _return_remark(faults[-1], elapsed) if faults else ""


def _strike_remark(strike: Struck, at: float) -> str:
    since_s = max(0.0, at - strike.at)
    match strike.kind:
        case ChaosKind.DRAIN:
            left_s = math.ceil(max(0.0, strike.notice_s - since_s))
            return f"LEAVING in {text.count(left_s)} s"
        case ChaosKind.FREEZE:
            return f"FROZEN {text.seconds(since_s)}"
        case _:
            return "KILLED"


def _return_remark(fault: Fault, elapsed: float) -> str:
    moment = back_at(fault)
    if moment is None or not 0 <= elapsed - moment < RETURN_SHOWN_S:
        return ""
    return f"back after {text.seconds(moment - lost_at(fault))}"


def strike_line(lane: SideState, width: int) -> str:
    """Return a line as wide as the progress bar, with a mark where the bar was at each loss.

    A second mark is where it was when all had caught up. Before the first loss it says that there
    was none.
    """
    if not lane.faults:
        return cut("no strike yet" if lane.wall_s is None else "no strike came", width)
    cells: dict[int, str] = {}
    moments = [(lost_at(fault), _LOST_MARK) for fault in lane.faults]
    moments += [(moment, _CAUGHT_UP_MARK) for moment in map(made_up_at, lane.faults) if moment]
    for moment, mark in sorted(moments):
        place = _place(lane, moment, width)
        free = (cell for cell in range(place, width) if cell not in cells)
        cells.setdefault(next(free, width - 1), mark)
    return "".join(cells.get(cell, " ") for cell in range(width)).rstrip()


def _place(lane: SideState, moment: float, width: int) -> int:
    """Return the cell below the end of the progress bar as it was at a moment."""
    share = done_at(lane.curve, moment) / lane.items if lane.items > 0 else 0.0
    return min(width - 1, int(min(1.0, max(0.0, share)) * width))


def _count_losses(lane: SideState) -> str:
    """Return how many workers were lost or frozen: ``3 lost``, ``2 lost, 1 frozen``."""
    frozen = sum(fault.kind is FaultKind.FREEZE for fault in lane.faults)
    lost = sum(fault.kind is not FaultKind.FREEZE and fault.was_away for fault in lane.faults)
    named = (f"{text.count(lost)} lost" if lost else "", f"{frozen} frozen" if frozen else "")
    return ", ".join(filter(None, named))


def loss_counter(lane: SideState) -> tuple[str, str]:
    """Return how many losses there were, with their median recovery: ``3 lost · 1.90 s``.

    As in ``claims.recovery``, that of freezes counts where nothing else was lost.
    """
    lost = [fault for fault in lane.faults if fault.kind is not FaultKind.FREEZE] or lane.faults
    taken = [took for took in map(recovery_s, lost) if took is not None]
    number = _count_losses(lane)
    return " · ".join(filter(None, (number, text.seconds(median(taken)) if taken else ""))), number


def spare_words(lane: SideState, spares: int) -> str:
    """Return how many of the spares that were asked for stand by; empty without any."""
    if not spares:
        return ""
    if lane.armed.ready_at is None:
        return f"{text.number_of(spares, 'spare')} to stand by"
    waiting = len(lane.armed.spares)
    if waiting == spares:
        return f"{text.number_of(spares, 'spare')} standing by"
    if not waiting:
        return "no spare standing by"
    return f"{text.count(waiting)} of {text.number_of(spares, 'spare')} standing by"


def loss_note(fault: Fault) -> str:
    """Return what became of a loss, in a line: ``w1 LOST at 00:05.0, back after 1.50 s``."""
    begun, moment = _begun(fault), back_at(fault)
    if moment is not None:
        return f"{begun}, back after {text.seconds(moment - lost_at(fault))}"
    if fault.caught_up_s is not None:
        return f"{begun}, all caught up after {text.seconds(fault.caught_up_s)}"
    return f"{begun}: {text.printable(fault.reason)}" if fault.kind is FaultKind.LOST else begun


def loss_news(before: Fault | None, after: Fault) -> Iterator[str]:
    """Yield what happened to a loss since it was last looked at (None: it was not there)."""
    worker = text.printable(after.worker)
    if before is None:
        begun = _begun(after)
        reason = f": {text.printable(after.reason)}" if after.kind is FaultKind.LOST else ""
        yield f"{begun}{reason}"
    noticed_before = before is not None and before.at_s != before.struck_at_s
    if after.struck_at_s is not None and after.at_s != after.struck_at_s and not noticed_before:
        took = text.seconds(max(0.0, after.at_s - after.struck_at_s))
        how = "gone" if after.kind is FaultKind.DRAIN else "LOST, noticed"
        yield f"{worker} {how} after {took}: {text.printable(after.reason)}"
    if after.cost_s is not None and (before is None or before.cost_s is None):
        yield f"{worker} back after {text.seconds(after.cost_s)}"
    if after.caught_up_s is not None and (before is None or before.caught_up_s is None):
        yield f"{worker}: all caught up after {text.seconds(after.caught_up_s)}{_redone(after)}"


def _begun(fault: Fault) -> str:
    worker, moment = text.printable(fault.worker), text.clock(lost_at(fault))
    how = _STRUCK.get(fault.kind, "LOST")
    notice = ""
    if fault.kind is FaultKind.DRAIN and fault.notice_s is not None:
        notice = f" in {text.seconds(fault.notice_s)}, announced"
    return f"{worker} {how}{notice} at {moment}"


def _redone(fault: Fault) -> str:
    if fault.redone is None:
        return ""
    pieces = "step or chunk" if fault.redone == 1 else "steps or chunks"
    return f", {text.count(fault.redone)} {pieces} redone"
