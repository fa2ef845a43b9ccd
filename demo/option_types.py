"""What options are made of: their types, and the ones that verbs name by themselves.

Imports click only, so that ``--help`` stays instant.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

LONGEST_STALL_S = 3_600

Decorator = Callable[[Any], Any]


class Seconds(click.FloatRange):
    """A number of seconds, which is finite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; fail for infinity and for what is no number, too."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is not finite", param, ctx)
        return seconds


def all_of(*options: Decorator) -> Decorator:
    """Return a decorator that gives a command all these options, in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def seconds_option(name: str, default: float, help_text: str) -> Decorator:
    """Return an option for a number of seconds, one at least."""
    return click.option(
        name,
        type=Seconds(min=1, max=LONGEST_STALL_S),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help=help_text,
    )


def output_folder(help_text: str) -> Decorator:
    """Return the option for the folder that is written to."""
    return click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help=help_text)
