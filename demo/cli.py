"""The verbs and their options, as click commands. Each is thin: it hands over to the module of its name.

May import everything, but imports late what a verb needs, so that ``--help`` and ``slide`` stay instant.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from demo.terminal import term_can_draw
from harness.errors import BadRequest

Decorator = Callable[[Any], Any]

LATEST = Path("recordings/latest/results.json")


class Verbs(click.Group):
    """A group whose first verb is ``race``: options without a verb belong to it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``race`` before options that name no verb."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = ["race", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="twoclocks")
def verbs() -> None:
    """Race an honest single-machine baseline against its Ray run, live, and draw the headline from one results file."""


def session_options(*own: Decorator, proves: bool) -> Decorator:
    """Return a decorator that gives a command the options that all sessions share, with its own ones after the workload.

    ``proves`` is whether the baseline is proved unless told otherwise.
    """
    return _all_of(WORKLOAD, *own, *RUN, *STAGE, _proof(proves=proves))


def _all_of(*options: Decorator) -> Decorator:
    """Return a decorator that gives a command all the options, in their order."""

    def give(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return give


def _proof(*, proves: bool) -> Decorator:
    return click.option(
        "--prove-baseline/--no-prove-baseline",
        default=proves,
        show_default=True,
        help="Time variants of the baseline afterwards.",
    )


WORKLOAD = click.option(
    "--workload",
    default="train",
    show_default=True,
    help="Built-in name, path/to/file.py or package.module.",
)
RUN = (
    click.option(
        "--cores-per-worker",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Cores, and threads, of each worker.",
    ),
    click.option(
        "--baseline-cores",
        default="",
        metavar="K|all",
        help="Cores, and threads, of the baseline.  [default: as a worker]",
    ),
    click.option(
        "--schedule",
        type=click.Choice(["auto", "in-turn", "together"]),
        default="auto",
        show_default=True,
        help="When the sides run.",
    ),
    click.option(
        "--trials",
        type=click.IntRange(min=1, max=100),
        default=1,
        show_default=True,
        help="Rounds to run, in ABBA order.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a parameter of the workload.",
    ),
    click.option(
        "--address",
        default="",
        metavar="HOST:PORT",
        help="Join this Ray cluster.  [default: $RAY_ADDRESS, else a local one]",
    ),
    click.option(
        "--prices",
        type=click.Path(path_type=Path),
        help="Your price list.  [default: illustrative prices]",
    ),
)
STAGE = (
    click.option(
        "--ui",
        type=click.Choice(["auto", "live", "plain", "json", "none"]),
        default="auto",
        show_default=True,
        help="How to follow it.",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The take's folder.  [default: a new one in recordings/]",
    ),
    click.option("--yes", is_flag=True, help="Start the clocks without waiting for Enter."),
)


WORKERS = click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Workers of the distributed side.  [default: one per core]",
)


def _stall_after(told: str) -> Decorator:
    """Return the option for how many seconds without progress are too many."""
    seconds = click.FloatRange(min=1.0)
    return click.option(
        "--stall-after", type=seconds, default=10.0, show_default=True, metavar="SECONDS", help=told
    )


FALLBACK = (
    click.option(
        "--fallback",
        "by_itself",
        is_flag=True,
        help="Where the run fails or stalls, play its newest verified recording.",
    ),
    _stall_after("How long nothing may get on before --fallback takes over."),
)


PAIR = (
    click.option(
        "--baseline",
        default="",
        metavar="COMMAND",
        help="Race this program of yours, as it is, against --distributed.",
    ),
    click.option(
        "--distributed",
        default="",
        metavar="COMMAND",
        help="Its rival; {workers} in it stands for their number.",
    ),
    click.option(
        "--answer",
        default="",
        metavar="FILE",
        help="What both write their answer to.  [default: what they print]",
    ),
    click.option(
        "--quality",
        default="",
        metavar="REGEX",
        help="Finds a number that they print, or FILE.json#key.",
    ),
    click.option(
        "--progress",
        default="",
        metavar="REGEX",
        help="Finds percent, or done and total, in what they print.",
    ),
)


@verbs.command()
@session_options(*PAIR, WORKERS, *FALLBACK, proves=False)
def race(
    ui: str, out: Path | None, yes: bool, by_itself: bool, stall_after: float, **asked: Any
) -> int:
    """Run both sides on the same input and draw the headline (the default verb). The key f plays its recording instead."""
    from demo.adopt import adopted
    from demo.options import Asked, request
    from demo.race.session import race as run
    from demo.race.setup import for_race

    asked = adopted(asked)
    wanted, screen = request(Asked(**asked)), chosen_ui(ui)
    staging = for_race(
        wanted.spec,
        live=screen == "live",
        simulated=wanted.simulated,
        by_itself=by_itself,
        after_s=stall_after,
    )
    return run(wanted, screen, out, wait=not yes, staging=staging)


@verbs.command()
@session_options(
    click.option(
        "--workers",
        "points",
        default="",
        metavar="P,P,...",
        help="Numbers of workers.  [default: 1,2,4,... up to the cores]",
    ),
    click.option(
        "--oversubscribe", is_flag=True, help="Allow more workers than there are cores for."
    ),
    proves=True,
)
def sweep(ui: str, out: Path | None, yes: bool, **asked: Any) -> int:
    """Run the baseline, then 1, 2, 4, ... workers on the same input, and draw how speed grows with them."""
    from demo.options import Asked, request
    from demo.race.session import race as run

    return run(request(Asked(**asked)), chosen_ui(ui), out, wait=not yes)


TALK = click.option(
    "--talk",
    "talk",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Your talk's beats.  [default: twelve minutes]",
)


@verbs.command()
@session_options(WORKERS, TALK, *FALLBACK, proves=False)
def rehearse(
    ui: str,
    out: Path | None,
    yes: bool,
    talk: Path | None,
    by_itself: bool,
    stall_after: float,
    **asked: Any,
) -> int:
    """Rehearse the talk around the race: Enter ends a beat; tells what each took and until when to decide."""
    from demo.options import Asked, request
    from demo.race.setup import for_race
    from demo.talk.rehearse import rehearse as run
    from harness.talk.agenda_file import read_talk

    beats, wanted, screen = read_talk(talk), request(Asked(**asked)), chosen_ui(ui)
    staging = for_race(
        wanted.spec,
        live=screen == "live",
        simulated=wanted.simulated,
        by_itself=by_itself,
        after_s=stall_after,
    )
    return run(wanted, screen, out, beats, wait=not yes, staging=staging)


@verbs.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@TALK
@_stall_after("How long nothing may get on before the cue warns.")
def cue(take: Path | None, talk: Path | None, stall_after: float) -> int:
    """Follow a race on the presenter's second terminal: time left, what to say, what goes wrong.

    TAKE is the folder of the race to follow; without it the newest session below recordings/ is followed, whenever it begins.
    """
    from demo.talk.presenter_view import cue as run
    from harness.talk.agenda_file import read_talk

    return run(take, read_talk(talk), stall_after, live=chosen_ui("auto") == "live")


def chosen_ui(asked: str) -> str:
    """Return the screen to use: ``auto`` is live on a terminal that can draw, plain lines elsewhere."""
    can_draw = sys.stdout.isatty() and term_can_draw()
    if asked == "live" and not can_draw:
        raise BadRequest(
            "the live panel needs a terminal that can draw",
            "use --ui plain, or run it in a terminal",
        )
    if asked != "auto":
        return asked
    return "live" if can_draw else "plain"


@verbs.command()
@session_options(
    WORKERS,
    click.option(
        "--size",
        default="100x30",
        show_default=True,
        metavar="COLUMNSxROWS",
        help="The terminal that is recorded.",
    ),
    proves=False,
)
def record(ui: str, out: Path | None, yes: bool, size: str, **asked: Any) -> int:
    """Record a race as it is run, hold the recording against the clock, and publish the take only if both went well."""
    from demo.options import Asked, request
    from demo.recording.record import record as run
    from demo.recording.record import size_of

    if ui not in ("auto", "live"):
        raise BadRequest(
            f"--ui {ui} cannot be recorded: a recording is of the live panel", "leave --ui out"
        )
    return run(request(Asked(**asked)), out, size_of(size), wait=not yes)


@verbs.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it as FILE.html, FILE.gif or FILE.mp4 instead.",
)
def play(take: Path | None, into: Path | None) -> int:
    """Play the recording of a TAKE at true speed; without one the newest.  q leaves."""
    from demo.recording.play import play as run

    return run(take, into)


@verbs.command("verify-cast")
@click.argument("take", type=click.Path(path_type=Path), default=LATEST.parent)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Hold it against this results file.  [default: beside it]",
)
@click.option(
    "--size", default="", metavar="COLUMNSxROWS", help="The size it should have.  [default: any]"
)
def verify_cast(take: Path, results: Path | None, size: str) -> int:
    """Hold the recording of a TAKE, or a cast file, against the clock and its results file."""
    from demo.recording.record import size_of
    from demo.recording.verify import told

    text, code = told(take, results, size_of(size) if size else None)
    click.echo(text)
    return code


@verbs.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to write it.  [default: into the take]",
)
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    default="light",
    show_default=True,
    help="The figures' background.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "csv", "json", "tex"]),
    help="Print headline and table so, and draw nothing.",
)
@click.option(
    "--into",
    "deck",
    type=click.Path(path_type=Path),
    metavar="DECK.pptx",
    help="Update the shapes named twoclocks:* in a deck.",
)
@click.option("--appendix", is_flag=True, help="Print the tables for the questions afterwards too.")
def slide(
    results: tuple[Path, ...],
    out: Path | None,
    theme: str,
    form: str | None,
    deck: Path | None,
    appendix: bool,
) -> int:
    """Draw headline and figures again from RESULTS alone.

    RESULTS is a results file, a take, a declared record.toml, or several sessions of one configuration, to be put together.
    """
    from demo.slide import slide as run

    return run(results or (LATEST,), out, theme=theme, form=form, deck=deck, appendix=appendix)


@verbs.command()
@click.argument("results", type=click.Path(path_type=Path), default=LATEST)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def audit(results: Path, as_json: bool) -> int:
    """Judge every honesty rule on a results file, and recount it from the journal beside it."""
    from demo.audit import told

    text, code = told(results, as_json=as_json)
    click.echo(text)
    return code


@verbs.command()
@_all_of(WORKLOAD, WORKERS, *RUN, _proof(proves=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where takes are kept.  [default: recordings/]",
)
@click.option("--card", is_flag=True, help="Show the test card alone, as large as the terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def check(out: Path | None, card: bool, as_json: bool, **asked: Any) -> int:
    """Check this machine before you walk up: terminal, power, load, Ray, input, rehearsals, recording; seconds, exit 0 or 1."""
    from demo.check.run import check as run
    from demo.check.run import show_card
    from demo.options import Asked

    return show_card() if card else run(Asked(**asked), out, as_json=as_json)


@verbs.command()
@click.argument("name")
@click.option(
    "--adopt", is_flag=True, help="Two programs of your own as they are, instead of two functions."
)
def new(name: str, adopt: bool) -> int:
    """Write NAME.py here: a commented workload of your own that runs at once."""
    from demo.scaffold import new as write
    from demo.scaffold import told

    click.echo(told(write(name, Path.cwd(), adopt=adopt)))
    return 0
