"""The results file: one JSON document of facts, written once, atomically, and validated whenever it is read.

Facts only, no claim is stored. A file is untrusted input: sized before it is read, decoded into the nouns
of ``model``, then every text, number, digest and count is checked; whatever is wrong is one ``BadRequest``.
A file of six pairs on eight workers stays under 200 kB, since ``score/record.py`` shares out the points of the
traces; more workers or trials make it longer, up to the limit below.
May import ``model``, ``errors`` and ``files``.

History of the schema: 1, the first.
"""

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadRequest
from harness.files import atomic
from harness.model import SCHEMA, Host, Results, Side, Spec, Trial
from harness.spec import FORMER_FIELDS, with_current_fields
from harness.text import is_printable, printable

LARGEST_BYTES = 5_000_000
LONGEST_CURVE, LONGEST_UTILIZATION = 200, 100
MOST_TRIALS = 1_000
MOST_WORKERS = 1_000_000
LARGEST_NUMBER = 1e15
LARGEST_COUNT = 2**63
LONGEST_WALL_S = 1e9
SMALLEST = 1e-9
MOST_RATES = 200
MOST_SCALES = 1_000
_MAY_BE_NEGATIVE = {"quality", "nice", "contention", "value"}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HINT = "give the results.json of a finished session; to make one, run `twoclocks race`"


def save(results: Results, path: Path) -> None:
    """Write the file so that it is there whole or not at all; raise ``BadRequest`` where that cannot be.

    Nothing is written that ``load`` would refuse.
    """
    text = encode(results)
    try:
        atomic.replace(path, text)
    except OSError as error:
        raise BadRequest(
            f"cannot write {printable(str(path))}: {error.strerror}",
            "name a folder you may write to with --out",
        ) from error


def load(path: Path) -> Results:
    """Return the facts of a results file; raise ``BadRequest`` if it is missing, too large, or not one."""
    return decode(atomic.read(path, LARGEST_BYTES, "results file", _HINT), printable(str(path)))


def encode(results: Results) -> bytes:
    """Return the document as UTF-8, the same for the same facts; raise ``BadRequest`` for facts that cannot be kept."""
    if fault := next(_faults(results), ""):
        raise BadRequest(
            f"these results cannot be kept: {fault}", "the journal beside them holds every event"
        )
    tree = msgspec.to_builtins(results, order="deterministic")
    text = _laid_out({"schema": tree.pop("schema")} | tree, "").encode() + b"\n"
    if len(text) > LARGEST_BYTES:
        raise BadRequest(
            f"these results would take {len(text):,} bytes, the most is {LARGEST_BYTES:,}",
            "run fewer trials or workers",
        )
    return text


def decode(text: bytes, name: str = "this") -> Results:
    """Return the facts of a document, called ``name`` in errors; raise ``BadRequest`` if it is not a valid one."""
    _check_schema(text, name)
    try:
        results = _decoded(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _corrupt(name, str(error)) from error
    if fault := next(_faults(results), ""):
        raise _corrupt(name, fault)
    return results


def _decoded(text: bytes) -> Results:
    if not any(f'"{name}"'.encode() in text for name in FORMER_FIELDS):
        return msgspec.json.decode(text, type=Results)
    tree = msgspec.json.decode(text)
    if isinstance(tree, dict) and isinstance(tree.get("spec"), dict):
        tree = tree | {"spec": with_current_fields(tree["spec"])}
    return msgspec.convert(tree, Results)


class _Opening(msgspec.Struct):
    """The one field that tells what the rest means."""

    schema: str = ""


def _check_schema(text: bytes, name: str) -> None:
    try:
        schema = msgspec.json.decode(text, type=_Opening).schema
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


def _corrupt(name: str, fault: str) -> BadRequest:
    return BadRequest(
        f"{name} is not a valid results file: {printable(fault)[:300]}",
        "use the file as it was written, unedited",
    )


def _laid_out(value: Any, indent: str) -> str:
    """Return JSON with a field or a record on each line, and lists of numbers on one: fit to read and to compare."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        lines = [
            f"{deeper}{_compact(key)}: {_laid_out(member, deeper)}" for key, member in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(member, dict) for member in value):
        lines = [f"{deeper}{_laid_out(member, deeper)}" for member in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _compact(value)


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _faults(results: Results) -> Iterator[str]:
    """Yield what makes the facts unfit to keep or to read, each a clause with the place in it."""
    yield from _value_faults(msgspec.to_builtins(results), "", "")
    yield from _session_faults(results)
    yield from _spec_faults(results.spec)
    yield from _host_faults(results.hosts)
    for place, trial in enumerate(results.trials):
        yield from (f"trials[{place}] {fault}" for fault in _trial_faults(trial))


def _value_faults(value: Any, where: str, name: str) -> Iterator[str]:
    """Yield what is wrong with any text or number, wherever it stands; ``name`` is the field it belongs to."""
    match value:
        case str():
            yield from (f"{where} {fault}" for fault in _text_faults(value, name))
        case bool() | None:
            pass
        case int() | float():
            yield from (f"{where} {fault}" for fault in _number_faults(value, name))
        case dict():
            for key, member in value.items():
                if not is_printable(key):
                    yield f"a name in {where} has characters that cannot be shown"
                yield from _value_faults(
                    member, f"{where}.{key}".lstrip("."), "params" if name == "params" else key
                )
        case _:
            for place, member in enumerate(value):
                yield from _value_faults(member, f"{where}[{place}]", name)


def _text_faults(text: str, name: str) -> Iterator[str]:
    if not is_printable(text):
        yield "is too long or has characters that cannot be shown"
    if name.endswith("sha256") and text and not _DIGEST.fullmatch(text):
        yield "is not a SHA-256 digest"
    if name == "sha256" and not text:
        yield "is empty"


def _number_faults(number: float, name: str) -> Iterator[str]:
    if not math.isfinite(number):
        yield "is not a finite number"
    elif abs(number) > (LARGEST_COUNT if isinstance(number, int) else LARGEST_NUMBER):
        yield "is larger than can be"
    elif number < 0 and name not in _MAY_BE_NEGATIVE and name != "params":
        yield "is negative"


def _session_faults(results: Results) -> Iterator[str]:
    if not RUN_ID.fullmatch(results.run_id):
        yield "run_id is not a short name of letters and digits"
    if not _is_moment(results.began_utc):
        yield "began_utc is not a time in UTC"
    if results.code.commit and not _COMMIT.fullmatch(results.code.commit):
        yield "code.commit is not a commit"
    if len(results.trials) > MOST_TRIALS:
        yield f"there are more than {MOST_TRIALS:,} trials"
    if len(results.rates) > MOST_RATES:
        yield f"there are more than {MOST_RATES:,} rates"
    if _repeats(trial.order for trial in results.trials):
        yield "two trials have one order"
    if _repeats((trial.side, trial.workers, trial.index) for trial in results.trials):
        yield "two trials of one side have one index"


def _is_moment(text: str) -> bool:
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return False
    return offset is not None and not offset


def _spec_faults(spec: Spec) -> Iterator[str]:
    counts = {
        "workers": spec.workers,
        "cores_per_worker": spec.cores_per_worker,
        "baseline_cores": spec.baseline_cores,
        "trials": spec.trials,
    }
    for name, count in counts.items():
        if not 1 <= count <= MOST_WORKERS:
            yield f"spec.{name} is {count}, not between 1 and {MOST_WORKERS:,}"
    if any(not 1 <= point <= MOST_WORKERS for point in spec.points) or list(spec.points) != sorted(
        set(spec.points)
    ):
        yield "spec.points are not numbers of workers in ascending order"
    if len(spec.points) > MOST_SCALES:
        yield f"spec.points are more than {MOST_SCALES:,}"
    if spec.points and spec.workers not in spec.points:
        yield "spec.workers is none of spec.points"
    if (
        min(
            spec.prices.baseline_per_hour,
            *(offer.baseline_per_hour for offer in spec.prices.offers),
            SMALLEST,
        )
        < SMALLEST
    ):
        yield "a price of the baseline is not above zero"


def _host_faults(hosts: tuple[Host, ...]) -> Iterator[str]:
    if _repeats(host.id for host in hosts):
        yield "two hosts have one id"


def _trial_faults(trial: Trial) -> Iterator[str]:
    if not 1 <= trial.workers <= MOST_WORKERS or (
        trial.side is Side.BASELINE and trial.workers != 1
    ):
        yield f"has {trial.workers} workers"
    if trial.workers_detail and len(trial.workers_detail) != trial.workers:
        yield f"has {trial.workers} workers but tells of {len(trial.workers_detail)}"
    if _repeats(worker.process.id for worker in trial.workers_detail):
        yield "has two workers with one id"
    if trial.wall_s > LONGEST_WALL_S or (trial.wall_s < SMALLEST and not trial.failure):
        yield "has an impossible wall time"
    if len(trial.curve) > LONGEST_CURVE:
        yield f"has a curve of more than {LONGEST_CURVE} points"
    if any(len(worker.utilization) > LONGEST_UTILIZATION for worker in trial.workers_detail):
        yield f"has a utilization of more than {LONGEST_UTILIZATION} points"


def _repeats(values: Iterable[object]) -> bool:
    seen = list(values)
    return len(seen) != len(set(seen))
