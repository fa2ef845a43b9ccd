"""Nodes of a Ray cluster on this machine's loopback interface, started as an administrator does.

May import ``harness.run.cluster_token`` and its neighbours.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.run.cluster_token import has_no_tokens
from tests.races import Witness
from tests.terminals import PYTHON, ROOT, surroundings, wait_for

HAS_TOKENS = not has_no_tokens(version("ray"))
JOINING = () if HAS_TOKENS else ("--insecure",)
"""The options that join a cluster which other machines can reach."""

needs_tokens = pytest.mark.skipif(not HAS_TOKENS, reason="Ray before 2.52 has no tokens")

STARTS_WITHIN_S = 120.0
TRIES = 3
STARTED = "Ray runtime started"


@dataclass
class LoopbackCluster:
    """A cluster under a token; ``environment`` lets others join it."""

    port: int
    folder: Path
    environment: dict[str, str]
    _undo: contextlib.ExitStack
    witnesses: list[Witness] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return where it is joined."""
        return f"127.0.0.1:{self.port}"

    def add_node(self, cores: int) -> None:
        """Start a node, the first one as the head.

        On a busy machine Ray gives up, and is asked again.
        """
        number = len(self.witnesses)
        printed = ""
        for attempt in range(TRIES):
            folder = self.folder / f"{number}{attempt}"
            folder.mkdir()
            if not (printed := self._try_to_start(folder, cores, head=number == 0)):
                return
        raise AssertionError(f"node {number} did not start:\n{printed}")

    def _try_to_start(self, folder: Path, cores: int, *, head: bool) -> str:
        """Start a node; return what was printed if that failed."""
        role = [f"--port={self.port}", "--head", "--include-dashboard=false"]
        log = folder / "log"
        with log.open("wb") as printed:
            process = subprocess.Popen(
                [
                    str(Path(PYTHON).with_name("ray")),
                    "start",
                    "--block",
                    "--disable-usage-stats",
                    "--node-ip-address=127.0.0.1",
                    f"--temp-dir={folder}/r",
                    f"--num-cpus={cores}",
                    "--object-store-memory=100000000",
                    *(role if head else [f"--address={self.address}"]),
                ],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd=ROOT,
                env=surroundings(self.environment),
            )
        witness = Witness(process.pid, folder)
        self._undo.callback(_end, process, witness)
        wait_for(lambda: STARTED in log.read_text() or process.poll() is not None, STARTS_WITHIN_S)
        if process.poll() is not None:
            return log.read_text()
        self.witnesses.append(witness)
        return ""


@contextlib.contextmanager
def loopback_cluster(cores: int) -> Iterator[LoopbackCluster]:
    """Yield a cluster whose head has so many cores; end its own processes afterwards."""
    token = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_worker_niceness": "0",
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = LoopbackCluster(port, folder, token, undo)
        cluster.add_node(cores)
        yield cluster


def _end(process: subprocess.Popen[bytes], witness: Witness) -> None:
    witness.look()
    process.terminate()
    process.wait()
    for pid in witness.left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
