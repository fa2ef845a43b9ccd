"""Whoever calls the processes of a race without its token gets nothing, on any port that is open.

One race stands still in the middle of its lockstep, when everything is open that ever is.
"""

import contextlib
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.model import Side
from harness.run.arming import off_loopback
from harness.run.head_call import IS_ALIVE, CallStatus, call_status
from tests.cases.strangers import as_nobody
from tests.pieces import AFTER_A_SNAPSHOT, IN_THE_MAP
from tests.races import Act, Events, Witness, raced, stands_at
from tests.ray_nodes import needs_tokens

pytestmark = pytest.mark.ray

METHODS = (
    IS_ALIVE,
    "/ray.rpc.InternalKVGcsService/InternalKVGet",
    "/ray.rpc.NodeManagerService/GetNodeStats",
    "/ray.rpc.ObjectManagerService/Push",
    "/ray.rpc.CoreWorkerService/PushTask",
    "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
)
"""One of each service, all of which take a call without arguments."""

WRONG = "0" * 64
ANSWERS_WITHIN_S = 1.5


@dataclass
class Listener:
    """A port that a process of the race has open, and what it said to those who called."""

    name: str
    address: str
    port: int
    answers: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Uninvited:
    """Somebody who calls on every port of a race, and looks where its sockets are."""

    listeners: list[Listener] = field(default_factory=list)
    sockets: set[str] = field(default_factory=set)

    def call(self, _: Events, witness: Witness) -> None:
        """Call without a token, with a wrong one, as another account, and with the right one."""
        tokens = set()
        for process in witness.processes.values():
            with contextlib.suppress(psutil.Error):
                tokens.add(process.environ().get("RAY_AUTH_TOKEN", ""))
                self._look(process)
        [token] = tokens - {""}
        for listener in self.listeners:
            listener.answers = {
                "nobody": answers(listener, ""),
                "somebody": answers(listener, WRONG),
            }
            if listener.name == "gcs_server":
                invited = call_status("127.0.0.1", listener.port, IS_ALIVE, token)
                listener.answers["invited"] = {name_of(invited)}
            if os.geteuid() == 0:
                with as_nobody():
                    listener.answers["another account"] = answers(listener, "")
        witness.let_go_on()

    def _look(self, process: psutil.Process) -> None:
        for link in process.net_connections("all"):
            if link.family == socket.AF_UNIX:
                self.sockets |= {str(link.laddr)} - {""}
            elif link.status == psutil.CONN_LISTEN:
                self.listeners.append(Listener(process.name(), link.laddr.ip, link.laddr.port))


def answers(listener: Listener, token: str) -> set[str]:
    """Return what a port says to a caller: the status of each call, of HTTP, or that it is mute."""
    if call_status("127.0.0.1", listener.port, METHODS[0], token, ANSWERS_WITHIN_S) is not None:
        said = (call_status("127.0.0.1", listener.port, method, token) for method in METHODS)
        return {name_of(status) for status in said}
    with socket.create_connection(("127.0.0.1", listener.port), timeout=ANSWERS_WITHIN_S) as caller:
        sends = f"Authorization: Bearer {token}\r\n" if token else ""
        caller.sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{sends}Connection: close\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            return {caller.recv(64).decode(errors="replace").partition("\r\n")[0] or "hangs up"}
    return {"mute"}


def name_of(status: int | None) -> str:
    """Return the status of a call by its name, where it has one."""
    known = {member.value: member.name for member in CallStatus}
    return known.get(-1 if status is None else status, str(status))


@pytest.fixture(scope="module")
def uninvited() -> Uninvited:
    """Return somebody who has called in the middle of a race."""
    stranger = Uninvited()

    def let_go(_: Events, witness: Witness) -> None:
        (witness.stands / "2" / IN_THE_MAP).unlink()

    race = raced(
        *("--workers", "2", "--set", "steps=48", "--set", "rounds=2"),
        acts=[
            Act(stands_at(f"2/{IN_THE_MAP}"), let_go),
            Act(stands_at(f"2/{AFTER_A_SNAPSHOT}"), stranger.call),
        ],
        stands=[2],
    )
    assert any(isinstance(one, e.Finished) and one.side is Side.DISTRIBUTED for one in race.events)
    return stranger


def test_gcs_raylet_workers_and_driver_are_among_those_who_listen(uninvited: Uninvited) -> None:
    names = [listener.name for listener in uninvited.listeners]
    assert {"gcs_server", "raylet"} <= {*names}
    assert len(names) >= 8  # of the head, two of the raylet, two of each worker, of the driver


def test_everybody_listens_on_loopback(uninvited: Uninvited) -> None:
    assert off_loopback(listener.address for listener in uninvited.listeners) == ()


def ours(socket_path: Path) -> bool:
    """Return whether a socket lies in a side's own folder; abstract ones have no folder."""
    return any(folder.name.startswith("tc-") for folder in socket_path.absolute().parents)


def test_every_other_socket_is_a_file_in_a_folder_that_no_other_account_can_enter(
    uninvited: Uninvited,
) -> None:
    assert uninvited.sockets
    assert [path for path in uninvited.sockets if not ours(Path(path))] == []


NOT_LET_IN = {"UNAUTHENTICATED", "HTTP/1.1 401 Unauthorized", "HTTP/1.1 403 Forbidden"}
REFUSALS = {*NOT_LET_IN, "UNIMPLEMENTED", "hangs up", "mute"}


@needs_tokens
@pytest.mark.parametrize("who", ["nobody", "somebody", "another account"])
def test_who_has_no_token_gets_nothing_from_any_port(who: str, uninvited: Uninvited) -> None:
    if who == "another account" and os.geteuid() != 0:
        pytest.skip("only root can take another account's rights")
    said = {(one.name, one.port): one.answers[who] - REFUSALS for one in uninvited.listeners}
    assert {caller: answers for caller, answers in said.items() if answers} == {}


@needs_tokens
def test_each_port_of_ray_knows_a_call_that_it_refuses(uninvited: Uninvited) -> None:
    deaf = [one for one in uninvited.listeners if not one.answers["nobody"] & NOT_LET_IN]
    assert len(deaf) <= 2  # where the two workers wait for one another
    assert all(one.answers["nobody"] <= {"hangs up", "mute"} for one in deaf)


def test_who_has_the_token_is_answered(uninvited: Uninvited) -> None:
    [head] = [one for one in uninvited.listeners if one.name == "gcs_server"]
    assert head.answers["invited"] == {"OK"}
