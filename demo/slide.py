"""The slide verb: what may be claimed of a session, told on the terminal, and drawn, exported or put into a deck.

May import ``harness`` and its neighbours in ``demo``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from demo.into import into
from demo.present import THEMES, Shown, home_of, keep, made, show
from harness.errors import BadRequest
from harness.show import export


def slide(
    paths: Sequence[Path],
    out: Path | None,
    *,
    theme: str,
    form: str | None,
    deck: Path | None,
    appendix: bool,
) -> int:
    """Show the sessions at the paths in the way that was asked for; return the exit code."""
    if form is not None and deck is not None:
        raise BadRequest(
            "--format prints and --into updates a deck: they are two things", "call it twice"
        )
    folder = made(out) if out is not None else home_of(paths[0]) if len(paths) == 1 else None
    shown = show(paths)
    if form is not None:
        return _exported(shown, form)
    if deck is not None:
        text, code = into(deck, shown)
        click.echo(text, nl=False)
        return code
    click.echo("\n".join(filter(None, (shown.text, shown.appendix if appendix else ""))))
    if folder is not None:
        keep(shown.drawn(THEMES[theme]), folder)
    else:
        click.echo("hint: to have slide and figures drawn, name a folder with --out", err=True)
    return shown.code


def _exported(shown: Shown, form: str) -> int:
    """Print the claim in a form that others read, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(export.exported(shown.claim, form).encode())
    sys.stdout.buffer.flush()
    return shown.code
