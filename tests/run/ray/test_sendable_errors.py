import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import SideFailed
from harness.run.ray.peers import TOKEN_BYTES
from harness.run.ray.sendable_errors import sendable_errors
from harness.run.ray.worker import Worker
from harness.workload import AnyLockstep, AnyPipeline, Lockstep, Pipeline


class Held(Exception):
    """An error that cannot be pickled."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.lock = threading.Lock()


class Refused(Exception):
    """An error that can be pickled, and not be made again of that."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


class Odd(Exception):
    """An error whose pickling fails with another one."""

    def __reduce__(self) -> Any:
        raise LookupError


def fail(error: Exception) -> Any:
    raise error


@pytest.mark.parametrize("error", [Held("no"), Refused("no", 403), Odd("no")])
def test_an_error_that_cannot_be_sent_is_said_with_its_place(error: Exception) -> None:
    with pytest.raises(SideFailed) as raised, sendable_errors():
        fail(error)
    assert raised.value.sentence == f"a worker raised {type(error).__name__}: no"
    assert raised.value.hint.startswith("it was raised in test_sendable_errors.py, line ")
    assert raised.value.hint.endswith(", in fail")


def test_it_arrives_with_sentence_and_hint() -> None:
    with pytest.raises(SideFailed) as raised, sendable_errors():
        fail(Held("no"))
    arrived = pickle.loads(pickle.dumps(raised.value))
    assert (arrived.sentence, arrived.hint) == (raised.value.sentence, raised.value.hint)


def test_an_error_that_can_be_sent_stays_as_it_is() -> None:
    error = ValueError("no")
    with pytest.raises(ValueError, match="no") as raised, sendable_errors():
        fail(error)
    assert raised.value is error


def raise_held(*_: Any) -> Any:
    raise Held("no")


def lockstep(**failing: Callable[..., Any]) -> AnyLockstep:
    parts: dict[str, Callable[..., Any]] = {
        "start": lambda: 0,
        "contribute": lambda state, step, share: 0,
        "combine": lambda state, step, parts: 0,
    }
    return Lockstep(**(parts | failing))


def begun(worker: Worker, program: AnyLockstep) -> Worker:
    worker.begin(program, (0,), True, "share")
    return worker


def pipeline(**failing: Callable[..., Any]) -> AnyPipeline:
    names = ("start", "forward", "turn", "backward", "update", "conclude")
    return Pipeline(**(dict.fromkeys(names, lambda *_: 0) | failing))


def staged(worker: Worker, program: AnyPipeline) -> Worker:
    worker.begin_stage(program, 1, 0)
    assert worker.link_stage([worker.listen("127.0.0.1")], 0, bytes(TOKEN_BYTES), 1)
    return worker


FAILURES: dict[str, Callable[[Worker], Any]] = {
    "run": lambda worker: worker.run(raise_held, 1),
    "scatter": lambda worker: worker.scatter(raise_held, 1, 1),
    "gather": lambda worker: worker.gather(raise_held, 0, 1, 1),
    "begin": lambda worker: begun(worker, lockstep(start=raise_held)),
    "rehearse": lambda worker: begun(worker, lockstep(contribute=raise_held)).rehearse(),
    "advance": lambda worker: begun(worker, lockstep(combine=raise_held)).advance(1, 1.0),
    "restore": lambda worker: begun(worker, lockstep(stop=raise_held)).restore(1, 0),
    "begin_stage": lambda worker: staged(worker, pipeline(start=raise_held)),
    "advance_stage": lambda worker: staged(worker, pipeline(turn=raise_held)).advance_stage(1, 1.0),
    "conclude_stage": lambda worker: staged(worker, pipeline(conclude=raise_held)).conclude_stage(),
}


@pytest.mark.parametrize("method", FAILURES)
def test_whatever_a_worker_has_the_author_s_code_do_fails_so(method: str) -> None:
    worker = Worker("w0", (), "")
    with pytest.raises(SideFailed, match="a worker raised Held: no"):
        FAILURES[method](worker)
    worker.release()
