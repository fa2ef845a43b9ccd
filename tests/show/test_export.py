import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from harness.claims.headline import Headline
from harness.model import Kind, Offer, Rate, Results, Side, Status, Variant
from harness.show.export import Form, export
from tests.builders import (
    a_digest_of,
    a_pass,
    a_report,
    a_results,
    a_sweep,
    a_trial,
    an_own_rate,
    golden_results,
    some_prices,
    some_words,
)
from tests.capacities import some_searches
from tests.goldens import golden_text

REFUSED = {
    "simulated": a_sweep(kind=Kind.SIMULATED),
    "aborted": a_sweep(status=Status.ABORTED),
    "no-pair": a_sweep(trials=()),
    "quality-moved": a_sweep(
        trials=tuple(
            replace(one, quality=0.9) if one.workers == 4 else one for one in a_sweep().trials
        )
    ),
}
CLAIMS = ("3.54", "11.3", "speedup", "0.0042")


def exported(results: Results, form: Form | str) -> str:
    return export(a_report(results), form)


def rows(results: Results) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(exported(results, Form.CSV), newline="")))


def document(results: Results) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(exported(results, Form.JSON))
    return told


def respecified(results: Results, **changes: Any) -> Results:
    return replace(results, spec=replace(results.spec, **changes))


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("sweep", a_sweep()),
        ("declared", golden_results()),
        ("refused", a_sweep(kind=Kind.SIMULATED)),
    ],
)
def test_every_form_looks_as_it_was_approved(form: Form, name: str, results: Results) -> None:
    told = exported(results, form).replace("\r\n", "\n")
    assert told == golden_text(f"export-{name}-{form}", told)


@pytest.mark.parametrize("form", list(Form))
def test_the_same_facts_give_the_same_document(form: Form) -> None:
    assert exported(a_sweep(), form) == exported(a_sweep(), form)


@pytest.mark.parametrize("form", ["md", "csv", "json", "tex"])
def test_a_form_can_be_named(form: str) -> None:
    assert exported(a_sweep(), form) == exported(a_sweep(), Form(form))


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="docx"):
        exported(a_sweep(), "docx")


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("why", list(REFUSED))
def test_a_refused_session_exports_its_reasons_and_no_claim(form: Form, why: str) -> None:
    results = REFUSED[why]
    claim = a_report(results).claim
    assert not isinstance(claim, Headline)
    told = exported(results, form)
    assert claim.reasons[0].sentence.partition(";")[0][:30] in told
    assert not any(number in told for number in CLAIMS)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    ("results", "said"),
    [
        (a_sweep(kind=Kind.SIMULATED), "SIMULATED"),
        (golden_results(), "DECLARED, NOT MEASURED HERE"),
    ],
)
def test_what_was_not_measured_is_said_in_words(form: Form, results: Results, said: str) -> None:
    assert said in exported(results, form)


@pytest.mark.parametrize("form", list(Form))
def test_predictions_are_called_predictions(form: Form) -> None:
    assert exported(a_sweep(), form).count("predicted") >= 4


def test_the_interval_of_the_change_of_quality_is_raw() -> None:
    other = a_trial(Side.DISTRIBUTED, answer_sha256="cd" * 32, quality=0.974)
    told = json.loads(exported(a_results(trials=(a_trial(), other)), Form.JSON))["headline"]
    assert told["quality_change_low"] == pytest.approx(-0.001877, abs=1e-6)
    assert told["quality_change_high"] == pytest.approx(-0.000123, abs=1e-6)
    assert told["quality_held"] is True


def test_csv_has_a_line_for_the_baseline_and_every_scale() -> None:
    told = [(row["row"], row["workers"]) for row in rows(a_sweep())]
    measured = [("measured", p) for p in ("1", "2", "4")]
    assert told == [
        ("baseline", ""),
        *measured,
        *(("predicted", p) for p in ("8", "16", "32", "64")),
    ]


def test_numbers_of_csv_are_raw() -> None:
    four = rows(a_sweep())[3]
    assert (float(four["speedup_ratio"]), float(four["wall_s"])) == (40.0 / 11.3, 11.3)
    assert (four["clean"], four["oversubscribed"], four["interval_low_ratio"]) == (
        "true",
        "false",
        "",
    )


def test_a_negative_number_stays_a_number() -> None:
    worse = tuple(
        replace(one, quality=0.974, answer_sha256=a_digest_of("worse")) if one.workers == 4 else one
        for one in a_sweep().trials
    )
    assert float(rows(a_sweep(trials=worse))[3]["quality_change"]) == pytest.approx(-0.001)


def test_text_in_csv_is_no_formula() -> None:
    (row, *_) = rows(respecified(a_sweep(), prices=some_prices(currency="=HYPERLINK(1)")))
    assert row["currency"] == "'=HYPERLINK(1)"


def test_lines_of_csv_end_as_the_standard_has_them() -> None:
    told = exported(a_sweep(), Form.CSV)
    assert told.count("\r\n") == told.count("\n") == 9


def test_json_holds_the_claim_as_it_was_derived() -> None:
    claim, told = a_report(a_sweep()).claim, document(a_sweep())["headline"]
    assert isinstance(claim, Headline)
    assert (told["speedup_ratio"], told["efficiency_fraction"]) == (
        claim.speed.speedup,
        claim.speed.efficiency,
    )
    assert told["cost_drop_fraction"] == pytest.approx(
        told["cost_drop_by_scaling_fraction"] + told["cost_drop_by_price_fraction"]
    )
    assert [caveat["key"] for caveat in told["caveats"]] == [caveat.key for caveat in claim.caveats]


def test_json_holds_the_largest_models() -> None:
    told = document(a_results(**some_searches()))["headline"]["capacity"]
    assert (told["unit"], told["one_device_units"], told["all_devices_units"]) == (
        "parameters",
        14_610_000,
        29_070_000,
    )
    assert told["efficiency_fraction"] == pytest.approx(told["ratio"] / told["devices"])


@pytest.mark.parametrize("form", [Form.MARKDOWN, Form.TEX])
def test_a_document_says_how_much_larger_a_model_more_devices_hold(form: Form) -> None:
    said = "14.6 M parameters on 1 device, 29.1 M on 2"
    assert said in exported(a_results(**some_searches()), form)


def test_json_says_which_run_it_is_of() -> None:
    told = document(a_sweep())
    assert (told["run_id"], told["kind"], told["provenance"]["journal_sha256"]) == (
        "7c21",
        "measured",
        a_sweep().journal_sha256,
    )


def test_every_offer_is_in_json() -> None:
    priced = respecified(a_sweep(), prices=some_prices(offers=(Offer("spot", 0.34, 0.11, 0.0),)))
    (spot,) = document(priced)["headline"]["offers"]
    assert (spot["name"], spot["cost_drop_fraction"]) == (
        "spot",
        pytest.approx(1 - 0.11 * 45.2 / (0.34 * 40)),
    )


def test_json_holds_no_number_that_it_cannot() -> None:
    told = document(a_sweep({1: (40.0,), 2: (20.0,), 4: (10.0,)}))
    assert (
        told["headline"]["ceiling_ratio"],
        told["law"]["ceiling_ratio"],
        told["law"]["serial_fraction"],
    ) == (None, None, 0.0)


def test_core_seconds_and_rates_are_in_json() -> None:
    told = document(a_sweep())
    four = told["core_seconds"][-1]
    parts = [four[name] for name in four if name.endswith("_core_s") and name != "given_core_s"]
    assert sum(parts) == pytest.approx(four["given_core_s"])
    assert (len(told["rates"]), told["share_of_limit_fraction"]) == (13, pytest.approx(0.9))


def test_whole_passes_and_what_follows_from_them_are_in_json() -> None:
    padded = a_pass(Variant.EFFORT, 36.4, 0.975, settings={"steps": 180})
    faster = a_pass(Variant.ALTERNATIVE, 38.4, 0.975, name="fused")
    copies = Rate(Variant.COPIES, 1.0, 41.0, 4, value=4.0, pass_s=41.0)
    told = document(a_sweep(rates=(an_own_rate(), padded, faster, copies)))
    effort = told["rates"][1]
    assert (effort["settings"], effort["pass_s"], effort["quality"]) == (
        {"steps": 180},
        36.4,
        0.975,
    )
    assert told["work_done_over_work_needed_ratio"] == pytest.approx(40 / 36.4)
    assert told["behind_best_variant_fraction"] == pytest.approx(0.04)
    assert told["headline"]["possible_efficiency_fraction"] == pytest.approx(40 / 41)


def test_a_session_without_proof_exports_without_it() -> None:
    told = document(a_results(rates=()))
    assert (told["core_seconds"], told["rates"], told["share_of_limit_fraction"]) == ([], [], None)


@pytest.mark.parametrize(
    ("form", "harmless"),
    [(Form.MARKDOWN, r"\|\<b\>"), (Form.TEX, r"\textbar{}\textless{}b\textgreater{}")],
    ids=["md", "tex"],
)
def test_names_from_a_results_file_are_no_markup(form: Form, harmless: str) -> None:
    told = exported(respecified(a_sweep(), workload=some_words(name="|<b>", metric="|<b>")), form)
    assert harmless in told
    assert "<b>" not in told.replace(harmless, "")


def test_a_table_of_markdown_has_as_many_cells_in_every_row() -> None:
    table = [
        line for line in exported(a_sweep(), Form.MARKDOWN).splitlines() if line.startswith("|")
    ]
    assert {line.replace(r"\|", "").count("|") for line in table} == {9}


def test_a_table_of_tex_has_as_many_cells_in_every_row() -> None:
    told = exported(a_sweep(), Form.TEX)
    body = told[told.index(r"\begin{tabular}") : told.index(r"\end{tabular}")]
    cells = {
        line.replace(r"\&", "").count("&") for line in body.splitlines() if line.endswith(r"\\")
    }
    assert cells == {7}
