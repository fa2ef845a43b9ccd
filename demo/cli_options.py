"""The options of the command line that several verbs share, as click decorators.

Those of a command pair and of a cluster have modules of their own. Imports click, the options'
types and ``harness.errors`` at once, so that ``--help`` stays instant.
"""

from pathlib import Path

import click

from demo.chaos_options import CHAOS
from demo.cluster_options import CLUSTER
from demo.command_pair_options import COMMAND_PAIR
from demo.option_types import (
    LONGEST_STALL_S,
    Decorator,
    Seconds,
    all_of,
    output_folder,
    seconds_option,
)
from harness.errors import BadRequest

MOST_CORES = 10_000


def choose_ui(typed: str) -> str:
    """Return the screen to use: ``auto`` is live on a terminal that can draw, else plain lines."""
    from demo.terminal import can_draw

    drawable = can_draw()
    if typed == "live" and not drawable:
        raise BadRequest(
            "the live panel needs a terminal that can draw",
            "use --ui plain, or run it in a terminal",
        )
    if typed != "auto":
        return typed
    return "live" if drawable else "plain"


def session_options(*own: Decorator, proves: bool) -> Decorator:
    """Return the options of a verb that runs a session, its ``own`` ones after the workload.

    ``proves`` is whether the baseline is proved by default.
    """
    return all_of(
        WORKLOAD, *COMMAND_PAIR, *own, *RUN, *CHAOS, *CLUSTER, *STAGE, prove_baseline(proves=proves)
    )


def prove_baseline(*, proves: bool) -> Decorator:
    """Return the option for timing other variants of the baseline."""
    help_text = "After the race, measure whether the baseline is a good one and its work needed."
    name = "--prove-baseline/--no-prove-baseline"
    return click.option(name, default=proves, show_default=True, help=help_text)


WORKLOAD = click.option(
    "--workload",
    metavar="NAME",
    default="embed",
    show_default=True,
    help="A built-in name, path/to/file.py or package.module.",
)
WORKERS = click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Workers of the distributed side.  [default: one per core]",
)
SCALES = click.option(
    "--workers",
    "points",
    default="",
    metavar="N,N,...",
    help="The numbers of workers to measure, ascending.  [default: 1,2,4,... up to the cores]",
)
OVERSUBSCRIBE = click.option(
    "--oversubscribe", is_flag=True, help="Allow more workers than this machine has cores for."
)
RUN = (
    click.option(
        "--cores-per-worker",
        type=click.IntRange(min=1, max=MOST_CORES),
        metavar="N",
        default=1,
        show_default=True,
        help="Cores and threads of each worker.",
    ),
    click.option(
        "--baseline-cores",
        default="",
        metavar="K|all",
        help="Cores and threads of the baseline.  [default: as many as a worker has]",
    ),
    click.option(
        "--schedule",
        type=click.Choice(["auto", "in-turn", "together"]),
        default="auto",
        show_default=True,
        help="Run one side after the other, or both at once. auto runs both at once where it is "
        "fair. A sweep runs in turn.",
    ),
    click.option(
        "--trials",
        type=click.IntRange(min=1, max=100),
        metavar="N",
        default=1,
        show_default=True,
        help="How often to run each side; the order alternates (ABBA).",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a parameter of the workload; may be given several times.",
    ),
    click.option(
        "--prices",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Your price list (TOML).  [default: example prices]",
    ),
    click.option(
        "--spot",
        is_flag=True,
        help="Bill the distributed side at the list's spot prices, the baseline on demand.",
    ),
    click.option(
        "--checkpoint",
        type=Seconds(min=0.01, max=LONGEST_STALL_S),
        metavar="SECONDS",
        help="How long the baseline would take to write a checkpoint. The appendix then computes "
        "what random losses would cost it.",
    ),
)
UI = click.option(
    "--ui",
    type=click.Choice(["auto", "live", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="Show a live panel, lines of text, the events as JSON lines, or nothing. auto is "
    "live in a terminal, else plain.",
)
STAGE = (
    UI,
    output_folder("Write the results to this folder.  [default: a new folder in recordings/]"),
    click.option("--yes", is_flag=True, help="Start the clocks without waiting for Enter."),
    seconds_option("--stall-after", 10, "Say STALLED after this long without news."),
    seconds_option(
        "--give-up-after",
        900,
        "Without a keyboard, end a run that does nothing for this long, or computes ten times "
        "this long without progress.",
    ),
)
BROADCAST = click.option(
    "--broadcast",
    default="",
    metavar="[ADDRESS:]PORT",
    help="Show the panel in browsers, too, read-only. On this machine alone unless one of its "
    "addresses is named.",
)
METRICS = click.option(
    "--metrics",
    default="",
    metavar="[ADDRESS:]PORT",
    help="Tell a Prometheus what happens, while it happens. On this machine alone unless one of "
    "its addresses is named.",
)
DASHBOARD = click.option(
    "--dashboard",
    is_flag=True,
    help="Start Ray's own dashboard on this machine alone and say where it is. Of a cluster that "
    "is joined only say that.",
)
FALLBACK = (
    click.option(
        "--fallback",
        "by_itself",
        is_flag=True,
        help="If the run fails or stalls, play the newest verified recording instead.",
    ),
)
TALK = click.option(
    "--talk",
    "talk",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Your talk's agenda (TOML).  [default: an example of twelve minutes]",
)
SIZE = click.option(
    "--size",
    default="",
    metavar="COLUMNSxROWS",
    help="Size of the terminal to record.  [default: 100x30, less where this one is smaller]",
)
NEW = (
    click.option(
        "--commands", is_flag=True, help="Start from two programs instead of two functions."
    ),
    click.option(
        "--template",
        type=click.Choice(["torch"]),
        help="Start from two programs that train a model too large for one GPU.",
    ),
    click.option("--agenda", is_flag=True, help="Write the agenda of a talk instead."),
    click.option("--prices", is_flag=True, help="Write a price list instead."),
    click.option(
        "--declared", is_flag=True, help="Write a result that was measured elsewhere instead."
    ),
    click.option(
        "--notebook",
        type=click.Choice(["jupyter", "marimo"]),
        help="Write a notebook instead whose one cell shows the headline slide.",
    ),
)
AS_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document instead of lines."
)


def latest_take(made_by: str = "race") -> Path:
    """Return the folder of the newest take of a measured session.

    Raises ``BadRequest`` if there is none yet; the hint names the verb that makes one.
    """
    from harness.takes.folder import LATEST

    if not LATEST.exists():
        raise BadRequest(
            f"there is no take in {LATEST} yet",
            f"make one with `twoclocks {made_by}`, or name the folder of another",
        )
    return LATEST


def latest_results() -> Path:
    """Return the results file of the newest take of a measured session."""
    from harness.files.results import RESULTS_NAME

    return latest_take() / RESULTS_NAME
