from dataclasses import replace
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from harness import text
from harness.claims.headline import Headline
from harness.claims.reproduction import Part, Reproduction, reproduction
from harness.model import Kind
from harness.show.reproduction_text import format_reproduction, reproduction_data, verdict
from tests.builders import a_digest_of, a_host, a_report
from tests.headlines import HOSTILE, REPORTS, a_hostile_report


def a_headline(**changes: Any) -> Headline:
    """Return what a session shows."""
    headline = a_report(**changes).drawable
    assert headline is not None
    return headline


def two_sessions(**changes: Any) -> Reproduction:
    return reproduction(a_headline(), a_headline(run_id="8d32", **changes))


def test_a_session_that_was_reproduced_says_so_first() -> None:
    lines = format_reproduction(two_sessions()).splitlines()
    assert lines[0].strip().startswith("REPRODUCED: ")
    assert lines[0].strip().endswith(" on 2 workers")


@pytest.mark.parametrize("part", Part)
def test_what_differs_is_named_in_the_verdict_and_has_a_sentence(part: Part) -> None:
    both = replace(two_sessions(), differing=(part,))
    assert verdict(both).startswith("NOT REPRODUCED: ")
    assert verdict(both).endswith(f"what differs: {part}")
    assert format_reproduction(both).count("·") > format_reproduction(two_sessions()).count("·")


def test_what_is_equal_is_called_the_same_and_what_is_not_has_both_values() -> None:
    host = a_host(cpu_model="Another processor")
    rows = {
        line.split()[0]: line
        for line in format_reproduction(two_sessions(hosts=(host,))).splitlines()
        if line.strip()
    }
    assert rows["answer"].endswith("the same")
    assert rows["source"].endswith("the same")
    assert rows["processor"].endswith("Another processor")
    assert a_host().cpu_model[:20] in rows["processor"]


def test_other_bits_and_another_source_are_explained() -> None:
    both = replace(two_sessions(), answers_equal=False, source_equal=False)
    shown = " ".join(format_reproduction(both).split())
    assert "the answers have other bits" in shown
    assert "another version of the source ran" in shown


def test_intervals_are_shown_and_their_lack_is_told() -> None:
    six = REPORTS["six-pairs"].headline
    assert six is not None
    assert " to " in format_reproduction(reproduction(six, six))
    assert "--trials 6" not in format_reproduction(reproduction(six, six))
    assert "--trials 6" in format_reproduction(two_sessions())


def test_a_simulated_session_says_what_it_is() -> None:
    shown = format_reproduction(
        reproduction(a_headline(kind=Kind.SIMULATED), a_headline(run_id="8d32"))
    )
    assert "the first session was SIMULATED" in shown
    assert "the second session was" not in shown


@pytest.mark.parametrize("name", [name for name in REPORTS if REPORTS[name].drawable])
def test_any_two_sessions_fit_a_terminal_and_are_printable(name: str) -> None:
    first, hostile = REPORTS[name].drawable, a_hostile_report().drawable
    assert first is not None
    assert hostile is not None
    host = a_host(cpu_model=HOSTILE, packages={HOSTILE[:40]: HOSTILE})
    results = replace(hostile.results, hosts=(host,))
    for both in (
        reproduction(first, replace(hostile, results=results)),
        reproduction(hostile, first),
    ):
        for line in format_reproduction(both).splitlines():
            assert text.is_printable(line)
            assert cell_len(line) <= 80


def test_programs_read_the_same_as_people() -> None:
    both = replace(two_sessions(), differing=(Part.SPEED,))
    data = msgspec.json.decode(msgspec.json.encode(reproduction_data(both)))
    assert data["schema"] == "twoclocks.reproduction/1"
    assert (data["reproduced"], data["differing"]) == (False, ["speedup"])
    assert data["first"]["speedup"] == both.first.speed.speedup
    assert data["again"]["run_id"] == "8d32"


def test_the_digest_of_an_answer_is_the_distributed_sides() -> None:
    first = a_headline()
    trials = tuple(
        replace(trial, answer_sha256=a_digest_of("another")) for trial in first.results.trials
    )
    again = replace(
        first,
        results=replace(first.results, trials=trials, run_id="8d32"),
        pairs=replace(first.pairs, distributed=(trials[-1],)),
    )
    shown = format_reproduction(reproduction(first, again))
    assert text.digest(a_digest_of("another")) in shown
