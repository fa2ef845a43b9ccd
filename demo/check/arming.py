"""Both sides as they were armed: Ray's version, how long it took, where it listens, and whether the input is one and the same.

Pure: what is judged was gathered by ``harness.run.arming``. May import ``harness`` and its neighbours in ``demo``.
"""

import re
from collections.abc import Sequence

from demo.check.result import Finding, failure, warning, well
from harness import text
from harness.errors import Disagreement
from harness.events import Ready
from harness.run.arming import Armed
from harness.run.plan import require_same_terms

PATIENCE_S = 15.0
OLDEST_RAY, TESTED_RAY = (2, 10), (2, 60)  # as pyproject.toml asks for, and as the locks pin


def ray(versions: Sequence[str], *, simulated: bool) -> Finding:
    """Judge the versions of Ray on all hosts; where work is only pretended, Ray was not started."""
    found = ", ".join(map(text.printable, dict.fromkeys(versions))) or "none"
    idle = "; not started, this work pretends" if simulated else ""
    releases = set(map(_release, versions))
    if not versions or min(releases) < OLDEST_RAY:
        return failure(
            "ray",
            f"{found}, and not {_dotted(OLDEST_RAY)} or later",
            "make setup, on every machine",
        )
    if len(set(versions)) > 1:
        return failure(
            "ray", f"{found}: not one version on all hosts", "make setup, on every machine"
        )
    if releases != {TESTED_RAY}:
        sentence = f"{found}; all of this was tested with {_dotted(TESTED_RAY)}{idle}"
        return warning(
            "ray", sentence, "rehearse with this version, or make setup on every machine"
        )
    return well("ray", f"{found}, with which all of this was tested{idle}")


def _release(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _dotted(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))


def start_up(armed: Armed, *, simulated: bool) -> Finding:
    """Judge how long both sides took until they could have gone, with what the longer one spent it on."""
    sides = armed.baseline.startup, armed.distributed.startup
    totals = [sum(split.values()) for split in sides]
    baseline, distributed = text.durations(*totals)
    told = f"baseline {baseline}, {'pretended' if simulated else 'Ray'} {distributed}{_split(armed.distributed)}"
    if sum(totals) > PATIENCE_S:
        return warning(
            "start-up", told, "start the race before you walk up: armed, it waits for Enter"
        )
    return well("start-up", told)


def _split(ready: Ready) -> str:
    """Return the longest steps of arming."""
    steps = sorted(ready.startup.items(), key=lambda step: -step[1])[:2]
    spans = text.summands(sum(ready.startup.values()), *(seconds for _, seconds in steps))
    told = [f"{text.printable(name)} {span}" for (name, _), span in zip(steps, spans, strict=True)]
    return f" ({', '.join(told)})" if told else ""


def loopback(armed: Armed, *, simulated: bool, joined: bool) -> Finding:
    """Judge whether other machines could reach the distributed side's processes. Those of a cluster elsewhere are not ours to judge."""
    if armed.exposed and not joined:
        where = ", ".join(map(text.printable, armed.exposed))
        return failure(
            "loopback",
            f"the distributed side accepts connections at {where}",
            "stay off the hall's network: others could reach it, though not without its token",
        )
    if joined:
        return well(
            "loopback",
            "not asked: the cluster is elsewhere, and listens as its administrator chose",
        )
    if simulated:
        return well("loopback", "nothing listens: this work pretends")
    return well("loopback", "other machines cannot reach it: it listens on loopback alone")


def given(armed: Armed) -> Finding:
    """Judge whether the input is there, and the same on both sides and on every worker."""
    base = armed.baseline
    items = f", {text.count(base.items)} {text.printable(base.unit)}" if base.items > 0 else ""
    try:
        require_same_terms(base, armed.distributed)
    except Disagreement as differing:
        return failure("input", differing.sentence, differing.hint)
    if base.items != armed.distributed.items:
        sentence = f"the sides loaded {text.count(base.items)} and {text.count(armed.distributed.items)} {text.printable(base.unit)}"
        return failure("input", sentence, "make the workload's load depend on its parameters alone")
    return well("input", f"{text.digest(base.input.sha256)}{items}, the same on both sides")
