"""Races on a cluster of several hosts: a worker on each, and the baseline on one of them.

One race is driven from the head, on a panel; the others from a host that has no worker.
No exit code is tested, because a busy machine may rightly be refused.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.files.results import load
from harness.model import Process, Results, Side, Status, Trial
from harness.show.provenance import provenance
from tests.end_to_end.hosts import Hosts, cluster_of_hosts
from tests.ray_nodes import JOINING
from tests.terminals import Terminal, journal, race
from tests.workloads.embed.support import LINES, needs_extra

pytestmark = [pytest.mark.ray, needs_extra]

HEAD, DRIVER = 1, 3
ENDS_WITHIN_S = 900.0  # on a machine that is busy with much else
EMBED = ("passages=64", "queries=16", "batch=96", "max_tokens=36")
TRAIN = ("batches=2400", "target=30.5", "channels=16", "depth=3", "validate_every=32")
SHARD = ("megabytes=0.5", "rows=65536", "batch=4096", "micro_batches=4", "device=36MiB")
RESEARCH = ("modules=json,queue", "questions=40")
SERVE = (
    *("passages=64", "queries=16", "lists=8", "requests=800", "probes=4", "max_tokens=8"),
    "budget_ms=400",  # other programs may use the machine
)
RACES = ["embed", "train", "shuffle", "shard", "research", "serve"]
SAME_BITS = ["embed", "shuffle", "shard", "research", "serve"]
FROM_THE_DRIVER = ["train", "shuffle", "shard", "research", "serve"]


@dataclass(frozen=True)
class Raced:
    """A race that has ended: its facts, all that its take holds as text, and what was shown."""

    results: Results
    events: tuple[e.Event, ...]
    kept: str
    shown: str

    def workers(self, side: Side) -> tuple[Process, ...]:
        """Return the processes that a side was armed with."""
        (ready,) = [
            event for event in self.events if isinstance(event, e.Ready) and event.side is side
        ]
        return ready.workers

    def trial(self, side: Side) -> Trial:
        """Return a side's one trial."""
        (trial,) = [trial for trial in self.results.trials if trial.side is side]
        return trial


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """Return two hosts and one that only drives."""
    with cluster_of_hosts((2, 2, 0)) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def races(hosts: Hosts) -> Iterator[Callable[[str], Raced]]:
    """Return what gives the race of a name, which is run once, when it is first asked for."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "lines.txt")
        corpus.write_text("\n".join(LINES), encoding="utf-8")
        kinds = {
            "embed": (HEAD, "embed", f"corpus={corpus}", *EMBED),
            "train": (DRIVER, "train", *TRAIN),
            "shuffle": (DRIVER, "tests/squares.py"),
            "shard": (DRIVER, "shard", *SHARD),
            "research": (DRIVER, "research", *RESEARCH),
            "serve": (DRIVER, "serve", *SERVE),
        }

        @cache
        def race_of(name: str) -> Raced:
            number, workload, *settings = kinds[name]
            return raced(hosts, int(number), Path(folder, name), str(workload), *map(str, settings))

        yield race_of


def raced(hosts: Hosts, number: int, out: Path, workload: str, *settings: str) -> Raced:
    """Race with two workers, driven from a host: on a panel if that is the head."""
    words = [word for setting in settings for word in ("--set", setting)]
    joined = ("--workers", "2", "--address", hosts.address, *JOINING, "--yes", *words)
    command = race(out, *joined, workload=workload)
    if number == HEAD:
        environment = hosts.environment
        with Terminal(hosts[number].command(command), environment=environment) as terminal:
            terminal.ended(ENDS_WITHIN_S)
        shown = "\n".join(look.text for look in terminal.looks)
    else:
        said = hosts.run(number, *command, within_s=ENDS_WITHIN_S)
        shown = said.stdout + said.stderr
    kept = [(out / name).read_text() for name in ("results.json", "events.jsonl")]
    return Raced(load(out / "results.json"), tuple(journal(out)), "".join(kept), shown)


def baseline_host(race: Raced) -> str:
    """Return the host of the baseline, as the results name it."""
    (worker,) = race.trial(Side.BASELINE).workers_detail
    return worker.process.host


@pytest.mark.parametrize("name", SAME_BITS)
def test_the_answer_over_two_hosts_is_the_baselines(
    races: Callable[[str], Raced], name: str
) -> None:
    answers = {trial.answer_sha256 for trial in races(name).results.trials}
    assert len(answers) == 1


@pytest.mark.parametrize("name", RACES)
def test_a_race_over_two_hosts_comes_to_its_end(races: Callable[[str], Raced], name: str) -> None:
    assert races(name).results.status is Status.COMPLETE, races(name).shown


@pytest.mark.parametrize("name", RACES)
def test_each_worker_has_a_host_of_its_own_in_the_results(
    races: Callable[[str], Raced], name: str
) -> None:
    workers = races(name).trial(Side.DISTRIBUTED).workers_detail
    homes = [worker.process.host for worker in workers]
    assert homes == ["worker-host-1", "worker-host-2"]
    assert {host.id for host in races(name).results.hosts} == {*homes}


@pytest.mark.parametrize("name", RACES)
def test_the_baseline_runs_where_a_worker_does_and_on_its_terms(
    races: Callable[[str], Raced], name: str
) -> None:
    race = races(name)
    (baseline,) = race.workers(Side.BASELINE)
    (like,) = [one for one in race.workers(Side.DISTRIBUTED) if one.host == baseline.host]
    assert (baseline.nice, baseline.affinity, baseline.threads) == (
        like.nice,
        like.affinity,
        like.threads,
    )
    assert f"baseline on {baseline_host(race)}" in provenance(race.results)


@pytest.mark.parametrize("name", FROM_THE_DRIVER)
def test_it_is_said_how_far_away_the_baseline_ran(races: Callable[[str], Raced], name: str) -> None:
    race = races(name)
    (host,) = [host for host in race.results.hosts if host.id == baseline_host(race)]
    assert host.round_trip_s is not None
    assert 0 < host.round_trip_s < 5


def test_the_loads_of_workers_and_baseline_come_from_their_hosts(
    races: Callable[[str], Raced],
) -> None:
    race = races("train")  # the others are over before every host has been asked twice
    samples = [event for event in race.events if isinstance(event, e.Sample)]
    sampled = {side: {one.worker for one in samples if one.side is side} for side in Side}
    assert sampled == {Side.BASELINE: {"core"}, Side.DISTRIBUTED: {"w0", "w1"}}


def test_the_panel_says_on_how_many_machines_the_workers_run(
    races: Callable[[str], Raced],
) -> None:
    race = races("embed")
    assert "2 workers on 2 machines" in race.shown or "2 workers, 2 hosts" in race.shown


@pytest.mark.parametrize("name", RACES)
def test_no_address_and_no_name_of_a_host_is_kept(
    races: Callable[[str], Raced], hosts: Hosts, name: str
) -> None:
    kept = races(name).kept + races(name).shown
    named = [word for host in hosts.hosts for word in (host.address, f'"host-{host.number}"')]
    assert [word for word in named if word in kept] == []


def test_no_process_of_a_side_is_left_on_a_host(
    races: Callable[[str], Raced], hosts: Hosts
) -> None:
    assert races("shuffle").results.trials
    left = [pid for host in hosts.hosts for pid in host.machine.pids() if is_of_a_side(pid)]
    assert left == []


def is_of_a_side(pid: int) -> bool:
    """Return whether a process is a side's, or the guard above it."""
    try:
        return "harness.run.child" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
