"""The files below a folder of the user's: all of them, or a refusal.

Imports the standard library and ``kinds``.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from workloads.documents.kinds import unreadable


def files_below(
    folder: Path, leaves_out: Callable[[str], bool], leaves_out_folder: Callable[[str], bool]
) -> Iterator[Path]:
    """Yield the files below a folder, folder by folder in the order of their names.

    Files and folders are left out by their names; links to folders are not followed. Raises
    ``ValueError`` for a folder or a file that may not be looked at.
    """
    try:
        for place, folders, names in os.walk(folder, onerror=_refuse):
            folders[:] = sorted(name for name in folders if not leaves_out_folder(name))
            for name in sorted(names):
                path = Path(place, name)
                if not leaves_out(name) and path.is_file():
                    yield path
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    raise unreadable(Path(os.fsdecode(error.filename or "")).name, error) from error
