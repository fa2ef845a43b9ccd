"""Efficiency over two hosts, the link between them, and what sampling costs there.

The hosts are namespaces on this machine, a worker and a core on each, and the race is driven from a
third one: see ``tests/end_to_end/hosts.py``. Takes root. May import ``harness`` and its neighbours
in ``tests``.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import text
from harness.files.results import load
from harness.model import Parameters, Results, Side
from tests.bench.races import SHOWN_OR_REFUSED, WITHIN_S
from tests.bench.table import Finding, Row, at_most, ratios, row
from tests.end_to_end.hosts import Hosts, cluster_of_hosts
from tests.terminals import race

DRIVER, FIRST, SECOND = 3, 1, 2
PORT = 7000
MOST_OF_A_CORE = 0.01

RECEIVE = f"""
import socket, sys
with socket.create_server(("", {PORT})) as server:
    print("listening", flush=True)
    caller, _ = server.accept()
    while caller.recv(1 << 20):
        pass
    caller.sendall(b".")
"""

SEND = """
import socket, sys, time
block = bytes(4 << 20)
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as caller:
    began = time.perf_counter()
    for _ in range(50):
        caller.sendall(block)
    caller.shutdown(socket.SHUT_WR)
    caller.recv(1)
    print(50 * len(block) / (time.perf_counter() - began))
"""

SAMPLE = """
import os, sys, time
import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from harness.run.utilization import UtilizationMeter

class Meter:
    def __init__(self):
        self._meter = UtilizationMeter()

    def read(self):
        return self._meter.read({"w": os.getpid()})

    def used(self):
        return time.process_time()

ray.init(address=sys.argv[1], log_to_driver=False)
nodes = [node["NodeID"] for node in ray.nodes() if node["Resources"].get("CPU")]
meters = [
    ray.remote(Meter).options(
        num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)
    ).remote()
    for node in nodes
]
for _ in range(4):
    ray.get([meter.read.remote() for meter in meters])
before, began = ray.get([meter.used.remote() for meter in meters]), time.perf_counter()
for _ in range(40):
    ray.get([meter.read.remote() for meter in meters])
    time.sleep(0.5)
after, seconds = ray.get([meter.used.remote() for meter in meters]), time.perf_counter() - began
print(*((late - early) / seconds for early, late in zip(before, after)))
"""


def over_hosts(name: str, pairs: int, changes: Parameters) -> Finding:
    """Race a workload on a worker on each of two hosts, and measure what lies between them."""
    if os.geteuid() != 0:
        raise RuntimeError("it takes root to make hosts")
    with cluster_of_hosts((1, 1, 0)) as hosts, TemporaryDirectory() as folder:
        results = _raced(hosts, Path(folder, "take"), name, pairs, changes)
        rows = (*_rows(results), _link(hosts), _sampling(hosts))
    return Finding(rows, results.observer.foreign_cpu)


def _raced(hosts: Hosts, out: Path, name: str, pairs: int, changes: Parameters) -> Results:
    settings = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
    options = ("--workers", "2", "--trials", str(pairs), "--schedule", "in-turn", "--ui", "none")
    joined = ("--yes", "--address", hosts.address, *options, *settings)
    ended = hosts.run(DRIVER, *race(out, *joined, workload=name), within_s=WITHIN_S)
    if ended.returncode not in SHOWN_OR_REFUSED:
        raise RuntimeError(f"the race ended with {ended.returncode}: {ended.stderr.strip()}")
    return load(out / "results.json")


def _rows(results: Results) -> Iterator[Row]:
    """Yield the efficiency of each pair, and how far the baseline was from the driver."""
    one, two = ([trial.wall_s for trial in results.trials if trial.side is side] for side in Side)
    yield row("efficiency E(2) over two hosts", [gain / 2 for gain in ratios(one, two)])
    away = [host.round_trip_s for host in results.hosts if host.round_trip_s is not None]
    yield row("round trip of a message of Ray's between hosts", away, as_text=text.seconds)


def _link(hosts: Hosts) -> Row:
    """Return how many bytes a second one host sends to another."""
    python = hosts.python
    with subprocess.Popen(
        hosts[SECOND].command([python, "-c", RECEIVE]), stdout=subprocess.PIPE
    ) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        sent = hosts.run(FIRST, python, "-c", SEND, hosts[SECOND].address, str(PORT))
        receiver.wait(WITHIN_S)
    return row("link between them, bytes a second", [float(sent.stdout)], as_text=text.size)


def _sampling(hosts: Hosts) -> Row:
    """Return the share of a core that reading a worker's load twice a second takes on a host."""
    said = hosts.run(DRIVER, hosts.python, "-c", SAMPLE, hosts.address)
    shares = [float(word) for word in said.stdout.split()]
    return row("sampling on each host, of a core", shares, at_most(MOST_OF_A_CORE), text.percent)
