import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.imports import UserModule
from harness.run.ray.arrival import look_around

PROGRAM = """
import sys
sys.path[:0] = [{stale!r}, {folder!r}]
from harness.run import start
start.secure_path()
import mine.part, twoclocks, workloads.train
from harness.run.sources import source_digest
print(mine.part.__file__, source_digest())
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a folder with all that is sent, with one module of the user's, and its sums."""
    # here, since every process that runs tests reads this file, and few need Ray
    from harness.run.ray.shipment import pack

    part = tmp_path_factory.mktemp("users") / "part.py"
    part.write_text("x = 1")
    return pack(tmp_path_factory.mktemp("sent") / "shipment", [UserModule("mine.part", part)])


def test_what_was_sent_runs_without_a_clone_and_before_the_users_modules_of_the_host(
    packed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    from harness.run.sources import source_digest

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "part.py").write_text("raise SystemExit('stale')")
    program = PROGRAM.format(stale=str(tmp_path), folder=str(packed[0]))
    printed = subprocess.check_output([sys.executable, "-P", "-c", program], text=True, cwd="/")
    part = packed[0] / "modules_of_the_user" / "mine" / "part.py"
    assert printed.split() == [str(part), source_digest()]


def test_files_that_differ_from_what_was_sent_and_packages_that_lack_are_named(
    packed: tuple[Path, dict[str, str]],
) -> None:
    here = {name: sha256 for name, sha256 in packed[1].items() if name.startswith("harness/")}
    looked = look_around(here | {"harness/text.py": "x", "harness/absent.py": "x"}, ("no_such",))
    assert looked == (["no_such"], ["harness/text.py", "harness/absent.py"])
