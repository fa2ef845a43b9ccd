"""The verbs of the command line. Each hands over to the module that does the work.

May import everything, but imports what a verb needs inside the verb, so that ``--help`` and
``slide`` stay instant.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from demo.cli_group import EXIT_CODES, Verbs
from demo.cli_options import (
    AS_JSON,
    COMMAND_PAIR,
    FALLBACK,
    OVERSUBSCRIBE,
    RUN,
    SCALES,
    SIZE,
    TALK,
    WORKERS,
    WORKLOAD,
    all_of,
    choose_ui,
    latest_results,
    latest_take,
    output_folder,
    prove_baseline,
    seconds_option,
    session_options,
)
from harness.errors import BadRequest

if TYPE_CHECKING:
    from demo.race.setup import RaceSetup
    from harness.run.plan import Plan


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(package_name="twoclocks")
def verbs() -> None:
    """Race a single-machine program against its distributed version on Ray, live in the terminal.

    Both get the same input on equal terms. Everything measured is saved in one results file, and
    the headline is derived from it. Without a verb: race.
    """


@verbs.command()
@session_options(WORKERS, *FALLBACK, proves=False)
def race(ui: str, out: Path | None, yes: bool, by_itself: bool, **typed: Any) -> int:
    """Run both sides and show the headline (the default verb).

    Both get the same input. While they run, the key f plays the newest recording instead.
    """
    from demo.options import make_plan, options_of
    from demo.race.show import race as run

    plan = make_plan(options_of(typed))
    screen = choose_ui(ui)
    setup = _race_setup(plan, screen, by_itself)
    return run(plan, screen, out, wait=not yes, setup=setup)


@verbs.command()
@session_options(SCALES, OVERSUBSCRIBE, proves=True)
def sweep(ui: str, out: Path | None, yes: bool, **typed: Any) -> int:
    """Run the baseline, then several numbers of workers.

    Shows how the speed grows with the number of workers. A sweep always runs in turn.
    """
    from demo.options import make_plan, options_of
    from demo.race.show import race as run

    return run(make_plan(options_of(typed)), choose_ui(ui), out, wait=not yes)


@verbs.command()
@session_options(WORKERS, TALK, *FALLBACK, proves=False)
def rehearse(
    ui: str,
    out: Path | None,
    yes: bool,
    talk: Path | None,
    by_itself: bool,
    **typed: Any,
) -> int:
    """Rehearse your talk with the real race in it.

    Enter ends each beat of the agenda. At the end you see how long each took, and until when you
    must decide whether to play the recording instead.
    """
    from demo.options import make_plan, options_of
    from demo.talk.rehearse import rehearse as run
    from harness.talk.agenda_file import read_agenda

    agenda = read_agenda(talk)
    plan = make_plan(options_of(typed))
    screen = choose_ui(ui)
    setup = _race_setup(plan, screen, by_itself)
    return run(plan, screen, out, agenda, wait=not yes, setup=setup)


@verbs.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@TALK
@seconds_option("--stall-after", 10, "Say STALLED once the race made no progress for so long.")
def cue(take: Path | None, talk: Path | None, stall_after: float) -> int:
    """Show the presenter view in a second terminal.

    It shows the time left, what to say and what goes wrong; the race itself is never touched.
    TAKE is the folder of the race to follow. Without it the newest race in recordings/ is
    followed, as soon as it begins.
    """
    from demo.talk.presenter_view import cue as run
    from harness.talk.agenda_file import read_agenda

    return run(take, read_agenda(talk), stall_after, live=choose_ui("auto") == "live")


def _race_setup(plan: "Plan", screen: str, by_itself: bool) -> "RaceSetup":
    """Return what surrounds a race on this screen, with the recording that may replace it."""
    from demo.race.setup import for_presenter

    return for_presenter(
        plan.spec,
        live=screen == "live",
        simulated=plan.simulated,
        by_itself=by_itself,
        after_s=plan.patience.stall_after_s,
    )


@verbs.command()
@session_options(WORKERS, SIZE, proves=False)
def record(ui: str, out: Path | None, yes: bool, size: str, **typed: Any) -> int:
    """Run a race, record the terminal and verify it.

    The take is published only if the race succeeds and the recording is true to its clocks.
    """
    from demo.options import make_plan, options_of
    from demo.recording.record import parse_size
    from demo.recording.record import record as run

    if ui not in ("auto", "live"):
        raise BadRequest(f"only the live panel can be recorded, not --ui {ui}", "leave --ui out")
    return run(make_plan(options_of(typed)), out, parse_size(size), wait=not yes)


@verbs.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to FILE.html, FILE.gif or FILE.mp4 instead of playing it.",
)
def play(take: Path | None, into: Path | None) -> int:
    """Play a recording at true speed.

    The key n leads to its next labelled moment, q stops it. TAKE is a take's folder. Without it the
    newest verified recording is played.
    """
    from demo.recording.play import play as run

    return run(take, into)


@verbs.command("verify-cast")
@click.argument("take", type=click.Path(path_type=Path), default=latest_take)
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
    from demo.recording.record import parse_size
    from demo.recording.verify import verify_recording

    text, code = verify_recording(take, results, parse_size(size) if size else None)
    click.echo(text)
    return code


@verbs.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1)
@output_folder("Write the files to this folder.  [default: the take's folder]")
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    default="light",
    show_default=True,
    help="Background of the figures.",
)
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
@click.option("--appendix", is_flag=True, help="Also print the tables for questions afterwards.")
def slide(
    results: tuple[Path, ...],
    out: Path | None,
    theme: str,
    form: str | None,
    deck: Path | None,
    appendix: bool,
) -> int:
    """Print the headline and draw slide and figures.

    Nothing is run. RESULTS is a results file, a take's folder or a declared result (TOML).
    Several sessions of one configuration are combined.  [default: recordings/latest]
    """
    from demo.report import slide as run

    return run(
        results or (latest_results(),), out, theme=theme, form=form, deck=deck, appendix=appendix
    )


@verbs.command()
@click.argument("results", type=click.Path(path_type=Path), default=latest_results)
@AS_JSON
def audit(results: Path, as_json: bool) -> int:
    """Check a session against every honesty rule.

    RESULTS is a results file, a take's folder or a declared result (TOML). It is also recomputed
    from the journal beside it.  [default: recordings/latest]
    """
    from demo.report import run_audit

    text, code = run_audit(results, as_json=as_json)
    click.echo(text)
    return code


@verbs.command()
@all_of(WORKLOAD, *COMMAND_PAIR, WORKERS, *RUN, prove_baseline(proves=False))
@output_folder("The folder that holds your takes.  [default: recordings/]")
@click.option("--card", is_flag=True, help="Only show the test card, filling the terminal.")
@AS_JSON
def check(out: Path | None, card: bool, as_json: bool, **typed: Any) -> int:
    """Check this machine before the talk.

    Looks at terminal, power, load, memory, Ray, input and recordings. Starts both sides once, as
    the race would, and ends them again. Exits with 1 if anything failed, else with 0.
    """
    from demo.check import check as run
    from demo.check import show_card
    from demo.options import options_of

    return show_card() if card else run(options_of(typed), out, as_json=as_json)


@verbs.command()
@click.argument("name")
@click.option("--commands", is_flag=True, help="Start from two programs instead of two functions.")
@click.option("--adopt", is_flag=True, hidden=True)
def new(name: str, commands: bool, adopt: bool) -> int:
    """Write a workload file to start from.

    NAME.py, in this folder, has comments and runs at once.
    """
    from demo.scaffold import new as write
    from demo.scaffold import next_step

    click.echo(next_step(write(name, Path.cwd(), commands=commands or adopt)))
    return 0
