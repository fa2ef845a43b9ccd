"""Errors of other kinds than ours, as an error of ours: one sentence, one hint, one exit code.

May import ``harness.errors`` and ``harness.run.start``, and imports nothing heavy itself.
"""

import contextlib
import signal
import sys
import tempfile
import traceback

from harness.errors import LACKS, BadRequest, Interrupted, MachineFailed, TwoclocksError, reason_of
from harness.run.start import UNSET_PYTHONPATH, current_folder, folder_of_pythonpath

NO_FOLDER, CHANGE_FOLDER = "the current folder is there no more", "change to another one"
_NO_MEMORY = "end other programs, or choose settings that need less"
_NO_TEMPORARY_FOLDER = "set TMPDIR to a folder that can be written to"


def explain(error: Exception) -> TwoclocksError:
    """Return what the program ends with for an error that reached its end, with its notes."""
    explained = _explain(error)
    if explained is not error:
        for note in getattr(error, "__notes__", ()):
            explained.add_note(note)
    return explained


def _explain(error: Exception) -> TwoclocksError:
    if current_folder() == "" and isinstance(error, FileNotFoundError | BadRequest):
        return BadRequest(NO_FOLDER, CHANGE_FOLDER)
    match error:
        case TwoclocksError():
            return error
        case BrokenPipeError():
            return Interrupted(signal.SIGPIPE, hint="")
        case OSError() if error.errno in LACKS:
            return _explain_lack(error)
        case FileNotFoundError(filename=None) if "temporary" in str(error):
            return MachineFailed("no folder for temporary files can be used", _NO_TEMPORARY_FOLDER)
        case MemoryError():
            return MachineFailed("this machine has no memory left", _NO_MEMORY)
        case ImportError():
            return _explain_import(error)
        case _:
            return _unforeseen(error)


def _explain_import(error: ImportError) -> MachineFailed:
    """Return the error of a package that is missing, or that another one hides."""
    if folder := folder_of_pythonpath(error):
        return MachineFailed(f"a package in {folder} cannot be imported: {error}", UNSET_PYTHONPATH)
    return MachineFailed(
        f"twoclocks is not completely installed: {error}",
        "run `make setup`, or install it again with pip",
    )


def _explain_lack(error: OSError) -> MachineFailed:
    """Return the error of what this machine lacks, with the file where one is known."""
    file = f" ({error.filename})" if isinstance(error.filename, str) else ""
    sentence = f"the program cannot go on: {reason_of(error)}{file}"
    return MachineFailed(sentence, LACKS[error.errno or 0])


def _unforeseen(error: Exception) -> TwoclocksError:
    """Return the error of a fault in this program, with the file that holds its traceback."""
    reason = f"{type(error).__name__}: {error}"
    log = _write_traceback(error)
    hint = f"report this with {log}, which says where it happened" if log else "report this"
    return TwoclocksError(f"twoclocks itself failed: {reason}", hint)


def _write_traceback(error: Exception) -> str:
    """Write the traceback into a file of its own; return its path (empty: it cannot be written)."""
    with (
        contextlib.suppress(OSError, RecursionError, MemoryError),
        tempfile.NamedTemporaryFile(prefix="twoclocks-", suffix=".log", delete=False) as log,
    ):
        whole = f"Python {sys.version}\n{''.join(traceback.format_exception(error))}"
        log.write(whole.encode(errors="replace"))
        return log.name
    return ""
