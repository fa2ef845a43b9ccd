import os
import subprocess
from pathlib import Path

import pytest

from harness.run.dashboard import FILE_NAME, TOKEN, RayDashboard, read_dashboard, write_dashboard

NOBODY = 0x7FFFFFFE
NONE = RayDashboard(url="")


def written(folder: Path, content: bytes) -> RayDashboard:
    """Return what is read of a file with that content."""
    (folder / FILE_NAME).write_bytes(content)
    return read_dashboard(folder, NOBODY)


def test_what_a_side_writes_is_read_but_for_its_token(tmp_path: Path) -> None:
    dashboard = RayDashboard(url="http://127.0.0.1:8265", pids=(7, 8), token="secret")
    write_dashboard(str(tmp_path), dashboard)
    assert b"secret" not in (tmp_path / FILE_NAME).read_bytes()
    assert read_dashboard(tmp_path, NOBODY) == RayDashboard(url=dashboard.url, pids=(7, 8))


def test_a_side_that_has_written_nothing_has_no_dashboard(tmp_path: Path) -> None:
    assert read_dashboard(tmp_path, NOBODY) == NONE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"url": 7}',
        b'{"url": "http://a", "pids": ["x"]}',
        b'{"url": "http://a", "pids": [-1]}',
        b'{"url": "http://a", "pids": [0]}',
        b'{"url": "http://a", "pids": [4294967296]}',
        b'{"url": "http://a", "pids": [' + b",".join(b"7" for _ in range(1000)) + b"]}",
    ],
)
def test_what_is_no_dashboard_is_none(content: bytes, tmp_path: Path) -> None:
    assert written(tmp_path, content) == NONE


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://127.0.0.1:8265/\\r\\nSet-Cookie: a=b",
        "http://127.0.0.1:8265\\u001b[2J",
        "file:///etc/passwd",
        "http://user@host/",
        f"http://{'a' * 500}",
    ],
)
def test_only_an_address_of_a_dashboard_is_one(url: str, tmp_path: Path) -> None:
    assert written(tmp_path, f'{{"url": "{url}"}}'.encode()) == NONE


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8265", "http://[::1]:8265", "https://ray.example/x/"]
)
def test_an_address_is_kept_as_it_is(url: str, tmp_path: Path) -> None:
    assert written(tmp_path, f'{{"url": "{url}"}}'.encode()).url == url


def test_the_token_is_that_of_the_sides_process(tmp_path: Path) -> None:
    write_dashboard(str(tmp_path), RayDashboard(url="http://127.0.0.1:8265"))
    with subprocess.Popen(
        ["sleep", "99"], env=os.environ | {TOKEN: "7f3a"}, stdin=subprocess.DEVNULL
    ) as side:
        token = read_dashboard(tmp_path, side.pid).token
        side.kill()
    assert token == "7f3a"
