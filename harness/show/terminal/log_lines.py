"""The race, or the sweep, in lines of text, for a pipe, a log or a terminal that cannot draw: pure, from board to board.

A line is said when something happened between two boards, and a heartbeat when nothing did for a while.
May import ``model``, ``score.board``, ``score.progress``, ``phrases_of_scale`` and ``words``.
"""

from collections.abc import Iterator

from harness import text
from harness.model import Side, Spec
from harness.show import sweep_phrases
from harness.state.board import Board, Lane, Stage
from harness.state.progress import Scale, scales, workers_at_work

HEARTBEAT_S = 4.0
"""Seconds of silence after which a heartbeat is due; asked once a second, five never pass without a line."""


def new_lines(before: Board, after: Board, spec: Spec, *, at: float, last_said: float) -> list[str]:
    """Return what to say ``at`` that time on the conductor's clock; ``last_said`` is when a line was said last."""
    told = [
        f"{_name(after.lane(side), spec)}: {line}"
        for side in Side
        for line in _news(before.lane(side), after.lane(side), spec)
    ]
    told += _speedups(before, after, spec) if spec.points else _gap(before, after)
    told += [
        sweep_phrases.rate(timed, spec.workload.unit) for timed in after.rates[len(before.rates) :]
    ]
    if after.unproved is not None and before.unproved is None:
        told.append(
            f"the proof of the baseline ends here, {text.printable(after.unproved.label)} failed: {text.printable(after.unproved.reason)}"
        )
    if not told and at - last_said >= HEARTBEAT_S:
        told = [
            "; ".join(
                f"{_name(after.lane(side), spec)} {_state(after.lane(side), at)}" for side in Side
            )
        ]
    return [f"{text.clock(at)}  {line}" for line in told]


def _name(lane: Lane, spec: Spec) -> str:
    """Return who does it; in a sweep the distributed side is named with how many workers it has this time."""
    if not spec.points or lane.side is Side.BASELINE or lane.started_at is None:
        return str(lane.side)
    return f"{lane.side} on {text.number_of(workers_at_work(lane), 'worker')}"


def _news(before: Lane, after: Lane, spec: Spec) -> Iterator[str]:
    """Yield what happened to one side, in the order in which a trial goes."""
    if after.launched_at != before.launched_at:
        yield "launched"
    if after.ready_at is not None and after.ready_at != before.ready_at:
        yield _armed(after, spec)
    if after.started_at != before.started_at:
        yield f"go, {'round' if spec.points else 'trial'} {text.count(after.trial + 1)} of {text.count(spec.trials)}"
        before = Lane(after.side)
    yield from _faults(before, after)
    yield from _quarters(before, after)
    yield from _ending(before, after, spec)


def _armed(lane: Lane, spec: Spec) -> str:
    steps = "".join(
        f", {text.printable(name)} {text.seconds(spent)}" for name, spent in lane.startup.items()
    )
    digest = (
        f", input {text.digest(lane.input.sha256)}"
        if lane.input is not None and spec.input_known
        else ""
    )
    workers = text.number_of(len(lane.workers), "worker")
    return f"armed in {text.seconds(lane.startup_s or 0.0)}{steps}; {workers}, {text.count(lane.items)} {text.printable(lane.unit)}{digest}"


def _faults(before: Lane, after: Lane) -> Iterator[str]:
    for place, fault in enumerate(after.faults):
        known = before.faults[place] if place < len(before.faults) else None
        if known is None:
            yield f"{text.printable(fault.worker)} LOST at {text.clock(fault.at_s)}: {text.printable(fault.reason)}"
        if fault.cost_s is not None and (known is None or known.cost_s is None):
            yield f"{text.printable(fault.worker)} back after {text.seconds(fault.cost_s)}"


def _quarters(before: Lane, after: Lane) -> Iterator[str]:
    """Yield the furthest quarter passed since the board before; the end of the run is told otherwise."""
    if after.stage is Stage.RUNNING and after.items > 0 and _quarter(before) < _quarter(after) < 4:
        yield f"{text.progress(after.done, after.items)}, {text.count(after.done)} / {text.count(after.items)} {text.printable(after.unit)}"


def _quarter(lane: Lane) -> int:
    return 4 * lane.done // lane.items if lane.items > 0 else 0


def _ending(before: Lane, after: Lane, spec: Spec) -> Iterator[str]:
    if after.wall_s is not None and before.wall_s is None:
        yield f"finished in {text.seconds(after.wall_s)}, clock {text.clock(after.wall_s)}"
    if after.quality is not None and before.quality is None:
        metric, limit = text.printable(spec.workload.metric), spec.workload.tolerance
        yield f"{metric} {text.quality(after.quality, limit)}, answer {text.digest(after.answer_sha256)}"
    if after.stage is Stage.FAILED and before.stage is not Stage.FAILED:
        yield f"failed: {text.printable(after.reason)}"


def _gap(before: Board, after: Board) -> list[str]:
    """Return the gap, once both sides have been scored as often."""
    if len(after.trials) == len(before.trials) or len(after.trials) % 2:
        return []
    one, other = after.baseline.wall_s, after.distributed.wall_s
    if one is None or other is None:
        return []
    baseline, distributed, gap = text.durations(one, other, abs(one - other))
    return [f"gap {gap}: baseline {baseline}, distributed {distributed}"]


def _speedups(before: Board, after: Board, spec: Spec) -> list[str]:
    """Return the speedup so far of every scale that has a complete pair more."""
    if len(after.trials) == len(before.trials):
        return []
    known = zip(scales(before, spec), scales(after, spec), strict=True)
    return [
        _speedup(scale.speedup, scale)
        for was, scale in known
        if scale.speedup is not None and scale.pairs > was.pairs
    ]


def _speedup(speedup: float, scale: Scale) -> str:
    told = f"speedup on {text.number_of(scale.workers, 'worker')} so far {text.times(speedup)}"
    return f"{told}, median of {text.count(scale.pairs)} rounds" if scale.pairs > 1 else told


def _state(lane: Lane, at: float) -> str:
    if lane.stage is Stage.RUNNING and lane.started_at is not None:
        return (
            f"running, {text.clock(at - lane.started_at)}, {text.progress(lane.done, lane.items)}"
        )
    if lane.wall_s is not None:
        return f"done in {text.seconds(lane.wall_s)}"
    return str(lane.stage)
