"""The race, or the sweep, as lines of text for a pipe, a log or a terminal that cannot draw.

A line is written when something happened between two boards, a heartbeat when nothing did for a
while. Pure. May import ``model``, ``state``, ``text``, ``show.appendix_phrases``,
``show.capacity_phrases`` and its neighbours.
"""

from collections.abc import Iterator

from harness import text
from harness.model import Side, Spec
from harness.show import appendix_phrases, capacity_phrases, serving_phrases
from harness.show.terminal.arming_phrases import host_wait_phrases
from harness.show.terminal.losses import loss_news
from harness.show.terminal.panel_phrases import stall_phrase
from harness.state.board import Board
from harness.state.progress import ScaleProgress, scales, workers_at_work
from harness.state.side import SideStage, SideState

HEARTBEAT_S = 4.0
"""Seconds of silence before a heartbeat: asked once a second, five never pass without a line."""

NO_TOKEN = ", on a cluster without a token: whoever reaches it can run code on its machines"

WORTH_A_WORD_S = 0.01
"""A part of the start-up that took less is not named."""


def new_lines(
    before: Board, after: Board, spec: Spec, *, at: float, last_line_at: float, step: str = ""
) -> list[str]:
    """Return the lines for what changed between two boards.

    ``at`` is the time on the conductor's clock and ``last_line_at`` that of the last line. ``step``
    says what goes on after the race; a heartbeat says it instead of how the sides have ended.
    """
    lines = [
        f"{_name(after.state_of(side), spec)}: {line}"
        for side in Side
        for line in _side_news(before.state_of(side), after.state_of(side), spec, at)
    ]
    if after.reading and not before.reading:
        lines.append(f"input: {text.printable(after.reading)}")
    lines += _speedups(before, after, spec) if spec.points else _gap(before, after)
    new_rates = after.rates[len(before.rates) :]
    lines += [appendix_phrases.rate(timed, spec.workload) for timed in new_rates]
    if after.proof_stopped is not None and before.proof_stopped is None:
        label = text.printable(after.proof_stopped.label)
        reason = text.printable(after.proof_stopped.reason)
        lines.append(f"the proof of the baseline ends here, {label} failed: {reason}")
    if not lines and at - last_line_at >= HEARTBEAT_S:
        lanes = [after.state_of(side) for side in Side]
        states = "; ".join(f"{_name(lane, spec)} {_state(lane, at)}" for lane in lanes)
        lines = [step or states]
    return [f"{text.clock(at)}  {line}" for line in lines]


def _name(lane: SideState, spec: Spec) -> str:
    """Return the side's name; in a sweep the distributed side's with its number of workers."""
    if not spec.points or lane.side is Side.BASELINE or lane.started_at is None:
        return str(lane.side)
    return f"{lane.side} on {text.number_of(workers_at_work(lane), 'worker')}"


def _side_news(before: SideState, after: SideState, spec: Spec, at: float) -> Iterator[str]:
    """Yield what happened to one side, in the order of a trial."""
    if after.armed.launched_at != before.armed.launched_at:
        exposed = spec.insecure and after.side is Side.DISTRIBUTED
        yield f"launched{NO_TOKEN if exposed else ''}"
    if after.armed.awaited_workers and not before.armed.awaited_workers:
        yield host_wait_phrases(after.armed)[0]
    if len(after.armed.loads) > len(before.armed.loads):
        yield f"offered {serving_phrases.offered(after.armed.loads[-1])}"
    if after.armed.ready_at is not None and after.armed.ready_at != before.armed.ready_at:
        yield _armed(after, spec)
        yield from _capacity(after)
        yield from filter(None, [serving_phrases.rates_found(after.armed.service)])
    if after.started_at != before.started_at:
        kind = "round" if spec.points else "trial"
        yield f"go, {kind} {text.count(after.trial + 1)} of {text.count(spec.trials)}"
        before = SideState(side=after.side)
    yield from _faults(before, after)
    yield from _stalls(before, after, at)
    yield from _quarters(before, after)
    yield from _ending(before, after, spec)


def _armed(lane: SideState, spec: Spec) -> str:
    steps = [
        f", {text.printable(name)} {text.seconds(duration)}"
        for name, duration in lane.armed.startup.items()
        if duration >= WORTH_A_WORD_S
    ]
    digest = ""
    if lane.armed.input is not None and spec.has_input:
        digest = f", input {text.digest(lane.armed.input.sha256)}"
    workers = text.number_of(len(lane.workers), "worker")
    items = f"{text.count(lane.armed.items)} {text.printable(lane.armed.unit)}"
    total = text.seconds(lane.armed.startup_s or 0.0)
    return f"armed in {total}{''.join(steps)}; {workers}, {items}{digest}"


def _capacity(lane: SideState) -> Iterator[str]:
    """Yield whether one device has room for the model, and the largest one that the side holds."""
    search = lane.armed.capacity
    if lane.side is Side.BASELINE and (said := capacity_phrases.out_of_memory(search)):
        yield f"in memory: {said}"
    if largest := capacity_phrases.largest(search):
        yield largest


def _faults(before: SideState, after: SideState) -> Iterator[str]:
    for place, fault in enumerate(after.faults):
        yield from loss_news(before.faults[place] if place < len(before.faults) else None, fault)
    for strike in after.unstruck[len(before.unstruck) :]:
        yield f"the strike {text.printable(strike)} hit nobody before the end"


def _stalls(before: SideState, after: SideState, at: float) -> Iterator[str]:
    for stall in after.stalls:
        if stall not in before.stalls:
            yield stall_phrase(after.side, stall, at)
    still = {stall.worker for stall in after.stalls}
    if after.stage is before.stage:
        for stall in before.stalls:
            if stall.worker not in still and len(after.faults) == len(before.faults):
                yield f"{text.printable(stall.worker) or 'it'} goes on"


def _quarters(before: SideState, after: SideState) -> Iterator[str]:
    """Yield the last quarter that was passed; the end of the run has a line of its own."""
    if after.stage is not SideStage.RUNNING or after.items <= 0:
        return
    if _quarter(before) < _quarter(after) < 4:
        items = f"{text.count(after.done)} / {text.count(after.items)}"
        percent = text.progress(after.done, after.items)
        yield f"{percent}, {items} {text.printable(after.armed.unit)}"


def _quarter(lane: SideState) -> int:
    return 4 * lane.done // lane.items if lane.items > 0 else 0


def _ending(before: SideState, after: SideState, spec: Spec) -> Iterator[str]:
    if after.wall_s is not None and before.wall_s is None:
        clock = text.clock(after.wall_s, stopped=True)
        yield f"finished in {text.seconds(after.wall_s)}, clock {clock}"
    if after.quality is not None and before.quality is None:
        quality = text.quality(after.quality, spec.workload.tolerance)
        answer = text.digest(after.answer_sha256)
        yield f"{text.printable(spec.workload.metric)} {quality}, answer {answer}"
    if after.stage is SideStage.FAILED and before.stage is not SideStage.FAILED:
        yield f"failed: {text.printable(after.reason)}"


def _gap(before: Board, after: Board) -> list[str]:
    """Return the gap once both sides have been scored equally often."""
    if len(after.trials) == len(before.trials) or len(after.trials) % 2:
        return []
    one, other = after.baseline.wall_s, after.distributed.wall_s
    if one is None or other is None:
        return []
    baseline, distributed, gap = text.durations(one, other, abs(one - other))
    return [f"gap {gap}: baseline {baseline}, distributed {distributed}"]


def _speedups(before: Board, after: Board, spec: Spec) -> list[str]:
    """Return the speedup so far of every scale that has another complete pair."""
    if len(after.trials) == len(before.trials):
        return []
    pairs = zip(scales(before, spec), scales(after, spec), strict=True)
    return [
        _speedup(now.speedup, now)
        for earlier, now in pairs
        if now.speedup is not None and now.pairs > earlier.pairs
    ]


def _speedup(speedup: float, scale: ScaleProgress) -> str:
    workers = text.number_of(scale.workers, "worker")
    rounds = f", median of {text.count(scale.pairs)} rounds" if scale.pairs > 1 else ""
    return f"speedup on {workers} so far {text.times(speedup)}{rounds}"


def _state(lane: SideState, at: float) -> str:
    if lane.stage is SideStage.RUNNING and lane.started_at is not None:
        clock = text.clock(at - lane.started_at)
        return f"running, {clock}, {text.progress(lane.done, lane.items)}"
    if lane.wall_s is not None:
        return f"done in {text.seconds(lane.wall_s)}"
    waiting = host_wait_phrases(lane.armed)
    return waiting[0] if waiting else str(lane.stage)
