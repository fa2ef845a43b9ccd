"""The verbs for a race in a cluster that is looked at from elsewhere.

Imports what a verb needs inside the verb, as ``demo.cli`` does. Runs no side.
"""

from pathlib import Path
from typing import Any

import click

from demo.chaos_options import CHAOS
from demo.cli_options import BROADCAST, RUN, UI, WORKERS, WORKLOAD, choose_ui, prove_baseline
from demo.cluster_options import CLUSTER
from demo.command_pair_options import COMMAND_PAIR
from demo.option_types import all_of, output_folder, seconds_option


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@UI
@output_folder("Write the take to this folder.  [default: a new folder in recordings/]")
@click.option(
    "--retries",
    type=click.IntRange(min=0, max=1000),
    default=5,
    show_default=True,
    metavar="N",
    help="Restart the command at most N times in a row without news.",
)
@seconds_option("--stall-after", 10, "Say NO NEWS after this long without a new line.")
@seconds_option(
    "--give-up-after", 900, "Without a keyboard, end after this long without a new line."
)
@BROADCAST
def follow(
    command: tuple[str, ...],
    ui: str,
    out: Path | None,
    retries: int,
    stall_after: float,
    give_up_after: float,
    broadcast: str,
) -> int:
    """Show a race that runs elsewhere, and keep its take here.

    COMMAND prints what `twoclocks race --ui json` prints there, such as `ray job logs -f ID`,
    `kubectl logs -f POD` or `ssh HOST twoclocks race --ui json`. Write it after `--`. Ctrl-C ends
    the command and keeps what has come.
    """
    from demo.follow.follow import follow as run
    from demo.follow.link import LinkPatience

    patience = LinkPatience(
        retries=retries, silent_after_s=stall_after, give_up_after_s=give_up_after
    )
    return run(command, choose_ui(ui), out, patience, broadcast)


@click.command()
@all_of(
    click.option(
        "--for",
        "form",
        type=click.Choice(["job", "rayjob", "raycluster", "hosts"]),
        required=True,
        help="A job for a running cluster, a KubeRay manifest of a job or of a cluster, or shell "
        "lines for plain hosts.",
    ),
    click.option(
        "--hosts",
        type=click.IntRange(min=1, max=10_000),
        metavar="N",
        help="Machines or pods that the workers run on.  [default: one per worker]",
    ),
    click.option(
        "--head",
        default="HEAD",
        show_default=True,
        metavar="HOST",
        help="The head's name or address.",
    ),
    click.option(
        "--ray-version",
        default="",
        metavar="VERSION",
        help="The cluster's version of Ray, such as 2.60.0.  [default: the one installed here]",
    ),
    click.option(
        "--python-version",
        default="",
        metavar="VERSION",
        help="The cluster's version of Python, such as 3.11.7.  [default: the one that runs here]",
    ),
    click.option(
        "--requirement",
        default="",
        metavar="NAME==VERSION",
        help="What pip installs on the cluster.  [default: the version here]",
    ),
    WORKLOAD,
    *COMMAND_PAIR,
    WORKERS,
    *RUN,
    *CHAOS,
    *CLUSTER,
    prove_baseline(proves=False),
)
@click.pass_context
def kit(
    context: click.Context,
    /,
    form: str,
    hosts: int | None,
    head: str,
    ray_version: str,
    python_version: str,
    requirement: str,
    **_: Any,
) -> int:
    """Print what a cluster needs to run this race.

    The options are those of race, and are handed on as they were typed. Nothing is started or
    written: what is printed is for a shell, or for `kubectl apply -f -`.
    """
    from demo.kit import kit_text, request_of

    request = request_of(
        context,
        head=head,
        hosts=hosts,
        ray_version=ray_version,
        python=python_version,
        requirement=requirement,
    )
    click.echo(kit_text(form, request), nl=False)
    return 0


CLUSTER_VERBS = (follow, kit)
