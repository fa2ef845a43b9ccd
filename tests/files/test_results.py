import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.files.results import LARGEST_BYTES, decode, encode, load, save
from harness.model import CommandFacts, Kind, Results, Side, Status
from tests.builders import (
    a_digest_of,
    a_fault,
    a_report,
    a_results,
    a_spec,
    a_trial,
    golden_results,
    some_pairs,
    some_prices,
    some_words,
)

SECONDS = st.floats(1e-6, 1e6)
TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40)
SCALARS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(-1e15, 1e15) | TEXT | st.booleans()
SESSIONS = st.builds(
    a_results,
    kind=st.sampled_from(Kind),
    status=st.sampled_from(Status),
    remark=TEXT,
    spec=st.builds(
        a_spec,
        params=st.dictionaries(TEXT, SCALARS),
        workload=st.builds(some_words, limitation=TEXT, tolerance=SECONDS),
    ),
    trials=st.lists(st.tuples(SECONDS, SECONDS), max_size=7).map(
        lambda walls: some_pairs([one for one, _ in walls], [two for _, two in walls])
    ),
    input=st.none() | st.just(a_results().input),
)
DOCUMENT = encode(
    a_results(trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, faults=(a_fault(),))))
)
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


def edited(edit: Callable[[Any], object]) -> bytes:
    """Return the valid document after one edit of its tree."""
    tree = json.loads(DOCUMENT)
    edit(tree)
    return json.dumps(tree).encode()


@given(SESSIONS)
def test_a_session_comes_back_from_its_file_as_it_was(results: Results) -> None:
    assert decode(encode(results)) == results


def test_a_saved_session_can_be_loaded(tmp_path: Path) -> None:
    save(golden_results(), tmp_path / "results.json")
    assert load(tmp_path / "results.json") == golden_results()


def test_the_same_facts_give_the_same_bytes() -> None:
    swapped = a_spec(params=dict(reversed(a_spec().params.items())))
    assert encode(a_results(spec=swapped)) == encode(a_results())


def test_a_file_opens_with_its_schema_and_ends_with_a_newline() -> None:
    text = DOCUMENT.decode()
    assert text.startswith('{\n  "schema": "twoclocks.results/1",\n')
    assert text.endswith("\n}\n")


def test_a_list_of_numbers_stands_on_one_line() -> None:
    assert '"utilization": [0.97,0.99,1.0,0.98]\n' in DOCUMENT.decode()


def test_a_file_is_plain_json() -> None:
    assert json.loads(DOCUMENT)["trials"][1]["faults"] == [
        {"worker": "w1", "reason": "killed", "at_s": 5.0, "cost_s": 1.5}
    ]


def test_no_claim_is_stored() -> None:
    for claim in (b"speedup", b"efficiency", b"serial", b"drop", b"caveat"):
        assert claim not in DOCUMENT


def test_a_file_may_be_read_by_everyone(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")
    assert stat.S_IMODE((tmp_path / "results.json").stat().st_mode) == 0o644


def test_a_save_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("old")
    save(a_results(), tmp_path / "results.json")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert load(tmp_path / "results.json") == a_results()


def test_a_save_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "results.json").mkdir()
    with pytest.raises(BadRequest, match="cannot write"):
        save(a_results(), tmp_path / "results.json")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_folder_that_is_not_there_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"cannot write .*missing.results\.json: No such file"):
        save(a_results(), tmp_path / "missing" / "results.json")


UNFIT = {
    "no number": (
        a_results(trials=(a_trial(Side.BASELINE, quality=float("nan")),)),
        "trials[0].quality: expected `float`, got `null`",
    ),
    "endless": (
        a_results(trials=(a_trial(Side.BASELINE, float("inf")),)),
        "trials[0].wall_s: expected `float`, got `null`",
    ),
    "escape": (
        a_results(remark="\x1b[2J"),
        "remark is too long or has characters that cannot be shown",
    ),
    "surrogate": (
        a_results(remark="\ud800"),
        "surrogates not allowed",
    ),
    "endless, where nothing may stand": (
        replace(a_results(), observer=replace(a_results().observer, foreign_cpu=float("inf"))),
        "a number is not finite",
    ),
    "two trials in one place": (
        a_results(trials=(a_trial(), a_trial())),
        "two trials have one order",
    ),
}


@pytest.mark.parametrize("fault", UNFIT)
def test_what_could_not_be_loaded_is_not_saved(fault: str, tmp_path: Path) -> None:
    results, says = UNFIT[fault]
    with pytest.raises(BadRequest) as refused:
        save(results, tmp_path / "results.json")
    assert says in refused.value.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_session_too_long_for_a_file_is_not_saved(tmp_path: Path) -> None:
    long = replace(
        a_results(), spec=a_spec(params={f"key {number}": "x" * 2_000 for number in range(2_600)})
    )
    with pytest.raises(BadRequest, match="the most is 5,000,000"):
        save(long, tmp_path / "results.json")


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
            rates=[{"variant": "own", "items_per_s": 1.0, "seconds": 1.0, "cores": 1}] * 201
        ),
        "rates: expected `array` of length <= 200",
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


HARMLESS = {
    "a field from elsewhere": lambda tree: tree.update(speedup=100.0),
    "a worse quality than none": lambda tree: tree["trials"][0].update(quality=-2.5),
    "a favoured process": lambda tree: tree["trials"][0]["workers_detail"][0]["process"].update(
        nice=-5
    ),
    "a negative parameter": lambda tree: tree["spec"]["params"].update(shift=-1),
    "a side that ran faster in company": lambda tree: tree["observer"].update(contention=-0.01),
    "a trial that stopped at once": lambda tree: tree["trials"][0].update(
        wall_s=0.0, failure="stopped"
    ),
    "no digest of the journal": lambda tree: tree.update(journal_sha256=""),
}


@pytest.mark.parametrize("edit", HARMLESS)
def test_what_can_be_is_accepted(edit: str) -> None:
    assert isinstance(decode(edited(HARMLESS[edit])), Results)


def test_a_claim_written_into_a_file_is_not_believed() -> None:
    assert decode(edited(lambda tree: tree.update(speedup=100.0))) == decode(DOCUMENT)


@pytest.mark.parametrize(
    ("name", "says"), [("missing.json", "cannot read .*: No such file"), (".", "is not a file")]
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


@given(
    SECONDS,
    SECONDS,
    st.floats(1e-9, 1e15),
    st.floats(0, 1e15),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
)
def test_every_session_that_can_be_kept_has_a_headline_or_a_refusal(
    baseline_s: float,
    distributed_s: float,
    price: float,
    head: float,
    workers: int,
    cores: int,
    baseline_cores: int,
) -> None:
    spec = a_spec(
        workers=workers,
        cores_per_worker=cores,
        baseline_cores=baseline_cores,
        prices=some_prices(baseline_per_hour=price, worker_per_hour=head, head_per_hour=head),
    )
    trials = (
        a_trial(Side.BASELINE, baseline_s),
        replace(a_trial(Side.DISTRIBUTED, distributed_s), workers=workers, workers_detail=()),
    )
    assert isinstance(
        a_report(decode(encode(a_results(kind=Kind.DECLARED, spec=spec, trials=trials)))).claim,
        Headline,
    )


def test_sides_that_disagree_keep_both_their_digests() -> None:
    other = a_trial(Side.DISTRIBUTED, input_sha256=a_digest_of("other"))
    kept = decode(encode(a_results(status=Status.FAILED, trials=(a_trial(Side.BASELINE), other))))
    assert [trial.input_sha256 for trial in kept.trials] == [
        a_digest_of("input"),
        a_digest_of("other"),
    ]


def test_a_file_that_names_a_field_as_earlier_versions_did_is_read() -> None:
    facts = CommandFacts(says_ready=True, input_named=False, compared="output")
    results = a_results(spec=a_spec(commands=facts))
    earlier = encode(results).replace(b'"commands":', b'"adopted":')
    assert decode(earlier) == results
