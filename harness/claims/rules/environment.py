"""Rules about what ran and where: one source, on machines of one kind, described in full.

May import ``model``, ``rule``, ``pairs`` and ``contradictions``.
"""

from harness.claims.pairs import Pairs, finished_trials, hosts_of, processes_of
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    refuse,
)
from harness.claims.rules.contradictions import host_unlisted, second_host
from harness.model import Host, Kind, Process, Results


def _processes(results: Results) -> tuple[Process, ...]:
    return processes_of(finished_trials(results))


def _source_differs(pairs: Pairs) -> Caveat | None:
    """Judge the processes of every scale, and the digest that the session names, if known."""
    ran = {process.source_sha256 for process in _processes(pairs.results)}
    named = {pairs.results.code.source_sha256} - {""}
    if not ran or len(ran | named) == 1:
        return None
    return Caveat(
        "source-differs",
        "the processes did not all run the source code that the session names;"
        " ship one version to every worker and run again",
    )


def _unlike_machines(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline's machine is of the workers' kind; an undescribed one may be."""
    kinds = {host.id: (host.cpu_model, host.cores) for host in pairs.results.hosts}
    ours = {kinds[home] for home in hosts_of(pairs.baseline[:1]) & kinds.keys()}
    theirs = {kinds[home] for home in hosts_of(pairs.distributed[:1]) & kinds.keys()}
    if not ours or not theirs or ours == theirs:
        return None
    return Caveat(
        "unlike-machines",
        "the baseline ran on another kind of machine than the workers; run it on one of theirs",
    )


def _no_seed(pairs: Pairs) -> Caveat | None:
    """Judge whether a random run can be repeated; equal answers have nothing random in them."""
    results = pairs.results
    answers = {trial.answer_sha256 for trial in finished_trials(results)}
    if results.kind is not Kind.MEASURED or _seed(results) is not None or len(answers) == 1:
        return None
    return Caveat(
        "no-seed",
        "the answers differ and no parameter is a seed;"
        " make one a parameter so that the run can be repeated",
    )


def _seed(results: Results) -> float | None:
    """Return the seed among the parameters (None: there is none)."""
    found = (value for name, value in results.spec.params.items() if "seed" in name.lower())
    return next((float(value) for value in found if isinstance(value, int | float)), None)


def _no_commit(pairs: Pairs) -> Caveat | None:
    code = pairs.results.code
    committed = all(revision.commit for revision in code.workload)
    if pairs.results.kind is Kind.DECLARED or (committed and (code.commit or code.version)):
        return None
    return Caveat(
        "no-commit",
        "the source that ran is in no commit;"
        " run from a repository so that others can get the same code",
    )


def _dirty_tree(pairs: Pairs) -> Caveat | None:
    code = pairs.results.code
    if not code.dirty and not any(revision.dirty for revision in code.workload):
        return None
    return Caveat(
        "dirty-tree", "the source that ran has uncommitted changes; commit them and run again"
    )


def _source(pairs: Pairs) -> Measured:
    processes = _processes(pairs.results)
    if not processes or not all(process.source_sha256 for process in processes):
        return Unknown("not every process reported which source it ran")
    if not pairs.results.code.source_sha256:
        return Unknown(
            "the processes ran one source;"
            " which one the session was asked to run is not in the file"
        )
    seed = _seed(pairs.results)
    seeds = () if seed is None else (count("seed", seed),)
    return (count("processes", len({process.pid for process in processes})), *seeds)


def _environment_incomplete(pairs: Pairs) -> Caveat | None:
    """Judge whether each machine that worked is described, without a gap."""
    results = pairs.results
    if results.kind is Kind.DECLARED:
        return None
    described = {host.id for host in results.hosts if _is_described(host)}
    gaps = len(hosts_of(finished_trials(results)) - described)
    if not gaps:
        return None
    return Caveat(
        "environment-incomplete",
        "a machine that worked is not fully described;"
        " describe its processor, memory, system and versions",
        (count("machines", gaps),),
    )


def _is_described(host: Host) -> bool:
    hardware = host.cpu_model, host.cores, host.memory_bytes
    return all((*hardware, host.system, host.python, host.packages, host.blas))


def _machines(pairs: Pairs) -> Measured:
    homes = hosts_of(finished_trials(pairs.results))
    return (
        (count("machines", len(homes)),) if homes else Unknown("which machines worked is not known")
    )


SAME_SOURCE = Rule(
    id="R09",
    title="same source",
    demand="the source that the session names ran everywhere, on machines of one kind,"
    " from a commit or a version, with its seeds in the file",
    source="Hoefler 9",
    measure=_source,
    judges=(
        refuse(_source_differs),
        caveat(_unlike_machines, Topic.MACHINES),
        caveat(_no_seed, Topic.REPRODUCIBILITY),
        caveat(_no_commit, Topic.REPRODUCIBILITY),
        caveat(_dirty_tree, Topic.REPRODUCIBILITY),
    ),
)
ENVIRONMENT = Rule(
    id="R23",
    title="environment",
    demand="every machine is described in full",
    source="MLPerf, pyperf",
    measure=_machines,
    judges=(
        refuse(second_host),
        refuse(host_unlisted),
        caveat(_environment_incomplete, Topic.REPRODUCIBILITY),
    ),
)
