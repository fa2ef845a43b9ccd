"""Equal terms, judged from what each process said from inside: cores, threads and niceness.

May import ``model`` and ``evidence``.
"""

from harness.model import Process, Schedule
from harness.score.evidence import Caveat, Evidence, Measure, Unit


def oversubscribed(seen: Evidence) -> Caveat | None:
    """Judge whether every thread had a core of its own, on its host and within its process."""
    return _crowded(seen) or _overlapping(seen) or _narrow(seen)


def _crowded(seen: Evidence) -> Caveat | None:
    """Judge each host whose cores are known: all threads at work there at once must have a core."""
    cores = {host.id: host.cores for host in seen.results.hosts}
    for host, processes in at_once(seen).items():
        threads = sum(process.threads for process in processes)
        if threads > cores.get(host, threads):
            measures = Measure("threads", threads, Unit.COUNT), Measure("cores", cores[host], Unit.COUNT)
            return Caveat(
                "oversubscribed", "more threads ran at once than the host has cores; lower --workers or --cores-per-worker", measures
            )
    return None


def _overlapping(seen: Evidence) -> Caveat | None:
    for processes in at_once(seen).values():
        cores = [core for process in processes for core in set(process.affinity)]
        if len(cores) > len(set(cores)):
            return Caveat("oversubscribed", "two processes at work at once may run on the same core; pin each to cores of its own")
    return None


def _narrow(seen: Evidence) -> Caveat | None:
    for process in seen.processes:
        if 0 < len(process.affinity) < process.threads:
            measures = Measure("threads", process.threads, Unit.COUNT), Measure("cores", len(process.affinity), Unit.COUNT)
            return Caveat("oversubscribed", "a process had more threads than cores to run them; give it as many threads as cores", measures)
    return None


def at_once(seen: Evidence) -> dict[str, list[Process]]:
    """Return the processes that worked at the same time, by host."""
    both = seen.results.schedule is Schedule.TOGETHER
    baseline = tuple(worker.process for worker in seen.baseline[0].workers_detail) if both else ()
    hosts: dict[str, list[Process]] = {}
    for process in (*baseline, *seen.workers):
        hosts.setdefault(process.host, []).append(process)
    return hosts


def unequal(seen: Evidence) -> Caveat | None:
    """A baseline widened on purpose has more threads than a worker; its niceness must be theirs all the same."""
    spec = seen.results.spec
    widened = spec.baseline_cores != spec.cores_per_worker
    counted = seen.workers if widened else seen.processes
    if len({process.nice for process in seen.processes}) <= 1 and len({process.threads for process in counted}) <= 1:
        return None
    return Caveat("unequal-terms", "the processes did not run on equal terms (niceness or threads); give both sides the same")
