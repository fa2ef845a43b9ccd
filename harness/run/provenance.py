"""Which commit the source that ran is of, and whether it is as committed.

A repository may be anybody's, so nothing in it is executed: no hook, monitor, filter or transport.
git is only asked for names of commits and files; contents are compared here.
May import ``model`` and ``run``.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.model import Code, Revision
from harness.run.start import ROOT

ANSWERS_WITHIN_S = 5.0
COMMIT_DIGITS = 12
FILES_AT_ONCE = 500
HASHES = ("sha1", "sha256")
PACKAGES = ("demo", "harness", "workloads")
UNDER_NO_COMMIT = Revision(commit="", dirty=False)
UNKNOWN = Revision(commit="", dirty=None)

_OPTIONS = (
    # whoever the repository belongs to: nothing of it is executed
    *("-c", "safe.directory=*"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "protocol.allow=never"),
)
_ENVIRONMENT = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class Checkout(NamedTuple):
    """A repository's working tree: its root, its commit, and the hash that names objects."""

    root: Path
    commit: str
    form: str


class GitUnavailable(Exception):
    """git is not installed, or does not answer."""


def code(source_sha256: str, own_files: Sequence[str] | None, root: Path = Path(ROOT)) -> Code:
    """Return which source runs: ours, and the presenter's ``own_files`` (None: there are none).

    An installed copy has a version in place of a commit.
    """
    ours = UNDER_NO_COMMIT
    if (root / ".git").exists():
        ours = _revision_of_ours(root)
    return Code(
        commit=ours.commit,
        dirty=bool(ours.dirty),
        source_sha256=source_sha256,
        version=installed_version(root),
        workload=() if own_files is None else revisions(map(Path, own_files)),
    )


def _revision_of_ours(root: Path) -> Revision:
    try:
        checkout = _checkout(root)
        sources = [path for name in PACKAGES for path in (root / name).rglob("*.py")]
        return UNDER_NO_COMMIT if checkout is None else _revision(checkout, sources)
    except GitUnavailable:
        return UNKNOWN


def installed_version(root: Path) -> str:
    """Return the version that was installed into a folder; empty if it is a clone or a copy."""
    installed = next(root.glob("twoclocks-*.dist-info"), None)
    return "" if installed is None else installed.stem.partition("-")[2]


def revisions(files: Iterable[Path]) -> tuple[Revision, ...]:
    """Return the revision of each repository that these files are of, in their order, each once.

    Files of no repository are under no commit. Where git cannot be asked, or there is no file, the
    revision is not known.
    """
    by_folder: dict[Path, list[Path]] = {}
    for file in files:
        real = file.resolve()
        by_folder.setdefault(real.parent, []).append(real)
    try:
        return tuple(_revisions(by_folder)) or (UNKNOWN,)
    except GitUnavailable:
        return (UNKNOWN,)


def _revisions(by_folder: Mapping[Path, Sequence[Path]]) -> Iterator[Revision]:
    by_checkout: dict[Checkout | None, list[Path]] = {}
    for folder, files in by_folder.items():
        by_checkout.setdefault(_checkout(folder), []).extend(files)
    for checkout, files in by_checkout.items():
        yield UNDER_NO_COMMIT if checkout is None else _revision(checkout, files)


def _checkout(folder: Path) -> Checkout | None:
    """Return the checkout that a folder is of (None: of none, or of one without a commit)."""
    questions = ("--show-toplevel", "--show-object-format", "HEAD^{commit}")
    answers = os.fsdecode(_git(folder, "rev-parse", *questions)).split("\n")[:-1]
    *root, form, commit = ["", "", *answers]
    top = Path("\n".join(root[2:]))
    if not commit or not folder.is_relative_to(top):
        return None
    return Checkout(top, commit, form if form in HASHES else HASHES[0])


def _revision(checkout: Checkout, files: Sequence[Path]) -> Revision:
    """Return the revision of files of one checkout."""
    present = {file.relative_to(checkout.root).as_posix(): file for file in files}
    committed = _committed(checkout, list(present))
    if not committed:
        return UNDER_NO_COMMIT
    dirty = any(_blob(file, checkout.form) != committed.get(name) for name, file in present.items())
    return Revision(commit=checkout.commit[:COMMIT_DIGITS], dirty=dirty)


def _committed(checkout: Checkout, names: Sequence[str]) -> dict[str, str]:
    """Return git's names of the contents of those files that the commit has, by path."""
    listed = b"".join(
        _git(
            checkout.root,
            *("ls-tree", "-z", "--full-tree", checkout.commit, "--"),
            *names[first : first + FILES_AT_ONCE],
        )
        for first in range(0, len(names), FILES_AT_ONCE)
    )
    entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
    return {os.fsdecode(path): about.split()[2].decode() for about, _, path in entries}


def _blob(file: Path, form: str) -> str:
    """Return git's name of a file's content; empty where it cannot be read."""
    try:
        content = file.read_bytes()
    except OSError:
        return ""
    known = hashlib.new(form, b"blob %d\0" % len(content), usedforsecurity=False)
    known.update(content)
    return known.hexdigest()


def _git(folder: Path, *words: str) -> bytes:
    """Return what git prints, empty where it refuses; raise ``GitUnavailable`` if it cannot."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *_OPTIONS, "-C", str(folder), *words],
            env=inherited | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=ANSWERS_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitUnavailable from error
    return done.stdout if done.returncode == 0 else b""
