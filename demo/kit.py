"""What a cluster needs for a race that is typed here: from options to a script or a manifest.

Nothing is started or written. May import ``harness`` and its neighbours in ``demo``.
"""

import os
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

import click
from click.core import ParameterSource

from demo.command_pair_settings import COMMANDS, with_command_pair
from harness.errors import BadRequest
from harness.kit.hosts import hosts_script
from harness.kit.job import job_script
from harness.kit.kuberay import ray_cluster, ray_job
from harness.kit.request import EXTRA_OF, KitRequest, require_valid, shared_cores
from harness.run import launch

FORMS: Mapping[str, Callable[[KitRequest], str]] = {
    "job": job_script,
    "rayjob": ray_job,
    "raycluster": ray_cluster,
    "hosts": hosts_script,
}
OF_THE_PLACE = ("address", "ui", "out", "yes", "by_itself", "broadcast")
"""Options that say where a race runs and how it is shown: a kit says that itself."""


def kit_text(form: str, request: KitRequest) -> str:
    """Return what a cluster of that form needs; raise ``BadRequest`` where it cannot be."""
    require_valid(request)
    return FORMS[form](request)


def request_of(
    context: click.Context,
    *,
    head: str,
    hosts: int | None,
    ray_version: str,
    requirement: str,
    python: str,
) -> KitRequest:
    """Return what the options of ``race`` and of a kit ask for; empty ones have their defaults."""
    typed = context.params
    if typed["address"]:
        raise BadRequest(
            "--address is not for kit, which writes the cluster's address itself",
            "leave --address out, or use --head",
        )
    workers = typed["workers"]
    if workers is None:
        raise BadRequest("on a cluster the number of workers must be given", "add --workers N")
    pair = with_command_pair(typed)
    named = pair["workload"]
    launch.describe(named, list(pair["settings"]))  # a misspelt name or setting is said here
    hosts = hosts or workers
    if hosts > workers:
        raise BadRequest(
            f"{hosts:,} hosts are more than the {workers:,} workers", f"use --hosts {workers}"
        )
    return KitRequest(
        workload=Path(named).stem,
        options=race_options(context),
        hosts=hosts,
        cores=shared_cores(
            workers + typed["spares"], typed["cores_per_worker"], hosts, _cores(typed)
        ),
        ray=ray_version or _installed("ray"),
        python=python or python_version(),
        requirement=requirement or _own_requirement(named),
        head=head,
        needs_files=_needs_files(named, typed),
    )


def race_options(context: click.Context) -> tuple[str, ...]:
    """Return the options of ``race`` that were typed, as words, in the order of its help."""
    from demo.cli import verbs

    known = {parameter.name for parameter in verbs.commands["race"].params} - {*OF_THE_PLACE}
    return tuple(
        word
        for parameter in context.command.params
        if parameter.name in known
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        for word in _words(parameter, context.params[parameter.name])
    )


def _words(parameter: click.Parameter, value: Any) -> tuple[str, ...]:
    name = parameter.opts[0]
    match value:
        case True:
            return (name,)
        case False:
            return tuple(parameter.secondary_opts[:1])
        case tuple():
            return tuple(word for one in value for word in (name, str(one)))
        case float():
            return (name, f"{value:g}")
        case _:
            return (name, str(value))


def _cores(typed: Mapping[str, Any]) -> int:
    cores = typed["baseline_cores"]
    return int(cores) if cores.isdecimal() and len(cores) < 6 else 1


def _installed(package: str) -> str:
    """Return the version of an installed package, which is not imported."""
    try:
        return version(package)
    except PackageNotFoundError:
        raise BadRequest(
            f"{package} is not installed here, so its version is not known",
            "give it with --ray-version",
        ) from None


def _own_requirement(workload: str) -> str:
    extra = EXTRA_OF.get(workload, "")
    return f"twoclocks{f'[{extra}]' if extra else ''}=={version('twoclocks')}"


def _needs_files(workload: str, typed: Mapping[str, Any]) -> bool:
    """Return whether files of the current folder take part; raise ``BadRequest`` for others."""
    file = workload if workload.endswith(".py") else str(typed["prices"] or "")
    if file and Path(file).is_absolute():
        raise BadRequest(
            f"{file} is not in this folder or below it, so it cannot be sent to a cluster",
            "change to a folder above it, and give the path from there",
        )
    values = [text.partition("=")[2] for text in typed["settings"]]
    return bool(
        file
        or workload == COMMANDS
        or ("." in workload)
        or any(value and os.path.exists(value) for value in values)  # a long one makes Path raise
    )
