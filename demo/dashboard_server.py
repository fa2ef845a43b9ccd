"""The page that leads browsers to Ray's dashboard, on loopback alone.

May import ``harness.errors``, ``demo.broadcast.address`` and ``demo.dashboard``.
"""

import contextlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from demo.broadcast.address import LOOPBACK, ListeningAddress
from demo.dashboard import NONE_THERE, OPTION, DashboardLink
from harness.errors import MachineFailed, reason_of

_COOKIE = "ray-authentication-token"  # as Ray's own page sets it
_SOON = "Ray has not started yet; this page looks again every second."
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">{again}<title>Ray's dashboard</title></head>
<body style="font: 1.5rem sans-serif; margin: 3rem">{words}</body></html>
"""
_AGAIN = '<meta http-equiv="refresh" content="1">'
_TOKEN_BYTES = 9
_SLOWEST_S = 10.0
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


class _Handler(BaseHTTPRequestHandler):
    """Answers a browser with the way to the dashboard, or says that it is still to come."""

    server: "_LinkServer"
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "twoclocks", ""
    error_message_format, error_content_type = "%(code)d %(message)s\n", "text/plain"
    timeout = _SLOWEST_S

    def do_GET(self) -> None:
        """Lead to the dashboard; whatever else is asked for is not found."""
        if not hmac.compare_digest(self.path.encode(), self.server.path.encode()):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        dashboard = self.server.link.dashboard
        if dashboard is None or not dashboard.url:
            self._say(_SOON if dashboard is None else NONE_THERE, again=dashboard is None)
            return
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", dashboard.url)
        if dashboard.token:
            cookie = f"{_COOKIE}={dashboard.token}; Path=/; HttpOnly; SameSite=Strict"
            self.send_header("Set-Cookie", cookie)
        self._end(b"")

    def _say(self, words: str, *, again: bool) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self._end(_PAGE.format(words=words, again=_AGAIN if again else "").encode())

    def _end(self, content: bytes) -> None:
        for name, value in (_HEADERS | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: the path is a secret."""


class _LinkServer(ThreadingHTTPServer):
    """Serves the page at the link's path; a browser that breaks off is not worth a word."""

    daemon_threads = True

    def __init__(self, link: DashboardLink) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        path = f"{secrets.token_urlsafe(_TOKEN_BYTES)}/"
        port: int = self.socket.getsockname()[1]
        self.path = f"/{path}"
        self.url = ListeningAddress(LOOPBACK, port).url(path)
        self.link = link

    def server_bind(self) -> None:
        """Bind, and ask no name server for a name of this machine."""
        TCPServer.server_bind(self)

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(link: DashboardLink) -> Iterator[str]:
    """Serve the page within the block, and yield its address.

    Raises ``MachineFailed`` where nothing can listen on loopback.
    """
    try:
        server = _LinkServer(link)
    except OSError as error:
        sentence = f"nothing can listen at {LOOPBACK}: {reason_of(error)}"
        raise MachineFailed(sentence, f"leave {OPTION} out") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    with server:
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
