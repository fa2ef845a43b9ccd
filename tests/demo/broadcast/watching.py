"""Somebody who watches a broadcast without a browser: a socket, and a terminal that it draws on.

Imports the standard library and the emulated terminal.
"""

import contextlib
import json
import socket
import threading
import time
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Self
from urllib.parse import urlsplit

import pyte

from harness.cast.emulator import Screen

WAIT_S = 60.0


def ask(url: str, name: str = "", method: str = "GET") -> tuple[HTTPResponse, bytes]:
    """Return the answer to a request for a name below an address, and its content."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_S)
    try:
        connection.request(method, f"{parts.path}{name}")
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def wait_until(wanted: Any) -> None:
    """Wait for something to hold; fail if it does not in time."""
    deadline = time.monotonic() + WAIT_S
    while not wanted():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Watching:
    """A viewer, to be used as a block: reads the stream in a thread, and ``draws`` it."""

    def __init__(self, url: str, *, draws: bool = True) -> None:
        self._draws = draws
        parts = urlsplit(url)
        self._path = parts.path
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=WAIT_S)
        self._screen: Screen | None = None
        self._stream: pyte.Stream | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self.drawn: list[str] = []
        self.is_done = False

    def __enter__(self) -> Self:
        self._socket.sendall(f"GET {self._path}live HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(WAIT_S)
        self._socket.close()

    @property
    def display(self) -> list[str]:
        """Return the lines on the screen now."""
        return [] if self._screen is None else list(self._screen.display)

    @property
    def text(self) -> str:
        """Return the letters on the screen now."""
        return "\n".join(self.display)

    def _read(self) -> None:
        lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        with contextlib.suppress(ConnectionResetError):  # whoever is left out is cut off
            for line in lines:
                if line.startswith("data: ") and not self.is_done:
                    self._draw(json.loads(line.removeprefix("data: ")))
                self.is_done |= line == "event: done\n"

    def _draw(self, event: Any) -> None:
        if isinstance(event, dict):
            self._screen = Screen(event["cols"], event["rows"])
            self._stream = pyte.Stream(self._screen)
        text = event["init"] if isinstance(event, dict) else event[2]
        assert self._stream is not None, "there was no first frame"
        if self._draws:
            self._stream.feed(text)
        self.drawn.append(text)
