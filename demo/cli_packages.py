"""The verbs for publishing a take, and for running a published one again.

Imports what a verb needs inside the verb, as ``demo.cli`` does.
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from demo.cli_options import AS_JSON, UI, choose_ui, latest_take
from demo.cluster_options import ADDRESS
from demo.option_types import output_folder


@click.command("package")
@click.argument("take", type=click.Path(path_type=Path), default=partial(latest_take, "race"))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.zip",
    help="Write this file.  [default: the take's name, in this folder]",
)
@click.option(
    "--workload",
    metavar="FILE.py",
    help="Your own workload as it ran, to go into the package with the modules it imports.",
)
def pack(take: Path, out: Path | None, workload: str | None) -> int:
    """Pack a take for others to run again.

    The file holds results, journal, slide, figures, recording, versions and settings. It is looked
    through for names, addresses and keys first. TAKE is a take's folder.
    [default: recordings/latest]
    """
    from demo.package import package as run

    click.echo(run(take, out, workload))
    return 0


@click.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--run",
    "runs",
    metavar="NAME",
    help="Allow the package's own workload of this name to be executed.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Where a text of the settings names a file: its name here.",
)
@click.option(
    "--with",
    "again",
    type=click.Path(path_type=Path),
    metavar="TAKE",
    help="Compare with this take instead of running the session.",
)
@ADDRESS
@UI
@output_folder("Write the new take to this folder.  [default: a new folder in recordings/]")
@click.option("--yes", is_flag=True, help="Start the clocks without waiting for Enter.")
@AS_JSON
def reproduce(package: Path, ui: str, yes: bool, **typed: Any) -> int:
    """Run a packaged session again, and compare.

    Both sessions are audited and set side by side: input, answer, quality, speedup, machine. Ends
    with 0 if the session was reproduced, with 4 if not.
    """
    from demo.reproduce import Wish
    from demo.reproduce import reproduce as run

    screen = "none" if typed["as_json"] else choose_ui(ui)
    text, code = run(package, Wish(ui=screen, wait=not yes, **typed))
    if not typed["as_json"]:
        click.echo()  # below the headline of the session that ran
    click.echo(text)
    return code


PACKAGE_VERBS = (pack, reproduce)
