"""What is kept at a path, audited against the journal beside it, and what may be claimed of it then.

The terminal, the slide and a notebook all come by here, so that none of them shows an edited file as it stands.
May import ``model``, ``errors``, ``files``, ``journal``, ``reading``, ``results`` and ``score``.
"""

from dataclasses import replace
from pathlib import Path

from harness import reading
from harness.claims.audit import Audit, audit
from harness.claims.headline import Caveat, Headline, Refusal, headline
from harness.errors import BadRequest
from harness.files import atomic, journal, results


def audited(path: Path) -> Audit:
    """Return the audit of a results file or a take's folder with the journal beside it, or of a declared record.

    Raises ``BadRequest`` where there is none; a journal that cannot be read differs from any results file.
    """
    if path.suffix.lower() == ".toml" and not path.is_dir():
        return audit(reading.load(path))
    file = path / results.RESULTS_NAME if path.is_dir() else path
    facts = results.load(file)
    written = atomic.read(file, results.LARGEST_BYTES, "results file", "")
    beside = file.parent / journal.JOURNAL_NAME
    if facts.combined or not beside.exists():
        return audit(facts, written=written)
    try:
        kept = journal.read(beside)
    except BadRequest as error:
        return replace(audit(facts, (), written=written), differences=(error.sentence,))
    return audit(facts, kept.events, journal_sha256=kept.sha256, written=written)


def claimed(found: Audit) -> Headline | Refusal:
    """Return the headline, which says first where the journal is missing; a file that states what its journal does not is refused."""
    if not found.differences:
        return _witnessed(headline(found.results), found.missing_journal)
    sentence = f"the results file states what its journal does not, such as {found.differences[0]}; use the file as it was written"
    return Refusal(found.results, (Caveat("differs-from-journal", sentence),))


def _witnessed(claim: Headline | Refusal, missing: Caveat | None) -> Headline | Refusal:
    match claim:
        case Headline() if missing is not None:
            return replace(claim, caveats=(missing, *claim.caveats))
        case _:
            return claim
