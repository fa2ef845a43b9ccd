"""Ray's own words, told from one another by what stands in them, and what they mean to a presenter.

Pure: it knows texts and not Ray, so that the conductor can read the end of a log with it.
Imports the standard library only.
"""

import re
from typing import NamedTuple


class Explained(NamedTuple):
    """What a failure of Ray's means, as one sentence, and what to do about it (empty: unknown)."""

    sentence: str
    hint: str = ""


NOT_JOINED = "twoclocks: the cluster did not let this program join within"
_FEWER = "use fewer --workers, choose settings that need less memory, or end other programs"
_EXIT_CODE = r"exits? with (?:an )?exit code (-?\d+)"
_CRASHED = "it crashed or was killed; if memory was short, `dmesg` names it"

# The first pattern that is found counts; its groups fill the sentence in. Those of ``_ENDS`` are
# looked for in a log, too, where anybody may have printed anything.
_ENDS: tuple[tuple[str, Explained], ...] = (
    (
        r"OutOfMemoryError|running low on memory|memory monitor",
        Explained("Ray ended a worker, because this machine's memory was nearly full", _FEWER),
    ),
    (
        r"Failed to connect to GCS|GCS may have been killed|RpcError",
        Explained(
            "Ray's head process (gcs_server) ended or does not answer any more",
            "start the cluster again, if you joined one; a local one is started with every race",
        ),
    ),
    (
        r"LocalRayletDiedError|NodeDiedError|has been marked dead|[Rr]aylet (?:has )?died",
        Explained(
            "Ray's process on one of the machines (raylet) ended or does not answer any more",
            _FEWER,
        ),
    ),
    (
        rf"{NOT_JOINED} (\d+) s",
        Explained(
            "the cluster answers, but did not let this program join within {} s",
            "look at it with `ray status`: its head or its process on this machine may be gone",
        ),
    ),
)
_MEANINGS: tuple[tuple[str, Explained], ...] = (
    (
        r"InvalidAuthToken|AuthenticationError|UNAUTHENTICATED|[Uu]nauthenticated"
        r"|[Aa]uthentication token",
        Explained(
            "the cluster refused this program's token",
            "set RAY_AUTH_MODE and RAY_AUTH_TOKEN as they are on the cluster",
        ),
    ),
    *_ENDS,
    (
        r"ObjectStoreFullError|[Oo]bject store is full|Failed to put object .* in object store",
        Explained(
            "Ray's object store is full",
            "share fewer or smaller values at a time, or free some space in /dev/shm",
        ),
    ),
    (
        r"OutOfDiskError|[Ll]ocal disk is full",
        Explained(
            "the disk on which Ray keeps what its object store cannot hold is full",
            "free some space there, or set TMPDIR to a folder on another disk",
        ),
    ),
    (
        r"available for tasks and actors|system memory|object_store_memory|object store memory",
        Explained(
            "this machine's memory is too small for the input in Ray's object store",
            "choose settings with a smaller input, or end other programs",
        ),
    ),
    (
        r"(?s)Version mismatch.*?Ray: (\S+)\s+Python: (\S+).*?Ray: (\S+)\s+Python: (\S+)",
        Explained(
            "the cluster runs Ray {} on Python {}, this program Ray {} on Python {}",
            "install the same versions here and on every machine of the cluster",
        ),
    ),
    (
        r"RuntimeEnvSetupError|runtime.env",
        Explained(
            "the cluster could not send this program's code to its machines",
            "each of them must reach the head node and be able to write to Ray's temporary folder",
        ),
    ),
    (
        r"(?s)raised in its creation task.*\n(\w[\w.]*(?::[^\n]*)?)\s*$",
        Explained("a worker could not be started: {}"),
    ),
    (
        r"UnschedulableError",
        Explained("the cluster has no room for the workers", "use fewer --workers"),
    ),
    (
        _EXIT_CODE,
        Explained("a worker's process ended with exit code {}", _CRASHED),
    ),
    (
        r"ActorDiedError|ActorUnavailableError|WorkerCrashedError|RayActorError",
        Explained("a worker's process died", _CRASHED),
    ),
    (
        r"Object\w*Lost\w*|OwnerDiedError|ObjectFetchTimedOutError|ObjectReconstructionFailedError"
        r"|ReferenceCountingAssertionError",
        Explained("a value was lost with the process that held it"),
    ),
    (
        r"AF_UNIX path length",
        Explained(
            "the folder for Ray's sockets has too long a path",
            "set TMPDIR to a shorter one, such as /tmp",
        ),
    ),
    (
        r"[Aa]ddress already in use|port .* is (?:already )?(?:in use|taken)",
        Explained(
            "a port that Ray needs is taken", "end the program that listens there, and try again"
        ),
    ),
    (
        r"Could not find any running Ray|[Ff]ailed to connect to .*[Rr]ay|ConnectionError",
        Explained(
            "no Ray cluster answers at that address",
            "give the one that `ray start --head` printed",
        ),
    ),
    (
        r"timed out during startup|[Tt]imed out waiting for|Failed to start",
        Explained(
            "Ray did not start in time", "end other programs, which slow it down, and try again"
        ),
    ),
    (
        r"GetTimeoutError",
        Explained(
            "the workers did not answer in time", "end other programs, which may keep them waiting"
        ),
    ),
)

_UNPICKLED = re.compile(r"cannot pickle [^\n]+|(?:Can't|Could not) (?:get|pickle)[^\n]+")
_SERIALIZED = re.compile(r"Could not serialize the (?:put value|argument)")
_PICKLING, _IN_THE_FUNCTION = "/cloudpickle/", "/harness/run/ray/timed.py"
_FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<name>\S+)')


class Frame(NamedTuple):
    """A line of a traceback."""

    file: str
    line: int
    name: str


def explain(words: str) -> Explained | None:
    """Return what Ray's words mean, the name of an error among them; None if nobody knows."""
    return _first_of(_MEANINGS, words)


def explain_end(log: str) -> Explained | None:
    """Return why Ray ended its driver, from the end of the log; None if it does not say."""
    return _first_of(_ENDS, log)


def explain_loss(words: str) -> str:
    """Return in a few words why a worker was lost, from the error of the actor that it was."""
    if re.search(_ENDS[0][0], words):
        return "Ray ended it, because this machine's memory was nearly full"
    code = re.search(_EXIT_CODE, words)
    return f"its process ended with exit code {code[1]}" if code else "its process died"


def _first_of(meanings: tuple[tuple[str, Explained], ...], words: str) -> Explained | None:
    for pattern, meaning in meanings:
        if match := re.search(pattern, words):
            return Explained(meaning.sentence.format(*match.groups()), meaning.hint)
    return None


def explain_unpicklable(words: str) -> Explained | None:
    """Return what could not be sent to a worker, or back from it; None if it is not about that."""
    unpickled = _UNPICKLED.search(words)
    if _SERIALIZED.search(words):
        reason = f": {unpickled[0]}" if unpickled else ""
        return Explained(
            f"what was given to the pool cannot be sent to the workers{reason}",
            "pass plain values and arrays; make locks, files and connections inside the function",
        )
    if unpickled and _PICKLING in words and _IN_THE_FUNCTION not in words:
        return Explained(
            f"what a worker's function returns cannot be sent back: {unpickled[0]}",
            "return plain values, arrays or bytes",
        )
    return None


def frames(words: str) -> list[Frame]:
    """Return the frames of the tracebacks in a text, in their order."""
    return [
        Frame(match["file"], int(match["line"]), match["name"]) for match in _FRAME.finditer(words)
    ]


def last_line(words: str) -> str:
    """Return the last line that says something: a traceback's says what was raised."""
    return next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")
