import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.research import calculator, interpreter
from workloads.research.calculator import Calculator

INTEGERS = st.integers(-(10**9), 10**9)


@pytest.fixture(scope="module")
def started() -> Iterator[Calculator]:
    calculator = Calculator.start()
    yield calculator
    calculator.close()


@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(INTEGERS, INTEGERS), min_size=1, max_size=150))
def test_differences_are_right(started: Calculator, pairs: list[tuple[int, int]]) -> None:
    results = started.calculate([f"{one} - {other}" for one, other in pairs])
    assert results == [str(one - other) for one, other in pairs]


@pytest.mark.parametrize(
    ("expression", "result"),
    [("2 * (3 + 4)", "14"), ("-7 // 2", "-4"), ("7 % 4", "3"), ("--3", "3"), ("1\n+ 1", "2")],
)
def test_arithmetic_is_done(started: Calculator, expression: str, result: str) -> None:
    assert started.calculate([expression]) == [result]


@pytest.mark.parametrize(
    "expression",
    [
        '__import__("os").system("id")',
        'open("/etc/passwd").read()',
        "().__class__.__base__.__subclasses__()",
        "(lambda: 1)()",
        "[1 for _ in range(9)]",
        "'a' * 9",
        "True - 1",
        "1.5 + 1",
        "9 ** 9 ** 9",
        "1 << 99",
        "1 / 3",
        "1 // 0",
        "7 if 1 else 2",
        "x",
        "",
        "(" * 99,
        "*".join(["9" * 40] * 4),
        "1" * 5000,
        "1 - 1; import os",
        "f'{1}'",
        "\0",
        "１ + １" * 60,
    ],
)
def test_everything_else_is_refused_and_the_next_one_answered(
    started: Calculator, expression: str
) -> None:
    assert started.calculate([expression, "2 - 1"]) == ["", "1"]


ESCAPES = {
    "read a file": "open('/etc/hostname').read()",
    "read a file by descriptor": "os.open('/etc/hostname', 0)",
    "write a file": "open('/tmp/escaped', 'w')",
    "list a folder": "os.listdir('/')",
    "remove a file": "os.unlink('/tmp/escaped')",
    "make a folder": "os.mkdir('/tmp/escaped')",
    "open a socket": "socket.socket()",
    "find a host": "socket.getaddrinfo('localhost', 80)",
    "start a shell": "os.system('true')",
    "start a program": "subprocess.Popen(['true'])",
    "become another program": "os.execv('/bin/true', ['true'])",
    "fork": "os.fork()",
    "signal a process": "os.kill(os.getppid(), 0)",
    "load a library": "ctypes.CDLL(None)",
    "load a module": "__import__('json.tool')",
    "run code": "exec('1')",
    "lift a limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
    "make a pipe": "os.pipe()",
    "take 2 GB": "bytes(2 << 30)",
}
CONFINED = """
import ctypes, json, os, resource, runpy, socket, subprocess, sys
confine = runpy.run_path(sys.argv[1])["confine"]
escapes = {name: eval("lambda: " + code) for name, code in json.loads(sys.argv[2]).items()}
confine()
for name, escape in escapes.items():
    try:
        escape()
        print(name, "escaped", sep=": ")
    except (OSError, MemoryError) as error:
        print(name, type(error).__name__, sep=": ")
"""


@pytest.fixture(scope="module")
def attempts() -> dict[str, str]:
    """Return what became of each escape from a process that is confined."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", CONFINED, str(interpreter.__file__), json.dumps(ESCAPES)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split(": ") for line in done.stdout.splitlines())


@pytest.mark.parametrize("escape", ESCAPES)
def test_code_that_got_around_the_grammar_could_not_reach_out(
    attempts: dict[str, str], escape: str
) -> None:
    if sys.platform != "linux" and escape == "take 2 GB":
        pytest.skip("only Linux holds a process to RLIMIT_AS")
    assert attempts[escape] in ("PermissionError", "OSError", "MemoryError")


def test_the_calculator_is_given_no_environment_and_no_descriptor(tmp_path: Path) -> None:
    program = (
        "import json, os; print(json.dumps([sorted(os.environ), sorted(os.listdir('/dev/fd'))]))"
    )
    script = tmp_path / "look.py"
    script.write_text(program)
    with pytest.MonkeyPatch.context() as patch, (tmp_path / "secret").open("w") as secret:
        patch.setattr(interpreter, "__file__", str(script))
        patch.setenv("TOKEN", "secret")
        looked = Calculator.start()
        environment, descriptors = json.loads(looked._some(["1"])[0])
        looked.close()
    assert "TOKEN" not in environment
    assert len(descriptors) <= 4  # three, and that of the listing itself
    assert secret.closed


def test_a_calculator_that_has_ended_is_started_anew() -> None:
    assert calculator.calculate(["1 + 1"]) == ["2"]
    calculator.own_calculator()._process.kill()
    assert calculator.calculate(["1 + 2"]) == ["3"]


def test_the_same_process_calculates_again() -> None:
    calculator.calculate(["1"])
    first = calculator.own_calculator()
    calculator.calculate(["2"])
    assert calculator.own_calculator() is first
