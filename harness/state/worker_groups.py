"""Workers that are told as one in a results file, where a session has very many of them.

Pure; may import ``model``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean, median

from harness.model import Process, WorkerTrial

MOST_DESCRIBED = 512  # rows of all trials together, each of about 400 bytes


def grouped(workers: Sequence[WorkerTrial], rows_in_session: int) -> tuple[WorkerTrial, ...]:
    """Return the workers of a trial, those alike told as one where the session has too many rows.

    Alike are those on one host with equal niceness, threads, source and input. Workers of a host
    stay rows of their own where two of them share a core: a rule would want to know.
    """
    if rows_in_session <= MOST_DESCRIBED:
        return tuple(workers)
    alike: dict[Process, list[WorkerTrial]] = {}
    for worker in workers:
        terms = replace(worker.process, id="", pid=0, affinity=())
        alike.setdefault(terms, []).append(worker)
    shared = _hosts_with_shared_cores(worker.process for worker in workers)
    return tuple(
        row
        for terms, group in alike.items()
        for row in (group if terms.host in shared or len(group) == 1 else [_as_one(group)])
    )


def _as_one(group: Sequence[WorkerTrial]) -> WorkerTrial:
    busy = [worker.busy_s for worker in group]
    samples = zip(*(worker.utilization for worker in group), strict=False)
    return WorkerTrial(
        process=replace(group[0].process, affinity=()),
        chunks=sum(worker.chunks for worker in group),
        busy_s=round(sum(busy), 6),
        cpu_s=round(sum(worker.cpu_s for worker in group), 6),
        utilization=tuple(round(fmean(sample), 3) for sample in samples),
        workers=len(group),
        usual_busy_s=median(busy),
        most_busy_s=max(busy),
    )


def _hosts_with_shared_cores(processes: Iterable[Process]) -> set[str]:
    cores: dict[str, list[int]] = {}
    for process in processes:
        cores.setdefault(process.host, []).extend(process.affinity)
    return {host for host, used in cores.items() if len(used) > len(set(used))}
