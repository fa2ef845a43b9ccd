"""Judges whether the trials tell of every strike that was planned.

May import ``chaos``, ``errors``, ``model``, ``rule`` and ``pairs``.
"""

from collections import Counter
from collections.abc import Iterable

from harness.chaos import Strike, read_chaos
from harness.claims.pairs import Pairs, finished_trials
from harness.claims.rule import Caveat, count
from harness.errors import BadRequest
from harness.model import FaultKind, Kind, Side, Trial

Aims = Counter[tuple[str, str]]
"""How many strikes there were of each kind at each worker; the hosts are told as one."""


def strike_untold(pairs: Pairs) -> Caveat | None:
    """Judge whether each trial says of every planned strike that it came, or that it did not."""
    results = pairs.results
    planned = _planned(results.spec.chaos)
    trials = [trial for trial in finished_trials(results) if trial.side is Side.DISTRIBUTED]
    missing = [number for trial in trials if (number := (planned - _told(trial)).total())]
    if results.kind is not Kind.MEASURED or not missing:
        return None
    return Caveat(
        "strike-untold",
        "a strike was planned, and a trial does not say what became of it;"
        " use the file as it was written",
        (count("planned", planned.total()), count("missing", max(missing))),
    )


def _told(trial: Trial) -> Aims:
    struck = (fault for fault in trial.faults if fault.kind is not FaultKind.LOST)
    came = Counter(_aim(fault.kind, fault.worker) for fault in struck)
    return came + _planned(trial.unstruck)


def _planned(written: Iterable[str]) -> Aims:
    """Return the strikes that were asked for by themselves; what cannot be read is none."""
    try:
        chaos = read_chaos(written)
    except BadRequest:
        return Counter()
    return Counter(_aim(one.kind, one.target) for one in chaos if isinstance(one, Strike))


def _aim(kind: str, target: str) -> tuple[str, str]:
    return str(kind), "" if kind == FaultKind.NODE else target
