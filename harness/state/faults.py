"""Workers that are lost or frozen, folded from events.

Pure; may import ``model`` and ``events``.
"""

from dataclasses import replace as renewed

from harness import events as e
from harness.model import ChaosKind, Fault, FaultKind

Faults = tuple[Fault, ...]

REASONS = {
    ChaosKind.KILL: "killed on purpose",
    ChaosKind.FREEZE: "frozen on purpose",
    ChaosKind.DRAIN: "its end was announced on purpose",
    ChaosKind.NODE: "its host was killed on purpose",
}
"""Why a worker that was struck is lost, until the loss is noticed by something."""


def faults_after(
    faults: Faults, event: e.Event, since_go_s: float, struck: e.Struck | None
) -> Faults:
    """Return the faults of a trial after one more event, ``since_go_s`` into it.

    ``struck`` is the strike that hit the event's worker and was not noticed yet (None: none did).
    """
    match event:
        case e.Struck():
            return (*faults, _fault_of_strike(event, since_go_s))
        case e.Faulted(worker=worker) if struck is not None:
            last = max(place for place, one in enumerate(faults) if one.worker == worker)
            noticed = _noticed(faults[last], event, since_go_s)
            return (*faults[:last], noticed, *faults[last + 1 :])
        case e.Faulted(worker=worker, reason=reason):
            return (*faults, Fault(worker, reason, at_s=since_go_s))
        case e.Recovered() | e.Thawed():
            return tuple(
                renewed(fault, cost_s=event.seconds)
                if fault.worker == event.worker and fault.cost_s is None
                else fault
                for fault in faults
            )
        case e.CaughtUp():
            return _caught_up(faults, event)
        case _:
            return faults


def _fault_of_strike(event: e.Struck, since_go_s: float) -> Fault:
    """Return the fault that a strike is, noticed for now when it struck."""
    struck_at_s = since_go_s if event.after_s is None else event.after_s
    return Fault(
        worker=event.worker,
        reason=REASONS[event.kind],
        at_s=struck_at_s,
        kind=FaultKind(event.kind.value),
        struck_at_s=struck_at_s,
        notice_s=event.notice_s if event.kind is ChaosKind.DRAIN else None,
    )


def _noticed(fault: Fault, event: e.Faulted, since_go_s: float) -> Fault:
    """Return a strike's fault, now that the worker is known to be lost.

    Both times are of one clock where the side says how long it took to notice.
    """
    struck_at_s = fault.struck_at_s or 0.0
    at_s = since_go_s if event.after_s is None else struck_at_s + event.after_s
    return renewed(fault, reason=event.reason, at_s=at_s)


def _caught_up(faults: Faults, event: e.CaughtUp) -> Faults:
    """Return the faults after the worker's first open loss was made up for."""
    for place, fault in enumerate(faults):
        if fault.worker == event.worker and fault.caught_up_s is None:
            closed = renewed(
                fault,
                caught_up_s=event.seconds,
                redone=event.redone,
                lost_cpu_s=event.lost_cpu_s,
            )
            return (*faults[:place], closed, *faults[place + 1 :])
    return faults
