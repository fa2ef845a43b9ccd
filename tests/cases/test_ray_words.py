"""What Ray raises and prints, in words of ours that say what to do; some of it from a real Ray."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.model import Side
from harness.run.launch import environment
from harness.run.ray.ray_words import (
    NOT_JOINED,
    explain,
    explain_end,
    explain_loss,
    explain_unpicklable,
)
from tests.cases import ray_failures

MISMATCH = """RuntimeError: Version mismatch: The cluster was started with:
    Ray: 2.9.0
    Python: 3.10.4
This process on node 10.0.0.2 was started with:
    Ray: 2.60.0
    Python: 3.11.7
"""
CREATION = """ActorDiedError: The actor died because of an error raised in its creation task, ray
  File "/x/worker.py", line 40, in __init__
OSError: [Errno 28] No space left on device"""
GCS = (
    "[2026-11-29 17:32:32,320 E 1 2] rpc_client.h:204: Failed to connect to GCS within 60 seconds."
    " GCS may have been killed."
)
RAYLET = "The node with node id: 7 has been marked dead because the detector has missed too many"
MEMORY = "Task was killed due to the node running low on memory."
EXIT = "Worker exit type: SYSTEM_ERROR Worker exit detail: Worker exits with an exit code 3."


@dataclass(frozen=True)
class Case:
    """What Ray says, the beginning of what we say of it, and a word of the hint (empty: none)."""

    words: str
    sentence: str
    hint: str


CASES = {
    "a worker out of memory": Case(f"OutOfMemoryError: {MEMORY}", "Ray ended a worker", "memory"),
    "an actor out of memory": Case(f"ActorDiedError: {MEMORY}", "Ray ended a worker", "--workers"),
    "a full store": Case(
        "ObjectStoreFullError: Failed to put object 00ff in object store",
        "Ray's object store is full",
        "/dev/shm",
    ),
    "a full disk": Case("OutOfDiskError: Local disk is full", "the disk on which Ray", "TMPDIR"),
    "a store larger than the machine": Case(
        "ValueError: After taking into account object store and redis memory usage, the amount of"
        " memory on this node available for tasks and actors (-9 GB) is less than -4% of total.",
        "this machine's memory is too small",
        "smaller input",
    ),
    "other versions": Case(
        MISMATCH,
        "the cluster runs Ray 2.9.0 on Python 3.10.4, this program Ray 2.60.0 on Python 3.11.7",
        "same versions",
    ),
    "a token that is refused": Case(
        "AuthenticationError: Authentication token mismatch",
        "the cluster refused",
        "RAY_AUTH_TOKEN",
    ),
    "a token that an older Ray does not send": Case(
        "RpcError: RPC Error message: InvalidAuthToken: Authentication token is missing",
        "the cluster refused this program's token",
        "RAY_AUTH_MODE",
    ),
    "a head that never lets one join": Case(
        f"{NOT_JOINED} 60 s", "the cluster answers, but did not let", "ray status"
    ),
    "code that cannot be sent": Case(
        "RuntimeEnvSetupError: Failed to set up runtime environment.",
        "the cluster could not send this program's code",
        "head node",
    ),
    "a lost head": Case(f"RpcError: {GCS}", "Ray's head process (gcs_server)", "cluster"),
    "a lost raylet": Case(
        "LocalRayletDiedError: The task's local raylet died.", "Ray's process on one", "--workers"
    ),
    "a constructor that raises": Case(
        CREATION, "a worker could not be started: OSError: [Errno 28] No space", ""
    ),
    "a worker that exits": Case(
        f"ActorDiedError: {EXIT}", "a worker's process ended with", "dmesg"
    ),
    "a worker that dies": Case(
        "ActorDiedError: The actor died unexpectedly", "a worker's process died", "dmesg"
    ),
    "no room": Case("ActorUnschedulableError: no node", "the cluster has no room", "--workers"),
    "a lost value": Case("ObjectReconstructionFailedError: x", "a value was lost", ""),
    "a lost owner": Case("OwnerDiedError: x", "a value was lost", ""),
    "a long path": Case(
        "OSError: validate_socket_filename failed: AF_UNIX path length cannot exceed 107 bytes: /x",
        "the folder for Ray's sockets has too long a path",
        "TMPDIR",
    ),
    "a port that is taken": Case(
        "RuntimeError: bind: Address already in use", "a port that Ray needs is taken", "listens"
    ),
    "nobody at the address": Case(
        "ConnectionError: Could not find any running Ray instance.",
        "no Ray cluster answers at that address",
        "ray start --head",
    ),
    "a start that takes too long": Case(
        "Exception: The current node timed out during startup.", "Ray did not start in time", "slow"
    ),
    "workers that take too long": Case(
        "GetTimeoutError: Get timed out", "the workers did not answer in time", "programs"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_ray_s_words_become_one_sentence_that_says_what_to_do(case: Case) -> None:
    explained = explain(case.words)
    assert explained is not None
    assert explained.sentence.startswith(case.sentence)
    assert "\n" not in explained.sentence
    assert case.hint in explained.hint
    assert bool(case.hint) == bool(explained.hint)


def test_words_that_nobody_knows_are_not_explained() -> None:
    assert explain("RaySystemError: something new") is None


@pytest.mark.parametrize(("log", "sentence"), [(GCS, "Ray's head"), (RAYLET, "Ray's process")])
def test_the_end_of_a_log_says_why_ray_ended_its_driver(log: str, sentence: str) -> None:
    explained = explain_end(f"what a workload printed\n{log}")
    assert explained is not None
    assert explained.sentence.startswith(sentence)


def test_what_a_workload_printed_is_no_word_of_ray_s() -> None:
    assert explain_end("ConnectionError: my database is away\nGetTimeoutError") is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (MEMORY, "Ray ended it, because this machine's memory was nearly full"),
        (EXIT, "its process ended with exit code 3"),
        ("The actor died unexpectedly", "its process died"),
    ],
)
def test_a_lost_worker_has_a_reason(words: str, reason: str) -> None:
    assert explain_loss(words) == reason


def test_a_lock_that_the_authors_function_cannot_copy_is_its_own_error() -> None:
    own = (
        "cloudpickle/cloudpickle.py\n/harness/run/ray/timed.py\ncannot pickle '_thread.lock' object"
    )
    assert explain_unpicklable(own) is None


@cache
def failures() -> dict[str, str]:
    """Return what is said of every failure of one real cluster, by its kind."""
    inherited = {name: value for name, value in os.environ.items() if name[:4] != "RAY_"}
    ran = subprocess.run(
        [sys.executable, "-m", ray_failures.__name__],
        cwd=Path(__file__).parents[2],
        env=environment(inherited, Side.DISTRIBUTED, 1, joined=False),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=240,
        check=True,
    )
    said: dict[str, str] = json.loads(ran.stdout.splitlines()[-1])
    return said


@pytest.mark.ray
@pytest.mark.parametrize(("kind", "sentence"), ray_failures.SENTENCES.items())
def test_what_a_real_ray_raises_is_said_in_words_of_ours(kind: str, sentence: str) -> None:
    assert failures()[kind] == sentence
