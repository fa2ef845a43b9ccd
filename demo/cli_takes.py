"""The verbs for what a session has left: its recording, its results, its take.

Imports what a verb needs inside the verb, as ``demo.cli`` does. Runs no side.
"""

from functools import partial
from pathlib import Path

import click

from demo.cli_options import AS_JSON, BROADCAST, TALK, latest_results, latest_take
from demo.option_types import output_folder

THEME = click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    default="light",
    show_default=True,
    help="Background of the figures.",
)


@click.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to FILE.html, FILE.mp4 or, its race alone, FILE.gif instead of playing it.",
)
@BROADCAST
def play(take: Path | None, into: Path | None, broadcast: str) -> int:
    """Play a recording at true speed.

    The key n leads to its next labelled moment, q stops it. TAKE is a take's folder. Without it the
    newest verified recording is played.
    """
    from demo.recording.play import play as run

    return run(take, into, broadcast)


@click.command("verify-cast")
@click.argument("take", type=click.Path(path_type=Path), default=partial(latest_take, "record"))
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare with this results file.  [default: the one beside the recording]",
)
@click.option(
    "--size", default="", metavar="COLUMNSxROWS", help="The expected size.  [default: any size]"
)
def verify_cast(take: Path, results: Path | None, size: str) -> int:
    """Verify a recording against its results file.

    TAKE is a take's folder or a cast file. The clocks on the screen are compared with the
    recording's own times and with the results file.  [default: recordings/latest]
    """
    from demo.recording.size import parse_size
    from demo.recording.verify import verify_recording

    text, code = verify_recording(take, results, parse_size(size) if size else None)
    click.echo(text)
    return code


@click.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1)
@output_folder("Write the files to this folder.  [default: the take's folder]")
@THEME
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "csv", "json", "tex"]),
    help="Print headline and table in this format, and draw nothing.",
)
@click.option(
    "--into",
    "deck",
    type=click.Path(path_type=Path),
    metavar="DECK.pptx",
    help="Update the shapes named twoclocks:* in this deck.",
)
@TALK
@click.option("--appendix", is_flag=True, help="Also print the tables for questions afterwards.")
def slide(
    results: tuple[Path, ...],
    out: Path | None,
    theme: str,
    form: str | None,
    deck: Path | None,
    talk: Path | None,
    appendix: bool,
) -> int:
    """Print the headline; draw slide, figures and report.html.

    Nothing is run. RESULTS is a results file, a take's folder or a declared result (TOML).
    Several sessions of one configuration are combined.  [default: recordings/latest]
    """
    from demo.report import slide as run

    return run(
        results or (latest_results(),),
        out,
        theme=theme,
        form=form,
        deck=deck,
        talk=talk,
        appendix=appendix,
    )


@click.command()
@click.argument("take", type=click.Path(path_type=Path), default=latest_results)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=Path("deck.pptx"),
    show_default=True,
    help="Write it to this file, .pptx, .pdf or .html.",
)
@TALK
@THEME
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Use the master of this presentation or template (.pptx, .potx).  [default: a plain one]",
)
@click.option(
    "--layout",
    default="",
    metavar="NAME",
    help="The layout of that template to use.  [default: Title Only]",
)
def deck(
    take: Path, out: Path, talk: Path | None, theme: str, template: Path | None, layout: str
) -> int:
    """Write the whole talk as slides.

    One slide for each beat of the agenda, then those for questions; the speaker's notes say where
    each number comes from. TAKE is a take's folder, a results file or a declared result (TOML).
    What has no facts there is left out.  [default: recordings/latest]
    """
    from demo.deck import deck as run
    from harness.talk.agenda_file import read_agenda

    text, code = run(take, out, read_agenda(talk), theme=theme, template=template, layout=layout)
    click.echo(text)
    return code


@click.command()
@click.argument("results", type=click.Path(path_type=Path), default=latest_results)
@AS_JSON
@click.option(
    "--require",
    "required",
    multiple=True,
    metavar="CLAIM",
    help="End with 4 unless the claim reaches this, such as 'S>=1.5'. Repeatable. Names: S, its "
    "lower end S_low, E, delta (change of quality), cost (a run's, over the baseline's).",
)
def audit(results: Path, required: tuple[str, ...], as_json: bool) -> int:
    """Check a session against every honesty rule.

    RESULTS is a results file, a take's folder or a declared result (TOML). It is also recomputed
    from the journal beside it.  [default: recordings/latest]
    """
    from demo.report import run_audit

    text, code = run_audit(results, required, as_json=as_json)
    click.echo(text)
    return code


TAKE_VERBS = (play, verify_cast, slide, deck, audit)
