import base64
import re
import shlex
import unicodedata
from collections import Counter
from dataclasses import replace
from functools import cache
from hashlib import sha256

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.cli import verbs
from harness.claims.audit import Verdict
from harness.model import Results
from harness.report import REPORT_PAGE, Report
from harness.show import phrases
from harness.show.report_page.document import render_report
from harness.text import printable
from tests.builders import (
    a_host,
    a_report,
    a_results,
    a_spec,
    a_sweep,
    some_pairs,
    some_prices,
    some_words,
)
from tests.cast.pages import HOSTILE, Document
from tests.show.report_page.reports import REPORTS, document_of, page_of, plain, report_of

LARGEST = 2_000_000
RUNNING = {"script", "iframe", "object", "embed", "form", "img", "image", "foreignobject", "link"}


def texts_of(page: Document, tag: str) -> list[str]:
    return [plain(text) for text in page.all(tag)]


def elements_of(page: Document, tag: str) -> list[dict[str, str | None]]:
    return [its for found, its in page.elements if found == tag]


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_runs_and_nothing_is_loaded(name: str) -> None:
    page, content = document_of(name), page_of(name).decode()
    (style,) = page.all("style")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()

    assert page.policy == {
        "default-src": ["'none'"],
        "style-src": [f"'sha256-{digest}'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert RUNNING.isdisjoint(tag for tag, _ in page.elements)
    names = set().union(*(its for _, its in page.elements))
    assert not {one for one in names if one.startswith("on")} | names & {"style", "src", "srcset"}
    assert re.findall(r"url\((?!#)|@import", content) == []
    assert "//" not in content


@pytest.mark.parametrize("name", REPORTS)
def test_links_lead_to_what_is_in_the_page(name: str) -> None:
    page = document_of(name)
    ids = [its["id"] for _, its in page.elements if "id" in its]
    links = {its["href"] for _, its in page.elements if "href" in its}
    clipped = {its["clip-path"] for _, its in page.elements if "clip-path" in its}

    assert len(set(ids)) == len(ids)
    assert links <= {f"#{one}" for one in ids}
    assert {link for link in clipped if link} <= {f"url(#{one})" for one in ids}


def test_only_a_recording_that_is_there_is_linked() -> None:
    bare, beside = document_of("race"), Document(page_of("race", recording="run.html"))
    assert {its["href"] for its in elements_of(beside, "a")} - {
        its["href"] for its in elements_of(bare, "a")
    } == {"run.html"}


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_is_the_same_whatever_theme_the_figures_are_drawn_in(name: str) -> None:
    assert page_of(name, "dark") == page_of(name, "light")


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_is_small(name: str) -> None:
    assert len(page_of(name)) <= LARGEST / 4


def test_the_page_of_a_thousand_trials_on_hundreds_of_machines_is_not_large() -> None:
    many = some_pairs([40.0] * 500, [22.0] * 500)
    hosts = tuple(a_host(id=f"h{place}") for place in range(400))
    report = a_report(trials=many, hosts=hosts)
    page = render_report(report, ())
    assert len(page) <= LARGEST / 2
    assert "380 more machines in the results file" in plain(page.decode())


@pytest.mark.parametrize("name", ["race", "sweep", "declared", "struck"])
def test_the_claim_is_at_the_top(name: str) -> None:
    page, headline = document_of(name), report_of(name).headline
    assert headline is not None
    one, many = phrases.sides(headline.results)

    assert texts_of(page, "h1") == [f"{phrases.speedup(headline)} as fast on {many} as on {one}"]
    assert plain(page.text(**{"class": "say"})) == phrases.sentence_to_say(headline)
    (tiles,) = (plain(page.text(**{"class": "tiles"})),)
    for number in (phrases.efficiency(headline), phrases.cost_change(headline)):
        assert number in tiles
    assert plain(page.text(**{"class": "tags"})).split("\n") == [tag.words for tag in headline.tags]


@pytest.mark.parametrize("name", ["race", "declared"])
def test_both_bars_are_as_long_as_the_times_and_the_bracket_is_the_gap(name: str) -> None:
    headline = report_of(name).headline
    assert headline is not None
    page = document_of(name)
    widths = {
        its["class"]: float(its["width"] or 0)
        for its in elements_of(page, "rect")
        if its.get("class") in ("fill-baseline", "fill-distributed")
    }
    bracket = next(its for its in elements_of(page, "rect") if its.get("height") == "4")
    gap = float(bracket["width"] or 0)

    assert widths["fill-baseline"] / widths["fill-distributed"] == pytest.approx(
        headline.speed.speedup, rel=0.01
    )
    assert max(widths.values()) == 1000
    assert gap == pytest.approx(widths["fill-baseline"] - widths["fill-distributed"], abs=0.2)


@pytest.mark.parametrize("name", REPORTS)
def test_every_rule_has_its_verdict_and_its_numbers(name: str) -> None:
    audit, page = report_of(name).audit, document_of(name)
    words = {
        Verdict.PASS: "pass",
        Verdict.UNCHECKED: "cannot be checked",
        Verdict.CAVEAT: "CAVEAT",
        Verdict.REFUSE: "REFUSED",
    }
    verdicts = [
        plain(text)
        for (tag, its), text in zip(page.elements, page.texts, strict=True)
        if its.get("class") == "verdict" and tag == "td"
    ]
    tolerance = audit.results.spec.workload.tolerance
    table = plain(page.text(**{"class": "audit"}))

    assert verdicts == [words[finding.verdict] for finding in audit.findings]
    for finding in audit.findings:
        assert f"{finding.rule.id} {finding.rule.title}" in table
        for measure in finding.measures:
            assert phrases.measure(measure, tolerance) in table


def test_a_threshold_stands_beside_the_number_that_it_bounds() -> None:
    page = document_of("race")
    lines = [
        plain(text)
        for (_, its), text in zip(page.elements, page.texts, strict=True)
        if its.get("class") == "measure"
    ]
    assert "baseline's time spent computing 99 %at least 80 %" in lines
    assert "kept off its core 0 %" in lines


def test_what_is_not_a_measured_claim_is_said_first() -> None:
    assert document_of("simulated").text(**{"class": "label"}) == "SIMULATED"
    assert document_of("simulated").all("h1") == ["No headline"]
    assert document_of("declared").text(**{"class": "label"}) == "DECLARED, NOT MEASURED HERE"
    assert document_of("refused").text(**{"class": "label"}) == "REFUSED"
    assert "label" not in {its.get("class") for _, its in document_of("race").elements}


def test_a_refused_session_has_its_reasons_and_its_audit_and_no_number_of_a_claim() -> None:
    page = document_of("refused")
    assert page.all("h1") == ["No headline"]
    assert any("stopped before its end" in item for item in texts_of(page, "li"))
    assert {its.get("id") for its in elements_of(page, "section")} == {"audit", "runs", "facts"}
    assert {"tiles", "bars", "number"}.isdisjoint(its.get("class") for _, its in page.elements)


def test_results_that_differ_from_their_journal_say_where() -> None:
    report = Report(replace(a_report().audit, differences=("trials[0].wall_s is 1, not 2",)))
    page = Document(report.files()[REPORT_PAGE])
    assert "trials[0].wall_s is 1, not 2" in texts_of(page, "li")


def test_where_the_numbers_come_from_is_there_in_full() -> None:
    facts = report_of("race").results
    page = document_of("race")
    told = plain("\n".join((*page.all("dd"), *page.all("code"))))
    assert facts.input is not None
    assert facts.held_out is not None
    for what in (
        facts.run_id,
        facts.input.sha256,
        facts.held_out.sha256,
        facts.journal_sha256,
        facts.code.commit,
        facts.code.source_sha256,
        facts.hosts[0].cpu_model,
        f"ray {facts.hosts[0].packages['ray']}",
        facts.spec.prices.source,
    ):
        assert what in told
    assert {printable(name) for name in facts.spec.params} <= set(page.all("dt"))


def test_a_declared_result_says_nothing_of_circumstances_that_nobody_knows() -> None:
    names = document_of("declared").all("dt")
    assert {"command", "cluster", "began", "cost of watching"}.isdisjoint(names)


SPECS = {
    "race": a_spec(trials=6, prove_baseline=True, chaos=("kill:w1@33%",), spares=1),
    "plain": a_spec(),
    "cores": a_spec(cores_per_worker=2, baseline_cores=4),
    "spot": a_spec(spot=True, params={"words": "two words", "none": ""}),
    "sweep": a_sweep().spec,
    "unproved": replace(a_sweep().spec, prove_baseline=False, oversubscribe=True),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_command_is_one_that_the_program_takes(name: str) -> None:
    spec = SPECS[name]
    page = Document(render_report(a_report(a_results(spec=spec)), ()))
    line = next(text for text in page.all("code") if text.startswith("twoclocks "))
    _, verb, *words = shlex.split(line)
    command = verbs.commands[verb]
    values = command.make_context(verb, words, resilient_parsing=False).params

    assert isinstance(command, click.Command)
    assert values["workload"] == spec.workload.name
    assert values["trials"] == spec.trials
    assert values["prove_baseline"] == spec.prove_baseline
    assert values["spares"] == spec.spares
    assert dict(one.split("=", 1) for one in values["settings"]) == {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in spec.params.items()
    }


def with_texts(texts: dict[str, str]) -> Results:
    """Return a session whose every text that a file may hold is one of these."""
    words = some_words(
        name=texts["name"],
        axis=texts["axis"],
        unit=texts["unit"],
        bottleneck=texts["bottleneck"],
        metric=texts["metric"],
        limitation=texts["limitation"],
        bound=texts["bound"],
    )
    prices = some_prices(source=texts["source"], date=texts["date"], currency=texts["currency"])
    params = {texts["setting"]: texts["value"], "seed": 1}
    host = a_host(
        cpu_model=texts["cpu"],
        system=texts["system"],
        python=texts["python"],
        blas=texts["blas"],
        packages={texts["package"]: texts["version"]},
    )
    base = a_results(spec=a_spec(workload=words, prices=prices, params=params), hosts=(host,))
    return replace(base, remark=texts["remark"], reading=texts["reading"])


FIELDS = (
    *("name", "axis", "unit", "bottleneck", "metric", "limitation", "bound", "source", "date"),
    *("currency", "setting", "value", "cpu", "system", "python", "blas", "package", "version"),
    *("remark", "reading"),
)


def shape(page: Document) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((tag, tuple(sorted(its))) for tag, its in page.elements)


def harmless_like(text: str) -> str:
    """Return a word, nothing, or something that is left out, as the text is one of these."""
    if printable(text):
        return "word"
    return "\u202e" if text else ""


@cache
def harmless(texts: tuple[str, ...]) -> Counter[tuple[str, tuple[str, ...]]]:
    """Return the elements of a page of harmless texts, in the order of the fields."""
    facts = with_texts(dict(zip(FIELDS, texts, strict=True)))
    return shape(Document(render_report(a_report(facts), ())))


@settings(max_examples=25)
@given(st.fixed_dictionaries({field: st.text(max_size=30) | st.just(HOSTILE) for field in FIELDS}))
def test_no_text_can_become_markup(texts: dict[str, str]) -> None:
    page = Document(render_report(a_report(with_texts(texts)), ()))

    assert shape(page) == harmless(tuple(harmless_like(texts[field]) for field in FIELDS))
    assert not [
        mark
        for mark in set().union(*page.texts)
        if mark != "\n" and unicodedata.category(mark) in ("Cc", "Cf")
    ]


def test_markup_in_a_name_is_shown_as_it_is() -> None:
    texts = dict.fromkeys(FIELDS, HOSTILE)
    page = Document(render_report(a_report(with_texts(texts)), ()))
    shown = "</script><script>alert('1')</script>\"'& <!--"
    assert any(shown in text for text in texts_of(page, "dd"))
    assert shown in plain(page.all("title")[0])


def test_combined_sessions_name_each_other() -> None:
    report = a_report(combined=("first", "second"))
    page = Document(render_report(report, ()))
    assert "first, second" in texts_of(page, "dd")


def test_a_golden_result_has_the_published_numbers() -> None:
    page = document_of("declared")
    tiles = plain(page.text(**{"class": "tiles"}))
    for number in ("7.04×", "88 %", "−0.003", "68 % less", "$9.40 → $3.05", "f 2.0 %"):
        assert number in tiles
