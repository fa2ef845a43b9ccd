"""Where the numbers come from, in short phrases: run, moment, input, commit, machine, versions.

Everything returned is printable. May import ``harness.model``, ``harness.text`` and
``show.phrases``.
"""

from collections.abc import Iterator

from harness import text
from harness.model import Code, Kind, Results, Revision, Side
from harness.show.phrases import label, processes_of, short_name

_PACKAGES = ("ray", "numpy")
_LONGEST_REMARK = 90
_MOST_REVISIONS = 2


def provenance(results: Results) -> str:
    """Return where the numbers come from: run, moment, input, commit, machine and versions.

    A declared result has its remark instead of the moment.
    """
    parts = [label(results), *_session(results), *_place(results), *_machine(results)]
    return " · ".join(filter(None, parts))


def _session(results: Results) -> Iterator[str]:
    yield f"run {short_name(results.run_id)}"
    declared = results.kind is Kind.DECLARED
    yield _short_remark(results.remark) if declared else text.moment_of(results.began_utc)
    if results.input is not None and results.spec.has_input:
        yield f"input {text.digest(results.input.sha256)}"
    yield from _code(results.code)


def _code(code: Code) -> Iterator[str]:
    """Yield the commit that ran; with a workload of the presenter's, its own and then ours."""
    yield from map(_revision, code.workload[:_MOST_REVISIONS])
    if code.commit:
        name = "twoclocks" if code.workload else "commit"
        yield _commit(name, code.commit, dirty=code.dirty)
    elif code.version:
        yield f"twoclocks {code.version}"


def _revision(revision: Revision) -> str:
    if revision.dirty is None:
        return "commit unknown"
    if not revision.commit:
        return "no commit"
    return _commit("commit", revision.commit, dirty=revision.dirty)


def _commit(name: str, commit: str, *, dirty: bool) -> str:
    return f"{name} {text.digest(commit)}{' with changes' if dirty else ''}"


def _place(results: Results) -> Iterator[str]:
    """Yield on which host of a cluster the baseline ran, and how far from here."""
    hosts = {process.host for process in processes_of(results, Side.BASELINE)}
    if not results.spec.joined_cluster or len(hosts) != 1:
        return
    (label,) = hosts
    away_s = next((host.round_trip_s for host in results.hosts if host.id == label), None)
    away = "" if away_s is None else f", a round trip of {text.seconds(away_s)} away"
    yield f"baseline on {short_name(label)}{away}"


def _machine(results: Results) -> Iterator[str]:
    """Yield what the first host is; what the two programs of a command pair use is not known."""
    if not results.hosts:
        return
    host = results.hosts[0]
    yield short_name(host.cpu_model)
    if host.blas not in ("", "none"):
        yield f"BLAS {short_name(host.blas)}"
    yield f"Python {short_name(host.python)}"
    if results.spec.commands is None:
        for name in _PACKAGES:
            if name in host.packages:
                yield f"{name} {short_name(host.packages[name])}"


def _short_remark(remark: str) -> str:
    line = text.printable(remark)
    return line if len(line) <= _LONGEST_REMARK else f"{line[: _LONGEST_REMARK - 1].rstrip()}…"
