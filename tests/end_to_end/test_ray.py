"""Real races on Ray as a user runs them: with workers lost, offline, and on a running cluster.

Each fixture is one race watched from outside to its end; the tests look at what it left.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import psutil
import pytest

from harness import events as e
from harness.claims.rule import Evidence
from harness.claims.rules import refusals
from harness.files.results import load
from harness.model import Process, Results, Side, Status, Trial
from harness.run.host import usable_cores
from tests.pieces import LANES
from tests.terminals import (
    PYTHON,
    ROOT,
    Follower,
    PipedProgram,
    Terminal,
    journal,
    race,
    surroundings,
    wait_for,
)

pytestmark = pytest.mark.ray

WORKLOAD = "tests/pieces.py"
STOPS_WITHIN_S = 5.0
ENDS_WITHIN_S = 240.0
LOOK_EVERY_S = 0.2
CHUNKS = 12
STRUCK_CHUNKS, STRUCK_STEPS = 80, 150
STRUCK_WORK = (
    "--set",
    f"chunks={STRUCK_CHUNKS}",
    "--set",
    f"steps={STRUCK_STEPS}",
    "--set",
    "rounds=180",
)
IN_THE_MAP, AFTER_A_SNAPSHOT = 4, STRUCK_CHUNKS + 40 * LANES
UNEQUAL_TERMS = {
    "RAY_worker_niceness": "15",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "RAY_AUTH_MODE": "disabled",
}
NO_NETWORK = (
    "unshare",
    "-n" if os.geteuid() == 0 else "-rn",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)

E = TypeVar("E", bound=e.Event)


@dataclass
class Witness:
    """A program seen from outside while it runs: its descendants, and where they listen."""

    pid: int
    processes: dict[tuple[int, float], psutil.Process] = field(default_factory=dict)
    listening: set[str] = field(default_factory=set)
    looked: float = 0.0

    def look(self) -> None:
        """Note every descendant once a second; looking more often would load the machine."""
        if time.monotonic() < self.looked + 1.0:
            return
        self.looked = time.monotonic()
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self.pid).children(recursive=True):
                self.processes.setdefault((process.pid, process.create_time()), process)

    def listen(self) -> None:
        """Note every address that is listened on now; too costly to be done all the time."""
        for process in self.processes.values():
            with contextlib.suppress(psutil.Error):
                links = process.net_connections("inet")
                self.listening |= {
                    link.laddr.ip for link in links if link.status == psutil.CONN_LISTEN
                }

    def sees(self, name: str) -> bool:
        """Return whether a descendant of that name lives."""
        return any(lives(process) and process.name() == name for process in self.processes.values())

    @property
    def left(self) -> list[int]:
        """Return the processes that have not ended."""
        return [process.pid for process in self.processes.values() if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Return whether the very process is still there and more than a name to be reaped."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


Events = list[e.Event]


@dataclass(frozen=True)
class Act:
    """Something to do to a race once its events and its processes show the moment."""

    when: Callable[[Events, Witness], bool]
    do: Callable[[Events, Witness], None]


@dataclass(frozen=True)
class Said:
    """What a race said and showed while it ran, and its exit code."""

    exit_code: int
    errors: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raced:
    """A race that has ended, with its take, its home and its scratch folder."""

    said: Said
    results: Results
    events: tuple[e.Event, ...]
    witness: Witness
    litter: tuple[str, ...]
    stopped_in_s: float

    def trials(self, side: Side) -> list[Trial]:
        """Return a side's trials."""
        return [trial for trial in self.results.trials if trial.side is side]

    def events_of(self, kind: type[E], side: Side = Side.DISTRIBUTED) -> list[E]:
        """Return a side's events of a kind."""
        return [event for event in self.events if isinstance(event, kind) and event.side is side]

    def workers(self, side: Side) -> tuple[Process, ...]:
        """Return the processes that a side was armed with."""
        return self.events_of(e.Ready, side)[0].workers

    @property
    def spans(self) -> list[e.Span]:
        """Return what the workers did in the first trial, warm-up left out."""
        went = self.events_of(e.Go)[0]
        return [span for span in self.events_of(e.Span) if span.trial == 0 and span.at >= went.at]

    @property
    def answers(self) -> set[str]:
        """Return the digests of all trials' answers."""
        return {trial.answer_sha256 for trial in self.results.trials}


def raced(
    *options: str,
    verb: str = "race",
    acts: Sequence[Act] = (),
    prefix: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    program: type[PipedProgram] | type[Terminal] = PipedProgram,
) -> Raced:
    """Run a race to its end in its own home and scratch folder, and act on it on the way."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short, since sockets get names below it
    out, home, scratch = own / "take", own / "h", own / "s"
    home.mkdir()
    scratch.mkdir()
    fonts = os.environ.get("MPLCONFIGDIR") or str(Path.home() / ".cache" / "matplotlib")
    folders = {"HOME": str(home), "TMPDIR": str(scratch), "MPLCONFIGDIR": fonts}
    command = [*prefix, *race(out, "--yes", *options, workload=WORKLOAD, verb=verb)]
    try:
        with program(command, environment=folders | dict(environment)) as running:
            witness = Witness(running.process.pid)
            acted_at = watched(
                running,
                witness,
                Follower(out),
                [Act(at_work, lambda _, seen: seen.listen()), *acts],
            )
            ended_at, said = time.monotonic(), ending(running)
        litter = tuple(
            str(path.relative_to(own)) for folder in (home, scratch) for path in folder.rglob("*")
        )
        results, events = load(out / "results.json"), tuple(journal(out))
    finally:
        shutil.rmtree(own)
    return Raced(said, results, events, witness, litter, ended_at - acted_at)


def watched(
    running: PipedProgram | Terminal, witness: Witness, follower: Follower, acts: list[Act]
) -> float:
    """Look on until the program ends; return when the last thing was done to it."""
    deadline, acted_at = time.monotonic() + ENDS_WITHIN_S, 0.0
    while running.process.poll() is None:
        assert time.monotonic() < deadline, f"it does not end: {follower.events[-3:]}"
        witness.look()
        events = follower.more()
        for act in [act for act in acts if act.when(events, witness)][:1]:
            acts.remove(act)
            acted_at = time.monotonic()
            act.do(events, witness)
        running.linger(LOOK_EVERY_S)
    return acted_at


def ending(running: PipedProgram | Terminal) -> Said:
    """Return what a program that has ended said, or every picture that it showed."""
    if isinstance(running, Terminal):
        return Said(running.ended(), pictures=tuple(look.text for look in running.looks))
    said = running.output()
    return Said(said.exit_code, said.errors)


def accounted(trial: Trial) -> float:
    """Return the share of its workers' core-seconds that a trial accounts for."""
    assert trial.core_seconds is not None
    return trial.core_seconds.total_s / (trial.workers * trial.wall_s)


def at_work(events: Events, _: Witness) -> bool:
    """Return whether the distributed side is armed."""
    return any(isinstance(event, e.Ready) and event.side is Side.DISTRIBUTED for event in events)


def goes(events: Events) -> int:
    """Return how often a clock was started."""
    return sum(isinstance(event, e.Go) for event in events)


def done(events: Events) -> int:
    """Return how many items the distributed side has done."""
    return max(
        (
            event.done
            for event in events
            if isinstance(event, e.Progress) and event.side is Side.DISTRIBUTED
        ),
        default=0,
    )


def kill(worker: str, at_items: int) -> Act:
    """Return the killing of a worker, by the pid that the journal has for it by then."""

    def strike(events: Events, _: Witness) -> None:
        armed = [
            process for event in events if isinstance(event, e.Ready) for process in event.workers
        ]
        replaced = [event.process for event in events if isinstance(event, e.Recovered)]
        os.kill(
            [process.pid for process in (*armed, *replaced) if process.id == worker][-1],
            signal.SIGKILL,
        )

    return Act(lambda events, _: done(events) >= at_items, strike)


def interrupt(when: Callable[[Events, Witness], bool]) -> Act:
    """Return a Ctrl-C."""
    return Act(when, lambda _, witness: os.kill(witness.pid, signal.SIGINT))


# Two workers, two pairs, on terms that the environment would make unequal.


@pytest.fixture(scope="module")
def pairs() -> Raced:
    """Return a race of two pairs on two workers."""
    work = (
        "--set",
        f"chunks={CHUNKS}",
        "--set",
        "heavy=64",
        "--set",
        "rounds=80",
    )  # long enough for watching to be cheap beside it
    return raced("--workers", "2", "--trials", "2", *work, environment=UNEQUAL_TERMS)


def test_a_race_on_ray_ends_with_a_headline(pairs: Raced) -> None:
    assert (pairs.said.exit_code, pairs.said.errors, pairs.results.status) == (
        0,
        "",
        Status.COMPLETE,
    )


def test_the_answers_of_both_sides_are_equal_to_the_last_bit(pairs: Raced) -> None:
    assert (len(pairs.results.trials), len(pairs.answers)) == (4, 1)


def test_pairs_alternate(pairs: Raced) -> None:
    one, other = Side.BASELINE, Side.DISTRIBUTED
    assert [
        trial.side for trial in sorted(pairs.results.trials, key=lambda trial: trial.order)
    ] == [one, other, other, one]


def test_trials_in_turn_do_not_overlap(pairs: Raced) -> None:
    trials = sorted(pairs.results.trials, key=lambda trial: trial.order)
    assert all(
        before.began_s + before.wall_s <= after.began_s for before, after in pairwise(trials)
    )


def test_every_chunk_is_mapped_once(pairs: Raced) -> None:
    assert sorted(span.chunk for span in pairs.spans[:CHUNKS]) == list(range(CHUNKS))


def test_the_worker_with_the_heavy_chunk_pulls_fewer(pairs: Raced) -> None:
    spans = pairs.spans[:CHUNKS]
    held_up = next(span.worker for span in spans if span.chunk == 0)
    assert sum(span.worker == held_up for span in spans) < CHUNKS / 2


def test_all_items_are_counted_on_both_sides(pairs: Raced) -> None:
    assert {trial.items for trial in pairs.results.trials} == {pairs.results.trials[0].items}


def test_the_core_seconds_of_every_trial_add_up_to_the_wall_time_of_all_its_cores(
    pairs: Raced,
) -> None:
    assert [accounted(trial) for trial in pairs.results.trials] == pytest.approx(
        [1.0] * 4, rel=0.02
    )


def test_the_phases_of_every_trial_add_up_to_its_wall_time(pairs: Raced) -> None:
    assert [
        sum(trial.phases.values()) / trial.wall_s for trial in pairs.results.trials
    ] == pytest.approx([1.0] * 4, rel=0.02)


def test_the_computing_is_what_the_kernels_used(pairs: Raced) -> None:
    for trial in pairs.trials(Side.DISTRIBUTED):
        assert trial.core_seconds is not None
        assert trial.core_seconds.compute_s == pytest.approx(
            sum(worker.cpu_s for worker in trial.workers_detail), rel=0.05
        )
        assert min(part for part in astuple(trial.core_seconds)) >= 0


def test_starting_and_ending_a_lockstep_is_computing_beside_its_steps(pairs: Raced) -> None:
    for trial in pairs.trials(Side.DISTRIBUTED):
        assert trial.core_seconds is not None
        assert trial.core_seconds.compute_s > sum(worker.cpu_s for worker in trial.workers_detail)


def test_a_heavy_chunk_keeps_the_other_worker_waiting(pairs: Raced) -> None:
    [heavy] = [span for span in pairs.spans[:CHUNKS] if span.chunk == 0]
    others = sum(span.busy_s for span in pairs.spans[:CHUNKS] if span.worker != heavy.worker)
    spent = pairs.trials(Side.DISTRIBUTED)[0].core_seconds
    assert spent is not None
    assert spent.waiting_s > (heavy.busy_s - others) / 2


def test_everybody_listens_on_the_loopback_interface_alone(pairs: Raced) -> None:
    assert pairs.witness.listening
    assert pairs.witness.listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_workers_run_as_nice_as_the_baseline(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert {process.nice for process in everybody} == {os.nice(0)}


def test_workers_have_as_many_threads_as_the_baseline(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert {process.threads for process in everybody} == {1}


def test_workers_are_pinned_like_the_baseline_each_to_a_core_of_its_own(pairs: Raced) -> None:
    [baseline], workers = pairs.workers(Side.BASELINE), pairs.workers(Side.DISTRIBUTED)
    assert [len(process.affinity) for process in (baseline, *workers)] == [1, 1, 1]
    assert len({process.affinity for process in workers}) == 2


def test_workers_run_the_baselines_source(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert len({process.source_sha256 for process in everybody}) == 1


def test_starting_ray_is_measured_and_not_on_the_clock(pairs: Raced) -> None:
    assert all(trial.startup_s > 1.0 for trial in pairs.trials(Side.DISTRIBUTED))
    assert all(trial.wall_s < trial.startup_s for trial in pairs.trials(Side.DISTRIBUTED))


# Workers killed in a map and in lockstep: one of two, and the only one, there offline.


@cache
def network_can_be_left() -> bool:
    """Return whether this system lets us run a program without a network."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def struck_pair() -> Raced:
    """Return a race on a terminal in which each of two workers is killed once."""
    acts = [kill("w1", IN_THE_MAP), kill("w0", AFTER_A_SNAPSHOT)]
    return raced("--workers", "2", *STRUCK_WORK, acts=acts, program=Terminal)


@pytest.fixture(scope="module")
def struck_alone() -> Raced:
    """Return a race whose only worker is killed twice, offline where that is permitted."""
    prefix = NO_NETWORK if network_can_be_left() else ()
    return raced(
        "--workers",
        "1",
        *STRUCK_WORK,
        acts=[kill("w0", IN_THE_MAP), kill("w0", AFTER_A_SNAPSHOT)],
        prefix=prefix,
    )


@pytest.fixture(params=["struck_pair", "struck_alone"])
def struck(request: pytest.FixtureRequest) -> Raced:
    """Return each of them."""
    found: Raced = request.getfixturevalue(request.param)
    return found


def test_a_race_that_lost_workers_ends_with_the_baselines_answer(struck: Raced) -> None:
    assert (struck.said.exit_code, struck.results.status, len(struck.answers)) == (
        0,
        Status.COMPLETE,
        1,
    )


def test_the_answer_does_not_depend_on_the_number_of_workers(
    struck_pair: Raced, struck_alone: Raced
) -> None:
    assert struck_pair.answers == struck_alone.answers


def test_each_loss_is_recorded_with_when_it_was_noticed_and_what_it_cost(struck: Raced) -> None:
    [trial] = struck.trials(Side.DISTRIBUTED)
    first, second = trial.faults
    assert 0 < first.at_s < second.at_s < trial.wall_s
    assert all(0 < (fault.cost_s or 0) < trial.wall_s for fault in trial.faults)


def test_the_lost_worker_is_named(struck_pair: Raced) -> None:
    [trial] = struck_pair.trials(Side.DISTRIBUTED)
    assert [fault.worker for fault in trial.faults] == ["w1", "w0"]


def test_each_loss_and_each_return_is_in_the_journal(struck: Raced) -> None:
    course = [type(event) for event in struck.events if isinstance(event, e.Faulted | e.Recovered)]
    assert course == [e.Faulted, e.Recovered, e.Faulted, e.Recovered]


def test_what_lost_workers_cost_is_in_the_core_seconds_beside_kernels(struck: Raced) -> None:
    [trial] = struck.trials(Side.DISTRIBUTED)
    assert trial.core_seconds is not None
    assert trial.core_seconds.exchange_s + trial.core_seconds.waiting_s >= sum(
        fault.cost_s or 0.0 for fault in trial.faults
    )
    assert accounted(trial) == pytest.approx(1.0, rel=0.02)


def test_a_replacement_stands_where_the_lost_worker_stood(struck: Raced) -> None:
    lost = {process.id: process for process in struck.workers(Side.DISTRIBUTED)}
    for new in (event.process for event in struck.events_of(e.Recovered)):
        assert (new.affinity, new.nice, new.threads) == (
            lost[new.id].affinity,
            lost[new.id].nice,
            lost[new.id].threads,
        )
        assert new.pid != lost[new.id].pid


def test_a_replacement_is_watched(struck: Raced) -> None:
    back = struck.events_of(e.Recovered)[0]
    later = [
        sample
        for sample in struck.events_of(e.Sample)
        if sample.worker == back.worker and sample.at > back.at
    ]
    assert later


@pytest.mark.parametrize("worker", ["w1", "w0"])
def test_the_panel_says_that_a_worker_is_lost_and_then_that_it_is_back(
    worker: str, struck_pair: Raced
) -> None:
    rows = [
        re.search(rf"│ {worker} [^│]*(LOST|back after)", picture)
        for picture in struck_pair.said.pictures
    ]
    said = [row.group(1) for row in rows if row is not None]
    assert list(dict.fromkeys(said)) == ["LOST", "back after"]


def test_chunks_of_a_lost_worker_are_redone(struck: Raced) -> None:
    assert sorted(span.chunk for span in struck.spans[:STRUCK_CHUNKS]) == list(range(STRUCK_CHUNKS))


def test_a_race_needs_no_network(struck_alone: Raced) -> None:
    if not network_can_be_left():
        pytest.skip("this system does not permit unshare -n, or has no ip")
    assert struck_alone.said.exit_code == 0


# A sweep over one, two and three workers; the first and an idle one are killed.


@pytest.fixture(scope="module")
def swept() -> Raced:
    """Return a sweep in whose first trial the working worker is killed twice, an idle one once."""
    acts = [kill("w0", IN_THE_MAP), kill("w2", IN_THE_MAP), kill("w0", AFTER_A_SNAPSHOT)]
    return raced(
        "--workers",
        "1,2,3",
        "--oversubscribe",
        "--no-prove-baseline",
        *STRUCK_WORK,
        verb="sweep",
        acts=acts,
    )


def test_a_sweep_measures_the_baseline_and_every_scale_one_after_the_other(swept: Raced) -> None:
    trials = sorted(swept.results.trials, key=lambda trial: trial.order)
    refused = {reason.key for reason in refusals(Evidence.of(swept.results))}
    assert refused <= {"baseline-beaten"}  # rightly, where other work slowed the baseline alone
    assert (swept.said.exit_code, swept.results.status) == (4 if refused else 0, Status.COMPLETE)
    assert [(trial.side, trial.workers) for trial in trials] == [
        (Side.BASELINE, 1),
        *((Side.DISTRIBUTED, p) for p in (1, 2, 3)),
    ]


def test_the_headline_of_a_sweep_is_about_the_largest_scale_that_fits(swept: Raced) -> None:
    spec = swept.results.spec
    assert (spec.points, spec.workers, spec.oversubscribe) == (
        (1, 2, 3),
        min(3, len(usable_cores())),
        True,
    )


def test_the_answer_is_the_same_at_every_scale(swept: Raced, struck_pair: Raced) -> None:
    assert len(swept.answers) == 1
    assert swept.answers == struck_pair.answers


def test_only_the_workers_of_its_scale_work_in_a_trial(swept: Raced) -> None:
    for trial in swept.trials(Side.DISTRIBUTED):
        assert [worker.process.id for worker in trial.workers_detail] == [
            f"w{place}" for place in range(trial.workers)
        ]
        assert all(worker.chunks for worker in trial.workers_detail)


def test_a_worker_alone_has_the_baselines_core(swept: Raced) -> None:
    [baseline], workers = swept.workers(Side.BASELINE), swept.workers(Side.DISTRIBUTED)
    assert workers[0].affinity == baseline.affinity


def test_a_worker_that_stands_by_is_replaced_in_the_first_trial_that_needs_it(swept: Raced) -> None:
    lost = {
        trial.workers: [fault.worker for fault in trial.faults]
        for trial in swept.trials(Side.DISTRIBUTED)
    }
    assert lost == {1: ["w0", "w0"], 2: [], 3: ["w2"]}


def test_every_worker_sees_the_baselines_input(swept: Raced) -> None:
    [baseline], workers = swept.workers(Side.BASELINE), swept.workers(Side.DISTRIBUTED)
    assert {worker.input_sha256 for worker in (baseline, *workers)} == {
        swept.events_of(e.Ready)[0].input.sha256
    }


def test_a_replacement_is_not_asked_for_its_input_while_the_clock_runs(swept: Raced) -> None:
    assert {event.process.input_sha256 for event in swept.events_of(e.Recovered)} == {""}


@pytest.mark.parametrize("name", ["swept", "struck_pair", "struck_alone"])
def test_a_replacement_says_what_input_it_sees_once_the_clock_stands(
    name: str, request: pytest.FixtureRequest
) -> None:
    results: Results = request.getfixturevalue(name).results
    assert results.input is not None
    workers = [
        worker.process.input_sha256 for trial in results.trials for worker in trial.workers_detail
    ]
    assert set(workers) == {results.input.sha256}


def test_the_results_name_the_source_that_every_process_ran(swept: Raced) -> None:
    ran = {
        worker.process.source_sha256
        for trial in swept.results.trials
        for worker in trial.workers_detail
    }
    assert ran == {swept.results.code.source_sha256}


# Ctrl-C, while Ray is being started and while it runs.


@pytest.fixture(scope="module")
def stopped_while_arming() -> Raced:
    """Return a race that was stopped while Ray's processes were being started."""
    return raced("--workers", "2", acts=[interrupt(lambda _, witness: witness.sees("raylet"))])


@pytest.fixture(scope="module")
def stopped_while_running() -> Raced:
    """Return a race that was stopped while the workers were at it."""
    work = ("--set", "steps=100", "--set", "rounds=150")
    return raced("--workers", "2", *work, acts=[interrupt(lambda events, _: goes(events) == 2)])


@pytest.fixture(params=["stopped_while_arming", "stopped_while_running"])
def stopped(request: pytest.FixtureRequest) -> Raced:
    """Return each of them."""
    found: Raced = request.getfixturevalue(request.param)
    return found


def test_ctrl_c_ends_a_race_within_five_seconds(stopped: Raced) -> None:
    assert stopped.said.exit_code == 130
    assert stopped.stopped_in_s < STOPS_WITHIN_S


def test_ctrl_c_keeps_an_aborted_take(stopped: Raced) -> None:
    assert stopped.results.status is Status.ABORTED


# Death without a warning.


def test_a_race_that_is_killed_outright_takes_all_its_processes_with_it() -> None:
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    options = (
        "--yes",
        "--ui",
        "none",
        "--workers",
        "1",
        "--schedule",
        "together",
        "--set",
        "steps=1000",
        "--set",
        "rounds=200",
    )
    killed = Act(
        lambda events, _: done(events) >= IN_THE_MAP,
        lambda _, witness: os.kill(witness.pid, signal.SIGKILL),
    )

    with PipedProgram(
        race(own / "take", *options, workload=WORKLOAD), environment={"TMPDIR": str(own)}
    ) as running:
        witness = Witness(running.process.pid)
        watched(running, witness, Follower(own / "take"), [killed])

    wait_for(lambda: not witness.left)
    shutil.rmtree(own)


# A cluster that is there already.


@dataclass(frozen=True)
class Head:
    """A cluster of two cores on this machine, in an environment that lets others join it."""

    address: str
    environment: dict[str, str]
    witness: Witness


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """Start a cluster as its administrator would; end its own processes afterwards."""
    token = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_worker_niceness": "0",
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="t", dir="/tmp")
    options = [
        f"--port={port}",
        "--node-ip-address=127.0.0.1",
        f"--temp-dir={folder}",
        "--num-cpus=2",
        "--include-dashboard=false",
    ]
    command = [
        str(Path(PYTHON).with_name("ray")),
        "start",
        "--head",
        "--block",
        "--disable-usage-stats",
        *options,
    ]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings(token)
    ) as process:
        witness = Witness(process.pid)
        try:
            wait_for(lambda: answers(port))
            yield Head(f"127.0.0.1:{port}", token, witness)
        finally:
            witness.look()
            process.terminate()
            process.wait()
            for pid in witness.left:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder)


def answers(port: int) -> bool:
    """Return whether somebody listens there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def joined(head: Head) -> Raced:
    """Return a race on a cluster that is there already."""
    return raced(
        "--workers",
        "2",
        "--address",
        head.address,
        "--set",
        "rounds=200",
        environment=head.environment,
    )


def test_a_cluster_that_is_there_is_joined(joined: Raced) -> None:
    assert (joined.said.exit_code, joined.results.status, joined.results.spec.joined_cluster) == (
        0,
        Status.COMPLETE,
        True,
    )


def test_the_workers_of_a_joined_cluster_are_its_own(joined: Raced) -> None:
    ours = {pid for pid, _ in joined.witness.processes}
    assert ours.isdisjoint(process.pid for process in joined.workers(Side.DISTRIBUTED))


def test_answers_from_a_joined_cluster_are_the_baselines(joined: Raced) -> None:
    assert len(joined.answers) == 1


def test_a_joined_cluster_is_left_standing_and_empty(joined: Raced, head: Head) -> None:
    workers = {process.pid for process in joined.workers(Side.DISTRIBUTED)}
    wait_for(lambda: not any(map(psutil.pid_exists, workers)))
    assert lives(psutil.Process(head.witness.pid))


@pytest.fixture(scope="module", params=["map", "lockstep"])
def raised(request: pytest.FixtureRequest, head: Head) -> Raced:
    """Return a race whose workload raised in a worker, on the cluster in RAY_ADDRESS."""
    environment = head.environment | {"RAY_ADDRESS": head.address}
    return raced("--workers", "2", "--set", f"fail={request.param}", environment=environment)


def test_what_the_authors_code_raised_in_a_worker_ends_the_race_with_its_words(
    raised: Raced,
) -> None:
    assert (raised.said.exit_code, raised.results.status) == (3, Status.FAILED)
    assert (
        "error: the distributed side failed: ValueError: the author's own words\n"
        in raised.said.errors
    )


# What every race leaves behind: nothing.


EVERY_RACE = [
    "pairs",
    "struck_pair",
    "struck_alone",
    "stopped_while_arming",
    "stopped_while_running",
    "joined",
]


@pytest.mark.parametrize("name", EVERY_RACE)
def test_no_process_is_left_running(name: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(name).witness.left == []


@pytest.mark.parametrize("name", EVERY_RACE)
def test_nothing_is_left_in_the_home_or_the_scratch_folder(
    name: str, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(name).litter == ()
