"""Where the numbers of a page come from: what was asked, what ran, on which machines, and digests.

May import ``harness.model``, ``harness.text``, ``harness.show`` and its neighbours.
"""

import shlex
from collections.abc import Iterator

from harness import text
from harness.model import Code, Digest, Host, Kind, Results, Revision, Scalar, Side
from harness.show import phrases
from harness.show.report_page.markup import (
    NONE,
    Markup,
    code,
    definitions,
    element,
    join,
    section,
    words,
)
from harness.show.session_words import session_words

_MOST_HOSTS = 20
_MOST_SETTINGS = 100
_MOST_REVISIONS = 10
_LONGEST_NAME = 64

Facts = Iterator[tuple[str, Markup]]


def facts(results: Results) -> Markup:
    """Return what whoever doubts the numbers, or wants them again, has to know."""
    return section(
        "facts",
        "Where the numbers come from",
        _group("Session", _session(results)),
        _group("To run the same again", _command(results)),
        _group("Settings", _settings(results)),
        _group("Prices", _prices(results)),
        _group("Code", _code(results.code)),
        _group("Digests (SHA-256)", _digests(results)),
        *_machines(results.hosts),
    )


def _group(title: str, pairs: Facts) -> Markup:
    listed = definitions(pairs)
    return join([element("h3", words(title)), listed]) if listed else NONE


def _session(results: Results) -> Facts:
    spec = results.spec
    yield "run", words(results.run_id)
    yield "sessions combined", words(", ".join(results.combined))
    yield "kind", words(f"{results.kind}, {results.status}")
    yield "remark", words(results.remark)
    yield "workload", words(spec.workload.name)
    one, many = phrases.sides(results)
    yield "baseline on", words(one)
    yield "distributed on", words(many)
    yield "workers measured", words(", ".join(map(text.count, spec.scales)))
    if results.kind is not Kind.DECLARED:
        yield from _circumstances(results)


def _circumstances(results: Results) -> Facts:
    """Yield how a session of ours ran, which nobody knows of numbers from elsewhere."""
    spec = results.spec
    yield "began", words(text.moment_of(results.began_utc))
    yield "input", words(results.reading)
    yield "cores per worker", words(text.count(spec.cores_per_worker))
    yield "order", words(f"{results.schedule}, {text.number_of(spec.trials, 'trial')} a side")
    yield "cluster", words("joined" if spec.joined_cluster else "local, for this run alone")
    yield "strikes", words(", ".join(spec.chaos))
    yield "not on the clock", words("start-up, and scoring the answers")
    if results.kind is Kind.MEASURED:
        yield "cost of watching", words(f"{text.seconds(results.observer.cpu_s)} of a core's time")
    foreign = results.observer.foreign_cpu
    yield (
        "other programs",
        words("" if foreign is None else f"{text.percent(foreign)} of all cores"),
    )


def _command(results: Results) -> Facts:
    """Yield the command, as far as the results file tells it."""
    if results.kind is Kind.DECLARED:
        return
    if results.spec.commands is not None:
        yield "commands", words("two programs of the presenter's; their commands are not kept")
        return
    asked = session_words(results, results.spec.workload.name)
    yield "command", code(shlex.join(["twoclocks", *map(text.printable, asked)]))


def _settings(results: Results) -> Facts:
    every = list(results.spec.params.items())
    for name, value in every[:_MOST_SETTINGS]:
        yield text.printable(name)[:_LONGEST_NAME], words(_written(value) or text.NOTHING)
    left = len(every) - _MOST_SETTINGS
    yield "and", words(f"{text.count(left)} more in the results file" if left > 0 else "")


def _written(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _prices(results: Results) -> Facts:
    prices = results.spec.billed_prices
    hourly = {
        "baseline's machine": prices.baseline_per_hour,
        "a worker's machine": prices.worker_per_hour,
        "head node": prices.head_per_hour,
    }
    for name, price in hourly.items():
        yield name, words(f"{text.money(price, prices.currency)} an hour")
    yield "source", words(f"{prices.source}, {prices.date}")
    yield "these are", words("made up; set your own" if prices.illustrative else "")


def _code(source: Code) -> Facts:
    yield "twoclocks", words(source.version)
    yield "commit", _commit(source.commit, dirty=source.dirty)
    for revision in source.workload[:_MOST_REVISIONS]:
        yield "commit of the workload", _revision(revision)


def _revision(revision: Revision) -> Markup:
    if revision.dirty is None:
        return words("not known")
    return _commit(revision.commit, dirty=revision.dirty) or words("none")


def _commit(commit: str, *, dirty: bool) -> Markup:
    if not commit:
        return NONE
    return join([code(commit), words("with uncommitted changes" if dirty else "")], " ")


def _digests(results: Results) -> Facts:
    yield "input", _digest(results.input)
    yield "held-out set", _digest(results.held_out)
    for side in Side:
        answers = {trial.answer_sha256 for trial in results.trials if trial.side is side}
        told = [code(answer) for answer in sorted(answers - {""})]
        if len(told) == 1:
            yield f"answer, {side}", told[0]
        elif told:
            yield f"answer, {side}", words(f"{text.count(len(told))} unlike ones")
    yield "source files", _hash(results.code.source_sha256)
    yield "journal", _hash(results.journal_sha256)


def _digest(digest: Digest | None) -> Markup:
    if digest is None:
        return NONE
    size = f"{text.number_of(digest.items, 'item')}, {text.size(digest.bytes)}"
    return join([code(digest.sha256), words(size)], " ")


def _hash(sha256: str) -> Markup:
    return code(sha256) if sha256 else NONE


def _machines(hosts: tuple[Host, ...]) -> Iterator[Markup]:
    for place, host in enumerate(hosts[:_MOST_HOSTS], 1):
        name = "Machine" if len(hosts) == 1 else f"Machine {text.count(place)}: {host.id}"
        yield _group(name, _machine(host))
    left = len(hosts) - _MOST_HOSTS
    if left > 0:
        said = f"{text.number_of(left, 'more machine')} in the results file"
        yield element("p", words(said))


def _machine(host: Host) -> Facts:
    yield "processor", words(host.cpu_model)
    yield "cores", words(text.count(host.cores))
    yield "memory", words(text.size(host.memory_bytes))
    yield "system", words(host.system)
    yield "Python", words(host.python)
    yield "BLAS", words(host.blas)
    mains = {None: "not known", True: "yes", False: "no: on its battery"}
    yield "on mains power", words(mains[host.on_mains])
    packages = (f"{name} {version}" for name, version in sorted(host.packages.items()))
    yield "packages", words(", ".join(packages))
