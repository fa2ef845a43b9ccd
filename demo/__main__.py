"""The program's entry: ``twoclocks`` and ``python -m demo``. The one place where errors are told.

May import everything; imports nothing heavy itself.
"""

import sys

import click

from demo.verbs import verbs
from harness.errors import TwoclocksError
from harness.model import plain


def main(arguments: list[str] | None = None) -> int:
    """Run the verb on the command line and return the exit code; an error is one sentence and one hint."""
    try:
        code = verbs.main(args=arguments, prog_name="twoclocks", standalone_mode=False)
    except TwoclocksError as error:
        return _told(error.sentence, error.hint, error.exit_code)
    except click.ClickException as error:
        return _told(error.format_message().rstrip("."), "twoclocks --help lists the verbs, twoclocks VERB --help the options", 2)
    except click.Abort:
        return _told("stopped before the start", "", 130)
    except BrokenPipeError:
        return 141
    return int(code or 0)


def _told(sentence: str, hint: str, code: int) -> int:
    print(f"error: {plain(sentence)}", file=sys.stderr)
    if hint:
        print(f"hint: {plain(hint)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
