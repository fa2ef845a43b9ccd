"""The results file: one JSON document of facts, written once and validated whenever it is read.

Facts only, no claim is stored. A file is untrusted input: sized before it is read, decoded into the
types of ``model`` with their bounds, then checked for what one field cannot say alone. Whatever is
wrong is one ``BadRequest`` with the place. A session of six pairs on eight workers stays under 200
kB; more workers or trials make the file longer, up to the limit below. May import ``errors``,
``model``, ``text``, ``quantities``, ``spec`` and its neighbours.

History of the schema: 1, the first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadRequest, cannot_write
from harness.files import atomic
from harness.files.alike_hosts import merged, split
from harness.model import SCHEMA, Host, Results, Side, Spec, Trial
from harness.quantities import SHORTEST_WALL_S
from harness.spec import FORMER_FIELDS, with_current_fields
from harness.text import is_printable, printable

RESULTS_NAME = "results.json"
LARGEST_BYTES = 5_000_000
WIDEST_SD = 1.5  # times the span: two differences of opposite sign have 1.42
_HINT = f"give the {RESULTS_NAME} of a finished session; to make one, run `twoclocks race`"
_PLACE = re.compile(r"(?s)(?P<fault>.*) - at `(?P<place>.*)`")


def save(results: Results, path: Path) -> None:
    """Write the file whole or not at all; raise as ``cannot_write`` says where that cannot be.

    Nothing is written that ``load`` would refuse.
    """
    document = encode(results)
    try:
        atomic.replace(path, document)
    except OSError as error:
        elsewhere = "name another folder with --out"
        raise cannot_write(printable(str(path)), error, elsewhere) from error


def load(path: Path) -> Results:
    """Return the facts of a results file; raise ``BadRequest`` if there is no valid one."""
    return decode(read(path), printable(str(path)))


def read(path: Path) -> bytes:
    """Return the bytes of a results file; raise ``BadRequest`` if it is missing or too large."""
    return atomic.read(path, LARGEST_BYTES, "results file", _HINT)


def encode(results: Results) -> bytes:
    """Return the document as UTF-8, the same for the same facts.

    Raises ``BadRequest`` for facts that ``decode`` would not return as they are.
    """
    tree = msgspec.to_builtins(_with_hosts(results, merged(results.hosts)), order="deterministic")
    try:
        document = _layout({"schema": tree.pop("schema")} | tree, "").encode() + b"\n"
        kept = _decode(document)
        fault = next(_faults(kept), "" if kept == results else "a number is not finite")
    except (msgspec.MsgspecError, ValueError) as error:
        fault = _sentence(error)
    if fault:
        raise BadRequest(
            f"these results cannot be kept: {fault}", "the journal beside them holds every event"
        )
    if len(document) > LARGEST_BYTES:
        raise BadRequest(
            f"these results would take {len(document):,} bytes, the most is {LARGEST_BYTES:,}",
            "run fewer trials or workers",
        )
    return document


def decode(document: bytes, name: str = "this") -> Results:
    """Return the facts of a document called ``name``; raise ``BadRequest`` if it is not valid."""
    _check_schema(document, name)
    try:
        results = _decode(document)
        fault = next(_faults(results), "")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _invalid(name, _sentence(error)) from error
    if fault:
        raise _invalid(name, fault)
    return results


def _decode(document: bytes) -> Results:
    results = _decode_as_written(document)
    return _with_hosts(results, split(results.hosts))


def _with_hosts(results: Results, hosts: tuple[Host, ...]) -> Results:
    """Return results with other hosts; the same value where they are the same.

    A copy would state what the version that wrote an older file did not.
    """
    return results if hosts == results.hosts else replace(results, hosts=hosts)


def _decode_as_written(document: bytes) -> Results:
    if not any(f'"{name}"'.encode() in document for name in FORMER_FIELDS):
        return msgspec.json.decode(document, type=Results)
    tree = msgspec.json.decode(document)
    if isinstance(tree, dict) and isinstance(tree.get("spec"), dict):
        tree = tree | {"spec": with_current_fields(tree["spec"])}
    return msgspec.convert(tree, Results)


class _Opening(msgspec.Struct):
    """The one field that tells what the rest means."""

    schema: str = ""


def _check_schema(document: bytes, name: str) -> None:
    try:
        schema = msgspec.json.decode(document, type=_Opening).schema
    except msgspec.ValidationError as error:
        raise BadRequest(f"{name} is not a results file", _HINT) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(
            f"{name} is not a JSON document: {printable(str(error))}", _HINT
        ) from error
    if not schema:
        raise BadRequest(f"{name} is not a results file: it names no schema", _HINT)
    if schema != SCHEMA:
        raise BadRequest(
            f"{name} has the schema {printable(schema)[:80]!r}, this program reads {SCHEMA!r}",
            "read it with the version that wrote it",
        )


def _invalid(name: str, fault: str) -> BadRequest:
    return BadRequest(
        f"{name} is not a valid results file: {printable(fault)[:300]}",
        "use the file as it was written, unedited",
    )


def _sentence(error: Exception) -> str:
    """Return msgspec's message with the place first: ``trials[0].wall_s: expected …``."""
    match _PLACE.fullmatch(str(error)):
        case None:
            return str(error)
        case found:
            place = found["place"].removeprefix("$").lstrip(".")
            return f"{place}: {found['fault'].replace('Expected', 'expected', 1)}"


def _layout(value: Any, indent: str) -> str:
    """Return JSON fit to read and compare: a field or an object a line, lists of numbers on one."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        lines = [
            f"{deeper}{_compact(key)}: {_layout(member, deeper)}" for key, member in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(member, dict) for member in value):
        lines = [f"{deeper}{_layout(member, deeper)}" for member in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _compact(value)


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _faults(results: Results) -> Iterator[str]:
    """Yield what no field's type can refuse, each a clause with the place in it."""
    yield from _text_faults(msgspec.to_builtins(results), "")
    yield from _session_faults(results)
    yield from _spec_faults(results.spec)
    yield from _host_faults(results.hosts)
    for place, trial in enumerate(results.trials):
        yield from (f"trials[{place}] {fault}" for fault in _trial_faults(trial))


def _text_faults(value: Any, place: str) -> Iterator[str]:
    """Yield the places of texts that could do more to a terminal than be shown."""
    match value:
        case str() if not is_printable(value):
            yield f"{place} is too long or has characters that cannot be shown"
        case dict():
            for key, member in value.items():
                yield from _text_faults(key, f"a name in {place}")
                yield from _text_faults(member, f"{place}.{key}".lstrip("."))
        case list() | tuple():
            for index, member in enumerate(value):
                yield from _text_faults(member, f"{place}[{index}]")


def _session_faults(results: Results) -> Iterator[str]:
    if not _is_utc(results.began_utc):
        yield "began_utc is not a time in UTC"
    if (results.observer.foreign_cpu or 0.0) > 1:
        yield "observer.foreign_cpu is more than all cores"
    if (results.observer.contention or 0.0) > 1:
        yield "observer.contention is more than all of the baseline's speed"
    if (results.observer.dashboard_cpu_s or 0.0) > results.observer.cpu_s:
        yield "observer.dashboard_cpu_s is more than observer.cpu_s"
    if _repeats(trial.order for trial in results.trials):
        yield "two trials have one order"
    if _repeats((trial.side, trial.workers, trial.index) for trial in results.trials):
        yield "two trials of one side have one index"


def _is_utc(text: str) -> bool:
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return False
    return offset is not None and not offset


def _spec_faults(spec: Spec) -> Iterator[str]:
    if list(spec.points) != sorted(set(spec.points)):
        yield "spec.points are not in ascending order"
    if spec.points and spec.workers not in spec.points:
        yield "spec.workers is none of spec.points"
    if spec.spot and spec.prices.spot is None:
        yield "spec.spot asks for spot prices, and spec.prices have none"


def _host_faults(hosts: tuple[Host, ...]) -> Iterator[str]:
    if _repeats(host.id for host in hosts):
        yield "two hosts have one id"


def _trial_faults(trial: Trial) -> Iterator[str]:
    if trial.side is Side.BASELINE and trial.workers != 1:
        yield f"has {trial.workers} workers"
    if trial.side is Side.BASELINE and trial.score_differences is not None:
        yield "is the baseline's and has score_differences"
    if (found := trial.score_differences) is not None and not (
        found.step <= found.span and found.sd <= WIDEST_SD * found.span
    ):
        yield "has impossible score_differences"
    described = sum(worker.workers for worker in trial.workers_detail)
    if described and described != trial.workers:
        yield f"has {trial.workers} workers but describes {described}"
    if _repeats(worker.process.id for worker in trial.workers_detail):
        yield "has two workers with one id"
    if trial.wall_s < SHORTEST_WALL_S and not trial.failure:
        yield "has an impossible wall time"


def _repeats(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(listed) != len(set(listed))
