"""What ``make`` installs and with what: uv, else pip, each with the hashes of a lock.

uv and pip are programs that write down what they are asked to do, so that nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terminals import Terminal

ROOT = Path(__file__).parent.parent
READ = ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", ".ci/install")
INTO = "pip install --quiet --no-python-downloads --python .venv/bin/python"
HASHED = "--only-binary :all: --require-hashes"
GROUPS = 4

UV = """#!/bin/sh
echo "$* ${{UV_NO_CACHE:+without a cache}}" >>'{log}'
case "$*" in --version) exit;; "cache dir") echo '{cache}';;
{fails}) exit 2;; {slow}) sleep 3;; esac
"""
PIP = "import sys\nwith open({log!r}, 'a') as log:\n    print('pip', *sys.argv[1:], file=log)"


@dataclass(frozen=True)
class Clone:
    """A folder with the files that set-up reads, and nothing installed."""

    folder: Path
    tools: Path

    @property
    def log(self) -> Path:
        """Return the file in which uv and pip write what they are asked to do."""
        return self.tools / "log"

    @property
    def asked(self) -> list[str]:
        """Return what uv and pip were asked to install, in that order."""
        return [line.strip() for line in self.log.read_text().splitlines() if "install" in line]

    def with_uv(
        self, cache: str = "/tmp", fails: str = "nothing", slow: str = "nothing"
    ) -> "Clone":
        """Put a uv on PATH that fails, or takes 3 s, where its arguments fit a shell's pattern."""
        uv = self.tools / "uv"
        uv.write_text(UV.format(log=self.log, cache=cache, fails=fails, slow=slow))
        uv.chmod(0o755)
        return self

    def with_pip(self, program: str = PIP) -> "Clone":
        """Put a pip where every interpreter finds it first, and make a .venv that has no other."""
        command = [sys.executable, "-m", "venv", "--without-pip", str(self.folder / ".venv")]
        subprocess.run(command, check=True)
        (self.tools / "pip").mkdir()
        (self.tools / "pip" / "__init__.py").touch()
        (self.tools / "pip" / "__main__.py").write_text(program.format(log=str(self.log)))
        return self

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a shell of its own, not of the make that runs the tests."""
        inherited = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        own = {name: value for name, value in os.environ.items() if name not in inherited}
        own["PATH"] = os.pathsep.join([str(self.tools), *_without_uv(own["PATH"])])
        own["PYTHONPATH"] = str(self.tools)
        return own

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run make in it."""
        return subprocess.run(
            ["make", f"PYTHON={sys.executable}", *words],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )


def _without_uv(path: str) -> list[str]:
    return [folder for folder in path.split(os.pathsep) if not Path(folder, "uv").exists()]


@pytest.fixture(params=["clone"])
def clone(request: pytest.FixtureRequest, tmp_path: Path) -> Clone:
    folder, tools = tmp_path / request.param, tmp_path / "tools"
    tools.mkdir()
    for name in READ:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return Clone(folder, tools)


def test_uv_installs_the_lock_by_its_hashes_and_then_the_project(clone: Clone) -> None:
    done = clone.with_uv().make("setup")
    assert (done.returncode, done.stderr) == (0, "")
    assert clone.asked == [
        *(
            f"{INTO} --offline {HASHED} --no-deps -r .venv/locks/{place}.lock"
            for place in range(1, GROUPS + 1)
        ),
        f"{INTO} --offline --no-build-isolation --no-deps --editable .",
    ]


@pytest.mark.parametrize("verb", ["setup", "develop"])
def test_the_groups_hold_every_pin_of_the_lock_once(clone: Clone, verb: str) -> None:
    clone.with_uv().make(verb)
    locks = (clone.folder / ".venv" / "locks").glob("*.lock")
    lock = "requirements-dev.lock" if verb == "develop" else "requirements.lock"
    grouped = [pin for lock in locks for pin in _pins(lock)]
    assert sorted(grouped) == sorted(_pins(clone.folder / lock))


def _pins(lock: Path) -> list[str]:
    """Return each pin with its hashes."""
    return re.split(r"\n(?=\S)", lock.read_text().rstrip("\n"))


def test_a_log_has_a_line_for_every_group(clone: Clone) -> None:
    first, environment, *groups = clone.with_uv().make("setup").stdout.splitlines()
    assert re.fullmatch(
        r"installing the \d+ packages that requirements.lock pins into .venv", first
    )
    assert environment == "a new environment"
    assert [line[:9] for line in groups] == ["1 of 4 · ", "2 of 4 · ", "3 of 4 · ", "4 of 4 · "]
    assert groups[0] == "1 of 4 · Ray, the largest · 1 package"


def test_a_terminal_counts_the_seconds_of_every_group(clone: Clone) -> None:
    clone.with_uv(slow="*locks/1.lock*")
    command = ["make", "-C", str(clone.folder), f"PYTHON={sys.executable}", "setup"]
    with Terminal(command, environment=clone.environment) as seen:
        seen.until_text("4 of 4 · the rest")
        assert seen.ended() == 0
        assert "1 of 4 · Ray, the largest · 1 package · " in seen.look().text
    assert "\r1 of 4 · Ray, the largest · 1 package · 1 s".encode() in seen.raw


def test_where_the_cache_does_not_do_the_network_is_asked(clone: Clone) -> None:
    clone.with_uv(fails="*--offline*locks/1.lock").make("setup")
    assert clone.asked[1] == f"{INTO} {HASHED} --no-deps -r .venv/locks/1.lock"


def test_the_demo_needs_one_lock_and_the_tests_need_both(clone: Clone) -> None:
    installs = {verb: clone.make("--dry-run", verb).stdout.count("install ") for verb in LOCKS}
    assert installs == LOCKS


LOCKS = {
    **dict.fromkeys(("demo", "record", "play", "check"), 1),
    **dict.fromkeys(("test", "lint", "bench", "fuzz"), 2),
}


def test_a_second_setup_does_nothing(clone: Clone) -> None:
    clone.with_uv().make("develop")
    before = clone.asked
    assert clone.make("setup").stdout == "make: Nothing to be done for 'setup'.\n"
    clone.make("develop")
    assert clone.asked == before


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_requirement_sets_up_anew(clone: Clone, name: str) -> None:
    clone.with_uv().make("develop")
    os.utime(clone.folder / name, (2**31, 2**31))
    planned = clone.make("--dry-run", "develop").stdout
    assert ("requirements.lock" in planned, "requirements-dev.lock" in planned) == (True, True)


def test_extras_are_installed_as_the_development_lock_pins_them(clone: Clone) -> None:
    clone.with_uv().make("setup", "EXTRAS=kernels,video")
    pinned = "--no-build-isolation -c requirements-dev.lock --editable .[kernels,video]"
    assert clone.asked[-1] == f"{INTO} --offline --only-binary :all: {pinned}"


def test_an_extra_that_there_is_not_is_said_so(clone: Clone) -> None:
    done = clone.with_uv().make("setup", "EXTRAS=kernels,kernel")
    assert done.stderr.splitlines()[:2] == [
        "error: pyproject.toml has not all of these extras: kernels,kernel",
        "hint: write them as in EXTRAS=kernels,embed",
    ]


def test_a_uv_of_its_own_is_installed_by_its_hashes(clone: Clone) -> None:
    clone.with_pip().make("setup")
    arguments = "pip install -qq --no-user --disable-pip-version-check"
    assert clone.asked[0] == f"{arguments} {HASHED} -r .venv/uv.lock"
    pin, *hashes = (clone.folder / ".venv" / "uv.lock").read_text().splitlines()
    assert pin.startswith("uv==")
    assert {line.split(":")[0].strip() for line in hashes} == {"--hash=sha256"}


def test_where_uv_is_gone_that_made_the_environment_pip_is_added_to_it(clone: Clone) -> None:
    clone.with_uv().make("setup")
    (clone.tools / "uv").unlink()
    added = PIP.replace("'pip'", "'ensurepip installs itself'").format(log=str(clone.log))
    (clone.tools / "ensurepip.py").write_text(added)
    clone.make("develop")
    assert clone.asked[GROUPS + 1] == "ensurepip installs itself"


def test_where_uv_fails_pip_installs_the_same_and_one_line_says_so(clone: Clone) -> None:
    done = clone.with_pip().with_uv(fails="*install*").make("setup")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "pip does, which takes minutes" in line) == (0, True)
    arguments = "pip install -qq --no-user --disable-pip-version-check"
    assert clone.asked[-2:] == [
        f"{arguments} {HASHED} --no-deps -r .venv/locks/{GROUPS}.lock",
        f"{arguments} --no-build-isolation --no-deps --editable .",
    ]


def test_where_neither_can_install_it_is_said_in_a_sentence_and_a_hint(clone: Clone) -> None:
    broken = "import sys\nsys.exit('no route to host' if 'install' in sys.argv else 0)\n"
    done = clone.with_pip(broken).make("setup")
    error, hint = done.stderr.splitlines()[1:3]
    assert error == (
        "error: the packages of requirements.lock cannot be installed: no route to host"
    )
    assert (hint[:6], done.returncode) == ("hint: ", 2)
    assert not (clone.folder / ".venv" / ".installed").exists()


@pytest.mark.parametrize("cache", ["/proc/no-such-folder", "/dev/null/cache"])
def test_where_no_cache_can_be_kept_uv_does_without(clone: Clone, cache: str) -> None:
    done = clone.with_uv(cache=cache).make("setup")
    assert done.returncode == 0
    assert all(line.endswith("without a cache") for line in clone.asked)


@pytest.mark.parametrize("clone", ["a clone with blanks and ü"], indirect=True)
def test_a_folder_with_blanks_and_umlauts_will_do(clone: Clone) -> None:
    done = clone.with_uv().make("setup")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "variables",
    [
        {"VIRTUAL_ENV": "/somewhere/else"},
        {"PIP_USER": "1"},
        {"PIP_REQUIRE_VIRTUALENV": "1"},
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        {"HOME": "/proc/no-such-folder"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_what_is_installed_does_not_depend_on_the_surroundings(
    clone: Clone, variables: dict[str, str]
) -> None:
    clone.with_uv().make("setup", **variables)
    assert clone.asked[0] == f"{INTO} --offline {HASHED} --no-deps -r .venv/locks/1.lock"


def test_what_make_starts_may_keep_its_bytecode_whatever_is_exported(clone: Clone) -> None:
    (clone.folder / "demo").mkdir()
    asks = "import sys; sys.exit(sys.dont_write_bytecode)"
    (clone.folder / "demo" / "__main__.py").write_text(asks)
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(clone.folder)}
    assert clone.with_uv().make("demo", **variables).returncode == 0


def test_a_missing_interpreter_is_said_in_a_sentence_and_a_hint(clone: Clone) -> None:
    error, hint = clone.make("setup", "PYTHON=python3.none").stderr.splitlines()[:2]
    assert error == "error: there is no python3.none here"
    assert hint.startswith("hint: ")


def test_a_missing_venv_module_is_said_in_a_sentence_and_a_hint(clone: Clone) -> None:
    (clone.tools / "ensurepip.py").write_text("raise ImportError")
    error, hint = clone.make("setup").stderr.splitlines()[:2]
    assert error == f"error: {sys.executable} -m venv is missing"
    assert hint.startswith("hint: ")


def test_an_old_interpreter_is_said_in_a_sentence_and_a_hint(clone: Clone) -> None:
    (clone.tools / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 10, 13)")
    error, hint = clone.make("setup").stderr.splitlines()[:2]
    assert error.startswith("error: twoclocks needs Python 3.11 to 3.14, and ")
    assert hint.startswith("hint: ")


OWN_UV = """#!/bin/sh
echo "$*" >>log
case "$*" in {fails}) echo "no network here" >&2; exit 2;; esac
[ "$1" != venv ] || {python} -m venv --without-pip .venv-own
"""


BELOW = "both==1.0 \\\n    --hash=sha256:0\n"
OWN = "own==2 \\\n    --hash=sha256:1\n"


def environment(folder: Path, fails: str = "nothing") -> subprocess.CompletedProcess[str]:
    """Make the environment ``own`` in a folder, by a uv that fails where its arguments fit."""
    for name, content in {
        ".ci/environment": (ROOT / ".ci" / "environment").read_text(),
        ".venv/bin/uv": OWN_UV.format(fails=fails, python=sys.executable),
        ".venv/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        "requirements-dev.lock": BELOW,
        "requirements-own.lock": f"{BELOW}{OWN}",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(content)
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["sh", folder / ".ci" / "environment", "own"], capture_output=True, text=True, check=False
    )


def test_an_environment_of_its_own_gets_what_the_project_lacks_by_hashes_and_once(
    tmp_path: Path,
) -> None:
    first, second = environment(tmp_path), environment(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "installing what requirements-own.lock pins into .venv-own\n"
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    made, installed = (tmp_path / "log").read_text().splitlines()
    assert made == "venv --quiet --no-python-downloads --python .venv/bin/python .venv-own"
    assert installed == (
        "pip install --quiet --offline --no-python-downloads --python .venv-own/bin/python"
        f" {HASHED} --no-deps -r .venv-own/packages.lock"
    )
    assert (tmp_path / ".venv-own" / "packages.lock").read_text() == OWN


def test_an_environment_of_its_own_has_what_the_project_has(tmp_path: Path) -> None:
    environment(tmp_path)
    own = tmp_path / ".venv-own" / "bin" / "python"
    found = subprocess.run([own, "-c", "import twoclocks, pytest"], cwd="/", check=False)
    assert found.returncode == 0


def test_an_environment_that_cannot_be_had_is_one_sentence_and_is_tried_again(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        failed = environment(tmp_path, fails='"pip install"*')
        assert failed.returncode == 1
        assert failed.stderr == (
            ".venv-own cannot be made (.venv/.venv-own.log says why): no network here\n"
        )
    assert environment(tmp_path).returncode == 0
