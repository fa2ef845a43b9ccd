"""A workload file to begin with, written so that it runs at once. May import ``harness``."""

import keyword
import re
from pathlib import Path

from harness.errors import BadRequest

TEMPLATES = Path(__file__).parent / "templates"
WORKLOAD = {"workload.py": "{name}.py"}
PAIR = {
    "pair.py": "{name}.py",
    "pair_baseline.py": "{name}_baseline.py",
    "pair_distributed.py": "{name}_distributed.py",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_MINE = re.compile(r"\bmine(?=\b|_)")


def new(name: str, folder: Path, *, adopt: bool) -> tuple[Path, ...]:
    """Write the files of a new workload, or of two programs to adopt, into a folder; return them, the one to be named first.

    Raises ``BadRequest`` for a name that a Python module cannot have, and rather than write over anything.
    """
    name = name.removesuffix(".py")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadRequest(
            f"{name!r} is no name for a workload file",
            "use letters, digits and underscores, beginning with a letter",
        )
    files = {
        folder / into.format(name=name): TEMPLATES / template
        for template, into in (PAIR if adopt else WORKLOAD).items()
    }
    for path in files:
        if path.exists() or path.is_symlink():
            raise BadRequest(
                f"{path.name} is there already", "choose another name: nothing is ever written over"
            )
    try:
        for path, template in files.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(_MINE.sub(name, template.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadRequest(
            f"{path.name} cannot be written: {error.strerror}",
            "choose a folder that you may write to",
        ) from error
    return tuple(files)


def told(files: tuple[Path, ...]) -> str:
    """Return what was written, and how to run it."""
    return f"wrote {', '.join(path.name for path in files)}\nrun it: twoclocks race --workload {files[0].name}"
