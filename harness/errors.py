"""The exit codes, and the errors that lead to them: one sentence with the value, one hint.

Raised where the fault is known, caught once in ``demo/__main__.py``; nobody below it prints or
exits. Imports the standard library only.
"""

import errno
from enum import IntEnum
from signal import SIGINT

FILES_ARE_KEPT = "the journal and the results file are kept"


class ExitCode(IntEnum):
    """What the program ends with. An interrupted one ends with 128 plus the signal's number."""

    DONE = 0
    NOT_READY = 1  # of ``check`` alone
    BAD_REQUEST = 2
    FAILED = 3
    REFUSED = 4
    NO_JOURNAL = 5  # of ``audit`` alone


# What the machine lacks, by the number of the system's error, and what to do about it. No other
# request would do better; every other number says that this request cannot be fulfilled.
LACKS = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space within your quota",
    errno.EFBIG: "allow larger files with `ulimit -f unlimited`",
    errno.EMFILE: "allow more open files with `ulimit -n 1024`",
    errno.ENFILE: "end programs that hold many files open",
    errno.ENOMEM: "end other programs, which use the memory",
    errno.EAGAIN: "end other programs, or allow more processes with `ulimit -u`",
    errno.EIO: "look for a failing disk or a lost connection to it",
}


class TwoclocksError(Exception):
    """A failure that ends the program with one sentence, one hint and an exit code."""

    exit_code: int = ExitCode.FAILED

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        """Return what a cell of IPython shows in place of a traceback: the sentence and the hint.

        What may come from a file, such as a name, sends a terminal nothing but letters.
        """
        hints = "; ".join(filter(None, (self.hint, *getattr(self, "__notes__", ()))))
        lines = [f"{type(self).__name__}: {self}", *([f"hint: {hints}"] if hints else [])]
        return ["".join(sign if sign.isprintable() else "?" for sign in line) for line in lines]


class BadRequest(TwoclocksError):
    """What was asked cannot be done; raised before anything starts."""

    exit_code = ExitCode.BAD_REQUEST


class SideFailed(TwoclocksError):
    """A side died or raised; the sentence says how, the hint often quotes its last line."""


class MachineFailed(TwoclocksError):
    """The machine lacks what it takes, such as space on a disk; the request was fine."""


class Disagreement(TwoclocksError):
    """The two sides' answers, inputs or qualities differ, so there is no headline."""

    exit_code = ExitCode.REFUSED


def cannot_write(name: str, error: OSError, elsewhere: str) -> TwoclocksError:
    """Return the error of a file or folder that cannot be written.

    ``elsewhere`` says how to name another one. It is the machine's failure where another file on
    the same disk could not be written either, else ``BadRequest``.
    """
    sentence = f"cannot write {name}: {reason_of(error)}"
    lack = LACKS.get(error.errno or 0)
    if lack is None:
        return BadRequest(sentence, elsewhere)
    return MachineFailed(sentence, f"{lack}, or {elsewhere}")


def reason_of(error: OSError) -> str:
    """Return what the system says of an error, in its own words."""
    return error.strerror or str(error) or type(error).__name__


def interrupted_by(stop: KeyboardInterrupt, hint: str = "") -> "Interrupted":
    """Return the error of a signal that interrupted us: SIGINT, or that of a ``StopSignal``."""
    return Interrupted(stop.signal_number if isinstance(stop, StopSignal) else SIGINT, hint)


class StopSignal(KeyboardInterrupt):
    """Another stopping signal than SIGINT, which interrupts the program as that one does."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


class Interrupted(TwoclocksError):
    """The presenter or the system asked to stop."""

    def __init__(self, signal_number: int, hint: str = FILES_ARE_KEPT) -> None:
        super().__init__("stopped before the end", hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


class LiveRunAbandoned(TwoclocksError):
    """The recording took over from the live run.

    ``failed``: a side had failed. The ``remark`` is what a results file says of it (empty: the
    sentence).
    """

    def __init__(self, sentence: str, *, failed: bool = False, remark: str = "") -> None:
        super().__init__(sentence)
        self.failed = failed
        self.remark = remark or sentence


class LinkLost(TwoclocksError):
    """The end of a race elsewhere did not come; whether it goes on is not known here."""


class FollowedRunEnded(TwoclocksError):
    """A race elsewhere ended early, for the reason that its results file gives."""

    def __init__(self, sentence: str, hint: str, exit_code: int) -> None:
        super().__init__(sentence, hint)
        self.exit_code = exit_code


class RecordingFailed(TwoclocksError):
    """No recording was published: its run ended with ``exit_code``, or it was refused."""

    def __init__(self, sentence: str, hint: str, exit_code: int) -> None:
        super().__init__(sentence, hint)
        self.exit_code = exit_code
