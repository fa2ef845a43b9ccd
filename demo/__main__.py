"""The entry of the program, ``twoclocks`` or ``python -m demo``, and the one place for errors.

May import everything, but imports at once the standard library and errors only, so that a Ctrl-C
while the rest is imported is answered like any other.
"""

import os
import sys

# `python -m` puts the current folder first on the path, whatever lies in it. The next module needs
# nothing that is not loaded yet; after it, everything is found where it is meant to be.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness.run.start import leave, secure_path

del sys.path[0]
secure_path()

import contextlib
import io
import logging
import signal
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

from demo.failures import explain
from harness.errors import ExitCode, Interrupted, MachineFailed, StopSignal, interrupted_by

if TYPE_CHECKING:
    from harness.errors import TwoclocksError

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(arguments: list[str] | None = None) -> int:
    """Run the verb on the command line and return the exit code."""
    return leave(_exit_code(arguments))


def _exit_code(arguments: list[str] | None) -> int:
    _secure_standard_streams()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    try:
        with _signals_interrupt():
            code = _run(arguments)
            sys.stdout.flush()
            return code
    except KeyboardInterrupt as stop:
        return _report(interrupted_by(stop))
    except Exception as error:  # whatever it is, it ends with a sentence and a documented code
        return _report(_cannot_print() or explain(error))


def _run(arguments: list[str] | None) -> int:
    """Run the verb; raise whatever ends it early but what click raises for what was typed."""
    import click

    from demo import usage_errors
    from demo.cli import verbs

    try:
        return int(verbs.main(args=arguments, prog_name="twoclocks", standalone_mode=False) or 0)
    except click.ClickException as error:
        _print_error(*usage_errors.explain(error))
        return ExitCode.BAD_REQUEST
    except click.Abort as abort:  # older versions of click put it in place of the interrupt
        raise (abort.__cause__ or KeyboardInterrupt) from abort
    except SystemExit:  # click ends so where nobody reads what is printed
        raise BrokenPipeError from None


@contextlib.contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Have every stopping signal interrupt the block as Ctrl-C does, unless it is ignored.

    What the block has begun then ends in good order: temporary files and processes of ours go.
    """

    def interrupt(number: int, _: FrameType | None) -> None:
        raise StopSignal(number)

    caught = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in caught:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)


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


def _cannot_print() -> "TwoclocksError | None":
    """Return the error of a standard output that takes no more (None: it does).

    What is left in its buffer is given up, since it would fail again when Python exits.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            return MachineFailed(f"cannot write to standard output: {error.strerror}")
    return None


def _report(error: "TwoclocksError") -> int:
    """Print an error, unless nobody reads what is printed; return its exit code."""
    hints = [error.hint, *getattr(error, "__notes__", ())]
    unread = isinstance(error, Interrupted) and error.signal_number == signal.SIGPIPE
    if error.hint or not unread:
        _print_error(error.sentence, "; ".join(filter(None, hints)))
    return error.exit_code


def _print_error(sentence: str, hint: str) -> None:
    """Print a sentence, and its hint if it has one."""
    from harness.text import printable

    try:
        print(f"error: {printable(sentence)}", file=sys.stderr)
        if hint:
            print(f"hint: {printable(hint)}", file=sys.stderr)
    except OSError:  # as after SIGHUP: what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


if __name__ == "__main__":
    sys.exit(main())
