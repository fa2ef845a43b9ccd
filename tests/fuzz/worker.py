"""The process that tries examples of one target, and what it tells of them, a line of JSON each.

``python -m tests.fuzz.worker TARGET SEED COUNT FOLDER``
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.fuzz.example import encode
from tests.fuzz.runner import (
    MOST_ADDRESS_BYTES,
    TARGETS,
    draw_example,
    try_example,
    warm_up,
)
from tests.fuzz.watch import Room

PROGRAM_EVERY = 300
"""One example in so many is given to the program in a process of its own."""


@dataclass(frozen=True)
class Report:
    """What was seen of many examples, and sentences on what was found."""

    examples: int = 0
    programs: int = 0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    findings: tuple[str, ...] = ()
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def read(cls, lines: Iterable[str]) -> "Report":
        """Return what a worker tells, to its end or its death."""
        whole = cls()
        for line in lines:
            told = json.loads(line)
            whole += cls(
                1, told["program"], told["cpu_s"], told["peak_bytes"], tuple(told["findings"])
            )
        return whole

    def __add__(self, other: "Report") -> "Report":
        """Return both together."""
        return Report(
            self.examples + other.examples,
            self.programs + other.programs,
            self.cpu_s + other.cpu_s,
            max(self.peak_bytes, other.peak_bytes),
            self.findings + other.findings,
            min(self.began, other.began),
        )

    def with_death(self, name: str, seed: int, code: int) -> "Report":
        """Return it with the example that ended its process."""
        return replace(
            self,
            examples=self.examples + 1,
            findings=(*self.findings, f"{name} {seed}: it ends the process with {code}"),
        )

    def line(self, name: str, wall_s: float) -> str:
        """Return a row of the table of targets."""
        return (
            f"{name:10} {self.examples:8,} {self.programs:8,} {self.cpu_s:7.1f} {wall_s:7.0f} "
            f"{self.peak_bytes >> 20:6,} {len(self.findings)}"
        )


def main() -> None:
    """Try the examples that the command line names."""
    name, first, count, out = sys.argv[1:]
    target = TARGETS[name]
    warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_BYTES, MOST_ADDRESS_BYTES))
    with tempfile.TemporaryDirectory() as root, Room(Path(root)) as room:
        for seed in range(int(first), int(first) + int(count)):
            example = draw_example(target, seed)
            as_program = target.runs_verbs and seed % PROGRAM_EVERY == 0
            began_s = time.process_time()
            tried = try_example(room, target, example, as_program=as_program)
            if tried.faults:
                Path(out).mkdir(exist_ok=True)
                case = Path(out, f"{name}-{seed}.json")
                case.write_text(encode(name, example, tried.faults[0]), encoding="utf-8")
            told = {
                "program": int(as_program),
                "cpu_s": time.process_time() - began_s,
                "peak_bytes": tried.watched.grown_bytes,
                "findings": [f"{name} {seed}: {fault[:700]}" for fault in tried.faults],
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
