"""Our own source: which files it is, wherever it lies, and its digest by content.

A clone, an installed copy and what was shipped to a worker have one digest if they hold the same
source, since a file is known by the name that it is imported by. May import ``run``.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.run.digest import file_digest
from harness.run.start import FOLDERS

PACKAGES = ("harness", "twoclocks", "workloads")
LARGEST_FILE_BYTES = 64 << 20


def package_folder(name: str) -> Path:
    """Return the folder of one of our packages, as this process would import it."""
    candidates = (Path(folder, name) for folder in FOLDERS)
    return next(folder for folder in candidates if folder.is_dir())


def package_files(name: str) -> dict[str, Path]:
    """Return a package's files by the names that they have below any folder of packages.

    Without what Python and other programs keep beside them, and what is too large to be ours.
    """
    folder = package_folder(name)
    apart = {package_folder(other) for other in PACKAGES if other != name}
    files: dict[str, Path] = {}
    for place, below, names in os.walk(folder):
        below[:] = [
            inner
            for inner in below
            if not inner.startswith((".", "__")) and Path(place, inner) not in apart
        ]
        inside = "/".join((name, *Path(place).relative_to(folder).parts))
        for file in names:
            path = os.path.join(place, file)
            is_ours = not file.startswith(".") and os.path.isfile(path)
            if is_ours and os.path.getsize(path) <= LARGEST_FILE_BYTES:
                files[f"{inside}/{file}"] = Path(path)
    return files


def source_sums(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the SHA-256 of every source file of our packages, by name."""
    return {
        file: file_digest(path)
        for name in packages
        for file, path in package_files(name).items()
        if path.suffix == ".py"
    }


def source_digest(extra: str = "") -> str:
    """Return one digest over our packages as this process would import them.

    ``extra`` is the digest of the user's modules.
    """
    return _sum([*_lines(source_sums()), extra])


def workloads_digest() -> str:
    """Return one digest over the workloads that come with the program."""
    return _sum(_lines(source_sums(("workloads",))))


def _lines(sums: Mapping[str, str]) -> list[str]:
    return [f"{name} {sha256}" for name, sha256 in sorted(sums.items())]


def _sum(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
