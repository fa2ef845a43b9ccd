"""The calculator as the agents use it: an interpreter of its own that is started once.

Imports the standard library and names ``interpreter``, which runs in the other process.
"""

import atexit
import functools
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from workloads.research import interpreter

WITHIN_S = 10.0
AT_ONCE = 64  # lines that are written before results are read: less than a pipe holds


class Calculator:
    """A process that does arithmetic and can do nothing else."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls) -> Self:
        """Return a calculator whose process runs, with no environment and no descriptor of ours."""
        program = [sys.executable, "-I", "-S", str(Path(interpreter.__file__))]
        return cls(
            subprocess.Popen(
                program,
                env={},
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        )

    def calculate(self, expressions: Sequence[str]) -> list[str]:
        """Return the result of each expression (empty: it was refused).

        Raises ``TimeoutError`` where the process does not answer, ``OSError`` where it has ended.
        """
        results = list[str]()
        for begin in range(0, len(expressions), AT_ONCE):
            results += self._some(expressions[begin : begin + AT_ONCE])
        return ["" if result == interpreter.REFUSED else result for result in results]

    def _some(self, expressions: Sequence[str]) -> list[str]:
        lines = [" ".join(one.split())[: interpreter.LONGEST + 1] for one in expressions]
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("".join(f"{line}\n" for line in lines).encode())
        stdin.flush()
        found = b""
        while found.count(b"\n") < len(lines):
            if not select.select([stdout], [], [], WITHIN_S)[0]:
                raise TimeoutError("the calculator does not answer")
            read = os.read(stdout.fileno(), 1 << 16)
            if not read:
                raise BrokenPipeError("the calculator has ended")
            found += read
        return found.decode().splitlines()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@functools.cache
def own_calculator() -> Calculator:
    """Return this process's calculator, which is started once and ended with the process."""
    calculator = Calculator.start()
    atexit.register(calculator.close)
    return calculator


def calculate(expressions: Sequence[str]) -> list[str]:
    """Return the results by this process's calculator; one that has failed is started anew."""
    try:
        return own_calculator().calculate(expressions)
    except OSError:
        close_own()
        return own_calculator().calculate(expressions)


def close_own() -> None:
    """End this process's calculator, if it has one."""
    if own_calculator.cache_info().currsize:
        calculator = own_calculator()
        own_calculator.cache_clear()
        atexit.unregister(calculator.close)
        calculator.close()
