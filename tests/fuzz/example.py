"""An example: files in a folder, and what the program is asked to do with them.

It can be kept as a case, which is a file of JSON below ``tests/fuzz/cases``.
"""

import base64
import json
import os
import random
import socket
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NODES = ("folder", "pipe", "socket", "loop", "zero", "full", "memory", "sparse", "nothing", "link")
SPARSE_BYTES = 1 << 30


@dataclass(frozen=True)
class Example:
    """Files by their path in the folder, and words that the target understands.

    ``nodes`` are what is no regular file, by path: its kind is one of ``NODES``.
    """

    files: Mapping[str, bytes]
    words: tuple[str, ...] = ()
    nodes: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        for name, content in self.files.items():
            if name not in self.nodes:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        for name, kind in self.nodes.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            make_node(folder / name, kind)


def make_node(path: Path, kind: str) -> None:
    """Make what is no regular file, or no usual one."""
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.relpath(path))
        case "loop":
            path.symlink_to(path.name)
        case "zero" | "full":
            path.symlink_to(f"/dev/{kind}")
        case "memory":
            path.symlink_to("/proc/self/mem")
        case "link":
            path.symlink_to("../canary/secret")
        case "sparse":
            with path.open("wb") as file:
                file.truncate(SPARSE_BYTES)


def with_a_node(draw: random.Random, example: Example) -> Example:
    """Return the example with something else in the place of one of its files."""
    name = draw.choice(sorted(example.files))
    return Example(example.files, example.words, {name: draw.choice(NODES)})


def encode(target: str, example: Example, finding: str) -> str:
    """Return an example of a target as a case, with what was found."""
    packed = {
        name: base64.b64encode(zlib.compress(content, 9)).decode()
        for name, content in example.files.items()
    }
    case = {
        "target": target,
        "finding": finding,
        "words": example.words,
        "nodes": dict(example.nodes),
        "files": packed,
    }
    return json.dumps(case, indent=1) + "\n"


def decode(text: str) -> tuple[str, Example]:
    """Return the target and the example of a case."""
    case = json.loads(text)
    files = {
        name: zlib.decompress(base64.b64decode(content)) for name, content in case["files"].items()
    }
    return case["target"], Example(files, tuple(case["words"]), case["nodes"])
