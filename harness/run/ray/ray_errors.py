"""What Ray raises: a lost worker, the author's own error, or a failure of Ray itself.

May import ``errors``.
"""

from typing import NoReturn

from ray.exceptions import RayActorError, RayError, RayTaskError

from harness.errors import SideFailed


def raise_cause(raised: RayError) -> NoReturn:
    """Raise what the author's code raised in a worker, or ``SideFailed`` if Ray itself failed.

    Never an error of Ray's: those count as losses and lead to another attempt.
    """
    if (
        isinstance(raised, RayTaskError)
        and isinstance(raised.cause, Exception)
        and not isinstance(raised.cause, RayError)
    ):
        raise raised.cause from raised
    raise SideFailed(
        f"Ray failed: {type(raised).__name__}", "see distributed.log in the take's folder"
    ) from raised


def loss_reason(error: BaseException) -> str:
    """Return a loss in a few words; Ray's own message runs over many lines."""
    return "its process died" if isinstance(error, RayActorError) else type(error).__name__
