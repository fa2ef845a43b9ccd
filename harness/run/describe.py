"""A short-lived process that reads a workload, so that the screen's process never has to.

``start.py harness.run.describe DESCRIPTOR NAME [key=value …]`` writes one JSON line to the
descriptor: what must be known of the workload, or the sentence and hint of what is wrong.
May import ``model``, ``errors``, ``workload``, ``run``, ``command_pair`` and ``params``.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.command_pair import CommandPair
from harness.errors import BadRequest
from harness.model import CommandFacts, Description, Parameters
from harness.params import apply_overrides
from harness.run.baseline_variants import declared_variants
from harness.run.commands.checks import why_not_runnable
from harness.run.digest import files_of, named_files, pair_digest, user_module_digest
from harness.run.failure import failure_of
from harness.run.find import find, user_modules
from harness.run.guard import die_with_parent
from harness.run.start import UNSET_PYTHONPATH, folder_of_pythonpath
from harness.run.wire import TimeVariant


class WorkloadFacts(msgspec.Struct, frozen=True, tag=True):
    """What must be known of a workload before anything starts.

    ``variants`` are those of its baseline. ``user_modules_sha256`` is the digest of its file, or of
    the two programs (empty: it is built in), ``own_files`` are these files (None: it is built in).
    ``commands`` is as in ``Spec``. ``serves`` tells that it is offered requests one by one.
    """

    words: Description
    params: Parameters
    simulated: bool
    variants: tuple[TimeVariant, ...] = ()
    user_modules_sha256: str = ""
    commands: CommandFacts | None = None
    own_files: tuple[str, ...] | None = None
    serves: bool = False


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why the workload cannot be run as asked."""

    sentence: str
    hint: str


def describe(name: str, settings: list[str]) -> WorkloadFacts | Refused:
    """Return the description, or the refusal; a file that does not even import is refused too."""
    try:
        workload = find(name)
        params = apply_overrides(workload, settings)
        modules = user_modules(name)
        if isinstance(workload, CommandPair):
            pair = workload.with_settings(params)
            if (why := why_not_runnable(pair)) is not None:
                return Refused(*why)
            return WorkloadFacts(
                pair.words,
                params,
                simulated=False,
                user_modules_sha256=pair_digest(pair, modules),
                commands=pair.facts,
                own_files=_paths([*files_of(modules), *named_files(pair)]),
            )
        return WorkloadFacts(
            workload.words_with(params),
            params,
            workload.simulated,
            declared_variants(workload, params),
            user_modules_sha256=user_module_digest(modules),
            own_files=_paths(files_of(modules)) if modules else None,
            serves=workload.service is not None,
        )
    except BadRequest as bad:
        return Refused(bad.sentence, bad.hint)
    except Exception as error:  # the author's file may raise anything when imported
        failed = failure_of(error)
        outside = f"; {UNSET_PYTHONPATH}" if folder_of_pythonpath(error) else ""
        return Refused(f"{name} cannot be loaded: {failed.reason}", f"{failed.hint}{outside}")


def _paths(files: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(file.absolute()) for file in files)


def main() -> None:
    """Describe the workload named on the command line."""
    die_with_parent()
    descriptor, name, *settings = sys.argv[1:]
    with os.fdopen(int(descriptor), "wb") as answer:
        answer.write(msgspec.json.encode(describe(name, settings)))
