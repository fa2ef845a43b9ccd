import json
from dataclasses import replace
from typing import Any

import pytest

from harness.claims.audit import Audit, audit
from harness.model import Kind, Results, Status
from harness.show.audit_text import audit_data, footer, format_audit, summary
from tests.builders import a_results, a_spec, a_sweep, golden_results, some_prices, some_words
from tests.goldens import golden_text

SIX = {1: [41.0] * 6, 2: [21.2] * 6}


def recounted(results: Results, *differences: str) -> Audit:
    """Return the audit of a session whose journal says this."""
    return replace(audit(results, ()), differences=differences)


SWEPT = a_sweep(SIX, [40.0] * 6)
AUDITS = {
    "sweep": recounted(SWEPT),
    "refused": recounted(
        a_results(status=Status.ABORTED, spec=a_spec(points=tuple(SIX)), trials=SWEPT.trials),
        "trials[3].wall_s: the file says 20.1, the journal 22.4",
    ),
    "declared": audit(golden_results()),
}


@pytest.mark.parametrize("name", AUDITS)
def test_an_audit_reads_as_it_did(name: str) -> None:
    drawn = format_audit(AUDITS[name])
    assert drawn == golden_text(f"audit-{name}", drawn)


@pytest.mark.parametrize("name", AUDITS)
def test_no_line_is_wider_than_eighty_columns(name: str) -> None:
    assert max(map(len, format_audit(AUDITS[name]).splitlines())) <= 80


def test_a_refusal_stands_out_without_colour() -> None:
    marked = [
        line[:14]
        for line in format_audit(AUDITS["refused"]).splitlines()
        if line.startswith("!! R")
    ]
    assert marked == ["!! R22  REFUSE"]


SUMMARIES = {
    "agrees": (
        recounted(SWEPT),
        "27 pass · 2 caveats · 5 cannot be checked · agrees with its journal",
    ),
    "no journal": (
        audit(SWEPT),
        "26 pass · 3 caveats · 5 cannot be checked · its journal is not here",
    ),
    "differs": (
        recounted(SWEPT, "x"),
        "REFUSED by its journal · 27 pass · 2 caveats · 5 cannot be checked",
    ),
    "refused": (
        recounted(replace(SWEPT, status=Status.ABORTED)),
        "REFUSED by R22 · 27 pass · 1 caveat · 5 cannot be checked · agrees with its journal",
    ),
    "refused and differs": (
        recounted(replace(SWEPT, status=Status.ABORTED), "x"),
        "REFUSED by R22, its journal · 27 pass · 1 caveat · 5 cannot be checked",
    ),
    "declared": (
        audit(golden_results()),
        "6 pass · 2 caveats · 26 cannot be checked · declared, so there is no journal",
    ),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_sum_is_one_line(name: str) -> None:
    found, said = SUMMARIES[name]
    assert summary(found) == said


def test_the_sum_comes_last() -> None:
    assert format_audit(AUDITS["sweep"]).splitlines()[-1].strip() == summary(AUDITS["sweep"])


FOOTERS = {
    "agrees": (recounted(SWEPT), "audit: 27 pass, 2 caveats, 5 cannot be checked"),
    "no journal": (audit(SWEPT), "audit: 26 pass, 3 caveats, 5 cannot be checked, no journal"),
    "differs": (
        recounted(SWEPT, "x"),
        "audit: 27 pass, 2 caveats, 5 cannot be checked, differs from its journal",
    ),
    "declared": (audit(golden_results()), "audit: 6 pass, 2 caveats, 26 cannot be checked"),
    "combined": (
        audit(replace(SWEPT, combined=("7c21", "8d32"))),
        "audit: 23 pass, 4 caveats, 7 cannot be checked, no journal",
    ),
}


@pytest.mark.parametrize("name", FOOTERS)
def test_the_footer_names_the_journal_where_it_is_missing_or_differs(name: str) -> None:
    found, said = FOOTERS[name]
    assert footer(found) == said


def test_the_footer_tells_refusals_first() -> None:
    assert (
        footer(recounted(replace(SWEPT, status=Status.ABORTED)))
        == "audit: 1 refusal, 27 pass, 1 caveat, 5 cannot be checked"
    )


def test_the_data_are_json() -> None:
    told: Any = json.loads(json.dumps(audit_data(AUDITS["refused"])))
    assert (told["verdict"], told["counts"]["refuse"], len(told["findings"])) == ("refuse", 1, 34)
    assert told["journal"] == {
        "read": True,
        "differences": ["trials[3].wall_s: the file says 20.1, the journal 22.4"],
    }


def test_a_finding_in_the_data_carries_its_measures_with_their_units() -> None:
    (found,) = (
        finding for finding in audit_data(AUDITS["sweep"])["findings"] if finding["rule"] == "R11"
    )
    assert found["measures"][1] == {"name": "limit", "value": 0.05, "unit": "fraction"}
    assert (found["verdict"], found["source"], found["keys"]) == ("pass", "pyperf", [])


def test_what_a_file_says_cannot_move_the_terminals_cursor() -> None:
    words, prices = (
        some_words(metric="m\x1b[2J\u202e", unit="\x1b]0;x\x07"),
        some_prices(source="\x9b31m"),
    )
    hostile = a_results(
        kind=Kind.DECLARED,
        run_id="\x1b[31m",
        remark="\x1b[2J",
        spec=a_spec(workload=words, prices=prices),
    )
    moved = tuple(replace(trial, quality=float(trial.order)) for trial in hostile.trials)
    drawn = format_audit(recounted(replace(hostile, trials=moved), "remark: the file says \x1b[2J"))
    assert drawn.replace("\n", "").isprintable()
