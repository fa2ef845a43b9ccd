import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.files.declared import load
from harness.files.results import encode
from tests.builders import a_report
from tests.declared import OWN, PRICED, SHEET, more, written

MANY = PRICED.replace('"10 h"', f"[{'9,' * 100}]").replace('"3 h"', f"[{'3,' * 100}]") + "".join(
    f"[[distributed]]\nworkers = {scale}\ntime = [{'2,' * 100}]\nquality = 0.75\n"
    for scale in range(5, 14)
)
BAD = {
    "no TOML": ("time = ", "is not TOML"),
    "bad letters": ("\x00", "is not TOML"),
    "too deep": ("a = " + "[" * 50_000, "is not TOML"),
    "nothing": ("", "source is missing"),
    "no source": (OWN.replace('source = "our log"', ""), "source is missing"),
    "no date": (OWN.replace("date = 2026-11-01", ""), "date is missing"),
    "a day that is none": (
        OWN.replace("2026-11-01", '"yesterday"'),
        "date is 'yesterday', not a day",
    ),
    "no words": (
        OWN[: OWN.index("[words]")] + OWN[OWN.index("[baseline]") :],
        "words is missing",
    ),
    "words that are none": ("words = 5\n" + OWN[: OWN.index("[words]")], "words is 5, not a table"),
    "no bottleneck": (
        OWN.replace('bottleneck = "the nightly job misses its window"', ""),
        "words.bottleneck is missing",
    ),
    "an empty bottleneck": (
        OWN.replace("the nightly job misses its window", " "),
        "words.bottleneck is empty",
    ),
    "a number for a word": (
        OWN.replace('axis = "training"', "axis = 5"),
        "words.axis is 5, not a text",
    ),
    "an escape sequence": (
        OWN.replace('"training"', '"\\u001b[2J"'),
        "words.axis is too long or has characters",
    ),
    "a long word": (
        OWN.replace('"training"', '"' + "x" * 2_001 + '"'),
        "words.axis is too long",
    ),
    "no tolerance": (OWN.replace("tolerance = 0.005", ""), "words.tolerance is missing"),
    "a negative tolerance": (OWN.replace("= 0.005", "= -1"), "words.tolerance is -1"),
    "a truth for a number": (
        OWN.replace("= 0.005", "= true"),
        "words.tolerance is true, not a number",
    ),
    "no baseline": (
        OWN.replace("[baseline]", "[words.baseline]"),
        "'baseline' is not known in words",
    ),
    "no distributed": (OWN[: OWN.index("[[dist")], "it declares no distributed run"),
    "one table for a list": (
        OWN.replace("[[distributed]]", "[distributed]"),
        "distributed is a table, not a list of tables",
    ),
    "too many scales": (OWN + "[[distributed]]\n" * 101, "distributed has 102 tables"),
    "no workers": (OWN.replace("workers = 4", ""), "distributed[0].workers is missing"),
    "half a worker": (
        OWN.replace("workers = 4", "workers = 4.5"),
        "distributed[0].workers is 4.5, not a whole number",
    ),
    "no worker at all": (OWN.replace("workers = 4", "workers = 0"), "distributed[0].workers is 0"),
    "endless workers": (
        OWN.replace("workers = 4", f"workers = {10**400}"),
        "distributed[0].workers is too large",
    ),
    "no time": (OWN.replace('time = "3 h"', ""), "distributed[0].time is missing"),
    "a time without a unit": (
        OWN.replace('"3 h"', '"3"'),
        "distributed[0].time is '3', not a time",
    ),
    "a unit of something else": (
        OWN.replace('"3 h"', '"3 kg"'),
        "has the unit 'kg', which is not a unit of time",
    ),
    "metres or minutes": (
        OWN.replace('"3 h"', '"3 m"'),
        "has the unit 'm', which is not a unit of time",
    ),
    "no time at all": (OWN.replace('"3 h"', "0"), "distributed[0].time is 0"),
    "a time below zero": (OWN.replace('"3 h"', "-5.0"), "distributed[0].time is -5"),
    "a time that is none": (OWN.replace('"3 h"', "nan"), "distributed[0].time is nan"),
    "an endless time": (OWN.replace('"3 h"', "inf"), "distributed[0].time is inf"),
    "an endless time with a unit": (
        OWN.replace('"3 h"', '"1e999 h"'),
        "distributed[0].time is inf",
    ),
    "a clock for a time": (
        OWN.replace('"3 h"', "03:00:00"),
        "distributed[0].time is '03:00:00', not a number",
    ),
    "no times in the list": (OWN.replace('"3 h"', "[]"), "distributed[0].time has 0 values"),
    "too many times": (
        OWN.replace('"3 h"', f"[{'1,' * 101}]"),
        "distributed[0].time has 101 values",
    ),
    "times that make no pairs": (
        OWN.replace('"3 h"', '["3 h", "3 h"]'),
        "distributed[0].time has 2 and baseline.time 1",
    ),
    "too many qualities": (
        OWN.replace("quality = 0.75\ncost = 6", "quality = [1, 2]\ncost = 6"),
        "distributed[0].quality has 2 values",
    ),
    "a quality that is none": (
        OWN.replace("quality = 0.75\ncost = 6", "quality = nan\ncost = 6"),
        "distributed[0].quality is nan",
    ),
    "no quality": (
        OWN.replace("quality = 0.75\ncost = 6", "cost = 6"),
        "distributed[0].quality is missing",
    ),
    "a free run": (OWN.replace("cost = 6", "cost = 0"), "distributed[0].cost is 0"),
    "a cost on one side": (OWN.replace("cost = 6", ""), "a run without a cost needs prices"),
    "no costs and no prices": (
        OWN.replace("cost = 6", "").replace("cost = 5", ""),
        "a run without a cost needs prices",
    ),
    "costs and prices": (OWN + SHEET, "it declares both prices and costs"),
    "costs without a currency": (OWN.replace('currency = "EUR"', ""), "currency is missing"),
    "costs too small to be prices": (
        OWN.replace("cost = 5", "cost = 1e-9"),
        "spec.prices.baseline_per_hour: expected `float` >= 1e-09",
    ),
    "a bad price": (
        PRICED.replace("worker_per_hour = 0.5", "worker_per_hour = -1"),
        "prices.worker_per_hour is -1",
    ),
    "one scale twice": (
        more('workers = 4\ntime = "3 h"\nquality = 0.75\ncost = 6'),
        "two of its distributed tables have as many workers",
    ),
    "costs that disagree": (
        more('workers = 8\ntime = "2 h"\nquality = 0.75\ncost = 9'),
        "0.5 on 4 workers and 0.5625 on 8 workers",
    ),
    "a headline of no scale": (
        OWN.replace("[words]", "headline_workers = 5\n[words]"),
        "headline_workers is 5",
    ),
    "cores on one side": (
        OWN.replace("cost = 5", "cost = 5\ncores = 8"),
        "one of baseline.cores and cores_per_worker without the other",
    ),
    "too many runs": (MANY, "trials: expected `array` of length <= 1000"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_declared_result_that_does_not_hold_together_is_refused_with_a_hint(
    fault: str, tmp_path: Path
) -> None:
    text, says = BAD[fault]
    with pytest.raises(BadRequest) as refused:
        load(written(text, tmp_path))

    assert says in refused.value.sentence
    assert refused.value.hint


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("bottlenek", "bottleneck"),
        ("workes", "workers"),
        ("qualty", "quality"),
        ("currancy", "currency"),
        ("sourze", "source"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(wrong: str, right: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        load(written(OWN.replace(f"{right} =", f"{wrong} =", 1), tmp_path))

    assert refused.value.hint == f"did you mean {right}?"


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_declared_result_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        load(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "result.toml")
    with pytest.raises(BadRequest, match="is not a file"):
        load(tmp_path / "result.toml")


def test_a_declared_result_larger_than_any_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="larger than any declared result"):
        load(written("#" * 100_001, tmp_path))


SAID = (
    "tolerance = 0.005",
    'time = "10 h"',
    'time = "3 h"',
    "cost = 5",
    "cost = 6",
    "workers = 4",
    'currency = "EUR"',
    'axis = "training"',
)
VALUES = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.text(max_size=8),
    st.sampled_from(["10 h", "1e300 h", "3 ms", "\x1b[2J"]),
)


def as_toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
        case _:
            return str(value).replace("infinity", "inf")


@given(st.dictionaries(st.sampled_from(SAID), VALUES, min_size=1, max_size=3))
def test_whatever_is_declared_is_refused_or_makes_a_claim(
    tmp_path_factory: pytest.TempPathFactory, edits: dict[str, Any]
) -> None:
    text = OWN
    for old, value in edits.items():
        text = text.replace(old, f"{old.partition(' ')[0]} = {as_toml(value)}", 1)
    path = written(text, tmp_path_factory.mktemp("any"))
    try:
        facts = load(path)
    except BadRequest:
        return
    assert encode(facts)
    assert isinstance(a_report(facts).claim, Headline | Refusal)


@pytest.mark.parametrize("workers", ["4.0", "true", '"4"'])
def test_what_is_no_whole_number_is_told_how_to_write_one(workers: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        load(written(OWN.replace("workers = 4", f"workers = {workers}"), tmp_path))

    assert refused.value.hint == "write it in digits alone"
