"""Names of workloads and values of settings that nobody should type."""

import random
from collections.abc import Iterator
from functools import cache

from harness.errors import BadRequest
from harness.run.describe import Refused, WorkloadFacts, describe
from harness.run.find import built_in
from tests.builders import find_workload
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.outputs import faults_of
from tests.fuzz.target import Run, Target, outcome_of

FILES = {"a.txt": b"text\n", "take/results.json": b"{}"}
COMMANDS = (
    *("true", "echo {workers}", "cat {input}", f"touch {hostile.RUN}", f"$({hostile.RUNS})"),
    *(f"sh -c '{hostile.RUNS}'", f"`{hostile.RUNS}`", "echo '", "(((", "a && ; b", "if"),
)
NUMBERS = (
    *("0", "-1", "1e999", "nan", "inf", "-0", "9" * 5_000, "1_0", "0x10", "²", "١٢", "1e-400"),
    *("true", "", "1.5", "1e15", "999999999999999999", "+5", " 5 "),
)


@cache
def defaults() -> dict[str, tuple[str, ...]]:
    """Return the names of each built-in workload's settings."""
    return {
        name: tuple(find_workload(name).defaults) for name in built_in() if name != "commands"
    } | {
        "commands": ("baseline", "distributed", "answer", "quality", "progress", "ignore", "shell")
    }


def _make(draw: random.Random) -> Example:
    name = draw.choice(sorted(defaults()))
    known = defaults()[name]
    if draw.random() < 0.15:
        name = draw.choice((name.upper(), name[:-1], hostile.a_text(draw)))
    settings = [_setting(draw, name, known) for _ in range(draw.choice((1, 1, 2, 5)))]
    if name == "commands":
        settings = [
            f"baseline={_value(draw, name)}",
            f"distributed={_value(draw, name)}",
            *settings,
        ]
    words = (name, *settings)
    return Example(FILES, tuple(word.replace("\x00", "").replace("\ud800", "") for word in words))


def _setting(draw: random.Random, name: str, known: tuple[str, ...]) -> str:
    key = _key(draw, known)
    value = draw.choice(NUMBERS) if key == "shell" else _value(draw, name)  # a shell is started
    return f"{key}{draw.choice(('=', '=', '=', '=', '', '=='))}{value}"


def _key(draw: random.Random, known: tuple[str, ...]) -> str:
    return draw.choice(known) if draw.random() < 0.9 and known else hostile.a_text(draw)


def _value(draw: random.Random, name: str) -> str:
    if name == "commands" and draw.random() < 0.5:
        return draw.choice(COMMANDS)
    return draw.choice((draw.choice(NUMBERS), hostile.a_text(draw), "a.txt", "take"))


def _faults(example: Example, _: Run) -> Iterator[str]:
    found: list[WorkloadFacts] = []

    def call() -> str:
        name, *settings = example.words
        facts = describe(name, settings)
        if isinstance(facts, Refused):
            raise BadRequest(facts.sentence, facts.hint)
        found.append(facts)
        return ""

    yield from faults_of(outcome_of(call, as_printed=True))
    for facts in found:
        for key, value in facts.params.items():
            if isinstance(value, float) and not abs(value) < 1e300:
                yield f"it accepts {key}={value}"


TARGETS = (
    Target(
        name="settings",
        reads="names of workloads, --set of every built-in one, commands of a pair",
        holds="no number without end is accepted; commands are not run",
        make=_make,
        faults=_faults,
        examples=150,
        node_share=0.0,
        reads_anything=True,
        asks_shell=True,
    ),
)
