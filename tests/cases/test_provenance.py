"""Which commit is printed for what: that of the presenter's own files, or none, and ours beside it.

Nothing of a repository is ever executed, whatever its configuration asks for.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.claims.audit import audit
from harness.command_pair import CommandPair
from harness.model import Code, Revision
from harness.run import provenance
from harness.run.digest import named_files
from harness.run.provenance import UNDER_NO_COMMIT, UNKNOWN, code, revisions
from harness.run.start import ROOT
from harness.show.provenance import provenance as provenance_line
from tests.builders import a_digest_of, a_results

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
FILE = "train.py"


def git(folder: Path, *words: str) -> str:
    """Run git as the author would, whatever this account's own settings are."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *AUTHOR, "-C", str(folder), *words],
        env=own | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def a_repository(folder: Path, *options: str, names: tuple[str, ...] = (FILE, "README")) -> Path:
    """Make a repository with one commit of files; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *options)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}\n")
    (folder / ".gitignore").write_text("ignored*\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")
    return folder


def at_head(folder: Path, *, dirty: bool = False) -> Revision:
    """Return the revision that a repository stands at."""
    return Revision(commit=git(folder, "rev-parse", "HEAD")[:12], dirty=dirty)


def as_committed(desk: Path) -> list[Path]:
    return [a_repository(desk) / FILE]


def changed(desk: Path) -> list[Path]:
    (file,) = as_committed(desk)
    file.write_text("other\n")
    return [file]


def staged(desk: Path) -> list[Path]:
    files = changed(desk)
    git(desk, "add", ".")
    return files


def put_back(desk: Path) -> list[Path]:
    (file,) = as_committed(desk)
    content = file.read_bytes()
    file.write_text("other\n")
    file.write_bytes(content)
    os.utime(file, (1, 1))
    return [file]


def another_file_changed(desk: Path) -> list[Path]:
    files = as_committed(desk)
    (desk / "README").write_text("other\n")
    (desk / "recordings").mkdir()
    (desk / "recordings" / "results.json").touch()
    return files


def no_more_in_the_index(desk: Path) -> list[Path]:
    files = as_committed(desk)
    git(desk, "rm", "-q", "--cached", FILE)
    return files


def made_executable(desk: Path) -> list[Path]:
    (file,) = as_committed(desk)
    file.chmod(0o755)
    return [file]


def untracked(desk: Path) -> list[Path]:
    a_repository(desk)
    (desk / "mine.py").touch()
    return [desk / "mine.py"]


def ignored(desk: Path) -> list[Path]:
    a_repository(desk)
    (desk / "ignored.py").touch()
    return [desk / "ignored.py"]


def with_an_untracked_neighbour(desk: Path) -> list[Path]:
    return [*reversed(untracked(desk)), desk / FILE]


def in_no_repository(desk: Path) -> list[Path]:
    (desk / FILE).touch()
    return [desk / FILE]


def before_the_first_commit(desk: Path) -> list[Path]:
    git(desk, "init", "-q")
    return in_no_repository(desk)


def in_a_subfolder(desk: Path) -> list[Path]:
    return [a_repository(desk, names=("a/b/train.py",)) / "a/b/train.py"]


def of_a_strange_name(desk: Path) -> list[Path]:
    name = "my räce\nfolder/:(glob)*.py"
    return [a_repository(desk / "in ü\nhere", names=(name,)) / name]


def in_a_submodule(desk: Path) -> list[Path]:
    inner = a_repository(desk / "inner")
    outer = a_repository(desk / "outer")
    git(outer, "submodule", "--quiet", "add", str(inner), "sub")
    (inner / "README").write_text("later\n")
    git(inner, "commit", "-qam", "later")
    return [outer / "sub" / FILE]


def in_a_worktree(desk: Path) -> list[Path]:
    main = a_repository(desk / "main")
    git(main, "worktree", "add", "-q", "-b", "other", str(desk / "other"))
    (main / FILE).write_text("later\n")
    git(main, "commit", "-qam", "later")
    return [desk / "other" / FILE]


def in_a_repository_within_another(desk: Path) -> list[Path]:
    a_repository(desk)
    return [a_repository(desk / "inner") / FILE]


def behind_a_link(desk: Path) -> list[Path]:
    a_repository(desk / "there")
    (desk / "link.py").symlink_to(desk / "there" / FILE)
    return [desk / "link.py"]


def at_a_detached_head(desk: Path) -> list[Path]:
    files = as_committed(desk)
    git(desk, "checkout", "-q", "--detach")
    return files


def named_by_sha256(desk: Path) -> list[Path]:
    return [a_repository(desk, "--object-format=sha256") / FILE]


def of_two_repositories(desk: Path) -> list[Path]:
    return [*changed(desk / "one"), a_repository(desk / "two") / FILE]


def of_one_repository_and_none(desk: Path) -> list[Path]:
    (desk / "loose.py").touch()
    return [a_repository(desk / "one") / FILE, desk / "loose.py"]


def whose_files_lie_elsewhere(desk: Path) -> list[Path]:
    a_repository(desk / "one")
    (desk / "two").mkdir()
    git(desk / "one", "config", "core.worktree", str(desk / "two"))
    return [desk / "one" / FILE]


def twice_of_one(desk: Path) -> list[Path]:
    a_repository(desk, names=(FILE, "sub/more.py"))
    return [desk / FILE, desk / "sub/more.py", desk / FILE]


@dataclass(frozen=True)
class Case:
    """How files come to lie somewhere, and what their revisions are: where, and whether changed."""

    sentence: str
    make: Callable[[Path], list[Path]]
    right: tuple[tuple[str, bool] | None, ...]


CASES = (
    Case("a committed file", as_committed, ((".", False),)),
    Case("a changed file", changed, ((".", True),)),
    Case("a change that is staged", staged, ((".", True),)),
    Case("a change that was undone", put_back, ((".", False),)),
    Case("a change of other files", another_file_changed, ((".", False),)),
    Case("a file removed from the index alone", no_more_in_the_index, ((".", False),)),
    Case("a file made executable", made_executable, ((".", False),)),
    Case("an untracked file", untracked, (None,)),
    Case("an ignored file", ignored, (None,)),
    Case("an untracked file beside it", with_an_untracked_neighbour, ((".", True),)),
    Case("a file in no repository", in_no_repository, (None,)),
    Case("a repository without a commit", before_the_first_commit, (None,)),
    Case("a file in a subfolder", in_a_subfolder, ((".", False),)),
    Case("names with blanks, newlines and magic", of_a_strange_name, (("in ü\nhere", False),)),
    Case("a submodule, at its own commit", in_a_submodule, (("outer/sub", False),)),
    Case("a worktree, at its own commit", in_a_worktree, (("other", False),)),
    Case("a repository in another", in_a_repository_within_another, (("inner", False),)),
    Case("a link into a repository", behind_a_link, (("there", False),)),
    Case("a detached head", at_a_detached_head, ((".", False),)),
    Case("objects named by SHA-256", named_by_sha256, ((".", False),)),
    Case("two repositories, in order", of_two_repositories, (("one", True), ("two", False))),
    Case("a repository and none", of_one_repository_and_none, (("one", False), None)),
    Case("a repository whose files lie elsewhere", whose_files_lie_elsewhere, (None,)),
    Case("two files of one, once", twice_of_one, ((".", False),)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_files_are_of_the_commit_that_holds_them(case: Case, tmp_path: Path) -> None:
    files = case.make(tmp_path)
    assert revisions(files) == tuple(
        UNDER_NO_COMMIT if where is None else at_head(tmp_path / where[0], dirty=where[1])
        for where in case.right
    )


def with_configuration(**settings: str) -> Callable[[Path], None]:
    def configure(desk: Path) -> None:
        for name, value in settings.items():
            git(desk, "config", name.replace("__", "."), value.format(desk=desk))

    return configure


def with_hooks(desk: Path) -> None:
    for name in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor"):
        hook = desk / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {desk}/ran\n")
        hook.chmod(0o755)


def with_a_filter(desk: Path) -> None:
    with_configuration(filter__x__clean="touch {desk}/ran", filter__x__process="touch {desk}/ran")(
        desk
    )
    (desk / ".git" / "info" / "attributes").write_text("* filter=x\n")
    (desk / FILE).write_text("other\n")


def with_a_promise(desk: Path) -> None:
    """Leave out the committed tree, as a clone does that would fetch it when it is asked for."""
    with_configuration(
        remote__origin__url="ext::sh -c touch% {desk}/ran",
        remote__origin__promisor="true",
        extensions__partialClone="origin",
        protocol__ext__allow="always",
    )(desk)
    tree = git(desk, "rev-parse", "HEAD^{tree}")
    (desk / ".git" / "objects" / tree[:2] / tree[2:]).unlink()


HOSTILE: dict[str, Callable[[Path], None]] = {
    "a monitor of files": with_configuration(core__fsmonitor="touch {desk}/ran; false"),
    "hooks": with_hooks,
    "a folder of hooks": with_configuration(core__hooksPath="{desk}/hooks"),
    "a filter": with_a_filter,
    "a pager and an editor": with_configuration(
        core__pager="touch {desk}/ran", core__editor="touch {desk}/ran"
    ),
    "aliases": with_configuration(
        **{"alias__rev-parse": "!touch {desk}/ran", "alias__ls-tree": "!touch {desk}/ran"}
    ),
    "objects that are fetched when they are asked for": with_a_promise,
    "a working tree elsewhere": with_configuration(core__worktree="/"),
}


@pytest.mark.parametrize("configure", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_that_a_repository_asks_for_is_executed(
    configure: Callable[[Path], None], tmp_path: Path
) -> None:
    files = as_committed(tmp_path)
    configure(tmp_path)
    (revision,) = revisions(files)
    assert not (tmp_path / "ran").exists()
    assert revision.commit in ("", git_head(tmp_path))


def git_head(desk: Path) -> str:
    """Return the commit by its file, since the repository's configuration is not to be used."""
    reference = (desk / ".git" / "HEAD").read_text().removeprefix("ref: ").strip()
    return (desk / ".git" / reference).read_text()[:12]


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "/nowhere"},
        {"GIT_WORK_TREE": "/"},
        {"GIT_INDEX_FILE": "/nowhere"},
        {"GIT_OBJECT_DIRECTORY": "/nowhere"},
        {"GIT_CEILING_DIRECTORIES": "/"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true"},
        {"GIT_TRACE": "1"},
        {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_what_the_environment_says_of_another_repository_does_not_count(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = as_committed(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert revisions(files) == (at_head(tmp_path),)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_account_is_read(tmp_path: Path) -> None:
    files = as_committed(tmp_path)
    right = at_head(tmp_path)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 1234, 1234)
    assert revisions(files) == (right,)


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_without_git_the_commit_is_unknown(tmp_path: Path, only_path: Path) -> None:
    assert revisions(in_no_repository(tmp_path)) == (UNKNOWN,)


def test_a_git_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, only_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (only_path / "git").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (only_path / "git").chmod(0o755)
    monkeypatch.setattr(provenance, "ANSWERS_WITHIN_S", 0.1)
    assert revisions(in_no_repository(tmp_path)) == (UNKNOWN,)


def test_of_programs_in_no_file_the_commit_is_unknown() -> None:
    assert revisions([]) == (UNKNOWN,)


def a_copy_of_ours(folder: Path) -> Path:
    """Make a repository that is laid out as ours; return its folder."""
    return a_repository(folder, names=("harness/a.py", "workloads/b.py", "demo/c.py", "README"))


def test_a_clone_is_at_its_commit_whatever_is_written_beside_the_source(tmp_path: Path) -> None:
    clone = a_copy_of_ours(tmp_path)
    (clone / "README").write_text("other\n")
    (clone / "mine.py").touch()
    commit = at_head(clone).commit
    assert code("", None, clone) == Code(commit=commit, dirty=False, source_sha256="")


@pytest.mark.parametrize("name", ["harness/a.py", "workloads/new.py"])
def test_a_clone_whose_source_was_changed_says_so(tmp_path: Path, name: str) -> None:
    clone = a_copy_of_ours(tmp_path)
    (clone / name).write_text("other\n")
    assert code("", None, clone).dirty


def test_an_installed_copy_has_its_version(tmp_path: Path) -> None:
    (tmp_path / "twoclocks-1.2.dist-info").mkdir()
    assert code("", None, tmp_path) == Code(commit="", dirty=False, source_sha256="", version="1.2")


def test_this_copy_is_at_the_commit_that_git_tells() -> None:
    found = code(a_digest_of("source"), None)
    assert found.source_sha256 == a_digest_of("source")
    if (Path(ROOT) / ".git").exists():
        assert found.commit == git(Path(ROOT), "rev-parse", "HEAD")[:12]


PAIRS = {
    "python a.py": {"a.py"},
    "python -u ./a.py --lr 0.1": {"a.py"},
    "python sub/b.py && python a.py": {"a.py", "sub/b.py"},
    "/usr/bin/env python a.py": {"a.py"},
    "{python} {here}/a.py": {"a.py"},
    "sh -c 'python a.py'": {"a.py"},
    "python a.py; python sub/b.py|cat": {"a.py", "sub/b.py"},
    "python -m a": {"a.py"},
    "python -m sub.b --lr 1": {"sub/b.py"},
    "python -m json.tool": set[str](),
    "wc -l input.txt": set[str](),
    "wc -l < {input}": set[str](),
    "cat <input.txt >a.py": set[str](),
    "python a.py 2>&1 >>sub/b.py": {"a.py"},
    "echo 1": set[str](),
    "python -c '" + "x = 1; " * 100 + "'": set[str](),
    "echo 'not closed a.py": set[str](),
}


@pytest.mark.parametrize(("command", "names"), PAIRS.items())
def test_the_files_of_a_pair_are_those_that_its_commands_name(
    command: str, names: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.py", "sub/b.py", "input.txt"):
        (tmp_path / name).touch()
    pair = CommandPair(
        name="p", baseline=command, distributed="echo 1", input="input.txt", here=str(tmp_path)
    )
    assert {str(file.absolute().relative_to(tmp_path)) for file in named_files(pair)} == names


A, B, OURS = (a_digest_of(name)[:12] for name in "abc")
CLONE = Code(commit=OURS, dirty=False, source_sha256="")
INSTALLED = Code(commit="", dirty=False, source_sha256="", version="1.2")


def own(code: Code, *revisions: Revision) -> Code:
    """Return the code with these revisions of the presenter's own files."""
    return replace(code, workload=revisions)


@dataclass(frozen=True)
class Words:
    """What ran, how the slide says so, and the caveats that it raises."""

    sentence: str
    code: Code
    words: str
    caveats: frozenset[str] = frozenset()


NO_COMMIT, DIRTY = frozenset({"no-commit"}), frozenset({"dirty-tree"})
SAID = (
    Words("ours", CLONE, f"commit {OURS[:6]}…"),
    Words(
        "ours with changes",
        replace(CLONE, dirty=True),
        f"commit {OURS[:6]}… with changes",
        DIRTY,
    ),
    Words("ours installed", INSTALLED, "twoclocks 1.2"),
    Words("neither commit nor version", replace(INSTALLED, version=""), "", NO_COMMIT),
    Words(
        "their commit before ours",
        own(CLONE, Revision(A, False)),
        f"commit {A[:6]}… · twoclocks {OURS[:6]}…",
    ),
    Words(
        "theirs with changes",
        own(CLONE, Revision(A, True)),
        f"commit {A[:6]}… with changes · twoclocks {OURS[:6]}…",
        DIRTY,
    ),
    Words(
        "theirs of no commit",
        own(CLONE, UNDER_NO_COMMIT),
        f"no commit · twoclocks {OURS[:6]}…",
        NO_COMMIT,
    ),
    Words(
        "theirs unknown",
        own(INSTALLED, UNKNOWN),
        "commit unknown · twoclocks 1.2",
        NO_COMMIT,
    ),
    Words(
        "two of theirs",
        own(INSTALLED, Revision(A, False), Revision(B, True)),
        f"commit {A[:6]}… · commit {B[:6]}… with changes · twoclocks 1.2",
        DIRTY,
    ),
)


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.sentence)
def test_the_slide_names_the_commit_of_what_ran(said: Words) -> None:
    results = replace(a_results(), code=said.code)
    before, after = "input c96c6d…", "A CPU"
    words = provenance_line(results).partition(before)[2].partition(after)[0]
    assert words.strip(" ·") == said.words


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.sentence)
def test_what_is_in_no_commit_or_changed_is_a_caveat(said: Words) -> None:
    findings = audit(replace(a_results(), code=said.code)).findings
    raised = {key for finding in findings for key in finding.keys}
    assert raised & (NO_COMMIT | DIRTY) == said.caveats
