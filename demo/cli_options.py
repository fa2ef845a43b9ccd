"""The options of the command line that several verbs share, as click decorators.

Imports click and ``harness.errors`` at once, so that ``--help`` stays instant.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harness.errors import BadRequest

LONGEST_STALL_S = 3_600
MOST_CORES = 10_000

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


def all_of(*options: Decorator) -> Decorator:
    """Return a decorator that gives a command all these options, in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def session_options(*own: Decorator, proves: bool) -> Decorator:
    """Return the options of a verb that runs a session, its ``own`` ones after the workload.

    ``proves`` is whether the baseline is proved by default.
    """
    return all_of(WORKLOAD, *COMMAND_PAIR, *own, *RUN, *STAGE, prove_baseline(proves=proves))


def prove_baseline(*, proves: bool) -> Decorator:
    """Return the option for timing other variants of the baseline."""
    help_text = "After the race, time other ways to write the baseline."
    name = "--prove-baseline/--no-prove-baseline"
    return click.option(name, default=proves, show_default=True, help=help_text)


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
    help="Numbers of workers to measure, ascending.  [default: 1,2,4,... up to the cores]",
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
        help="Cores, and threads, of each worker.",
    ),
    click.option(
        "--baseline-cores",
        default="",
        metavar="K|all",
        help="Cores, and threads, of the baseline.  [default: as many as a worker has]",
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
        "--address",
        default="",
        metavar="HOST:PORT",
        help="Join this Ray cluster.  [default: $RAY_ADDRESS, else start one on this machine]",
    ),
    click.option(
        "--prices",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Your price list (TOML).  [default: example prices]",
    ),
)
STAGE = (
    click.option(
        "--ui",
        type=click.Choice(["auto", "live", "plain", "json", "none"]),
        default="auto",
        show_default=True,
        help="Show a live panel, lines of text, the events as JSON lines, or nothing. auto is "
        "live in a terminal, else plain.",
    ),
    output_folder("Write the results to this folder.  [default: a new folder in recordings/]"),
    click.option("--yes", is_flag=True, help="Start the clocks without waiting for Enter."),
    seconds_option("--stall-after", 10, "Say STALLED once nothing was heard for so long."),
    seconds_option(
        "--give-up-after",
        900,
        "End a run without a keyboard that does nothing for so long, or computes 10 × as long.",
    ),
)
FALLBACK = (
    click.option(
        "--fallback",
        "by_itself",
        is_flag=True,
        help="If the run fails or stalls, play the newest verified recording instead.",
    ),
)
COMMAND_PAIR = (
    click.option(
        "--baseline",
        default="",
        metavar="COMMAND",
        help="Race your own program: the baseline's command. Needs --distributed.",
    ),
    click.option(
        "--distributed",
        default="",
        metavar="COMMAND",
        help="The distributed command; {workers} in it is replaced by their number.",
    ),
    click.option(
        "--answer",
        default="",
        metavar="FILE",
        help="The file or folder that both programs write.  [default: their output]",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="REGEX",
        help="What it matches is no part of an answer; may be given several times.",
    ),
    click.option(
        "--quality",
        default="",
        metavar="REGEX",
        help="Finds the quality in the programs' output: the last match counts. Or FILE.json#key.",
    ),
    click.option(
        "--scores",
        default="",
        metavar="REGEX",
        help="Finds the score of each held-out item in the output: every match counts.",
    ),
    click.option(
        "--progress",
        default="",
        metavar="REGEX",
        help="Finds the progress in the output: a percentage, or done and total.",
    ),
    click.option(
        "--stdin", default="", metavar="FILE", help="The standard input of both programs."
    ),
    click.option(
        "--prepare",
        default="",
        metavar="COMMAND",
        help="Run this before every run of either program, off the clock.",
    ),
    click.option(
        "--warmup",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Run each program N times before the clocks start.",
    ),
    click.option(
        "--shell",
        default="",
        metavar="SHELL",
        help="Run the commands with this shell, or with none.  [default: /bin/sh]",
    ),
    click.option(
        "--waits",
        default="",
        metavar="REASON",
        help="What the baseline waits for instead of computing: it is said on the slide.",
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
    default="100x30",
    show_default=True,
    metavar="COLUMNSxROWS",
    help="Size of the terminal to record.",
)
AS_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document instead of lines."
)


def latest_take() -> Path:
    """Return the folder of the newest take of a measured session."""
    from harness.takes.folder import LATEST

    return LATEST


def latest_results() -> Path:
    """Return the results file of the newest take of a measured session."""
    from harness.files.results import RESULTS_NAME

    return latest_take() / RESULTS_NAME
