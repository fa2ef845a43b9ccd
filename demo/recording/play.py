"""Play a take's recording in this terminal, open its page where the terminal is too small, or make a film of it.

May import ``harness`` and its neighbours in ``demo``.
"""

import os
import sys
import webbrowser
from pathlib import Path

import click

from demo.race.setup import label
from demo.recording.export import exported
from demo.recording.player import Player
from demo.terminal import Canvas, Keys, Signals
from harness import text
from harness.cast.format import CAST
from harness.errors import BadRequest
from harness.model import plain
from harness.takes.folder import PAGE
from harness.takes.recordings import Recording, recording, recordings

SHOWN = 0


def play(take: Path | None, into: Path | None) -> int:
    """Play the recording of a take (None: the newest), or write it ``into`` a file of another form; return the exit code.

    Raises ``BadRequest`` where there is nothing to play, or nowhere to play it.
    """
    chosen = recording(_folder(take)) if take is not None else _newest()
    if not chosen.verified:
        click.echo(
            f"warning: this recording is not verified\nhint: `twoclocks verify-cast {plain(str(chosen.folder))}` does it",
            err=True,
        )
    if into is not None:
        exported(chosen, into)
        click.echo(plain(str(into)))
        return SHOWN
    if not _can_draw():
        raise BadRequest(
            "a recording plays in a terminal that can draw", f"{_page(chosen)} plays in a browser"
        )
    canvas = Canvas(Keys())
    if chosen.fits(*canvas.size):
        return _shown(chosen)
    return _opened(chosen, canvas.size)


def _folder(take: Path) -> Path:
    """Return the take's folder, whether it or the cast in it was named."""
    return take.parent if take.name == CAST else take


def _newest() -> Recording:
    """Return the newest verified recording, or the newest of all where none is."""
    found = recordings()
    if not found:
        raise BadRequest("there is no recording here", "make one with `twoclocks record`")
    return next((one for one in found if one.verified), found[0])


def _can_draw() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _shown(chosen: Recording) -> int:
    keys, signals = Keys(), Signals()
    canvas = Canvas(keys)
    with signals.caught(), canvas.open():
        Player(canvas, keys, signals).play(chosen.cast, label(chosen))
    return SHOWN


def _opened(chosen: Recording, size: tuple[int, int]) -> int:
    """Open the page of a recording that this terminal is too small for; raise ``BadRequest`` where there is no browser for it."""
    told = (
        f"this terminal is {size[0]}×{size[1]}, the recording needs {chosen.columns}×{chosen.rows}"
    )
    page = chosen.folder / PAGE
    if not page.is_file() or not webbrowser.open(page.resolve().as_uri()):
        raise BadRequest(told, f"make it larger, or open {_page(chosen)} in a browser")
    click.echo(
        f"{told}: {plain(str(page))} was opened in a browser, {text.clock(chosen.duration_s)} long"
    )
    return SHOWN


def _page(chosen: Recording) -> str:
    return plain(str(chosen.folder / PAGE))
