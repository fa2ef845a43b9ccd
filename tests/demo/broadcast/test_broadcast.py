import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from demo.broadcast.invitation import qr_code
from demo.broadcast.sender import CLEAR, PanelBroadcast, broadcasting
from demo.broadcast.server import FILES
from tests.demo.broadcast.watching import Watching, ask, wait_until

SIZE = (40, 5)
FRAMES = 200


@pytest.fixture
def broadcast() -> Iterator[PanelBroadcast]:
    with broadcasting("0") as started:
        assert started is not None
        yield started


def draw(broadcast: PanelBroadcast, text: str) -> None:
    broadcast.draw(f"{CLEAR}{text}", SIZE, whole=True)


def test_nobody_is_served_unless_asked_for() -> None:
    with broadcasting("") as none:
        assert none is None


def test_browsers_draw_what_is_drawn_whenever_they_come(broadcast: PanelBroadcast) -> None:
    with Watching(broadcast.url) as early:
        draw(broadcast, "first")
        broadcast.draw("\x1b[2;1Hsecond", SIZE, whole=False)
        wait_until(lambda: "second" in early.text)
        with Watching(broadcast.url) as late:
            wait_until(lambda: "second" in late.text)
            assert late.display == early.display
            assert (len(late.display), len(late.display[0])) == (5, 40)


def test_of_fifty_viewers_one_never_reads_and_the_others_miss_nothing(
    broadcast: PanelBroadcast,
) -> None:
    parts = urlsplit(broadcast.url)
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.create_connection((parts.hostname, parts.port)))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(f"GET {parts.path}live HTTP/1.1\r\n\r\n".encode())
        others = [stack.enter_context(Watching(broadcast.url, draws=False)) for _ in range(49)]
        draw(broadcast, "begun")
        wait_until(lambda: all(one.drawn for one in others))
        for place in range(1, FRAMES + 1):
            draw(broadcast, f"frame {place} {'x' * 2_000}")
            if place % 20 == 0:
                wait_until(lambda place=place: all(len(one.drawn) == place + 1 for one in others))
        broadcast.end("", ends_alone=False)
        wait_until(lambda: all(one.is_done for one in others))


def seen_now(broadcast: PanelBroadcast) -> str:
    """Return what a viewer who comes now sees first."""
    with Watching(broadcast.url) as viewer:
        wait_until(lambda: viewer.drawn)
        return viewer.text


def numbers(text: str) -> list[int]:
    """Return the numbers of the frame and of the change on a screen."""
    return [int(number) for number in re.findall(r"(?:frame|change) (\d+)", text)]


def test_a_serving_process_that_stands_still_holds_nobody_up(broadcast: PanelBroadcast) -> None:
    """What does not fit into the pipe is left out, and changes of what was left out are, too."""
    assert ask(broadcast.url)[0].status == 200
    os.kill(broadcast.pid, signal.SIGSTOP)
    try:
        for place in range(FRAMES):
            draw(broadcast, f"{'x' * 20_000}{CLEAR}frame {place}")
            broadcast.draw(f"\x1b[5;1Hchange {place}", SIZE, whole=False)
    finally:
        os.kill(broadcast.pid, signal.SIGCONT)

    shown: list[int] = []

    def shows_numbers() -> list[int]:
        shown[:] = numbers(seen_now(broadcast))
        return shown

    wait_until(shows_numbers)
    of_frame, *of_change = shown  # its change may not have fitted in
    assert of_frame < FRAMES - 1
    assert {*of_change} <= {of_frame}
    with Watching(broadcast.url) as viewer:
        wait_until(lambda: viewer.drawn)
        broadcast.draw("torn", SIZE, whole=False)
        draw(broadcast, "after")
        wait_until(lambda: viewer.text.strip() == "after")
    assert "torn" not in "".join(viewer.drawn)


def test_a_serving_process_that_died_is_not_missed(broadcast: PanelBroadcast) -> None:
    os.kill(broadcast.pid, signal.SIGKILL)
    for place in range(FRAMES):
        draw(broadcast, f"frame {place}")
    broadcast.end("", ends_alone=False)


def test_only_the_secret_path_is_answered_and_only_when_it_is_read(
    broadcast: PanelBroadcast,
) -> None:
    root = broadcast.url.removesuffix(urlsplit(broadcast.url).path)
    for path in ("", "/", "/live", "/x/", f"{urlsplit(broadcast.url).path[:-1]}"):
        assert ask(f"{root}{path}")[0].status == 404
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        assert ask(broadcast.url, method=method)[0].status == 501
    page, content = ask(broadcast.url)
    policy = page.headers["Content-Security-Policy"]
    assert page.status == 200
    assert b"http://" not in content
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe-inline" not in policy


def test_two_broadcasts_have_other_secrets() -> None:
    with broadcasting("0") as one, broadcasting("0") as other:
        assert one is not None
        assert other is not None
        secrets = {urlsplit(each.url).path for each in (one, other)}
    assert len(secrets) == 2
    assert all(len(secret) >= 14 for secret in secrets)


def test_files_of_the_take_can_be_read_once_it_is_over_and_no_others(
    broadcast: PanelBroadcast, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("<p>told")
    (tmp_path / "baseline.log").write_text("private")
    (tmp_path.parent / "beside.html").write_text("private")
    names = ("report.html", "end.json")
    assert [ask(broadcast.url, name)[0].status for name in names] == [404, 404]
    draw(broadcast, "told")
    broadcast.end(str(tmp_path), ends_alone=False)
    wait_until(lambda: ask(broadcast.url, "end.json")[0].status == 200)

    told = json.loads(ask(broadcast.url, "end.json")[1])
    assert told == {"closing": "the race is over", "files": ["report.html"]}
    answer, content = ask(broadcast.url, "report.html")
    assert content == b"<p>told"
    assert answer.headers["Content-Type"] == FILES["report.html"]
    assert b" 404 " in bare_answer(broadcast, "report.html")
    for name in ("baseline.log", "results.json", "../beside.html", "..%2fbeside.html", "report"):
        assert ask(broadcast.url, name)[0].status == 404


def bare_answer(broadcast: PanelBroadcast, path: str) -> bytes:
    """Return the beginning of the answer to a request for a path as it is, without a slash."""
    parts = urlsplit(broadcast.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as asking:
        asking.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        return asking.recv(64)


def test_a_broadcast_that_nobody_ends_ends_at_once_where_nobody_watches() -> None:
    with broadcasting("0") as broadcast:
        assert broadcast is not None
        draw(broadcast, "told")
        broadcast.end("", ends_alone=True)
        broadcast.wait()


def test_what_was_started_has_ended_afterwards_and_the_port_is_free() -> None:
    with broadcasting("0") as broadcast:
        assert broadcast is not None
        pid, port = broadcast.pid, urlsplit(broadcast.url).port
        assert port is not None
        assert ask(broadcast.url)[0].status == 200
    assert not psutil.pid_exists(pid)
    with broadcasting(str(port)) as again:
        assert again is not None


def test_the_address_stands_in_the_code() -> None:
    code = qr_code("http://10.0.0.5:8080/xJsfLqMgM2EL/").splitlines()
    assert len({len(line) for line in code}) == 1
    assert len(code) <= 19
    assert set("".join(code)) <= set("█▀▄ ")
    assert code[0].strip("█") == ""
    assert code != qr_code("http://10.0.0.5:8080/xJsfLqMgM2EM/").splitlines()


def test_the_secret_is_not_on_a_command_line(broadcast: PanelBroadcast) -> None:
    secret = urlsplit(broadcast.url).path.strip("/")
    assert not any(secret in word for word in psutil.Process(broadcast.pid).cmdline())


def test_an_address_of_another_machine_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "demo", "race", "--workload", "simulated"),
            *("--broadcast", "192.0.2.1:8080", "--out", str(tmp_path / "take")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: nothing can be broadcast at 192.0.2.1:8080: ")
    assert not (tmp_path / "take").exists()
