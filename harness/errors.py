"""The exit codes, and the errors that lead to them: one sentence with the value, one hint.

Raised where the fault is known, caught once in ``demo/__main__.py``; nobody below it prints or
exits. Imports the standard library only.
"""

from enum import IntEnum

FILES_ARE_KEPT = "the journal and the results file are kept"
RECORDING_WAS_SHOWN = "the recording was shown instead; what was measured so far is kept"


class ExitCode(IntEnum):
    """What the program ends with. An interrupted one ends with 128 plus the signal's number."""

    DONE = 0
    FAILED = 1
    BAD_REQUEST = 2
    SIDE_FAILED = 3
    REFUSED = 4


class TwoclocksError(Exception):
    """A failure that ends the program with one sentence, one hint and an exit code."""

    exit_code: int = ExitCode.FAILED

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class BadRequest(TwoclocksError):
    """What was asked cannot be done; raised before anything starts."""

    exit_code = ExitCode.BAD_REQUEST


class SideFailed(TwoclocksError):
    """A side died or raised; the sentence says how, the hint often quotes its last line."""

    exit_code = ExitCode.SIDE_FAILED


class Disagreement(TwoclocksError):
    """The two sides' answers, inputs or qualities differ, so there is no headline."""

    exit_code = ExitCode.REFUSED


class Interrupted(TwoclocksError):
    """The presenter or the system asked to stop."""

    def __init__(self, signal_number: int, hint: str = FILES_ARE_KEPT) -> None:
        super().__init__("stopped before the end", hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


class LiveRunAbandoned(TwoclocksError):
    """The live run was given up for its recording. ``failed``: a side had failed."""

    def __init__(self, why: str, *, failed: bool = False, hint: str = RECORDING_WAS_SHOWN) -> None:
        super().__init__(f"the live run was given up: {why}", hint)
        self.why = why
        self.failed = failed


class RecordingFailed(TwoclocksError):
    """No recording was published: its run ended with ``exit_code``, or it was refused."""

    def __init__(self, sentence: str, hint: str, exit_code: int) -> None:
        super().__init__(sentence, hint)
        self.exit_code = exit_code
