"""The entry of the program, ``twoclocks`` or ``python -m demo``, and the one place for errors.

May import everything, but imports nothing heavy itself.
"""

import io
import logging
import os
import sys

import click

from demo.cli import verbs
from harness.errors import TwoclocksError
from harness.text import printable


def main(arguments: list[str] | None = None) -> int:
    """Run the verb on the command line and return the exit code."""
    _secure_standard_streams()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    try:
        code = verbs.main(args=arguments, prog_name="twoclocks", standalone_mode=False)
    except TwoclocksError as error:
        hints = [error.hint, *getattr(error, "__notes__", ())]
        return _report(error.sentence, "; ".join(filter(None, hints)), error.exit_code)
    except click.ClickException as error:
        return _report(error.format_message().rstrip("."), _help(error), 2)
    except click.Abort:
        return _report("stopped", "", 130)
    return int(code or 0)


def _help(error: click.ClickException) -> str:
    """Return where the verbs, or the options of the verb that was typed, are listed."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return "`twoclocks VERB --help` lists the options of a verb"
    if context.parent is None:
        return "`twoclocks --help` lists the verbs"
    return f"`{context.command_path} --help` lists its options"


def _secure_standard_streams() -> None:
    """Open standard streams that are closed, and replace characters that cannot be written.

    A pipe opened later would otherwise get the number of a closed stream.
    """
    while (free := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(free)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)  # Python sets a closed one to None
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _report(sentence: str, hint: str, exit_code: int) -> int:
    """Print an error, and its hint if it has one; return the exit code."""
    try:
        print(f"error: {printable(sentence)}", file=sys.stderr)
        if hint:
            print(f"hint: {printable(hint)}", file=sys.stderr)
    except OSError:  # as after SIGHUP: what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
