"""What Ray raises: a lost worker, the author's own error, or a failure of Ray itself.

Ray's own words go to the side's log; what is raised says what they mean.
May import ``errors`` and ``run``.
"""

import contextlib
import traceback
from collections.abc import Iterator
from typing import NoReturn

from ray.exceptions import RayActorError, RayError, RayTaskError

from harness.errors import SideFailed, TwoclocksError
from harness.run.failure import where_raised
from harness.run.ray import ray_words
from harness.run.ray.ray_words import Explained


def raise_cause(raised: RayError) -> NoReturn:
    """Raise what the author's code raised in a worker, or ``SideFailed`` if Ray itself failed.

    Never an error of Ray's: those count as losses and lead to another attempt.
    """
    words = str(raised)
    if isinstance(raised, RayTaskError):
        if isinstance(raised.cause, SideFailed):
            _fail(raised, Explained(raised.cause.sentence, raised.cause.hint))
        if (unpicklable := ray_words.explain_unpicklable(words)) is not None:
            _fail(raised, unpicklable)
        if isinstance(raised.cause, Exception) and not isinstance(raised.cause, RayError):
            raise raised.cause from raised
    _fail(raised, _explain(raised))


def loss_reason(error: BaseException) -> str:
    """Return a loss in a few words; Ray's own message runs over many lines."""
    known = isinstance(error, RayActorError)
    return ray_words.explain_loss(str(error)) if known else type(error).__name__


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Raise what ``raise_cause`` does for an error of Ray's in the block, wherever it comes from.

    Raises ``SideFailed`` too for a value that cannot be sent to the workers.
    """
    try:
        yield
    except RayError as raised:
        raise_cause(raised)
    except TypeError as error:
        if (meaning := ray_words.explain_unpicklable(str(error))) is None:
            raise
        _fail(error, meaning)


@contextlib.contextmanager
def connecting() -> Iterator[None]:
    """Raise ``SideFailed`` for whatever Ray raises while a cluster is started or joined."""
    try:
        yield
    except TwoclocksError:
        raise
    except Exception as error:
        _fail(error, _explain(error))


def _explain(error: Exception) -> Explained:
    words = f"{type(error).__name__}: {error}"
    first = words.splitlines()[0]
    if (meaning := ray_words.explain(words)) is not None:
        return meaning
    if isinstance(error, RayTaskError):  # an error of Ray's that the author met in a worker
        hint = where_raised(ray_words.frames(words))
        return Explained(f"a worker raised {ray_words.last_line(words)}", hint)
    return Explained(f"Ray failed: {first}")


def _fail(error: Exception, meaning: Explained) -> NoReturn:
    """Raise what an error means; its own words go to the log."""
    with contextlib.suppress(OSError):  # the log's disk may be full
        traceback.print_exception(error)
    raise SideFailed(meaning.sentence, meaning.hint) from error
