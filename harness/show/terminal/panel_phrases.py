"""The panel's words: titles, quality, gap and remarks, in several lengths where room is short.

Variants are ordered from the longest to the shortest. Pure.
May import ``model``, ``state``, ``text`` and its neighbours in ``show``.
"""

from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len

from harness import text
from harness.model import Kind, Side, Spec, is_disturbed, whole_machines
from harness.show import machines
from harness.show.terminal.lines import cut, first_fitting
from harness.show.terminal.losses import loss_note
from harness.show.terminal.side_view import SideStatus, SideView
from harness.state.board import Board
from harness.state.host_labels import host_labels
from harness.state.progress import least_ratio, times_as_long, workers_at_work
from harness.state.side import SideStage, SideState
from harness.state.stalls import Stall

_CORES_STAND = "cores stand for machines"
_NOT_HELD = "NOT HELD"
_LEAST_RATIO = 1.005  # with three digits, less is 1.00×

Variants = tuple[str, ...]


def titles(board: Board, spec: Spec) -> tuple[Variants, Variants]:
    """Return what both sides run on; in a sweep, the workers of this trial out of all."""
    side, most = board.distributed, spec.scales[-1]
    now = most if side.started_at is None or not spec.points else workers_at_work(side)
    armed_on = _hosts(side)
    whole = most == armed_on > 1 and _has_whole_machines(side, spec.cores_per_worker)
    hosts = len({worker.process.host for worker in side.workers})
    alone = armed_on > 1 and _has_whole_machines(board.baseline, spec.baseline_cores)
    cores = machines.cores(spec.baseline_cores, armed_on, whole=alone)
    name = "RAY" if spec.commands is None else "DISTRIBUTED"
    workers = machines.workers_at_work(now, most, hosts, whole=whole)
    place = host_labels(board).get(next(iter(_homes(board.baseline)), ""), "")
    baseline = f"BASELINE · {cores}"
    baselines = (f"{baseline} on {place}", baseline) if place else (baseline,)
    return baselines, tuple(f"{name} · {variant}" for variant in workers)


def baseline_quality(lane: SideState, spec: Spec) -> Variants:
    """Return the baseline's quality and the fixed tolerance.

    Before it is known that is the quality so far, or the metric alone.
    """
    quality = _quality(lane, spec) or text.printable(spec.workload.metric)
    limit = text.tolerance(spec.workload.tolerance)
    return f"{quality} · tolerance {limit}", f"{quality} · Δ ≤ {limit}"


def distributed_quality(board: Board, spec: Spec) -> Variants:
    """Return the distributed side's quality, and whether it held.

    That is so where the answers are equal to the last bit; else it is within its tolerance, or not.
    """
    if board.distributed.stage is SideStage.FINISHED:
        return ("clock stopped, computing quality",)
    quality = _quality(board.distributed, spec)
    baseline, distributed = board.baseline.quality, board.distributed.quality
    if baseline is None or distributed is None:
        return (quality,)
    limit = spec.workload.tolerance
    change = f"Δ {text.change(distributed - baseline, limit)} {_held(board, spec)}"
    number = text.quality(distributed, limit)
    return f"{quality} · {change}", f"{quality}, {change}", f"{number} · {change}"


def _held(board: Board, spec: Spec) -> str:
    baseline, distributed = board.baseline, board.distributed
    if not spec.workload.tolerates((distributed.quality or 0.0) - (baseline.quality or 0.0)):
        return _NOT_HELD
    same = distributed.answer_sha256 == baseline.answer_sha256 != ""
    return "held" if same else "within tolerance"


def input_facts(board: Board, spec: Spec) -> tuple[str, str]:
    """Return the input's number of items and its digest; each is empty where it is unknown."""
    lane = board.baseline if board.baseline.armed.input is not None else board.distributed
    items = (
        f"{text.count(lane.armed.items)} {cut(lane.armed.unit, 16)}" if lane.armed.items > 0 else ""
    )
    if lane.armed.input is None or not spec.has_input:
        return items, ""
    return items, f"input {text.digest(lane.armed.input.sha256)}"


def reading(board: Board, views: tuple[SideView, SideView]) -> str:
    """Return how the user's own input was read, as long as no clock runs (empty: none was)."""
    if not board.reading or any(view.lane.started_at is not None for view in views):
        return ""
    return f"input: {text.printable(board.reading)}"


def clocks(views: tuple[SideView, SideView], spec: Spec) -> Variants:
    """Return what the two clocks say of each other: their difference, or why there is none."""
    left, right = views
    if SideStatus.FAILED in (left.status, right.status):
        return ("no gap: a side failed",)
    if variants := gap(views):
        return variants
    started = [view for view in views if view.lane.started_at is not None]
    if not started:
        return ("nothing on the clock yet",)
    if len(_running(views)) == 2:
        return ("from a common zero",)
    return (f"one side at a time{', the same input' if spec.has_input else ''}",)


def gap(views: tuple[SideView, SideView]) -> Variants:
    """Return the difference of the clocks.

    There is none before one clock has stopped and the other has passed it from the same zero.
    """
    left, right = views
    running = _running(views)
    ahead = left.elapsed - right.elapsed
    if SideStatus.FAILED in (left.status, right.status) or len(running) == 2:
        return ()
    if None in (left.lane.started_at, right.lane.started_at):
        return ()
    if running and (ahead > 0) != (running[0] is left):
        return ()
    shortest = f"gap {text.seconds(abs(ahead))}"
    growing = f"{shortest}{' and growing' if running else ''}"
    return (f"{growing}, {_slower(right)} behind" if ahead < 0 else growing, growing, shortest)


def ratio(board: Board, views: tuple[SideView, SideView], spec: Spec) -> str:
    """Return how many times as long the slower side took, with the headline's digits.

    Until both sides are scored it is cut off, so that it is never more than the clocks show. Empty:
    there is no gap, the trials are of different pairs, or the quality did not hold.
    """
    left, right = views
    if not gap(views) or left.lane.trial != right.lane.trial:
        return ""
    before, after = board.baseline.quality, board.distributed.quality
    if None not in (before, after) and _held(board, spec) == _NOT_HELD:
        return ""
    shorter, longer = sorted((left.elapsed, right.elapsed))
    if _are_scored(views):
        times = times_as_long(longer, shorter) or 0.0
        return text.times(times) if times >= _LEAST_RATIO else ""
    least = least_ratio(longer, shorter)
    return "" if least is None else text.times(least, decimals=1 if least < 100 else 0)


def above_ratio(
    board: Board, views: tuple[SideView, SideView], foreign_now: float | None
) -> Variants:
    """Return what stands above the ratio: that it is a least one, and what qualifies it."""
    left, right = views
    behind = f"{_slower(right)} takes" if right.elapsed > left.elapsed else ""
    least = "" if _are_scored(views) else "at least"
    simulated = board.opened is not None and board.opened.kind is Kind.SIMULATED
    stamps = (
        " ".join(filter(None, (behind, least))),
        "SIMULATED" if simulated else "",
        "DISTURBED" if disturbed(board, foreign_now) else "",
    )
    return " · ".join(filter(None, stamps)), least


def _are_scored(views: tuple[SideView, SideView]) -> bool:
    """Return whether neither time nor quality can change any more."""
    return all(view.lane.stage is SideStage.SCORED for view in views)


def _running(views: tuple[SideView, SideView]) -> list[SideView]:
    started = [view for view in views if view.lane.started_at is not None]
    return [view for view in started if view.lane.wall_s is None]


def _slower(right: SideView) -> str:
    return "Ray" if right.name == "RAY" else "distributed"


def disturbed(board: Board, foreign_now: float | None = None) -> str:
    """Return that other programs use too much of the machine now, or used too much in a trial.

    ``foreign_now`` is the share of all cores that they use (None: not measured).
    """
    observed, opened = board.observed, board.opened
    if opened is None or opened.kind is not Kind.MEASURED:
        return ""
    if foreign_now is not None and is_disturbed(foreign_now):
        return f"DISTURBED: other programs use {text.percent(foreign_now)} of the machine"
    return "DISTURBED" if observed is not None and is_disturbed(observed.foreign_cpu) else ""


def observations(board: Board, spec: Spec) -> str:
    """Return how often the race is measured; in a sweep the strip counts the rounds."""
    if spec.trials == 1:
        return "one observation a point" if spec.points else "one observation"
    if spec.points:
        return ""
    pair = max(board.baseline.trial, board.distributed.trial) + 1
    return f"pair {text.count(pair)} of {text.count(spec.trials)}"


def start_up(board: Board, spec: Spec) -> str:
    """Return how long the start-up took and whether it counts; empty while it is unknown."""
    if spec.commands is not None and not spec.commands.says_ready:
        return "start-up is on the clock"
    duration = board.distributed.armed.startup_s
    return _cold_start(duration) if duration is not None else ""


@lru_cache(maxsize=1)
def _cold_start(duration: float) -> str:
    return f"cold start {text.seconds(duration)} off the clock"


def note(board: Board, spec: Spec, views: tuple[SideView, SideView]) -> Variants:
    """Return the one remark that matters most now."""
    if urgent := urgent_note(board, views):
        return (urgent,)
    side = board.distributed
    if len(side.armed.processes) > 1 and _hosts(side) == 1:
        return f"{_CORES_STAND}: all workers share one host", _CORES_STAND, ""
    if len(side.armed.processes) > 1 and not _has_whole_machines(side, spec.cores_per_worker):
        return f"{_CORES_STAND}: a worker is a part of its host", _CORES_STAND, ""
    return ("",)


def keys_and_prompt(keys: Sequence[Variants], prompt: str, width: int) -> tuple[str, str]:
    """Return what each key does, and what of the prompt has room beside that.

    Where room is short, the last keys are shortened first.
    """
    lines = [
        " · ".join(words[0 if place < whole else -1] for place, words in enumerate(keys))
        for whole in range(len(keys), -1, -1)
    ]
    end = cut(prompt, width - cell_len(lines[-1]) - 2)
    return first_fitting(lines, width - cell_len(end) - 2), end


def urgent_note(board: Board, views: tuple[SideView, SideView]) -> str:
    """Return what failed, is stalled, or was lost last; empty if nothing was."""
    failed = [view.lane for view in views if view.status is SideStatus.FAILED]
    if failed:
        return text.printable(f"{failed[0].side} failed: {failed[0].reason}")
    stalled = [
        stall_phrase(view.lane.side, stall, view.at)
        for view in views
        if view.status is not SideStatus.REPLAY
        for stall in view.lane.stalls
    ]
    if stalled:
        return stalled[-1]
    if shown := views[1].lane.faults:
        worker = shown[-1].worker
        latest = [fault for fault in board.distributed.faults if fault.worker == worker][-1]
        return loss_note(latest)
    return ""


def stall_phrase(side: Side, stall: Stall, at: float) -> str:
    """Return who is stalled, for how long, and what its process does."""
    name = text.printable(stall.worker) or f"{side} side"
    return f"{name} STALLED for {text.seconds(max(0.0, at - stall.since))}: {stall.state.words}"


def _quality(lane: SideState, spec: Spec) -> str:
    """Return the metric with the quality, or with the quality so far; empty: neither is known."""
    quality = lane.quality_so_far if lane.quality is None else lane.quality
    if quality is None:
        return ""
    number = text.quality(quality, spec.workload.tolerance)
    so_far = " so far" if lane.quality is None else ""
    return f"{text.printable(spec.workload.metric)} {number}{so_far}"


def _hosts(lane: SideState) -> int:
    return len(_homes(lane))


def _homes(lane: SideState) -> set[str]:
    return {process.host for process in lane.armed.processes}


def _has_whole_machines(lane: SideState, cores: int) -> bool:
    return whole_machines(lane.armed.processes, lane.armed.hosts, cores)
