"""Workers that stand by: started, warm, idle, each with cores of its own.

May import ``model`` and ``errors``.
"""

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from harness.errors import SideFailed
from harness.model import Process

ANSWER_AT_ONCE_S = 0.5
ANSWER_WITHIN_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Spare:
    """A worker that stands by, in a ``slot`` of cores behind those of all workers.

    ``process`` is None until it has answered. One that came in mid-run is not ``warm``: it has
    computed nothing yet.
    """

    slot: int
    actor: Any
    description: Any
    process: Process | None = None
    warm: bool = False


class Spares:
    """The workers that stand by. ``start(slot)`` starts one."""

    def __init__(self, start: Callable[[int], Any], slots: Collection[int]) -> None:
        self._start = start
        self._standing: list[Spare] = []
        for slot in slots:
            self.add(slot)

    def add(self, slot: int) -> None:
        """Start a worker that stands by."""
        actor = self._start(slot)
        spare = Spare(slot=slot, actor=actor, description=actor.describe.remote())
        self._standing.append(spare)

    def actors(self) -> list[Any]:
        """Return all of them, in the order of their slots."""
        return [spare.actor for spare in self._standing]

    def processes(self) -> list[Process]:
        """Return what each says of itself, once all have answered; raise ``SideFailed`` if late."""
        pending = [spare.description for spare in self._standing]
        ray.wait(pending, num_returns=len(pending), timeout=ANSWER_WITHIN_S) if pending else None
        processes = [spare.process for spare in self.ready() if spare.process is not None]
        if len(processes) < len(pending):
            sentence = f"the spares did not answer within {ANSWER_WITHIN_S:.0f} s"
            raise SideFailed(sentence, "end other programs, which may keep them waiting")
        return processes

    def usage(self) -> dict[str, tuple[float, int]]:
        """Return (core-seconds so far, peak resident bytes) by process, of those that answer."""
        pending = {spare.actor.usage.remote(): spare.process for spare in self.ready()}
        used = {}
        for answer, process in pending.items():
            with contextlib.suppress(RayActorError, GetTimeoutError):
                if process is not None:
                    used[key(process)] = ray.get(answer, timeout=ANSWER_WITHIN_S)
        return used

    def ready(self) -> list[Spare]:
        """Return those that have answered, warm ones first."""
        self._standing = [answered for spare in self._standing if (answered := _answered(spare))]
        there = [spare for spare in self._standing if spare.process is not None]
        return sorted(there, key=lambda spare: not spare.warm)

    def take(self, is_fit: Callable[[Spare], bool]) -> Spare | None:
        """Return a fit one, which stands by no longer (None: there is none that answers)."""
        for spare in filter(is_fit, self.ready()):
            self._standing = [other for other in self._standing if other is not spare]
            if _answers(spare):
                return spare
            self.add(spare.slot)
        return None

    def warmed(self, actors: Collection[Any]) -> None:
        """Note that all have computed; these are their ``actors`` now, in order of their slots."""
        self._standing = [
            replace(spare, actor=actor, description=actor.describe.remote(), warm=True)
            for spare, actor in zip(self._standing, actors, strict=True)
        ]


def key(process: Process) -> str:
    """Return what tells a process from all others of a cluster."""
    return f"{process.host} {process.pid}"


def _answers(spare: Spare) -> bool:
    answer = spare.actor.describe.remote()
    try:
        return bool(ray.get([*ray.wait([answer], timeout=ANSWER_AT_ONCE_S)[0]]))
    except RayActorError:
        return False


def _answered(spare: Spare) -> Spare | None:
    """Return the spare with its process, if it has answered by now (None: it is lost)."""
    if spare.process is not None or not ray.wait([spare.description], timeout=0)[0]:
        return spare
    try:
        return replace(spare, process=ray.get(spare.description))
    except RayActorError:
        return None
