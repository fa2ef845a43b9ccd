"""Every check in its order: what it needs is gathered here, and judged in the other modules.

May import ``harness`` and the rest of ``demo``.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.check import arming, cluster, gate, machine, takes, terminal
from demo.check.machine import LoadWatch
from demo.check.result import CheckResult, fail, ok, warn
from demo.check.survey import SurveyedCluster, check_cluster
from demo.check.terminal import Display
from demo.options import Options, make_plan
from harness.errors import BadRequest, Interrupted, SideFailed
from harness.model import Kind
from harness.report import Report
from harness.run import host
from harness.run.arming import Armed
from harness.run.cluster_survey import SURVEY_WITHIN_S
from harness.run.conductor import Conductor
from harness.run.home import home_folder
from harness.run.plan import NO_LOG, Plan, Session, Unattended
from harness.run.scratch import Scratch, sweep_temporary
from harness.takes.newest_take import newest_take
from harness.takes.recordings import Recording, newest, recordings
from harness.talk.agenda import NO_AGENDA, Agenda
from harness.talk.history import (
    REHEARSALS_NAME,
    Rehearsal,
    configuration_of,
    history_of,
    read_rehearsals,
)

_ANY_SIZE = (1_000_000, 1_000_000)
LET_IN_FIRST = "do first what the lines above say"
SIDES_ENDED = "everything that was started has ended"


@dataclass(frozen=True)
class Progress:
    """How the checks talk to their caller.

    ``stop`` returns the signal that asks to stop (None: go on), ``report`` is given what takes a
    while.
    """

    stop: Callable[[], int | None]
    report: Callable[[str], None]


@dataclass(frozen=True)
class TalkFiles:
    """What a presenter has for the talk: the agenda, and each slide's text (None: no deck)."""

    agenda: Agenda = NO_AGENDA
    deck: tuple[str, ...] | None = None


NO_FILES = TalkFiles()


def check_terminal(display: Display) -> tuple[CheckResult, ...]:
    """Return the checks of the terminal."""
    return (
        terminal.judge_size(display),
        terminal.judge_colours(display),
        terminal.judge_letters(display),
    )


def plan_session(options: Options) -> Plan | CheckResult:
    """Return the session that would run, or why it cannot."""
    try:
        return make_plan(options)
    except BadRequest as bad:
        return fail("request", bad.sentence, bad.hint)


def check_machine(
    planned: Plan | CheckResult,
    watch: LoadWatch,
    root: Path,
    display: Display,
    progress: Progress,
    talk: TalkFiles = NO_FILES,
) -> Iterator[CheckResult]:
    """Yield all other checks, each as soon as it is known.

    ``watch`` began some time ago; ``root`` is the folder of the takes. Raises ``Interrupted``
    for a signal while the sides are being started.
    """
    plan = planned if isinstance(planned, Plan) else None
    yield machine.judge_power(host.on_mains())
    yield from _check_load(watch)
    if plan is not None:
        yield machine.judge_memory(host.free_memory_bytes(), machine.needed_bytes(plan))
    yield from _check_folder(root)
    loopback, others = host.interfaces()
    joined = plan is not None and plan.spec.joined_cluster
    yield machine.judge_network(loopback, others, joined=joined)
    if isinstance(planned, CheckResult):
        yield planned
    else:
        yield from _check_sides(planned, progress, loopback=loopback)
    progress.report("looking through the takes")
    known = yield from _check_takes(plan, root, display)
    if plan is not None and not plan.simulated:
        yield from gate.judge_gate(_talk_facts(plan, root, known, talk))


def _check_load(watch: LoadWatch) -> Iterator[CheckResult]:
    foreign, heavy = watch.end()
    yield machine.judge_load(os.getloadavg()[0], foreign, len(host.usable_cores()))
    yield machine.judge_other_programs(heavy)


def _check_folder(root: Path) -> Iterator[CheckResult]:
    if swept := sweep_temporary():
        yield ok("scratch", swept)
    nearest = machine.nearest_existing(root)
    yield machine.judge_disk(machine.free_disk_bytes(nearest))
    yield machine.judge_folder(root, nearest, machine.why_not_writable(nearest))


def _check_sides(plan: Plan, progress: Progress, *, loopback: bool) -> Iterator[CheckResult]:
    """Start both sides and yield what is found; if one fails, that is the only result."""
    if not (loopback or plan.simulated):
        yield fail(
            "arming",
            "not tried: Ray needs the loopback interface, which is down",
            "ip link set lo up",
        )
        return
    surveyed = yield from _check_cluster(plan, progress)
    if surveyed is not None and not surveyed.hosts:
        yield fail("arming", "not tried: the cluster does not let this program in", LET_IN_FIRST)
        return
    progress.report("starting both sides")
    try:
        armed = _arm(plan, progress)
    except SideFailed as failed:
        yield fail("arming", failed.sentence, failed.hint)
        return
    simulated, joined = plan.simulated, plan.spec.joined_cluster
    if plan.spec.commands is not None:
        yield from arming.judge_programs(armed, plan.spec.commands)
        return
    yield arming.judge_ray(_ray_versions(armed, plan), simulated=simulated)
    yield arming.judge_start_up(armed, simulated=simulated)
    yield arming.judge_loopback(armed, simulated=simulated, joined=joined)
    yield arming.judge_input(armed)
    if surveyed is not None:
        yield cluster.judge_shared_memory(surveyed.hosts, armed.baseline.input.bytes)


def _check_cluster(
    plan: Plan, progress: Progress
) -> Generator[CheckResult, None, SurveyedCluster | None]:
    """Yield what is found out of a cluster before it is joined, and return it (None: none is)."""
    if not plan.address or "://" in plan.address:  # such addresses only programs can use
        return None
    progress.report(f"looking at the cluster, for {SURVEY_WITHIN_S:.0f} s at most")
    surveyed = yield from check_cluster(plan, progress.stop)
    if (signal_number := progress.stop()) is not None:
        raise Interrupted(signal_number, SIDES_ENDED)
    return surveyed


def _arm(plan: Plan, progress: Progress) -> Armed:
    """Start the sides of the session as the race would; their logs are deleted afterwards."""
    with Scratch.make(tempfile.gettempdir()) as folder:
        session = Session(plan=plan, out=folder, log_hint=NO_LOG, stop_hint=SIDES_ENDED)
        return Conductor(session, Unattended(progress.stop)).arm_only()


def _ray_versions(armed: Armed, plan: Plan) -> list[str]:
    hosts = armed.baseline.hosts if plan.simulated else armed.distributed.hosts
    return [each.packages["ray"] for each in hosts if "ray" in each.packages]


def _check_takes(
    plan: Plan | None, root: Path, display: Display
) -> Generator[CheckResult, None, tuple[Recording, ...]]:
    """Yield what is found of the takes, and return the recordings that could be played."""
    workload, kind = None, None
    if plan is not None:
        workload = plan.spec.workload.name
        kind = Kind.SIMULATED if plan.simulated else Kind.MEASURED
        yield _check_rehearsals(plan, kind, root)
    known = _recordings(root, workload, kind, display)
    yield takes.judge_fallback(known, workload, kind, display.size, datetime.now(UTC))
    yield takes.judge_secrets(takes.scan_takes(root, takes.read_identity()))
    return known


def _talk_facts(
    plan: Plan, root: Path, known: Sequence[Recording], files: TalkFiles
) -> gate.TalkFacts:
    """Return what there is for a talk about the plan's workload."""
    name = plan.spec.workload.name
    take = newest_take(root, name)
    return gate.TalkFacts(
        words=plan.spec.workload,
        agenda=files.agenda,
        claims=None if take is None else Report.load(take),
        take="" if take is None else str(take),
        files=frozenset() if take is None else frozenset(os.listdir(take)),
        is_recorded=any(one.verified and one.results.spec.workload.name == name for one in known),
        rehearsal=_newest_rehearsal(plan, root),
        deck=files.deck,
    )


def _newest_rehearsal(plan: Plan, root: Path) -> Rehearsal | None:
    """Return the newest whole rehearsal with a presenter (None: there is none, or none is read)."""
    configuration = configuration_of(plan.published_spec(home_folder()), Kind.MEASURED)
    with contextlib.suppress(BadRequest):
        for one in reversed(read_rehearsals(root / REHEARSALS_NAME)):
            if one.complete and not one.alone and one.configuration == configuration:
                return one
    return None


def _check_rehearsals(plan: Plan, kind: Kind, root: Path) -> CheckResult:
    try:
        rehearsals = read_rehearsals(root / REHEARSALS_NAME)
    except BadRequest as bad:
        return warn("rehearsals", bad.sentence, bad.hint)
    configuration = configuration_of(plan.published_spec(home_folder()), kind)
    others = [each for each in rehearsals if each.complete and each.configuration != configuration]
    return takes.judge_rehearsals(history_of(rehearsals, configuration), len(others))


def _recordings(
    root: Path, workload: str | None, kind: Kind | None, display: Display
) -> tuple[Recording, ...]:
    """Return the recording that would be played, or all if there is none.

    Reading them all takes time.
    """
    if workload is not None and kind is not None:
        chosen = newest(root, workload, kind, *(display.size or _ANY_SIZE))
        if chosen is not None:
            return (chosen,)
    return recordings(root)
