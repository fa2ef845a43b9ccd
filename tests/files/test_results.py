import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.headline import Headline
from harness.errors import BadRequest
from harness.files.results import RESULTS_NAME, decode, encode, load, save
from harness.model import CommandFacts, Kind, Results, Side, Status
from tests.builders import (
    a_digest_of,
    a_report,
    a_results,
    a_spec,
    a_trial,
    golden_results,
    some_pairs,
    some_prices,
    some_words,
)
from tests.lies import EARLIER_TAKE
from tests.results_file import DOCUMENT, edited

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
    assert '"utilization": [0.97,0.99,1.0,0.98],\n' in DOCUMENT.decode()


def test_a_file_is_plain_json() -> None:
    assert json.loads(DOCUMENT)["trials"][1]["faults"] == [
        {
            "worker": "w1",
            "reason": "killed",
            "at_s": 5.0,
            "cost_s": 1.5,
            "kind": "lost",
            "struck_at_s": None,
            "notice_s": None,
            "caught_up_s": None,
            "redone": None,
            "lost_cpu_s": None,
        }
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


def test_a_file_of_an_earlier_version_is_written_as_it_was() -> None:
    document = (EARLIER_TAKE / RESULTS_NAME).read_bytes()
    assert b'"chaos"' not in document
    assert encode(decode(document)) == document
