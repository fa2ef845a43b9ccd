"""Run a notebook in a real Jupyter kernel: ``.venv-notebook/bin/python kernel.py < NOTEBOOK``.

A program of its own, in an environment that has ipykernel and nbclient. It prints the notebook that
came of it, and every message of the kernel that shows something, as one JSON document.
A cell is interrupted, as a person would, once it has shown the words in ``interrupt_at``.
"""

import json
import os
import signal
import sys
import time
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

WAIT_S = 120
SHOWS = ("display_data", "update_display_data", "execute_result", "stream", "error")


class Client(NotebookClient):
    """Runs the cells, keeps what the kernel shows, and interrupts a cell where it is asked to."""

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Keep a message that shows something before it is handled as ever."""
        if msg["msg_type"] in SHOWS:
            shown = {"cell": cell_index, "type": msg["msg_type"], "at": time.monotonic()}
            self.shown.append(shown | {"content": msg["content"]})
            words = cell.metadata.get("interrupt_at")
            if words and words in json.dumps(msg["content"], ensure_ascii=False):
                del cell.metadata["interrupt_at"]
                os.kill(self.km.provisioner.pid, signal.SIGINT)
        return super().process_message(msg, cell, cell_index)


def main() -> None:
    """Run the notebook on standard input; it and what comes of it are held to Jupyter's schema."""
    notebook = nbformat.reads(sys.stdin.read(), as_version=4)
    nbformat.validate(notebook)
    client = Client(
        notebook,
        config=Config({"KernelManager": {"transport": "ipc"}}),
        timeout=WAIT_S,
        kernel_name="python3",
        allow_errors=True,
    )
    client.shown = []
    client.execute()
    nbformat.validate(notebook)
    json.dump({"notebook": notebook, "shown": client.shown}, sys.stdout)


if __name__ == "__main__":
    main()
