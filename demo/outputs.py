"""The files that a report leaves in a take's folder: texts, page, slide and figures.

May import ``harness``.
"""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import TwoclocksError, cannot_write
from harness.files import atomic
from harness.files.results import RESULTS_NAME
from harness.report import APPENDIX, HEADLINE, REPORT_PAGE
from harness.show.figures import DARK, FIGURES
from harness.text import printable

_DARK = f"-{DARK.name}"
_PICTURES = (".svg", ".png")


def write_outputs(files: Mapping[str, bytes], folder: Path) -> None:
    """Write these files and delete older outputs of this program that are no longer produced.

    Pictures in a theme that these are not in stay, so that both themes live side by side; a
    refusal, which has no pictures, leaves none of either. Raises what ``cannot_write`` returns if
    the folder is not writable.
    """
    try:
        for name, content in files.items():
            atomic.replace(folder / name, content)
        for stale in _stale(files, folder):
            (folder / stale).unlink()
    except OSError as error:
        raise _not_writable(folder, error) from error


def _stale(files: Mapping[str, bytes], folder: Path) -> set[str]:
    """Return the names of older outputs in a folder that these files are instead of."""
    older = _outputs_in(folder) - files.keys()
    themes = {_is_dark(name) for name in files if Path(name).suffix in _PICTURES}
    if not themes:
        return older
    return {
        name for name in older if Path(name).suffix not in _PICTURES or _is_dark(name) in themes
    }


def _is_dark(name: str) -> bool:
    return Path(name).stem.endswith(_DARK)


def ensure_folder(folder: Path) -> Path:
    """Return the folder, and make it if it is missing; raise as ``write_outputs`` does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error
    return folder


def output_folder(path: Path) -> Path | None:
    """Return the folder for the pictures of what a path names: a take's own (None: it has none)."""
    if path.is_dir():
        return path
    return path.parent if path.name == RESULTS_NAME else None


def _not_writable(folder: Path, error: OSError) -> TwoclocksError:
    return cannot_write(printable(str(folder)), error, "name another folder with --out")


def _outputs_in(folder: Path) -> set[str]:
    """Return the names of what a report may have left in a folder."""
    stems = [
        f"{stem}{suffix}"
        for stem in (HEADLINE, *(f"fig-{name}" for name in FIGURES))
        for suffix in ("", _DARK)
    ]
    pictures = {f"{stem}{form}" for stem in stems for form in _PICTURES}
    return {entry.name for entry in folder.iterdir()} & {
        APPENDIX,
        REPORT_PAGE,
        f"{HEADLINE}.txt",
        *pictures,
    }
