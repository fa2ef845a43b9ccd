import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.files.results import LARGEST_BYTES, decode, load
from harness.model import Results
from tests.builders import (
    a_report,
)
from tests.results_file import DOCUMENT, edited

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "0" * 64, "\x1b[2J", "<script>"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


def read(text: bytes) -> Results | BadRequest:
    """Return what the text is found to be; anything else that it raises is a defect."""
    try:
        return decode(text)
    except BadRequest as error:
        return error


NO_RESULTS = {
    "empty": (b"", "is not a JSON document"),
    "cut short": (DOCUMENT[: len(DOCUMENT) // 2], "is not a JSON document"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "is not a JSON document"),
    "bad letters": (b'{"schema": "\xff\xfe"}', "is not a JSON document"),
    "too deep": (b'{"a": ' * 100_000, "is not a JSON document"),
    "a list": (b"[]", "is not a results file"),
    "another document": (b'{"trials": 5}', "it names no schema"),
    "a number for a schema": (b'{"schema": 5}', "is not a results file"),
    "a later schema": (
        edited(lambda tree: tree.update(schema="twoclocks.results/2")),
        "has the schema 'twoclocks.results/2'",
    ),
    "a journal": (b'{"schema": "twoclocks.events/1"}', "has the schema 'twoclocks.events/1'"),
    "nothing but a schema": (b'{"schema": "twoclocks.results/1"}', "required field"),
}


@pytest.mark.parametrize("document", NO_RESULTS)
def test_what_is_no_results_file_is_refused_with_a_hint(document: str) -> None:
    text, says = NO_RESULTS[document]
    with pytest.raises(BadRequest) as refused:
        decode(text, "take/results.json")
    assert says in refused.value.sentence
    assert refused.value.sentence.startswith("take/results.json ")
    assert refused.value.hint


DIFFERENCES = {"items": 100, "sd": 0.1, "span": 1.0, "step": 1.0}
CORRUPT = {
    "a text for a number": (
        lambda tree: tree["trials"][0].update(wall_s="40"),
        "trials[0].wall_s: expected `float`, got `str`",
    ),
    "no side": (lambda tree: tree["trials"][0].update(side="third"), "trials[0].side: "),
    "no trials": (lambda tree: tree.pop("trials"), "`trials`"),
    "time that ran backwards": (
        lambda tree: tree["trials"][0].update(wall_s=-1.0),
        "trials[0].wall_s: expected `float` >= 0.0",
    ),
    "no time at all": (
        lambda tree: tree["trials"][0].update(wall_s=0.0),
        "trials[0] has an impossible wall time",
    ),
    "a time beyond measure": (
        lambda tree: tree["trials"][0].update(wall_s=1e12),
        "trials[0].wall_s: expected `float` <= 1000000000.0",
    ),
    "a number beyond measure": (
        lambda tree: tree["trials"][0].update(cpu_s=1e300),
        "trials[0].cpu_s: expected `float` <= 1",
    ),
    "a count beyond measure": (
        lambda tree: tree["trials"][0].update(items=2**64),
        "trials[0].items: expected `int` <= 9",
    ),
    "a negative count": (
        lambda tree: tree["trials"][0]["curve"].append([1.0, -1]),
        "trials[0].curve[3][1]: expected `int` >= 0",
    ),
    "an escape sequence": (
        lambda tree: tree["spec"]["workload"].update(name="\x1b[2J"),
        "spec.workload.name is too long or has",
    ),
    "an invisible turn": (
        lambda tree: tree["spec"]["workload"].update(name="a\u202eb"),
        "spec.workload.name is too long or has",
    ),
    "an endless text": (lambda tree: tree.update(remark="x" * 2_001), "remark is too long or has"),
    "a name that cannot be shown": (
        lambda tree: tree["spec"]["params"].update({"\x07": 1}),
        "a name in spec.params is too long or has",
    ),
    "no digest": (
        lambda tree: tree["trials"][0].update(answer_sha256="3fa9c1"),
        "trials[0].answer_sha256: expected `str` matching",
    ),
    "a digest in capitals": (
        lambda tree: tree["input"].update(sha256="A" * 64),
        "input.sha256: expected `str` matching",
    ),
    "no input digest": (
        lambda tree: tree["input"].update(sha256=""),
        "input.sha256: expected `str` matching",
    ),
    "no commit": (
        lambda tree: tree["code"].update(commit="main"),
        "code.commit: expected `str` matching",
    ),
    "a path for a run id": (
        lambda tree: tree.update(run_id="../../etc"),
        "run_id: expected `str` matching",
    ),
    "no moment": (
        lambda tree: tree.update(began_utc="yesterday"),
        "began_utc is not a time in UTC",
    ),
    "a moment of nowhere": (
        lambda tree: tree.update(began_utc="2026-11-22T09:14:07"),
        "began_utc is not a time in UTC",
    ),
    "a moment elsewhere": (
        lambda tree: tree.update(began_utc="2026-11-22T09:14:07+01:00"),
        "began_utc is not a time in UTC",
    ),
    "no workers asked": (
        lambda tree: tree["spec"].update(workers=0),
        "spec.workers: expected `int` >= 1",
    ),
    "a free machine": (
        lambda tree: tree["spec"]["prices"].update(baseline_per_hour=0.0),
        "spec.prices.baseline_per_hour: expected `float` >= 1e-09",
    ),
    "a free offer": (
        lambda tree: tree["spec"]["prices"].update(
            offers=[
                {
                    "name": "spot",
                    "baseline_per_hour": 0.0,
                    "worker_per_hour": 1.0,
                    "head_per_hour": 0.0,
                }
            ]
        ),
        "spec.prices.offers[0].baseline_per_hour: expected `float` >= 1e-09",
    ),
    "points out of order": (
        lambda tree: tree["spec"].update(points=[2, 1]),
        "spec.points are not in ascending",
    ),
    "a point twice": (
        lambda tree: tree["spec"].update(points=[2, 2]),
        "spec.points are not in ascending",
    ),
    "too many points": (
        lambda tree: tree["spec"].update(points=list(range(1, 1_002))),
        "spec.points: expected `array` of length <= 1000",
    ),
    "a headline off the points": (
        lambda tree: tree["spec"].update(points=[1, 4]),
        "spec.workers is none of spec.points",
    ),
    "too many rates": (
        lambda tree: tree.update(
            rates=[{"variant": "own", "items_per_s": 1.0, "seconds": 1.0, "cores": 1}] * 501
        ),
        "rates: expected `array` of length <= 500",
    ),
    "foreign load on more cores than there are": (
        lambda tree: tree["observer"].update(foreign_cpu=1.5),
        "observer.foreign_cpu is more than all cores",
    ),
    "a baseline slowed by more than its speed": (
        lambda tree: tree["observer"].update(contention=1.5),
        "observer.contention is more than all of the baseline's speed",
    ),
    "a dashboard that used more than all of watching": (
        lambda tree: tree["observer"].update(cpu_s=1.0, dashboard_cpu_s=1.5),
        "observer.dashboard_cpu_s is more than observer.cpu_s",
    ),
    "one order twice": (
        lambda tree: tree["trials"][1].update(order=0),
        "two trials have one order",
    ),
    "one index twice": (
        lambda tree: tree["trials"].append(tree["trials"][1] | {"order": 2}),
        "two trials of one side have one index",
    ),
    "one host twice": (
        lambda tree: tree["hosts"].append(tree["hosts"][0]),
        "two hosts have one id",
    ),
    "one worker twice": (
        lambda tree: tree["trials"][1]["workers_detail"][1]["process"].update(id="w0"),
        "two workers with one id",
    ),
    "a worker missing": (
        lambda tree: tree["trials"][1]["workers_detail"].pop(),
        "has 2 workers but describes 1",
    ),
    "a baseline of two": (
        lambda tree: tree["trials"][0].update(workers=2),
        "trials[0] has 2 workers",
    ),
    "a baseline compared with itself": (
        lambda tree: tree["trials"][0].update(score_differences=DIFFERENCES),
        "trials[0] is the baseline's and has score_differences",
    ),
    "scores of nothing": (
        lambda tree: tree["trials"][1].update(score_differences=DIFFERENCES | {"items": 0}),
        "score_differences.items: expected `int` >= 1",
    ),
    "a negative deviation": (
        lambda tree: tree["trials"][1].update(score_differences=DIFFERENCES | {"sd": -0.1}),
        "score_differences.sd: expected `float` >= 0.0",
    ),
    "a deviation that is no number": (
        lambda tree: tree["trials"][1].update(score_differences=DIFFERENCES | {"sd": None}),
        "score_differences.sd: expected `float`, got `null`",
    ),
    "a deviation beyond the scores": (
        lambda tree: tree["trials"][1].update(score_differences=DIFFERENCES | {"sd": 1.6}),
        "trials[1] has impossible score_differences",
    ),
    "a step beyond the scores": (
        lambda tree: tree["trials"][1].update(score_differences=DIFFERENCES | {"step": 1.1}),
        "trials[1] has impossible score_differences",
    ),
    "a long curve": (
        lambda tree: tree["trials"][0].update(curve=[[0.0, 0]] * 201),
        "trials[0].curve: expected `array` of length <= 200",
    ),
    "a long utilization": (
        lambda tree: tree["trials"][0]["workers_detail"][0].update(utilization=[0.5] * 101),
        "utilization: expected `array` of length <= 100",
    ),
    "too many trials": (
        lambda tree: tree["trials"].extend(
            [tree["trials"][0] | {"order": place, "index": place} for place in range(2, 1_001)]
        ),
        "trials: expected `array` of length <= 1000",
    ),
}


@pytest.mark.parametrize("fault", CORRUPT)
def test_a_corrupt_file_is_refused_with_the_place(fault: str) -> None:
    edit, says = CORRUPT[fault]
    with pytest.raises(BadRequest) as refused:
        decode(edited(edit), "take/results.json")
    assert says in refused.value.sentence
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "says"),
    [("missing.json", "there is no results file .*missing.json"), (".", "is not a file")],
)
def test_a_path_that_is_no_file_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=says):
        load(tmp_path / name)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="is not a file"):
        load(tmp_path / "pipe")


def test_a_file_larger_than_any_session_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "results.json").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(BadRequest, match="larger than any results file"):
        load(tmp_path / "results.json")


def test_an_error_shows_nothing_that_a_file_says_to_a_terminal() -> None:
    with pytest.raises(BadRequest) as refused:
        decode(edited(lambda tree: tree.update(schema="\x1b]0;owned\x07")))
    assert refused.value.sentence.isprintable()


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(text: bytes) -> None:
    assert isinstance(read(text), BadRequest)


@settings(max_examples=300)
@given(st.data())
def test_no_edit_of_a_file_raises_anything_but_a_bad_request(data: st.DataObject) -> None:
    found = read(edited(lambda tree: _junk_into(tree, data)))
    assert isinstance(found, BadRequest) or isinstance(a_report(found).claim, Headline | Refusal)


def _junk_into(tree: Any, data: st.DataObject) -> None:
    """Put junk in place of a random member, or take it out."""
    while True:
        key = data.draw(
            st.sampled_from(sorted(tree) if isinstance(tree, dict) else range(len(tree)))
        )
        if not (isinstance(tree[key], dict | list) and tree[key] and data.draw(st.booleans())):
            break
        tree = tree[key]
    if data.draw(st.booleans()):
        tree[key] = data.draw(JUNK)
    else:
        del tree[key]


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 255))
def test_no_damage_to_a_byte_raises_anything_but_a_bad_request(place: int, byte: int) -> None:
    found = read(DOCUMENT[:place] + bytes([byte]) + DOCUMENT[place + 1 :])
    assert isinstance(found, BadRequest) or isinstance(a_report(found).claim, Headline | Refusal)
