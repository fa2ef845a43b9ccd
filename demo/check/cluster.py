"""The cluster before it is joined: who is let in, what its hosts have, and how they are connected.

Pure: others ask the cluster, and what they found out is judged here. May import ``harness`` and its
neighbours.
"""

import re
from collections.abc import Sequence

from demo.check.result import CheckResult, fail, ok, warn
from harness import text
from harness.run.cluster_facts import HostFacts, Joined, Link, Refused, SilentHost
from harness.run.cluster_token import SET_BOTH, TokenState
from harness.run.head_call import CallStatus
from harness.run.ray_sessions import RaySessions
from harness.run.tls import TlsSettings
from harness.text import printable

MOST_LISTED = 4
SLOW_BYTES_PER_S = 50e6
SLOW_ANSWER_S = 0.02
LARGE_OFFSET_S = 1.0
STORE_COPIES = 3  # of the input: as much as a local cluster's store is given for it


def judge_token(
    state: TokenState, without: int | None, with_token: int | None, *, loopback: bool
) -> CheckResult:
    """Judge the token by what the head answers without one, and with ours (None: nothing)."""
    name = "token"
    demanded = without == CallStatus.UNAUTHENTICATED
    if state is TokenState.SENT and with_token == CallStatus.UNAUTHENTICATED:
        return fail(name, "wrong: the cluster refuses it", SET_BOTH)
    if state is TokenState.SENT and demanded:
        return ok(name, "set, and the cluster lets nobody in without it")
    if state is TokenState.SENT and without is None:
        return ok(name, "set; whether the cluster asks for it is not known")
    if state is TokenState.SENT:
        return warn(name, "set, but the cluster lets anybody in without one", _START_WITH_TOKEN)
    if demanded:
        reason = "switched off by RAY_AUTH_MODE" if state is TokenState.SWITCHED_OFF else "missing"
        return fail(name, f"{reason}, and the cluster asks for one", SET_BOTH)
    who = "every account of this machine" if loopback else "whoever reaches it"
    if state is TokenState.UNSUPPORTED:
        return warn(name, f"this Ray has none: {who} can run code on the cluster", _USE_A_NEWER_RAY)
    return warn(name, f"none: {who} can run code on the cluster", _START_WITH_TOKEN)


_START_WITH_TOKEN = (
    "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH, on all hosts,"
    " and start it again"
)
_USE_A_NEWER_RAY = "use Ray 2.52 or later with a token, and no network that others use"


def judge_tls(settings: TlsSettings, *, loopback: bool) -> CheckResult:
    """Judge whether what travels is encrypted, and whether what that needs is there."""
    name = "tls"
    if settings.used and settings.faults:
        return fail(
            name,
            f"on by RAY_USE_TLS, but {'; '.join(settings.faults)}",
            "set RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT to files you can read",
        )
    if settings.used:
        return ok(name, "on; its three files can be read")
    if settings.named:
        return warn(
            name,
            f"off, although {' and '.join(settings.named)} is set",
            "set RAY_USE_TLS=1 if the cluster encrypts, else unset the others",
        )
    if loopback:
        return ok(name, "off; nothing leaves this machine on the way to the head")
    return warn(
        name,
        "off: token and data travel in clear",
        "use a network that nobody else listens to, or set RAY_USE_TLS=1 on every host",
    )


def judge_joining(
    joined: Joined | Refused | None,
    hosts: Sequence[HostFacts],
    own: tuple[str, str],
    within_s: float,
) -> CheckResult:
    """Judge whether the cluster lets this program in, and the versions of both ends.

    ``own`` are those of Ray and Python here. None: it told nothing ``within_s``.
    """
    name = "joining"
    if joined is None:
        return fail(
            name,
            f"the cluster did not let this program in within {text.seconds(within_s)}",
            "look whether its head and its nodes run: `ray status` there",
        )
    if isinstance(joined, Refused):
        return fail(name, joined.sentence, joined.hint)
    ours = "Ray {} on Python {}".format(*map(printable, own))
    unlike = [host for host in hosts if (host.ray, host.python) != own]
    if unlike:
        host = unlike[0]
        theirs = f"Ray {printable(host.ray)} on Python {printable(host.python)}"
        judge = fail if host.ray != own[0] or _minor(host.python) != _minor(own[1]) else warn
        return judge(
            name,
            f"this program has {ours}, {host.label} {theirs}",
            "install the same versions here and on every host of the cluster",
        )
    return ok(name, f"{ours} at both ends; let in after {text.seconds(joined.seconds)}")


def _minor(version: str) -> list[str]:
    return re.findall(r"\d+", version)[:2]


def judge_hosts(
    hosts: Sequence[HostFacts], silent: Sequence[SilentHost], present: int
) -> CheckResult:
    """Judge cores and memory of the hosts, and whether all that are ``present`` answer in time."""
    name = "hosts"
    if silent:
        names = _list([host.label for host in silent])
        return fail(
            name,
            f"no process of ours started on {names}",
            "look at the node's log, or take it out of the cluster",
        )
    listed = _list(
        [
            f"{host.label} {text.number_of(host.cores, 'core')}, {text.size(host.memory_bytes)}"
            for host in hosts
        ]
    )
    if len(hosts) < present:
        return warn(
            name,
            f"{text.count(len(hosts))} of {text.count(present)} were looked at in time: {listed}",
            "check again on a quieter cluster, or look at the others yourself",
        )
    return ok(name, listed)


def judge_room(joined: Joined, workers: int, cores_per_worker: int) -> CheckResult:
    """Judge whether the hosts have cores for the workers, or an autoscaler may bring more."""
    room = sum(cores // cores_per_worker for cores in joined.cores)
    sentence = f"cores for {text.number_of(room, 'worker')}, {text.count(workers)} asked for"
    if room >= workers:
        return ok("room", sentence)
    if joined.autoscaler:
        return warn(
            "room",
            f"{sentence}; its autoscaler is asked for more hosts",
            "start the race early: it waits for them before the clocks start",
        )
    return fail(
        "room",
        sentence,
        f"use --workers {max(1, room)}, or wait for hosts that join with --wait-for-hosts",
    )


def judge_link(hosts: Sequence[HostFacts], links: Sequence[Link]) -> CheckResult:
    """Judge the slowest way that a value takes, and the slowest answer."""
    ways = [(f"to {host.label}", host.bytes_per_s, host.answers_s) for host in hosts] + [
        (f"{link.source} to {link.target}", link.bytes_per_s, link.answers_s) for link in links
    ]
    if not ways:
        return fail("link", "not measured: no host answered in time", "look at the lines above")
    slowest = min(ways, key=lambda way: way[1])
    latest = max(ways, key=lambda way: way[2])
    sentence = (
        f"large values travel at {text.size(int(slowest[1]))}/s or more ({slowest[0]}), "
        f"small calls are answered within {text.seconds(latest[2])} ({latest[0]}); "
        f"medians over {text.number_of(len(ways), 'link')}"
    )
    if slowest[1] < SLOW_BYTES_PER_S or latest[2] > SLOW_ANSWER_S:
        return warn(
            "link",
            sentence,
            "use a faster network: what the workers exchange travels over it while the clock runs",
        )
    return ok("link", sentence)


def judge_clocks(hosts: Sequence[HostFacts]) -> CheckResult:
    """Judge how far the hosts' clocks are apart from this one's; durations do not depend on it."""
    if not hosts:
        return fail("clocks", "not read: no host answered in time", "look at the lines above")
    farthest = max(hosts, key=lambda host: abs(host.offset_s))
    offset, bound = text.durations(abs(farthest.offset_s), farthest.bound_s)
    sentence = f"at most {offset} apart ({farthest.label}), measured to within {bound}"
    if abs(farthest.offset_s) - farthest.bound_s > LARGE_OFFSET_S:
        return warn(
            "clocks", sentence, "set the hosts' clocks by NTP: logs and certificates need it"
        )
    return ok("clocks", sentence)


def judge_sessions(sessions: RaySessions) -> CheckResult:
    """Judge what other clusters have on this machine."""
    kept = f"{text.number_of(sessions.folders, 'folder')} of sessions"
    if sessions.others:
        return warn(
            "sessions",
            f"{text.number_of(sessions.others, 'daemon')} of other Ray clusters run here; {kept}",
            "end the clusters that you need no more: they take cores from the race",
        )
    if sessions.stale_note:
        return warn(
            "sessions",
            f"Ray's note of the last cluster names {printable(sessions.stale_note)}, which is gone",
            "delete the file ray_current_cluster in Ray's temporary folder",
        )
    return ok("sessions", f"no daemon of another Ray cluster runs here; {kept}")


def judge_shared_memory(hosts: Sequence[HostFacts], input_bytes: int | None) -> CheckResult:
    """Judge what each host has for the input (None: its size is not known)."""
    least = min(hosts, key=lambda host: min(host.shared_bytes, host.store_bytes))
    room = min(least.shared_bytes, least.store_bytes)
    sentence = (
        f"least on {least.label}: {text.size(least.shared_bytes)} free in /dev/shm,"
        f" {text.size(least.store_bytes)} for Ray's object store"
    )
    if input_bytes is None:
        return ok("shared", sentence)
    needed = STORE_COPIES * input_bytes
    sentence = f"{sentence}; the input needs about {text.size(needed)}"
    if room < input_bytes:
        return fail("shared", sentence, _LARGER_STORE)
    if room < needed:
        return warn("shared", sentence, _LARGER_STORE)
    return ok("shared", sentence)


_LARGER_STORE = "give the hosts a larger /dev/shm and object store, or choose a smaller input"


def _list(parts: Sequence[str]) -> str:
    more = len(parts) - MOST_LISTED
    listed = [*parts[:MOST_LISTED], *([f"and {text.count(more)} more"] if more > 0 else [])]
    return "; ".join(listed)
