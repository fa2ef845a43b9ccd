"""The process that shows the panel to browsers: read-only, at one secret path.

It is told what is drawn on its standard input, and ends when that does. Only GET is answered;
nothing that a browser sends reaches the race. May import ``harness.cast`` and its neighbours.
"""

import contextlib
import hmac
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from typing import IO, Any

import msgspec

from demo.broadcast.messages import Begin, Drawn, Over, decoder
from demo.broadcast.viewers import Viewers
from harness.cast.live_page import LivePage, render_live_page

LINGER_S = 60.0
FILES = {
    "report.html": "text/html; charset=utf-8",
    "headline.png": "image/png",
    "headline.txt": "text/plain; charset=utf-8",
    "results.json": "application/json",
}
"""What of a take may be read once its race is over, and what it is."""

_MOST_CONNECTIONS = 400
_LARGEST_FILE = 50_000_000
_UNSENT_BYTES = 1 << 18
_SILENCE_S = 10.0
_SLOWEST_S = 10.0
_FAREWELL_S = 0.3
_LOOK_EVERY_S = 60.0  # only for whether to stop, which the process does instead
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


class Station:
    """What all connections share: the secret path, the page, the viewers, and how it ended."""

    def __init__(self, token: str, page: LivePage) -> None:
        self.prefix = f"/{token}/"
        self.page = page
        self.viewers = Viewers()
        self.over: Over | None = None

    def follow(self, lines: IO[bytes]) -> None:
        """Draw what is read, line by line, to its end."""
        for line in lines:
            match decoder.decode(line):
                case Drawn() as drawn:
                    self.viewers.draw(drawn)
                case Over() as over:
                    self.over = over
                    lingers_s = LINGER_S if len(self.viewers) else 0.0
                    self.viewers.end()
                    if over.ends_alone:
                        time.sleep(lingers_s)
                        return
                case Begin():
                    return

    def file(self, name: str) -> tuple[bytes, str] | None:
        """Return what a browser may read by this name, and what it is (None: nothing)."""
        if name == "":
            return self.page.content, "text/html; charset=utf-8"
        if self.over is None:
            return None
        if name == "end.json":
            said = {"closing": self.over.closing, "files": list(self._files())}
            return json.dumps(said).encode(), "application/json"
        if name in self._files():
            return (Path(self.over.folder) / name).read_bytes(), FILES[name]
        return None

    def _files(self) -> Iterator[str]:
        folder = "" if self.over is None else self.over.folder
        for name in FILES if folder else ():
            with contextlib.suppress(OSError):
                if (Path(folder) / name).stat().st_size <= _LARGEST_FILE:
                    yield name


class PanelHandler(BaseHTTPRequestHandler):
    """Answers one connection of a browser."""

    server: "PanelServer"
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "twoclocks", ""
    error_message_format, error_content_type = "%(code)d %(message)s\n", "text/plain"
    timeout = _SLOWEST_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # the name is http.server's
        """Answer with the page, the stream beside it, or a file of the take."""
        station = self.server.station
        given, prefix = self.path.encode(), station.prefix.encode()
        if not hmac.compare_digest(given[: len(prefix)], prefix):
            self.send_error(HTTPStatus.NOT_FOUND)
        elif self.path == f"{station.prefix}live":
            self._stream()
        else:
            self._send_file(self.path.removeprefix(station.prefix))

    def _send_file(self, name: str) -> None:
        try:
            found = self.server.station.file(name)
        except OSError:
            found = None
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content, kind = found
        self._begin(kind, {"Content-Length": str(len(content))})
        self.wfile.write(content)

    def _stream(self) -> None:
        """Send what is drawn until it is over, or the viewer goes or does not keep up."""
        viewer = self.server.station.viewers.join()
        if viewer is None:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNSENT_BYTES)
        try:
            self._begin("text/event-stream", {})
            for event in viewer.events(_SILENCE_S):
                self.wfile.write(event)
        finally:
            self.server.station.viewers.leave(viewer)

    def _begin(self, kind: str, headers: dict[str, str]) -> None:
        self.send_response(HTTPStatus.OK)
        is_page = self.path == self.server.station.prefix
        policy = {"Content-Security-Policy": self.server.station.page.policy} if is_page else {}
        for name, value in {"Content-Type": kind, **headers, **policy, **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the terminal is the panel's."""


class PanelServer(ThreadingHTTPServer):
    """Serves at a socket that listens already; a connection beyond the most is closed."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, station: Station) -> None:
        BaseServer.__init__(self, listener.getsockname(), PanelHandler)
        self.socket = listener
        self.station = station
        self._slots = threading.Semaphore(_MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there are not too many."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has gone: the terminal is the panel's."""


def main() -> None:
    """Serve until standard input ends."""
    lines = sys.stdin.buffer
    begin = decoder.decode(lines.readline())
    assert isinstance(begin, Begin)
    station = Station(begin.token, render_live_page())
    server = PanelServer(socket.socket(fileno=begin.descriptor), station)
    threading.Thread(target=server.serve_forever, args=(_LOOK_EVERY_S,), daemon=True).start()
    with contextlib.suppress(msgspec.MsgspecError):
        station.follow(lines)
    station.viewers.end()
    time.sleep(_FAREWELL_S)
    os._exit(0)
