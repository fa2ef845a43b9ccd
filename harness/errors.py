"""The kinds of error a person can meet, each one sentence with the value in it and one hint.

Raised where the fault is known, caught once in ``demo/__main__.py``; nobody below it prints or exits.
Imports the standard library only.
"""

KEPT = "the journal and the results file are kept"


class TwoclocksError(Exception):
    """A failure that ends the program with one sentence, one hint and an exit code."""

    exit_code = 1

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class BadRequest(TwoclocksError):
    """What was asked cannot be done; raised before anything starts."""

    exit_code = 2


class SideFailed(TwoclocksError):
    """A side died or raised; carries its last words."""

    exit_code = 3


class Disagreement(TwoclocksError):
    """The two sides' answers, inputs or qualities differ: there is no headline."""

    exit_code = 4


class Interrupted(TwoclocksError):
    """The presenter or the system asked to stop; ``exit_code`` is 128 plus the signal's number."""

    def __init__(self, signal_number: int, hint: str = KEPT) -> None:
        super().__init__("stopped before the end", hint)
        self.exit_code = 128 + signal_number


class Abandoned(TwoclocksError):
    """The live run was given up for its recording. ``failed`` is whether a side had failed."""

    def __init__(self, why: str, *, failed: bool = False) -> None:
        super().__init__(
            f"the live run was given up: {why}",
            "the recording was shown instead; what was seen of the run is kept",
        )
        self.failed = failed


class Unpublished(TwoclocksError):
    """A recording came to nothing: the run that was recorded ended with ``exit_code``, or its recording was refused."""

    def __init__(self, sentence: str, hint: str, exit_code: int) -> None:
        super().__init__(sentence, hint)
        self.exit_code = exit_code
