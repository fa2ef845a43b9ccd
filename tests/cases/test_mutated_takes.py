"""Takes of which somebody changed a file: no other claim is made of them, and nothing breaks."""

import json
import random
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import BadRequest
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.report import Report
from harness.show.audit_text import format_audit
from harness.show.export import Form

SHOWCASE = Path(__file__).parents[2] / "recordings" / "showcase"
WRITTEN = (SHOWCASE / RESULTS_NAME).read_bytes()
TREE = json.loads(WRITTEN)
JOURNAL = (SHOWCASE / JOURNAL_NAME).read_bytes().splitlines(keepends=True)
VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 0.0, -0.0, 1e-300, 0.999999, 1e15, 1e300, 2**31, 2**64, None, True, "", [], {}),
    *("x" * 3000, "\x1b[2J", "\u202e", "0" * 64, "<script>", "\\input{x}", "declared", "failed"),
    *([[1.0, 2]], {"a": 1}, "baseline", "2026-11-22T09:14:07Z", "together", "simulated"),
)
LINES = (b"\n", b"# a comment\n", b"[]\n", b"null\n", b'{"event":"go"}\n', b"[" * 5000, b"\xff\n")
seeds = given(seed=st.integers(0, 1 << 32))
a_hundred = settings(max_examples=100, suppress_health_check=[*HealthCheck])


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("take")


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to everything in a tree of JSON."""
    match tree:
        case dict():
            members: Iterable[tuple[Any, Any]] = tree.items()
        case list():
            members = enumerate(tree)
        case _:
            return
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


PLACES = [path for path in places(TREE) if not {"curve", "utilization"} & {*path}]


def change_tree(draw: random.Random, tree: Any, paths: list[tuple[Any, ...]]) -> None:
    """Replace, scale, remove or repeat something in a tree of JSON."""
    *above, key = draw.choice(paths)
    parent = tree
    for step in above:
        parent = parent[step]
    match draw.randrange(4), parent[key]:
        case 0, float() | int() as number:
            parent[key] = type(number)(draw.choice([0, number * 2, number * 1.001, -number]))
        case 0, list() as members:
            parent[key] = draw.choice([[], members[:1], members * 2, members[::-1]])
        case 1, _:
            del parent[key]
        case 2, value if isinstance(parent, list):
            parent.append(value)
        case _:
            parent[key] = draw.choice(VALUES)


def changed_results(draw: random.Random) -> bytes:
    tree = deepcopy(TREE)
    change_tree(draw, tree, PLACES)
    return json.dumps(tree).encode()


def changed_journal(draw: random.Random) -> bytes:
    lines = list(JOURNAL)
    place = draw.randrange(len(lines))
    match draw.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, draw.choice(LINES))
        case 2:
            lines.insert(place, lines[draw.randrange(len(lines))])
        case 3:
            at = draw.randrange(len(lines[place]))
            lines[place] = lines[place][:at] + bytes([draw.randrange(256)]) + lines[place][at:]
        case 4:
            lines[place:] = [lines[place][: draw.randrange(len(lines[place]))]]
        case _:
            event = json.loads(lines[place])
            change_tree(draw, event, [*places(event)])
            lines[place] = json.dumps(event).encode() + b"\n"
    return b"".join(lines)


def look(take: Path) -> Report | None:
    """Return the report of a take, everything in it drawn (None: it is refused in one sentence)."""
    refusal = ""
    try:
        report = Report.load(take)
    except BadRequest as refused:
        refusal = refused.sentence
    assert refusal.isprintable()
    if refusal:
        return None
    texts = (report.text, report.appendix, format_audit(report.audit), *map(report.export, Form))
    assert not any(sign in text for text in texts for sign in ("\x1b", "\u202e"))
    return report


@a_hundred
@seeds
def test_of_results_that_anybody_changed_no_headline_is_told(take: Path, seed: int) -> None:
    document = changed_results(random.Random(seed))
    (take / RESULTS_NAME).write_bytes(document)
    (take / JOURNAL_NAME).write_bytes(b"".join(JOURNAL))
    report = look(take)
    assert report is None or report.headline is None or report.results == ORIGINAL.results


@a_hundred
@seeds
def test_of_a_journal_that_anybody_changed_no_headline_is_told(take: Path, seed: int) -> None:
    journal = changed_journal(random.Random(seed))
    (take / RESULTS_NAME).write_bytes(WRITTEN)
    (take / JOURNAL_NAME).write_bytes(journal)
    report = look(take)
    assert report is None or report.headline is None or journal == b"".join(JOURNAL)


@settings(max_examples=50, suppress_health_check=[*HealthCheck])
@seeds
def test_changed_results_without_a_journal_are_drawn_or_refused(take: Path, seed: int) -> None:
    (take / RESULTS_NAME).write_bytes(changed_results(random.Random(seed)))
    (take / JOURNAL_NAME).unlink(missing_ok=True)
    look(take)


ORIGINAL = Report.load(SHOWCASE)


def test_the_take_as_it_was_written_has_a_headline() -> None:
    assert ORIGINAL.headline is not None
