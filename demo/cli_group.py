"""The group of the verbs: the default one, their words, and the exit codes.

Imports click, ``harness.errors`` and ``demo.usage_errors`` only, so that ``--help`` stays instant.
"""

from collections.abc import Callable
from typing import Any

import click

from demo.usage_errors import did_you_mean
from harness.errors import BadRequest

EXIT_CODES = """\b
Exit codes:
  0        shown
  1        not ready (check only)
  2        bad request; nothing was started
  3        a side, this machine or twoclocks itself failed
  4        the answers differ, or a claim or a recording was refused
  5        no journal to hold a measured session against (audit only)
  128 + n  interrupted by signal n
"""


class Verbs(click.Group):
    """A group with a default verb, ``race``, for options without a verb."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.help = self.help or _words_in_source(self.callback)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a verb, with its words even where Python has left them out."""
        cmd.help = cmd.help or _words_in_source(cmd.callback)
        super().add_command(cmd, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``race`` in front of options that name no verb."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = ["race", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb; raise ``BadRequest``, with a suggestion, where there is none."""
        if self.get_command(ctx, args[0]) is None:
            hint = did_you_mean(args[0], self.list_commands(ctx), ctx)
            raise BadRequest(f"there is no verb {args[0]!r}", hint)
        return super().resolve_command(ctx, args)


def _words_in_source(function: Callable[..., Any] | None) -> str | None:
    """Return the words of a verb from its source: under PYTHONOPTIMIZE=2 nothing else has them."""
    import ast
    import inspect

    try:
        [definition] = ast.parse(inspect.getsource(function or _words_in_source)).body
    except (OSError, SyntaxError):
        return None
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None
