"""Takes of which somebody changed the results file, the journal, or the words in both alike."""

import hashlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec

from harness.errors import BadRequest, TwoclocksError
from harness.event_lines import decode as decode_event
from harness.files import results
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Results, Schedule
from harness.report import Report
from harness.show.terminal.log_lines import new_lines
from harness.show.terminal.panel import Caption, draw_panel
from harness.state.board import Board, apply
from harness.state.fold import fold
from harness.state.to_results import results_of
from harness.takes.journal_tail import FollowedSession
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import (
    change_json_line,
    change_lines,
    change_number,
    change_somehow,
    change_tree,
    places,
    write_json,
)
from tests.fuzz.outputs import unshowable
from tests.fuzz.target import Run, Target, verb_faults, written
from tests.lies import EARLIER_TAKE
from tests.show.decks import a_deck

RESULTS = (EARLIER_TAKE / RESULTS_NAME).read_bytes()
JOURNAL = (EARLIER_TAKE / JOURNAL_NAME).read_bytes()
TREE = json.loads(RESULTS)
PLACES = [path for path in places(TREE) if not {"curve", "utilization"} & {*path}]
TAKE = {RESULTS_NAME: RESULTS, JOURNAL_NAME: JOURNAL}
DIGEST_LETTERS = 40

ASKED = (
    *(("audit", "."), ("audit", RESULTS_NAME, "--json"), ("slide", ".", "--appendix")),
    *(("slide", ".", "--format", form) for form in ("md", "csv", "json", "tex")),
    ("slide", ".", ".", "--format", "json"),
)
DRAWN = (
    ("slide", ".", "--out", "out", "--theme", "dark"),
    ("slide", ".", "--into", "deck.pptx"),
)


@cache
def original() -> Results:
    """Return the results as they were written."""
    return results.decode(RESULTS)


def _asked(draw: random.Random, share_drawn: float = 0.0) -> tuple[str, ...]:
    return draw.choice(DRAWN if draw.random() < share_drawn else ASKED)


def change_results(draw: random.Random, content: bytes) -> bytes:
    """Return a results file with something in it changed."""
    return write_json(draw, change_tree(draw, json.loads(content), PLACES))


def _make_results(draw: random.Random) -> Example:
    tree_or_any = change_results if draw.random() < 0.7 else None
    if tree_or_any is not None:
        changed = tree_or_any(draw, RESULTS)
    else:
        changed = change_somehow(draw, RESULTS, change_number, change_lines)
    files = TAKE | {RESULTS_NAME: changed}
    if draw.random() < 0.3:
        del files[JOURNAL_NAME]
    return Example(files, _asked(draw))


def _make_journal(draw: random.Random) -> Example:
    changed = change_somehow(draw, JOURNAL, change_json_line, change_json_line, change_lines)
    return Example(TAKE | {JOURNAL_NAME: changed}, _asked(draw))


def _make_words(draw: random.Random) -> Example:
    """Draw a take that somebody wrote anew as a whole: hostile words, and nothing contradicts."""
    texts = sorted(set(_texts(TREE)))
    lines = JOURNAL
    for _ in range(draw.choice((1, 3, 10))):
        old, new = draw.choice(texts), draw.choice((*hostile.MARKUP, *hostile.PATHS))
        lines = lines.replace(json.dumps(old).encode(), json.dumps(new).encode())
    _, *rest = lines.rstrip(b"\n").split(b"\n")
    try:
        facts = results_of(fold(map(decode_event, rest)), hashlib.sha256(lines).hexdigest())
        files = {RESULTS_NAME: results.encode(facts), JOURNAL_NAME: lines}
    except (TwoclocksError, msgspec.ValidationError):  # what no session can be called
        files = TAKE | {JOURNAL_NAME: lines}
    files["deck.pptx"] = a_deck("say", "provenance", "limitation", "axis", "bottleneck", "cost")
    return Example(files, _asked(draw, share_drawn=0.1))


def _texts(tree: object) -> Iterator[str]:
    """Yield the texts of the results that are words: no digests, and no names of a choice."""
    match tree:
        case dict():
            for member in tree.values():
                yield from _texts(member)
        case list():
            for member in tree:
                yield from _texts(member)
        case str() if len(tree) < DIGEST_LETTERS or " " in tree:
            yield tree


def _faults(example: Example, run: Run) -> Iterator[str]:
    yield from _faults_of_headline(example)
    form = example.words[-1] if "--format" in example.words else ""
    form = "json" if "--json" in example.words else form
    yield from verb_faults(run, example.words, form=form)
    yield from _faults_of_changes(example)


def _faults_of_headline(example: Example) -> Iterator[str]:
    """Yield a sentence if a headline is told of anything else than what was measured.

    Without a journal nobody can know, and the slide says so.
    """
    is_alone = JOURNAL_NAME not in example.files or example.nodes.get(JOURNAL_NAME) == "nothing"
    if is_alone or "deck.pptx" in example.files:  # of a take that was written anew as a whole
        return
    try:
        report = Report.load(".")
    except BadRequest:
        return
    is_original = report.results == original() and example.files[JOURNAL_NAME] == JOURNAL
    if report.headline is not None and not is_original:
        yield "a headline is told of a take that was changed"


def _faults_of_changes(example: Example) -> Iterator[str]:
    """Yield a sentence for a file of the take that is another than before."""
    now = written(".")
    for name, content in example.files.items():
        updated = name == "deck.pptx" and "--into" in example.words
        if name not in example.nodes and now.get(name) != content and not updated:
            yield f"it changes the take's {name}"


def _followed_faults(example: Example, _: Run) -> Iterator[str]:
    """Follow the journal as it stands, and draw every board on the way."""
    session = FollowedSession(Path(JOURNAL_NAME), clock=lambda: 1.0, epoch=lambda: 1.0)
    boards = [Board()]
    while events := session.read_events():
        for event in events[:: max(1, len(events) // 20)]:
            boards.append(apply(boards[-1], event))
        boards.append(session.board)
    for board in boards:
        if board.opened is not None:
            yield from panel_faults(board)
    for before, after in pairwise(boards):
        if after.opened is not None:
            lines = new_lines(before, after, after.opened.spec, at=after.at, last_line_at=0.0)
            yield from unshowable("a line of the log", "\n".join(lines))


def panel_faults(board: Board) -> Iterator[str]:
    assert board.opened is not None
    caption = Caption(
        run_id=board.opened.run_id,
        schedule=board.schedule or Schedule.IN_TURN,
        utc=datetime(2026, 11, 22, tzinfo=UTC),
    )
    spec = board.opened.spec
    for columns, rows in ((80, 24), (30, 9), (200, 60)):
        drawn = draw_panel(board, spec, caption, at=board.at, columns=columns, rows=rows)
        yield from unshowable("the panel", drawn.plain)
        if len(drawn.plain.rstrip("\n").split("\n")) > rows:
            yield f"the panel has more than {rows} rows"


TARGETS = (
    Target(
        name="results",
        reads="results.json of a take, with its journal or without",
        holds="no headline is told of changed results",
        make=_make_results,
        faults=_faults,
        examples=60,
        runs_verbs=True,
    ),
    Target(
        name="journal",
        reads="events.jsonl of a take",
        holds="no headline is told beside a changed journal; no file of the take changes",
        make=_make_journal,
        faults=_faults,
        examples=30,
        runs_verbs=True,
    ),
    Target(
        name="words",
        reads="names and sentences that results and journal share, drawn everywhere",
        holds="results, audit, every export, figures and a deck of a take that agrees with itself",
        make=_make_words,
        faults=_faults,
        examples=8,
        runs_verbs=True,
    ),
    Target(
        name="followed",
        reads="journal lines from elsewhere, drawn as panel and log",
        holds="every panel and log line on the way fits the terminal",
        make=_make_journal,
        faults=_followed_faults,
        examples=10,
    ),
)
