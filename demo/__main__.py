"""The program's entry: ``twoclocks`` and ``python -m demo``. The one place where errors are told.

May import everything; imports nothing heavy itself.
"""

import io
import os
import sys

import click

from demo.cli import verbs
from harness.errors import TwoclocksError
from harness.text import printable


def main(arguments: list[str] | None = None) -> int:
    """Run the verb on the command line and return the exit code; an error is one sentence and one hint."""
    _steady()
    try:
        code = verbs.main(args=arguments, prog_name="twoclocks", standalone_mode=False)
    except TwoclocksError as error:
        return _told(error.sentence, error.hint, error.exit_code)
    except click.ClickException as error:
        return _told(
            error.format_message().rstrip("."),
            "twoclocks --help lists the verbs, twoclocks VERB --help the options",
            2,
        )
    except click.Abort:
        return _told("stopped", "", 130)
    return int(code or 0)


def _steady() -> None:
    """Have the three standard streams open, lest a pipe take a number of theirs, and replace letters that they cannot write."""
    while (free := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(free)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)  # Python itself leaves a closed one None
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _told(sentence: str, hint: str, code: int) -> int:
    try:
        print(f"error: {printable(sentence)}", file=sys.stderr)
        if hint:
            print(f"hint: {printable(hint)}", file=sys.stderr)
    except OSError:  # as after SIGHUP; what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return code


if __name__ == "__main__":
    sys.exit(main())
