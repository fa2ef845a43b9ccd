"""The options for a Ray cluster that is joined, as click decorators. Imports click only."""

import click

from demo.option_types import Seconds

LONGEST_WAIT_S = 86_400

ADDRESS = click.option(
    "--address",
    default="",
    metavar="HOST:PORT",
    help="Join this Ray cluster.  [default: $RAY_ADDRESS, else start one on this machine]",
)
CLUSTER = (
    ADDRESS,
    click.option(
        "--baseline-on",
        type=click.Choice(["node", "here"]),
        default=None,
        help="Run the baseline on a host of the joined cluster, as one of its workers, or on this "
        "machine.  [default: node]",
    ),
    click.option(
        "--insecure",
        is_flag=True,
        help="Join a cluster that other machines can reach although no token protects it.",
    ),
    click.option(
        "--wait-for-hosts",
        type=Seconds(min=0, max=LONGEST_WAIT_S),
        metavar="SECONDS",
        help="How long to wait for hosts that have not joined the cluster yet.  [default: 600 "
        "where an autoscaler starts them, else 0]",
    ),
)
