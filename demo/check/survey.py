"""Ask the cluster that would be joined what ``demo.check.cluster`` judges, within a stated time.

May import ``harness`` and its neighbours.
"""

import os
import platform
from collections.abc import Callable, Generator
from dataclasses import dataclass

from demo.check import cluster
from demo.check.result import CheckResult, all_passed
from harness.run import cluster_token, host
from harness.run.cluster_facts import Fact, HostFacts, Joined, Link, Refused, SilentHost
from harness.run.cluster_survey import SURVEY_WITHIN_S, survey_cluster
from harness.run.head_call import call_status
from harness.run.plan import Plan
from harness.run.ray_sessions import ray_sessions
from harness.run.tls import tls_settings


@dataclass(frozen=True)
class SurveyedCluster:
    """The cluster as far as it told something."""

    facts: tuple[Fact, ...]

    @property
    def entrance(self) -> Joined | Refused | None:
        """Return whether it let this program in (None: it did not say)."""
        return next((one for one in self.facts if isinstance(one, Joined | Refused)), None)

    @property
    def hosts(self) -> tuple[HostFacts, ...]:
        """Return the hosts that answered."""
        return tuple(fact for fact in self.facts if isinstance(fact, HostFacts))

    @property
    def silent(self) -> tuple[SilentHost, ...]:
        """Return the hosts that did not answer."""
        return tuple(fact for fact in self.facts if isinstance(fact, SilentHost))

    @property
    def links(self) -> tuple[Link, ...]:
        """Return the ways between hosts that were measured."""
        return tuple(fact for fact in self.facts if isinstance(fact, Link))


def check_cluster(
    plan: Plan, stop: Callable[[], int | None], within_s: float = SURVEY_WITHIN_S
) -> Generator[CheckResult, None, SurveyedCluster]:
    """Yield what is found out of the plan's cluster, and return it.

    ``stop`` returns the signal that asks to stop (None: go on). Nothing but the joining takes long,
    and that ends ``within_s`` whatever hangs; with a wrong token it is not tried.
    """
    loopback = cluster_token.is_on_loopback(plan.address)
    entrance = (
        _check_token(plan.address, loopback=loopback and not _is_open_elsewhere(plan.address)),
        cluster.judge_tls(tls_settings(os.environ), loopback=loopback),
    )
    yield from entrance
    yield cluster.judge_sessions(ray_sessions(plan.address, os.environ))
    if not all_passed(entrance):
        return SurveyedCluster(())
    facts = survey_cluster(plan.address, lambda: stop() is not None, within_s)
    surveyed = SurveyedCluster(tuple(facts))
    yield cluster.judge_joining(surveyed.entrance, surveyed.hosts, _own_versions(), within_s)
    if isinstance(surveyed.entrance, Joined):
        joined, spec = surveyed.entrance, plan.spec
        yield cluster.judge_hosts(surveyed.hosts, surveyed.silent, len(joined.cores))
        yield cluster.judge_room(joined, spec.scales[-1], spec.cores_per_worker)
        yield cluster.judge_link(surveyed.hosts, surveyed.links)
        yield cluster.judge_clocks(surveyed.hosts)
    return surveyed


def _check_token(address: str, *, loopback: bool) -> CheckResult:
    name, _, port = address.rpartition(":")
    state = cluster_token.token_state(os.environ, cluster_token.installed_ray())
    without = call_status(name.strip("[]"), int(port))
    token = cluster_token.read_token(os.environ)
    own = call_status(name.strip("[]"), int(port), token=token) if token else without
    return cluster.judge_token(state, without, own, loopback=loopback)


def _own_versions() -> tuple[str, str]:
    return cluster_token.installed_ray(), platform.python_version()


def _is_open_elsewhere(address: str) -> bool:
    """Return whether the head listens at other addresses of this machine than loopback, too."""
    port = int(address.rpartition(":")[2])
    return any(call_status(other, port) is not None for other in host.addresses_off_loopback())
