"""Both sides once they were started: Ray's version, start-up time, open ports, and the input.

Pure: ``harness.run.arming`` gathers what is judged here. May import ``harness`` and its neighbours.
"""

import re
from collections.abc import Iterator, Sequence

from demo.check.result import CheckResult, fail, ok, warn
from harness import text
from harness.errors import Disagreement
from harness.events import Ready
from harness.model import CommandFacts
from harness.run.arming import Armed
from harness.run.plan import require_same_terms
from harness.run.ray import TESTED_RAY

LONG_START_UP_S = 15.0
OLDEST_RAY = (2, 10)  # as pyproject.toml requires
_SETUP_EVERYWHERE = "install the same versions of Ray and Python on every machine"


def judge_ray(versions: Sequence[str], *, simulated: bool) -> CheckResult:
    """Judge the versions of Ray on all hosts; a simulated workload does not start Ray."""
    present = ", ".join(map(text.printable, dict.fromkeys(versions))) or "not installed"
    idle = "; not started for a simulated workload" if simulated else ""
    releases = set(map(_release, versions))
    oldest, tested = _dotted_version(OLDEST_RAY), _dotted_version(TESTED_RAY)
    if not versions or min(releases) < OLDEST_RAY:
        return fail("ray", f"{present}; {oldest} or later is needed", _SETUP_EVERYWHERE)
    if len(set(versions)) > 1:
        return fail("ray", f"{present}: the hosts have different versions", _SETUP_EVERYWHERE)
    if releases != {TESTED_RAY}:
        return warn(
            "ray",
            f"{present}; this program was tested with {tested}{idle}",
            f"rehearse with this version, or {_SETUP_EVERYWHERE}",
        )
    return ok("ray", f"{present}, the version that this program was tested with{idle}")


def _release(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _dotted_version(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))


def judge_start_up(armed: Armed, *, simulated: bool) -> CheckResult:
    """Judge how long both sides took to get ready, with the longest steps of the distributed."""
    totals = [sum(side.startup.values()) for side in (armed.baseline, armed.distributed)]
    baseline, distributed = text.durations(*totals)
    name = "simulated side" if simulated else "Ray"
    sentence = f"baseline {baseline}, {name} {distributed}{_longest_steps(armed.distributed)}"
    if sum(totals) > LONG_START_UP_S:
        return warn(
            "start-up",
            sentence,
            "start the race before you walk up: it waits for Enter once both sides are ready",
        )
    return ok("start-up", sentence)


def judge_programs(armed: Armed, commands: CommandFacts) -> Iterator[CheckResult]:
    """Yield what is known of two programs before their clocks start.

    They run only if they are warmed up, or say that they are ready.
    """
    totals = (sum(side.startup.values()) for side in (armed.baseline, armed.distributed))
    baseline, distributed = text.durations(*totals)
    began = commands.says_ready or commands.warm_ups
    yield ok(
        "programs",
        f"both ran: baseline {baseline}, distributed {distributed}"
        if began
        else "both are there; nothing of them has run",
    )
    if commands.input_named:
        yield judge_input(armed)
        return
    yield warn(
        "input",
        "unknown: nothing says what the programs read",
        "name it with --stdin FILE or --set input=FILE, so that its digest is kept",
    )


def _longest_steps(ready: Ready) -> str:
    steps = sorted(ready.startup.items(), key=lambda step: -step[1])[:2]
    times = text.summands(sum(ready.startup.values()), *(seconds for _, seconds in steps))
    named = [f"{text.printable(name)} {span}" for (name, _), span in zip(steps, times, strict=True)]
    return f" ({', '.join(named)})" if named else ""


def judge_loopback(armed: Armed, *, simulated: bool, joined: bool) -> CheckResult:
    """Judge whether other machines can connect to the distributed side.

    The processes of a ``joined`` cluster are its administrator's business.
    """
    if armed.reachable_addresses and not joined:
        ports = ", ".join(map(text.printable, armed.reachable_addresses))
        return fail(
            "loopback",
            f"the distributed side accepts connections at {ports}",
            "disconnect from the network: others could reach it, though not without its token",
        )
    if joined:
        return ok("loopback", "not checked: the cluster on other machines decides where it listens")
    if simulated:
        return ok("loopback", "a simulated workload listens nowhere")
    return ok("loopback", "other machines cannot connect: Ray listens on loopback alone")


def judge_input(armed: Armed) -> CheckResult:
    """Judge whether both sides and every worker loaded the same input."""
    baseline, distributed = armed.baseline, armed.distributed
    unit = text.printable(baseline.unit)
    try:
        require_same_terms(baseline, distributed)
    except Disagreement as differing:
        return fail("input", differing.sentence, differing.hint)
    if baseline.items != distributed.items:
        counts = f"{text.count(baseline.items)} and {text.count(distributed.items)}"
        return fail(
            "input",
            f"the sides loaded {counts} {unit}",
            "let the workload's load() depend on its parameters alone",
        )
    items = f", {text.count(baseline.items)} {unit}" if baseline.items > 0 else ""
    digest = text.digest(baseline.input.sha256)
    reading = f"; {text.printable(baseline.reading)}" if baseline.reading else ""
    return ok("input", f"{digest}{items}, the same on both sides{reading}")
