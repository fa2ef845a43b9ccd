"""What a cluster is asked for: the race, its hosts, and the versions that must match.

Pure; may import ``errors``.
"""

import re
from dataclasses import dataclass

from harness.errors import BadRequest

LONGEST_NAME = 40  # KubeRay puts suffixes to it, and a label has 63 characters at most
OLDEST_RAY = (2, 10)
TOKENS_SINCE = (2, 52)
PORT, DASHBOARD_PORT = 6379, 8265

EXTRA_OF = {
    "dedup": "kernels",
    "embed": "embed",
    "recommend": "kernels",
    "shard": "kernels",
    "train": "kernels",
}
"""The extra that a built-in workload needs."""

HEALTH_CHECK = {
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}
"""Read by the head: a host that is silent counts as lost after some 3 s, not after a minute."""

EQUAL_TERMS = {"RAY_worker_niceness": "0"}
"""Read by every node: Ray's workers run at niceness 15 otherwise, and the baseline does not."""

_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?( ?@ ?|==)[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9a-f:]{2,39}")


@dataclass(frozen=True, kw_only=True)
class KitRequest:
    """A race in a cluster that is yet to be made.

    ``options`` are those of ``race`` as they were typed, without any about where it runs and how
    it is shown. ``hosts`` have ``cores`` each for workers. ``ray`` and ``python`` are versions of
    three numbers, ``requirement`` is what pip is asked for, ``head`` the head's name or address.
    ``needs_files`` is whether files of the current folder take part.
    """

    workload: str
    options: tuple[str, ...]
    hosts: int
    cores: int
    ray: str
    python: str
    requirement: str
    head: str
    needs_files: bool = False

    @property
    def name(self) -> str:
        """Return a name for jobs and clusters: lower case, digits and hyphens."""
        words = re.sub(r"[^a-z0-9]+", "-", self.workload.lower()).strip("-")
        return f"twoclocks-{words}"[:LONGEST_NAME].rstrip("-")

    @property
    def has_tokens(self) -> bool:
        """Return whether this version of Ray knows tokens."""
        return _numbers(self.ray)[:2] >= TOKENS_SINCE

    def race(self, address: str) -> tuple[str, ...]:
        """Return the words of the race that joins the cluster and prints its journal."""
        return ("twoclocks", "race", *self.options, "--ui", "json", "--address", address)


def require_valid(request: KitRequest) -> None:
    """Raise ``BadRequest`` for what would end up wrong in a command or a manifest."""
    for name, version in (("--ray-version", request.ray), ("--python-version", request.python)):
        if _VERSION.fullmatch(version) is None:
            raise BadRequest(
                f"{name} {version} is not a version to the patch", "write for example 2.60.0"
            )
    if _numbers(request.ray)[:2] < OLDEST_RAY:
        raise BadRequest(f"Ray {request.ray} is too old to be joined", "use Ray 2.10.0 or newer")
    if _REQUIREMENT.fullmatch(request.requirement) is None:
        raise BadRequest(
            f"--requirement {request.requirement} names no exact version",
            "write for example twoclocks==0.1.0, or twoclocks @ https://… for a wheel",
        )
    if _HOST.fullmatch(request.head) is None:
        raise BadRequest(
            f"--head {request.head} is neither a host's name nor its address",
            "give it as the other hosts reach it, without a port",
        )
    for option in request.options:
        try:
            option.encode()
        except UnicodeEncodeError as error:
            raise BadRequest(
                f"{option} is not UTF-8, so no manifest can hold it", "name it in UTF-8"
            ) from error


def shared_cores(workers: int, cores_per_worker: int, hosts: int, baseline_cores: int) -> int:
    """Return the cores for each host, so that all workers fit, and the baseline on any of them."""
    workers_per_host = -(-workers // hosts)
    return max(workers_per_host * cores_per_worker, baseline_cores)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
