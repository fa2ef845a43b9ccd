"""Where the baseline of a race on a joined cluster runs: on one of its hosts, or here.

May import ``harness``.
"""

from dataclasses import replace

from harness.errors import BadRequest
from harness.model import Schedule, Spec
from harness.run.address import ClusterAddress

OPTION = "--baseline-on"


def is_on_node(typed: str | None, named: ClusterAddress, *, commands: bool) -> bool:
    """Return whether the baseline runs on a host of the cluster that is named.

    ``typed`` is None where the option was not given; ``commands``: the sides are two programs.
    Raises ``BadRequest`` for a cluster that there is not, or that only the programs can join.
    """
    if not named.address:
        if typed == "node":
            raise BadRequest(f"{OPTION} node needs a cluster", "name it with --address")
        return False
    left_to_programs = commands and "://" in named.address
    if left_to_programs and typed == "node":
        raise BadRequest(
            f"{OPTION} node needs the cluster's own address, not {named.display_name}",
            "give it as host:6379",
        )
    return typed != "here" and not left_to_programs


def with_baseline_on_node(spec: Spec, typed_cores: str) -> Spec:
    """Return the spec with the baseline on a host of the cluster.

    Raises ``BadRequest`` for what that cannot have. Two programs then run in turn: what they have
    in common is brought along in between.
    """
    if typed_cores == "all":
        raise BadRequest(
            "--baseline-cores all counts this machine's cores, and the baseline runs on another",
            f"give their number, or use {OPTION} here",
        )
    schedule = spec.schedule
    if spec.commands is not None:
        if schedule is Schedule.TOGETHER:
            raise BadRequest(
                "two programs on two hosts cannot compare their answers while both run",
                f"use --schedule in-turn, or {OPTION} here",
            )
        schedule = Schedule.IN_TURN
    return replace(spec, baseline_on_node=True, schedule=schedule)
