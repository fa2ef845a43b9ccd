"""The command line of a race that a cell asks for, from what is typed as Python.

May import ``errors`` and ``run.start``.
"""

import os
from collections.abc import Iterator, Mapping

from harness.errors import BadRequest
from harness.run import start

Setting = str | int | float | bool
Value = str | int | float | os.PathLike[str]
Option = Value | bool | list[Value] | tuple[Value, ...] | None

_OF_THE_CELL = {
    "ui": "the cell is the screen",
    "yes": "there is no Enter to wait for",
    "set": "use settings={…}",
}


def race_command(
    workload: str | os.PathLike[str], settings: Mapping[str, Setting], options: Mapping[str, Option]
) -> list[str]:
    """Return the command that runs the race and prints its journal.

    Raises ``BadRequest`` for what no command line can say; all else the program judges.
    """
    if not isinstance(workload, str | os.PathLike):
        raise BadRequest(
            f"a workload is named by its file here, not given as {type(workload).__name__}",
            "write it into a file, by %%writefile mine.py, and name that: race('mine.py')",
        )
    words = [f"--workload={os.fspath(workload)}"] if workload else []
    words += [f"--set={name}={value}" for name, value in settings.items()]
    for name, value in options.items():
        words += _words_of(name, value)
    return start.command("demo.__main__", "race", "--ui=json", "--yes", *words)


def environment_of_race(cell: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a race from that of a cell, but for the notebook's own backend.

    Notebooks have Matplotlib draw into the cell by a module that programs elsewhere do not have.
    """
    backend = cell.get("MPLBACKEND", "")
    return {
        name: value
        for name, value in cell.items()
        if not (name == "MPLBACKEND" and backend.startswith("module://"))
    }


def _words_of(name: str, value: Option) -> Iterator[str]:
    """Yield an option's words: none for one that is not chosen, several for several values."""
    if name in _OF_THE_CELL:
        raise BadRequest(f"{name}= cannot be chosen in a cell", _OF_THE_CELL[name])
    option = f"--{name.replace('_', '-')}"
    match value:
        case None | False:
            return
        case True:
            yield option
        case list() | tuple():
            yield from (f"{option}={one}" for one in value)
        case _:
            yield f"{option}={value}"
