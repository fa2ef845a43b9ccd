"""The newest take of a workload, recorded or not.

May import ``errors``, ``files``, ``model``, ``state.last_take`` and ``takes.folder``.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from harness.errors import BadRequest
from harness.files import results
from harness.files.results import RESULTS_NAME
from harness.model import Kind, Results, Spec, Status
from harness.state.last_take import LastTake
from harness.takes.folder import SHOWCASE


def newest_take(root: Path, workload: str) -> Path | None:
    """Return the folder of the newest complete measured take of a workload (None: there is none).

    Only folders right below ``root`` count, without links such as ``latest`` and hidden drafts;
    the showcase counts as older than all others.
    """
    takes = _measured(root, lambda spec: spec.workload.name == workload)
    return max(takes, key=lambda folder: _age(folder, takes[folder]), default=None)


def last_take(root: Path, spec: Spec) -> LastTake | None:
    """Return how the distributed side went in the newest take that ran the same (None: none did).

    The showcase does not count: it was recorded on another machine. In a sweep there is none.
    """
    takes = _measured(root, lambda other: not spec.points and _runs_the_same(other, spec))
    own = {folder: facts for folder, facts in takes.items() if folder.name != SHOWCASE}
    newest = max(own, key=lambda folder: _age(folder, own[folder]), default=None)
    return None if newest is None else LastTake.of(own[newest])


def _runs_the_same(other: Spec, spec: Spec) -> bool:
    """Return whether both sides do the same, however often, at what price and with what proof."""
    alike = replace(
        other,
        workload=spec.workload,
        trials=spec.trials,
        prices=spec.prices,
        spot=spec.spot,
        checkpoint_s=spec.checkpoint_s,
        prove_baseline=spec.prove_baseline,
    )
    return other.workload.name == spec.workload.name and alike == spec


def _measured(root: Path, counts: Callable[[Spec], bool]) -> dict[Path, Results]:
    """Return the complete measured takes right below a folder whose spec counts, by folder."""
    files = [file for file in root.glob(f"[!.]*/{RESULTS_NAME}") if not file.parent.is_symlink()]
    return {
        file.parent: facts
        for file in files
        if (facts := _facts(file)) is not None
        and (facts.status, facts.kind) == (Status.COMPLETE, Kind.MEASURED)
        and counts(facts.spec)
    }


def _age(folder: Path, facts: Results) -> tuple[bool, datetime]:
    return folder.name != SHOWCASE, datetime.fromisoformat(facts.began_utc)


def _facts(file: Path) -> Results | None:
    with contextlib.suppress(BadRequest):
        return results.load(file)
    return None
