"""What listens on this machine and answers as the head of a cluster does, or otherwise."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GREETING = b"\0\0\0\4\0\0\0\0\0"


@contextmanager
def a_listener(says: bytes = GREETING) -> Iterator[str]:
    """Yield the address of something that listens, and says this to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            caller, _ = server.accept()
            with caller, suppress(OSError):  # whoever calls may have gone by then
                caller.sendall(says)
                while caller.recv(1 << 10):
                    pass

        listening = threading.Thread(target=serve, daemon=True)
        listening.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        socket.create_connection(server.getsockname()).close()  # where nobody else has called
        listening.join()
