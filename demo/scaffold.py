"""A workload file to start from, written so that it runs at once. May import ``harness``."""

import keyword
import re
from pathlib import Path

from harness.errors import BadRequest, cannot_write

TEMPLATES = Path(__file__).parent / "templates"
WORKLOAD_FILES = {"workload.py": "{name}.py"}
COMMAND_PAIR_FILES = {
    "pair.py": "{name}.py",
    "pair_baseline.py": "{name}_baseline.py",
    "pair_distributed.py": "{name}_distributed.py",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PLACEHOLDER = re.compile(r"\bmine(?=\b|_)")


def new(name: str, folder: Path, *, commands: bool) -> tuple[Path, ...]:
    """Write the files of a new workload, or of a new pair of ``commands``, into a folder.

    Returns them, the file to run first. Raises ``BadRequest`` if the name is no Python module
    name, or if a file exists already: nothing is ever overwritten.
    """
    name = name.removesuffix(".py")
    _require_module_name(name)
    names = COMMAND_PAIR_FILES if commands else WORKLOAD_FILES
    templates = {
        folder / file.format(name=name): TEMPLATES / template for template, file in names.items()
    }
    for path in templates:
        if path.exists() or path.is_symlink():
            raise BadRequest(f"{path.name} exists already", "choose another name")
    begun: list[Path] = []
    try:
        for path, template in templates.items():
            with path.open("x", encoding="utf-8") as file:
                begun.append(path)
                file.write(_PLACEHOLDER.sub(name, template.read_text(encoding="utf-8")))
    except OSError as error:
        for path in begun:
            path.unlink(missing_ok=True)
        elsewhere = "change to a folder that you may write to"
        raise cannot_write(path.name, error, elsewhere) from error
    return tuple(templates)


def next_step(files: tuple[Path, ...]) -> str:
    """Return what was written, and the command that runs it."""
    names = ", ".join(path.name for path in files)
    return f"wrote {names}\nrun it: twoclocks race --workload {files[0].name}"


def _require_module_name(name: str) -> None:
    if keyword.iskeyword(name):
        taken = "it is a word of Python's"
        raise BadRequest(f"{name!r} cannot be the name of a Python module: {taken}")
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"{name!r} cannot be the name of a Python module",
            "use letters, digits and underscores, and begin with a letter",
        )
