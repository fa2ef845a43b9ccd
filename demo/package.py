"""The verb ``package``: a take as one file, from which others can repeat its session.

May import ``harness`` and its neighbours.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.check.takes import SCANNED_SUFFIXES, read_identity
from harness import text
from harness.cast.format import CAST
from harness.errors import BadRequest, cannot_write
from harness.files import atomic
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Code, Kind, Results
from harness.report import REPORT_PAGE, Report
from harness.run import launch
from harness.run.find import is_path
from harness.run.sources import source_digest
from harness.run.start import ROOT
from harness.show.session_words import session_words
from harness.takes import package as packages
from harness.takes.folder import FILM_NAME, PAGE_NAME
from harness.takes.package import MANIFEST_NAME, SOURCE, Manifest, Package
from harness.takes.privacy import Leak, scan
from harness.text import printable

LOCK = "requirements.lock"
README = "README.txt"
VERSIONS = "versions.txt"
_RECORDED = (CAST, PAGE_NAME, FILM_NAME)


def package(take: Path, out: Path | None, workload: str | None) -> str:
    """Write a take's package and return the words that say so.

    ``workload`` is the file of the presenter's own one, which is packed if it is what ran (None: it
    is built in, or is left out). Raises ``BadRequest`` for what is no whole take, for a file that
    is there already, and where something in it names somebody or holds a key.
    """
    folder = take.parent if take.name == RESULTS_NAME else take
    report = Report.load(folder)
    results = report.results
    own = {} if workload is None else _own_source(results, workload)
    taken = _take_files(folder)
    drawn = report.files(recording=PAGE_NAME if PAGE_NAME in taken else "")
    members = taken | drawn | own | _versions(results, ran_here=bool(own))
    runs = _what_runs(results, workload if own else None)
    members |= {README: _readme(results, runs).encode()}
    _require_private(members)
    packed = packages.pack(
        Package(
            Manifest(
                schema=packages.SCHEMA,
                run_id=results.run_id,
                workload=results.spec.workload.name,
                command=_command(results, runs),
                runs=runs,
                source=_source(results.code),
                members={name: packages.member(members[name]) for name in sorted(members)},
            ),
            members,
        )
    )
    target = out or Path(f"{folder.resolve().name}.zip")
    _write(target, packed)
    return _words(target, packed, len(members), missing=_is_own(results) and not own)


def _take_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a take that are packed as they are; raise ``BadRequest`` for no take."""
    hint = "give a take's folder as `twoclocks race` has left it"
    needed = {
        name: atomic.read(folder / name, packages.LARGEST_BYTES, "take's file", hint)
        for name in (RESULTS_NAME, JOURNAL_NAME)
    }
    recorded = {
        name: atomic.read(folder / name, packages.LARGEST_BYTES, "recording", hint)
        for name in _RECORDED
        if (folder / name).exists()
    }
    return needed | recorded


def _versions(results: Results, *, ran_here: bool) -> dict[str, bytes]:
    """Return what ran by its versions, and the lock of the source here if that is what ran."""
    kinds = {
        f"{name}=={version}\n" for host in results.hosts for name, version in host.packages.items()
    }
    pythons = {f"# Python {host.python}, {host.system}\n" for host in results.hosts}
    versions = {VERSIONS: "".join([*sorted(pythons), *sorted(kinds)]).encode()}
    lock = Path(ROOT, LOCK)
    if lock.is_file() and (ran_here or source_digest() == results.code.source_sha256):
        versions[LOCK] = lock.read_bytes()
    return versions


def _own_source(results: Results, workload: str) -> dict[str, bytes]:
    """Return the presenter's modules; raise ``BadRequest`` if they are not what ran."""
    if not is_path(workload):
        raise BadRequest(f"{workload} is not the file of a workload", "name its .py file")
    facts = launch.describe(workload, [])
    if facts.commands is not None or facts.own_files is None:
        raise BadRequest(
            f"{workload} is no workload of yours with modules to pack",
            "publish two programs beside the package",
        )
    if source_digest(facts.user_modules_sha256) != results.code.source_sha256:
        raise BadRequest(
            f"{workload}, or twoclocks, is not what ran in that session: it has changed since",
            "check out the version that ran, or leave --workload out",
        )
    folder = Path(workload).resolve().parent
    files = {Path(name).resolve() for name in facts.own_files}
    return {SOURCE + file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _is_own(results: Results) -> bool:
    """Return whether something of the presenter's ran."""
    return bool(results.code.workload) or results.spec.commands is not None


def _what_runs(results: Results, workload: str | None) -> str:
    """Return what must be named before it runs: the packed file, or what is not packed."""
    if workload is not None:
        return Path(workload).name
    return results.spec.workload.name if _is_own(results) else ""


def _command(results: Results, runs: str) -> str:
    name = runs or results.spec.workload.name
    return shlex.join(["twoclocks", *session_words(results, name)])


def _source(code: Code) -> str:
    """Return which source ran, by commit or version and by its digest."""
    changed = " with changes" if code.dirty else ""
    named = f"commit {code.commit}{changed}" if code.commit else f"version {code.version}"
    known = f"{named}, " if code.commit or code.version else ""
    return f"{known}SHA-256 {code.source_sha256}"


def _readme(results: Results, runs: str) -> str:
    """Return what a reader of the package should do first."""
    allowed = f" --run {runs}" if runs else ""
    kind = "" if results.kind is Kind.MEASURED else f" This session is {results.kind}."
    return f"""\
A race of two clocks: a session of the workload {printable(results.spec.workload.name)}.{kind}

Open {REPORT_PAGE} first. {RESULTS_NAME} holds every fact, {JOURNAL_NAME} every event that
they were made of; `twoclocks audit` holds one against the other. {MANIFEST_NAME} lists
the SHA-256 of each file here, {VERSIONS} what was installed.

To run it again on your machine, and see both side by side:

    twoclocks reproduce THIS.zip{allowed}

Nothing of this package is executed unless you name it with --run. Without the package:

    {_command(results, runs)}

Source: {_source(results.code)}
"""


def _require_private(members: Mapping[str, bytes]) -> None:
    """Raise ``BadRequest`` if a member names somebody or a machine, or holds a key."""
    leaks = list(_leaks(members))
    if leaks:
        name, leak = leaks[0]
        line = "" if leak.line is None else f" line {text.count(leak.line)}"
        more = f", and {text.count(len(leaks) - 1)} more" if len(leaks) > 1 else ""
        raise BadRequest(
            f"{printable(name)}{line} has {leak.kind} ({printable(leak.masked)}){more}",
            "run it again where nothing names you: a package is there to be published",
        )


def _leaks(members: Mapping[str, bytes]) -> Iterator[tuple[str, Leak]]:
    who = read_identity()
    for name, content in members.items():
        if Path(name).suffix in {*SCANNED_SUFFIXES, ".py"}:
            yield from ((name, leak) for leak in scan(name, content, who))


def _write(target: Path, packed: bytes) -> None:
    """Write the package; raise ``BadRequest`` where another file has its name."""
    shown = printable(str(target))
    try:
        if target.exists() and target.read_bytes() != packed:
            raise BadRequest(f"{shown} is there already", "name another file with --out")
        atomic.replace(target, packed)
    except OSError as error:
        raise cannot_write(shown, error, "name another file with --out") from error


def _words(target: Path, packed: bytes, files: int, *, missing: bool) -> str:
    shown = printable(str(target))
    lines = [f"wrote {shown}: {text.number_of(files, 'file')}, {text.size(len(packed))}"]
    if missing:
        lines.append("your own workload is not in it: add --workload FILE.py for others to run it")
    return "\n".join([*lines, f"others run it again with: twoclocks reproduce {shown}"])
