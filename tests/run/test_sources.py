import shutil
import subprocess
import sys
from pathlib import Path

from harness.run.sources import PACKAGES, package_files, source_digest
from tests.terminals import ROOT

DIGEST = "from harness.run.sources import source_digest; print(source_digest())"


def digest_in(folder: Path) -> str:
    """Return the digest of our source as a process finds it that knows that folder alone."""
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); {DIGEST}"
    command = [sys.executable, "-P", "-c", program]
    return subprocess.check_output(command, text=True, cwd=folder).strip()


def a_copy(folder: Path) -> Path:
    """Copy our packages to where an installer would put them."""
    for package in PACKAGES:
        for name, path in package_files(package).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
    return folder


def test_the_same_source_has_one_digest_wherever_it_lies(tmp_path: Path) -> None:
    assert digest_in(a_copy(tmp_path)) == source_digest()


def test_a_file_that_differs_changes_the_digest(tmp_path: Path) -> None:
    with (a_copy(tmp_path) / "twoclocks" / "__init__.py").open("a") as file:
        file.write("\n")
    assert digest_in(tmp_path) != source_digest()


def test_what_python_and_other_programs_leave_beside_the_source_is_none_of_it(
    tmp_path: Path,
) -> None:
    a_copy(tmp_path)
    for name in ("harness/__pycache__/x.py", "workloads/.cache/x.py", "workloads/.x.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert digest_in(tmp_path) == source_digest()


def test_files_that_the_packages_read_belong_to_them() -> None:
    files = {name for package in PACKAGES for name in package_files(package)}
    tracked = subprocess.check_output(
        ["git", "ls-files", "harness", "workloads"], text=True, cwd=ROOT
    ).split()
    assert files >= {
        name.replace("harness/public/", "") for name in tracked if (ROOT / name).is_file()
    }
