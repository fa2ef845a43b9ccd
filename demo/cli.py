"""The verbs of the command line. Each hands over to the module that does the work.

May import everything, but imports what a verb needs inside the verb, so that ``--help`` and
``slide`` stay instant.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from demo.chaos_options import CHAOS
from demo.cli_cluster import CLUSTER_VERBS
from demo.cli_group import EXIT_CODES, Verbs
from demo.cli_options import (
    AS_JSON,
    BROADCAST,
    DASHBOARD,
    FALLBACK,
    METRICS,
    NEW,
    OVERSUBSCRIBE,
    RUN,
    SCALES,
    SIZE,
    TALK,
    WORKERS,
    WORKLOAD,
    choose_ui,
    prove_baseline,
    session_options,
)
from demo.cli_packages import PACKAGE_VERBS
from demo.cli_takes import TAKE_VERBS
from demo.cluster_options import CLUSTER
from demo.command_pair_options import COMMAND_PAIR
from demo.option_types import all_of, output_folder, seconds_option
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
@session_options(WORKERS, BROADCAST, METRICS, DASHBOARD, *FALLBACK, proves=False)
def race(
    ui: str,
    out: Path | None,
    yes: bool,
    by_itself: bool,
    broadcast: str,
    metrics: str,
    dashboard: bool,
    **typed: Any,
) -> int:
    """Run both sides and show the headline (the default verb).

    Both get the same input. While they run, the key f plays the newest recording instead.
    """
    from demo.options import make_plan, options_of
    from demo.race.show import race as run

    plan = make_plan(options_of(typed))
    screen = choose_ui(ui)
    setup = _race_setup(plan, screen, by_itself)
    with _watched(setup, plan, screen, broadcast, metrics, dashboard, wait=not yes) as watched:
        return run(plan, screen, out, wait=not yes, setup=watched)


@verbs.command()
@session_options(SCALES, OVERSUBSCRIBE, BROADCAST, METRICS, DASHBOARD, proves=True)
def sweep(
    ui: str,
    out: Path | None,
    yes: bool,
    broadcast: str,
    metrics: str,
    dashboard: bool,
    **typed: Any,
) -> int:
    """Run the baseline, then several numbers of workers.

    Shows how the speed grows with the number of workers. A sweep always runs in turn.
    """
    from demo.options import make_plan, options_of
    from demo.race.setup import NO_EXTRAS
    from demo.race.show import race as run

    plan = make_plan(options_of(typed))
    screen = choose_ui(ui)
    with _watched(NO_EXTRAS, plan, screen, broadcast, metrics, dashboard, wait=not yes) as setup:
        return run(plan, screen, out, wait=not yes, setup=setup)


@verbs.command()
@session_options(WORKERS, TALK, BROADCAST, DASHBOARD, *FALLBACK, proves=False)
def rehearse(
    ui: str,
    out: Path | None,
    yes: bool,
    talk: Path | None,
    by_itself: bool,
    broadcast: str,
    dashboard: bool,
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
    with _watched(setup, plan, screen, broadcast, "", dashboard, wait=not yes) as watched:
        return run(plan, screen, out, agenda, wait=not yes, setup=watched)


@verbs.command()
@click.argument("take", type=click.Path(path_type=Path), required=False)
@TALK
@seconds_option("--stall-after", 10, "Say STALLED after this long without progress.")
def cue(take: Path | None, talk: Path | None, stall_after: float) -> int:
    """Show the presenter view in a second terminal.

    It shows the time left, what to say and what goes wrong; the race itself is never touched.
    TAKE is the folder of the race to follow. Without it the newest race in recordings/ is
    followed, as soon as it begins.
    """
    from demo.talk.presenter_view import cue as run
    from harness.talk.agenda_file import read_agenda

    return run(take, read_agenda(talk), stall_after, live=choose_ui("auto") == "live")


@contextlib.contextmanager
def _watched(
    setup: "RaceSetup",
    plan: "Plan",
    screen: str,
    broadcast: str,
    metrics: str,
    dashboard: bool,
    *,
    wait: bool,
) -> Iterator["RaceSetup"]:
    """Yield the setup of a race that browsers and dashboards watch, where that was asked for."""
    from demo.broadcast.verb import broadcast_to
    from demo.dashboard import dashboard_link
    from demo.metrics import serving

    with (
        serving(metrics) as told,
        dashboard_link(dashboard, plan, screen, wait=wait and not broadcast) as link,
        broadcast_to(broadcast, screen, wait=wait) as room,
    ):
        yield replace(setup, broadcast=room, metrics=told, dashboard=link)


def _race_setup(plan: "Plan", screen: str, by_itself: bool) -> "RaceSetup":
    """Return what surrounds a race on this screen, with the recording that may replace it."""
    from demo.race.setup import for_presenter
    from harness.run.home import home_folder

    return for_presenter(
        plan.published_spec(home_folder()),
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
    from demo.recording.record import record as run
    from demo.recording.size import size_to_record

    if ui not in ("auto", "live"):
        raise BadRequest(f"only the live panel can be recorded, not --ui {ui}", "leave --ui out")
    return run(make_plan(options_of(typed)), out, size_to_record(size), wait=not yes)


@verbs.command()
@all_of(WORKLOAD, *COMMAND_PAIR, WORKERS, *RUN, *CHAOS, *CLUSTER, prove_baseline(proves=False))
@output_folder("The folder that holds your takes.  [default: recordings/]")
@TALK
@click.option(
    "--deck",
    type=click.Path(path_type=Path),
    metavar="FILE.pptx",
    help="Your slides: whether they hold the newest take's numbers.",
)
@click.option("--card", is_flag=True, help="Only show the test card, filling the terminal.")
@AS_JSON
def check(
    out: Path | None,
    talk: Path | None,
    deck: Path | None,
    card: bool,
    as_json: bool,
    **typed: Any,
) -> int:
    """Check this machine, and your talk, before you stand up.

    Looks at terminal, power, load, memory, Ray, input and recordings, and at ten points that a
    talk should have. Starts both sides once, as the race would, and ends them again. Exits with 1
    if anything failed, else with 0.
    """
    from demo.check import check as run
    from demo.check import show_card
    from demo.options import options_of

    return show_card() if card else run(options_of(typed), out, talk, deck, as_json=as_json)


@verbs.command()
@click.argument("name", default="")
@all_of(*NEW)
@click.option("--adopt", is_flag=True, hidden=True)
def new(name: str, adopt: bool, template: str | None, notebook: str | None, **chosen: bool) -> int:
    """Write a workload, or another file, to start from.

    NAME.py, in this folder, has comments and runs at once. The other files explain each of their
    lines; without a NAME they are talk.toml, prices.toml or result.toml, a notebook headline.ipynb
    or headline.py.
    """
    from demo.scaffold import Start, next_step
    from demo.scaffold import new as write

    chosen["commands"] |= adopt
    kinds = [kind for kind, wanted in chosen.items() if wanted]
    named = {"template": template, "notebook": notebook}
    kinds += [f"{option} {value}" for option, value in named.items() if value is not None]
    if len(kinds) > 1:
        raise BadRequest(f"--{kinds[0]} and --{kinds[1]} are two files", "write one at a time")
    start = Start(kinds[0].split()[-1]) if kinds else Start.WORKLOAD
    click.echo(next_step(write(name, Path.cwd(), start), start))
    return 0


for _verb in (*TAKE_VERBS, *PACKAGE_VERBS, *CLUSTER_VERBS):
    verbs.add_command(_verb)
