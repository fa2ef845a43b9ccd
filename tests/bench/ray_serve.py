"""The fleet of ``serve`` on Ray, and the same search as two replicas of Ray Serve.

Both search the largest rate that holds the same budget, with the same generator and the same rule,
and then answer one trial; their answers are compared, so that recall is equal. Ray Serve has what
its documentation advises for calls from a program: a handle, no proxy for HTTP, and batches of as
many requests as ours have at most. Each replica has the encoder and all lists.
``python -m tests.bench.ray_serve SETTINGS`` is the process of Ray Serve, with settings as JSON.
May import ``harness``, the workload ``serve`` and its neighbours in ``tests``.
"""

import asyncio
import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np

from harness import events as e
from harness import text
from harness.model import Parameters, RateSearch, Side
from harness.run import wire
from harness.run.digest import digest
from harness.run.launch import environment
from harness.run.open_loop import RequestGenerator
from harness.run.progress_reports import no_report
from harness.run.rate_search import PROBED, search_rate
from harness.run.utilization import ForeignLoadMeter
from harness.workload import AnyService, Backlog, Reporter, Requests
from tests.bench.rivals import WORKERS, assignment, first_of, running
from tests.bench.table import Finding, Row, at_least, judged, largest_share, ratios, row, unmeasured
from tests.terminals import PYTHON, ROOT, surroundings
from workloads import serve as workload
from workloads.serve.fleet import FLEET, NO_REPLY, Encoding, Served
from workloads.serve.index import NEAREST, cut_shard

NAME = "Ray Serve"
NEEDED = ("fastapi", "starlette", "uvicorn")  # what `ray[serve]` brings and Ray alone does not
RATE = "largest rate within the budget, ours ÷ with"
ANSWERS = "answers of ours and with"
LEAST = 0.97
ONGOING = 2  # micro-batches at a replica, as many as ours has in flight at a worker


class LargestRate(msgspec.Struct, frozen=True, kw_only=True):
    """The largest rate that held, in requests a second, and the digest of the answer to them all.

    ``foreign`` is the share of the machine that others used meanwhile.
    """

    rate: float
    answer_sha256: str
    foreign: float = 0.0


def compare_with_ray_serve(rounds: int, changes: Parameters) -> Finding:
    """Search both rates in every round, forwards and backwards by turns, where it is installed."""
    if any(importlib.util.find_spec(package) is None for package in NEEDED):
        return Finding((unmeasured(RATE, "is not installed", than=NAME),))
    params = workload.WORKLOAD.defaults | changes
    found: dict[str, list[LargestRate]] = {"ours": [], NAME: []}
    searches = {"ours": _search_ours, NAME: _search_ray_serve}
    for turn in range(rounds):
        for name in [*searches][:: 1 if turn % 2 == 0 else -1]:
            found[name].append(searches[name](params))
    return compare(found["ours"], found[NAME])


def compare(ours: Sequence[LargestRate], theirs: Sequence[LargestRate]) -> Finding:
    """Compare the rates of each round, and the answers of all."""
    rates = [[one.rate for one in found] for found in (ours, theirs)]
    note = " and ".join(f"{text.three_digits(max(each))}/s" for each in rates)
    same = len({one.answer_sha256 for one in (*ours, *theirs)}) == 1
    rows: tuple[Row, ...] = (
        row(RATE, ratios(*rates), at_least(LEAST), note=f"at most {note}", than=NAME),
        judged(ANSWERS, "identical" if same else "different", same, "identical", than=NAME),
    )
    return Finding(rows, largest_share(one.foreign for one in (*ours, *theirs)))


def _search_ours(params: Parameters) -> LargestRate:
    """Arm the distributed side as a race does, whose search is a part of that, and answer once."""
    meter = ForeignLoadMeter([os.getpid()])
    with running(assignment("Ray", workload.WORKLOAD.name, params)) as (child, events):
        ready = first_of(e.Ready, events)
        child.send(wire.StartTrial())
        answer_sha256 = first_of(e.Scored, events).answer_sha256
    return LargestRate(
        rate=held_by(ready.service), answer_sha256=answer_sha256, foreign=meter.share()
    )


def held_by(search: RateSearch | None) -> float:
    """Return the largest rate that held in a search."""
    if search is None or search.held is None:
        raise RuntimeError("no rate was searched")
    return search.held.rate


def _search_ray_serve(params: Parameters) -> LargestRate:
    meter = ForeignLoadMeter([os.getpid()])
    ran = subprocess.run(
        [PYTHON, "-m", __name__, json.dumps(params)],
        cwd=ROOT,
        env=environment(surroundings(), Side.DISTRIBUTED, 1, joined=False),
        stdout=subprocess.PIPE,
        check=True,
    )
    found = msgspec.json.decode(ran.stdout.splitlines()[-1], type=LargestRate)
    return msgspec.structs.replace(found, foreign=meter.share())


class Searcher:
    """One replica: it answers what is asked, in batches."""

    def __init__(self, served: Served) -> None:
        self._shards = [cut_shard(served.corpus, range(len(served.corpus.centres)))]
        self._encoding = Encoding(served.model, served.corpus.centres, served.probes)

    async def reply(self, asked: list[str]) -> list[Any]:
        """Return the ten nearest passages for each of the requests."""
        return list(FLEET.replies(self._shards, asked, self._encoding))


class RayServeSide:
    """Replicas of Ray Serve as a side whose rate can be searched; a context manager."""

    def __init__(self, served: Served, replicas: int) -> None:
        self._served = served
        self._replicas = replicas
        self._handle: Any = None

    def __enter__(self) -> Self:
        import ray
        from ray import serve

        logging.getLogger("ray.serve").setLevel(logging.ERROR)  # of queues that it probes in vain
        ray.init(num_cpus=self._replicas, include_dashboard=False, log_to_driver=False)
        serve.start(http_options={"location": "NoServer"})
        most = self._served.micro_batch
        batched = serve.batch(max_batch_size=most, batch_wait_timeout_s=0.0)(Searcher.reply)
        replica = type("Searcher", (Searcher,), {"reply": batched})
        deployed = serve.deployment(
            num_replicas=self._replicas,
            max_ongoing_requests=ONGOING * most,
            ray_actor_options={"num_cpus": 1},
            logging_config={"log_level": "ERROR"},
        )(replica)
        self._handle = serve.run(deployed.bind(self._served._replace(asked=())))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray
        from ray import serve

        serve.shutdown()
        ray.shutdown()

    def serve(
        self, service: AnyService, given: Served, requests: Requests, report: Reporter, workers: int
    ) -> list[Any]:
        """Answer requests as they come; return passages by number."""
        return asyncio.run(self._serve(given, requests))

    async def _serve(self, given: Served, requests: Requests) -> list[Any]:
        replies: list[Any] = [[NO_REPLY] * NEAREST] * requests.count
        asking: set[asyncio.Task[None]] = set()

        async def ask(number: int) -> None:
            replies[number] = await self._handle.reply.remote(given.asked[number])
            requests.answered([number])

        while not requests.over:
            for number in await come(requests):
                task = asyncio.create_task(ask(number))
                asking.add(task)
                task.add_done_callback(asking.discard)
        await asyncio.gather(*asking)
        return replies

    def rest(self, next_workers: int | None) -> None:
        """Do nothing: replicas stay."""


async def come(requests: Requests) -> list[int]:
    """Return the requests that have come, as soon as there are any."""
    descriptor = requests.descriptor()
    if descriptor is not None and not (numbers := requests.take(requests.count, 0.0)):
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(descriptor, arrived.set)
        try:
            await asyncio.wait_for(arrived.wait(), timeout=1.0)
        except TimeoutError:
            return []
        finally:
            loop.remove_reader(descriptor)
        return requests.take(requests.count, 0.0)
    await asyncio.sleep(0)
    return numbers if descriptor is not None else requests.take(requests.count)


def main(settings: str) -> None:
    """Search the rate, answer all requests once, and write what was found to standard output."""
    served = workload.load(workload.WORKLOAD.configure(json.loads(settings))).input
    service = workload.WORKLOAD.service
    if service is None:
        raise RuntimeError("the workload serves nobody")
    with RequestGenerator() as generator, RayServeSide(served, WORKERS) as side:
        side.serve(service, served, Backlog(PROBED), no_report, 0)
        search = search_rate(
            service,
            side,
            served,
            generator,
            input_sha256="",
            workers=WORKERS,
            offered=lambda _: None,
        )
        replies = side.serve(service, served, Backlog(len(served.asked)), no_report, 0)
    answer = np.array(replies, np.int32)
    found = LargestRate(rate=held_by(search), answer_sha256=digest(answer, 0).sha256)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main(sys.argv[1])
