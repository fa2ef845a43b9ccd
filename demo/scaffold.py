"""Files to start from: a workload that runs at once, pairs of programs, and what hints name.

May import ``harness``.
"""

import keyword
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import BadRequest, cannot_write

_ROOM = Path(__file__).parent
_TEMPLATES = _ROOM / "templates"
_MODULE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PLACEHOLDER = re.compile(r"\bmine(?=\b|_)")


class Start(StrEnum):
    """What to start from."""

    WORKLOAD = "workload"
    COMMANDS = "commands"
    AGENDA = "agenda"
    PRICES = "prices"
    DECLARED = "declared"
    TORCH = "torch"
    JUPYTER = "jupyter"
    MARIMO = "marimo"


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """The files that are written, by the ones they are made of, and what to do with the first.

    ``usual_name`` is the name where none is typed (empty: it must be); in the files a typed name
    takes the place of the templates' own where it ``names_itself``.
    """

    files: dict[Path, str]
    next_step: str
    usual_name: str = ""

    @property
    def names_itself(self) -> bool:
        """Return whether the name is that of a Python module, which stands in the files, too."""
        return not self.usual_name

    @property
    def suffix(self) -> str:
        """Return how the name of the file to use first ends."""
        return Path(next(iter(self.files.values()))).suffix


_KINDS = {
    Start.WORKLOAD: _Kind(
        files={_TEMPLATES / "workload.py": "{name}.py"},
        next_step="run it: twoclocks race --workload {file}",
    ),
    Start.COMMANDS: _Kind(
        files={
            _TEMPLATES / "pair.py": "{name}.py",
            _TEMPLATES / "pair_baseline.py": "{name}_baseline.py",
            _TEMPLATES / "pair_distributed.py": "{name}_distributed.py",
        },
        next_step="run it: twoclocks race --workload {file}",
    ),
    Start.TORCH: _Kind(
        files={
            _TEMPLATES / "torch_pair.py": "{name}.py",
            _TEMPLATES / "torch_training.py": "{name}_training.py",
            _TEMPLATES / "torch_baseline.py": "{name}_baseline.py",
            _TEMPLATES / "torch_distributed.py": "{name}_distributed.py",
        },
        next_step="run it, where there are GPUs: twoclocks race --workload {file}",
    ),
    Start.AGENDA: _Kind(
        files={_ROOM / "talk.toml": "{name}.toml"},
        next_step="rehearse it: twoclocks rehearse --talk {file}",
        usual_name="talk",
    ),
    Start.PRICES: _Kind(
        files={_ROOM / "prices.toml": "{name}.toml"},
        next_step="use it: twoclocks race --prices {file}",
        usual_name="prices",
    ),
    Start.DECLARED: _Kind(
        files={_ROOM / "examples" / "nightly-retrain.toml": "{name}.toml"},
        next_step="show it: twoclocks slide {file}",
        usual_name="result",
    ),
    Start.JUPYTER: _Kind(
        files={_TEMPLATES / "headline.ipynb": "{name}.ipynb"},
        next_step="open it where Jupyter has twoclocks: jupyter lab {file}",
        usual_name="headline",
    ),
    Start.MARIMO: _Kind(
        files={_TEMPLATES / "headline_marimo.py": "{name}.py"},
        next_step="show it where marimo has twoclocks: marimo run {file}",
        usual_name="headline",
    ),
}


def new(name: str, folder: Path, start: Start = Start.WORKLOAD) -> tuple[Path, ...]:
    """Write the files to start from into a folder; an empty name stands for the usual one.

    Returns them, the file to use first. Raises ``BadRequest`` if there is no such name, or if a
    file exists already: nothing is ever overwritten.
    """
    kind = _KINDS[start]
    name = (name or kind.usual_name).removesuffix(kind.suffix)
    _require_name(name, kind)
    templates = {folder / file.format(name=name): path for path, file in kind.files.items()}
    for path in templates:
        if path.exists() or path.is_symlink():
            raise BadRequest(f"{path.name} exists already", "choose another name")
    begun: list[Path] = []
    try:
        for path, template in templates.items():
            text = template.read_text(encoding="utf-8")
            with path.open("x", encoding="utf-8") as file:
                begun.append(path)
                file.write(_PLACEHOLDER.sub(name, text) if kind.names_itself else text)
    except OSError as error:
        for path in begun:
            path.unlink(missing_ok=True)
        elsewhere = "change to a folder that you may write to"
        raise cannot_write(path.name, error, elsewhere) from error
    return tuple(templates)


def next_step(files: tuple[Path, ...], start: Start = Start.WORKLOAD) -> str:
    """Return what was written, and the command that uses it."""
    names = ", ".join(path.name for path in files)
    return f"wrote {names}\n{_KINDS[start].next_step.format(file=files[0].name)}"


def _require_name(name: str, kind: _Kind) -> None:
    if not kind.names_itself:
        if not _FILE_NAME.fullmatch(name):
            raise BadRequest(
                f"{name!r} cannot be the name of the file",
                "use letters, digits, underscores and hyphens",
            )
        return
    if not name:
        raise BadRequest(
            "the NAME of the new file is missing", "give the new file a name: twoclocks new mine"
        )
    if keyword.iskeyword(name):
        taken = "it is a word of Python's"
        raise BadRequest(f"{name!r} cannot be the name of a Python module: {taken}")
    if not _MODULE_NAME.fullmatch(name):
        raise BadRequest(
            f"{name!r} cannot be the name of a Python module",
            "use letters, digits and underscores, and begin with a letter",
        )
