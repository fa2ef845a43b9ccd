from dataclasses import replace
from typing import Any

import msgspec
import pytest

from demo.check import cluster
from demo.check.result import CheckLevel, CheckResult
from harness.run.cluster_facts import HostFacts, Joined, Link, Refused, SilentHost
from harness.run.cluster_token import TokenState
from harness.run.ray_sessions import RaySessions
from harness.run.tls import TlsSettings

OK, WARN, FAIL = CheckLevel.OK, CheckLevel.WARN, CheckLevel.FAIL
OPEN, CLOSED = 0, 16
OWN = ("2.60.0", "3.11.7")
JOINED = Joined(seconds=1.5, autoscaler=False, cores=(4, 4))
GB = 10**9


def a_host(number: int = 1, **changes: Any) -> HostFacts:
    """Return a host of four cores on which all is well."""
    host = HostFacts(
        label=f"worker-host-{number}",
        cores=4,
        memory_bytes=16 * GB,
        store_bytes=4 * GB,
        shared_bytes=8 * GB,
        ray=OWN[0],
        python=OWN[1],
        offset_s=0.002,
        bound_s=0.001,
        answers_s=0.001,
        bytes_per_s=1e9,
    )
    return msgspec.structs.replace(host, **changes)


TWO = (a_host(1), a_host(2))


@pytest.mark.parametrize(
    ("state", "without", "own", "level", "words"),
    [
        (TokenState.SENT, CLOSED, OPEN, OK, "nobody in without it"),
        (TokenState.SENT, CLOSED, CLOSED, FAIL, "wrong"),
        (TokenState.SENT, OPEN, OPEN, WARN, "lets anybody in"),
        (TokenState.SENT, None, None, OK, "not known"),
        (TokenState.MISSING, CLOSED, CLOSED, FAIL, "missing"),
        (TokenState.SWITCHED_OFF, CLOSED, CLOSED, FAIL, "switched off by RAY_AUTH_MODE"),
        (TokenState.MISSING, OPEN, OPEN, WARN, "every account of this machine"),
        (TokenState.UNSUPPORTED, OPEN, OPEN, WARN, "this Ray has none"),
    ],
)
def test_a_token_is_judged_by_what_the_head_answers(
    state: TokenState, without: int | None, own: int | None, level: CheckLevel, words: str
) -> None:
    found = cluster.judge_token(state, without, own, loopback=True)
    assert (found.level, words in found.sentence) == (level, True)


def test_who_can_run_code_without_a_token_depends_on_where_the_head_listens() -> None:
    found = cluster.judge_token(TokenState.MISSING, OPEN, OPEN, loopback=False)
    assert "whoever reaches it" in found.sentence


NAMED = ("RAY_TLS_SERVER_CERT",)
HALF = TlsSettings(used=True, named=NAMED, faults=("RAY_TLS_CA_CERT is not set",))


@pytest.mark.parametrize(
    ("settings", "loopback", "level"),
    [
        (HALF, True, FAIL),
        (replace(HALF, faults=()), False, OK),
        (replace(HALF, used=False), True, WARN),
        (TlsSettings(used=False, named=(), faults=HALF.faults), True, OK),
        (TlsSettings(used=False, named=(), faults=HALF.faults), False, WARN),
    ],
)
def test_encryption_is_on_off_or_half_set(
    settings: TlsSettings, loopback: bool, level: CheckLevel
) -> None:
    assert cluster.judge_tls(settings, loopback=loopback).level is level


@pytest.mark.parametrize(
    ("entrance", "hosts", "level", "words"),
    [
        (None, (), FAIL, "did not let this program in within 60.0 s"),
        (Refused(sentence="it said no", hint="ask again"), (), FAIL, "it said no"),
        (JOINED, TWO, OK, "Ray 2.60.0 on Python 3.11.7 at both ends"),
        (JOINED, (TWO[0], a_host(2, ray="2.44.1")), FAIL, "worker-host-2 Ray 2.44.1"),
        (JOINED, (a_host(python="3.12.1"),), FAIL, "Python 3.12.1"),
        (JOINED, (a_host(python="3.11.9"),), WARN, "Python 3.11.9"),
    ],
)
def test_joining_says_the_versions_of_both_ends(
    entrance: Joined | Refused | None, hosts: tuple[HostFacts, ...], level: CheckLevel, words: str
) -> None:
    found = cluster.judge_joining(entrance, hosts, OWN, 60.0)
    assert (found.level, words in found.sentence) == (level, True)


def test_hosts_are_listed_by_label_with_cores_and_memory() -> None:
    sentence = cluster.judge_hosts(TWO, (), 2).sentence
    assert sentence == "worker-host-1 4 cores, 16.0 GB; worker-host-2 4 cores, 16.0 GB"


def test_many_hosts_are_cut_short() -> None:
    hosts = [a_host(number) for number in range(1, 9)]
    assert cluster.judge_hosts(hosts, (), 8).sentence.endswith(
        "worker-host-4 4 cores, 16.0 GB; and 4 more"
    )


def test_hosts_that_nobody_came_to_look_at_are_counted() -> None:
    found = cluster.judge_hosts(TWO, (), 200)
    assert (found.level, "2 of 200 were looked at" in found.sentence) == (WARN, True)


def test_a_host_that_does_not_answer_is_named() -> None:
    found = cluster.judge_hosts(TWO[:1], [SilentHost(label="worker-host-2")], 2)
    assert (found.level, "worker-host-2" in found.sentence) == (FAIL, True)


@pytest.mark.parametrize(
    ("workers", "cores", "autoscaler", "level"),
    [(8, 1, False, OK), (9, 1, False, FAIL), (9, 1, True, WARN), (3, 3, False, FAIL)],
)
def test_room_is_counted_in_workers(
    workers: int, cores: int, autoscaler: bool, level: CheckLevel
) -> None:
    joined = msgspec.structs.replace(JOINED, autoscaler=autoscaler)
    assert cluster.judge_room(joined, workers, cores).level is level


def a_link(**changes: Any) -> Link:
    """Return a quick link from the first host to the second."""
    link = Link(source="worker-host-1", target="worker-host-2", bytes_per_s=8e8, answers_s=0.001)
    return msgspec.structs.replace(link, **changes)


@pytest.mark.parametrize(
    ("hosts", "links", "level", "words"),
    [
        (
            TWO,
            (a_link(),),
            OK,
            "large values travel at 800 MB/s or more (worker-host-1 to worker-host-2)",
        ),
        (TWO, (a_link(bytes_per_s=1e7),), WARN, "large values travel at 10.0 MB/s"),
        (TWO, (a_link(answers_s=0.5),), WARN, "small calls are answered within 500 ms"),
        ((a_host(bytes_per_s=2e7),), (), WARN, "(to worker-host-1)"),
        ((), (), FAIL, "not measured"),
    ],
)
def test_the_slowest_way_counts(
    hosts: tuple[HostFacts, ...], links: tuple[Link, ...], level: CheckLevel, words: str
) -> None:
    found = cluster.judge_link(hosts, links)
    assert (found.level, words in found.sentence) == (level, True)


@pytest.mark.parametrize(
    ("offset_s", "bound_s", "level"),
    [(0.5, 0.1, OK), (-2.0, 0.1, WARN), (2.0, 0.1, WARN), (2.0, 1.5, OK)],
)
def test_clocks_are_apart_only_beyond_what_can_be_known(
    offset_s: float, bound_s: float, level: CheckLevel
) -> None:
    hosts = (TWO[0], a_host(2, offset_s=offset_s, bound_s=bound_s))
    assert cluster.judge_clocks(hosts).level is level


@pytest.mark.parametrize(
    ("others", "note", "level"), [(0, "", OK), (2, "", WARN), (0, "10.0.0.1:6379", WARN)]
)
def test_what_other_clusters_left_is_a_warning(others: int, note: str, level: CheckLevel) -> None:
    found = cluster.judge_sessions(RaySessions(others=others, stale_note=note, folders=3))
    assert (found.level, "3 folders" in found.sentence or bool(note)) == (level, True)


@pytest.mark.parametrize(
    ("input_bytes", "level"), [(None, OK), (1 * GB, OK), (2 * GB, WARN), (5 * GB, FAIL)]
)
def test_shared_memory_is_held_against_the_input(
    input_bytes: int | None, level: CheckLevel
) -> None:
    hosts = (TWO[0], a_host(2, shared_bytes=64 * GB))
    found: CheckResult = cluster.judge_shared_memory(hosts, input_bytes)
    assert (found.level, "worker-host-1" in found.sentence) == (level, True)
