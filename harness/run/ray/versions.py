"""The versions of Ray and Python at both ends, known before a cluster is joined.

May import ``errors`` and ``run``.
"""

import json
import os
import platform
from typing import NamedTuple

import ray
from ray._raylet import GcsClient  # type: ignore[attr-defined]  # it is compiled

from harness.errors import SideFailed

KEY, NAMESPACE = b"CLUSTER_METADATA", b"cluster"  # as every version since 2.10 has them
ANSWER_WITHIN_S = 10.0


class Versions(NamedTuple):
    """Of Ray and of Python."""

    ray: str
    python: str


def own_versions() -> Versions:
    """Return this process's versions."""
    return Versions(ray.__version__, platform.python_version())


def cluster_versions(address: str) -> Versions | None:
    """Return the versions that a cluster's head was started with (None: it does not say).

    Nothing is joined, and a head of another version answers too. Raises an error of Ray's where the
    token is refused, or nobody answers within 40 s.
    """
    client = GcsClient(address=address)
    answer = client.internal_kv_get(KEY, NAMESPACE, timeout=ANSWER_WITHIN_S)
    if not answer:
        return None
    facts = json.loads(answer)
    return Versions(str(facts.get("ray_version")), str(facts.get("python_version")))


def require_same_versions(address: str) -> None:
    """Raise ``SideFailed`` unless a cluster runs our versions; as ``cluster_versions`` besides."""
    ours, theirs = own_versions(), cluster_versions(address)
    if theirs is not None and _comparable(theirs) != _comparable(ours):
        raise SideFailed(
            f"the cluster runs Ray {theirs.ray} on Python {theirs.python},"
            f" this program Ray {ours.ray} on Python {ours.python}",
            "install the same versions here and on every machine of the cluster",
        )


def _comparable(versions: Versions) -> Versions:
    """Return the versions as far as Ray wants them to be the same."""
    if os.environ.get("RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL") != "minor":
        return versions
    return versions._replace(python=versions.python.rpartition(".")[0])
