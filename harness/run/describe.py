"""A short-lived process that reads a workload, so that the screen's process never has to.

``python -m harness.run.describe DESCRIPTOR NAME [key=value …]`` writes one JSON line to the descriptor:
the workload's words, its settled parameters and what its baseline can be timed beside, or the sentence and
hint of what is wrong. May import ``model``, ``errors``, ``workload`` and ``run``.
"""

import os
import sys

import msgspec

from harness.command_pair import CommandPair
from harness.errors import BadRequest
from harness.model import Adopted, Parameters, Words
from harness.params import apply_overrides
from harness.run.baseline_variants import declared
from harness.run.digest import adopted_digest, pair_digest
from harness.run.find import find, user_modules
from harness.run.wire import Study


class Description(msgspec.Struct, frozen=True, tag=True):
    """What the program must know of a workload before anything starts; ``studies`` are the variants of its baseline.

    ``adopted_sha256`` is the digest of its file, or of the two programs (empty: it is one of ours); ``adopted`` is as in ``Spec``.
    """

    words: Words
    params: Parameters
    simulated: bool
    studies: tuple[Study, ...] = ()
    adopted_sha256: str = ""
    adopted: Adopted | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why the workload cannot be run as asked."""

    sentence: str
    hint: str


def describe(name: str, settings: list[str]) -> Description | Refused:
    """Return the description, or the refusal; a file that does not even import is refused too."""
    try:
        workload = find(name)
        params = apply_overrides(workload, settings)
        if isinstance(workload, CommandPair):
            pair = workload.with_settings(params)
            return Description(
                pair.words,
                params,
                simulated=False,
                adopted_sha256=pair_digest(pair, user_modules(name)),
                adopted=pair.adopted,
            )
        adopted = adopted_digest(user_modules(name))
        return Description(
            workload.words, params, workload.simulated, declared(workload, params), adopted
        )
    except BadRequest as bad:
        return Refused(bad.sentence, bad.hint)
    except Exception as error:  # the author's file may raise anything when imported
        return Refused(
            f"{name} cannot be loaded: {type(error).__name__}: {error}",
            "run that file with python to see where it fails",
        )


def main() -> None:
    """Describe the workload named on the command line."""
    descriptor, name, *settings = sys.argv[1:]
    with os.fdopen(int(descriptor), "wb") as answer:
        answer.write(msgspec.json.encode(describe(name, settings)))


if __name__ == "__main__":
    main()
