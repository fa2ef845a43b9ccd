import ast
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.claims import baseline_proof, scaling
from harness.claims.audit import Audit, Verdict, audit
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.claims.journal_check import check
from harness.claims.pairs import complete_pairs
from harness.claims.rules import RULES, baseline, proof, resources, same_work, speedup, times
from harness.errors import BadRequest
from harness.files import journal
from harness.files.results import decode, encode, load
from harness.model import FOREIGN_CPU_LIMIT, Kind, Results, Side, Status, WorkerTrial
from tests import doctor, lies
from tests.builders import a_report, a_results, a_sweep, a_worker, golden_results

CLAIMS = Path(times.__file__).parents[1]
SWEPT = {1: [41.0, 41.2, 40.9, 41.1, 41.0, 41.3], 2: [21.2, 21.3, 21.1, 21.2, 21.4, 21.0]}


GOOD = load(doctor.BASE)
KEPT = journal.read(doctor.BASE.with_name(journal.JOURNAL_NAME))


def raised(audited: Audit) -> set[tuple[str, str]]:
    """Return what was raised, each as rule and key."""
    return {(finding.rule.id, key) for finding in audited.findings for key in finding.keys}


def verdicts(audited: Audit) -> dict[str, Verdict]:
    """Return each rule's verdict."""
    return {finding.rule.id: finding.verdict for finding in audited.findings}


def claimed(results: Results) -> float:
    """Return the speedup that the pairs of a session show, claimed or not (0: there is no pair)."""
    pairs = complete_pairs(results)
    return 0.0 if pairs is None else pairs.speedup


KEYS = {
    "R01": ("no-pair", "too-short"),
    "R02": (
        "cores-stand-for-machines",
        "whole-host-slower",
        "whole-host-wins",
        "baseline-beaten",
        "beats-itself",
        "same-command",
        "baseline-matched",
        "copies-slower",
        "limit-implausible",
        "proof-drifted",
    ),
    "R03": ("slowdown",),
    "R04": ("combined", "trials-overlap", "outside-session", "began-in-future"),
    "R05": ("input-differs", "worker-input-differs", "input-unnamed"),
    "R06": (
        "held-out-differs",
        "held-out-is-input",
        "quality-moved",
        "quality-unrepeatable",
        "quality-by-process",
        "scored-by-its-own-side",
        "unclean-scale",
    ),
    "R07": ("items-differ", "items-unreported", "answers-differ", "answers-differ-in-bits"),
    "R08": (
        "cpu-contradicted",
        "cpu-unseen",
        "work-lost",
        "work-unclear",
        "baseline-waited",
        "baseline-crowded-out",
        "baseline-idle",
        "baseline-waits",
        "baseline-crowded",
        "baseline-partly-idle",
    ),
    "R09": ("source-differs", "unlike-machines", "no-seed", "no-commit", "dirty-tree"),
    "R10": (
        "worker-twice",
        "cores-not-there",
        "cores-exceeded",
        "oversubscribed",
        "unequal-terms",
        "worked-beside-workers",
    ),
    "R11": ("contention", "shared-machine", "search-unwatched", "on-battery"),
    "R12": ("scales-unequal", "items-unspanned", "weak-scaling"),
    "R13": (
        "phases-unequal",
        "core-seconds-unequal",
        "impossible-seconds",
        "clock-contradicted",
        "clock-late",
        "recovery-contradicted",
        "start-up-unlisted",
        "start-up-on-clock",
    ),
    "R14": ("one-observation", "few-observations", "undecided"),
    "R15": ("order-contradicted", "schedule-changed", "order-unalternated"),
    "R16": (
        "trials-missing",
        "scale-unasked",
        "trial-unasked",
        "trial-repeated",
        "trial-failed",
    ),
    "R17": ("unstable",),
    "R18": ("superlinear", "faster-than-hardware"),
    "R19": ("illustrative-prices", "prices-unsourced", "priced-spot", "spot-unproved"),
    "R20": ("watching-costly", "watching-noticed"),
    "R21": ("no-journal", "rewritten"),
    "R22": ("simulated", "declared", "replayed", "aborted", "failed"),
    "R23": ("second-host", "host-unlisted", "environment-incomplete"),
    "R24": ("unit-missing",),
    "R25": (
        "fault-elsewhere",
        "strike-unasked",
        "strike-untold",
        "recovery-impossible",
        "straggler",
        "lost-worker",
        "struck-on-purpose",
        "strike-missed",
    ),
    "R26": ("padded-work", "spare-work", "need-not-shown"),
    "R27": ("baseline-weak", "baseline-untuned", "variant-far-faster", "variant-faster"),
    "R28": ("work-differs",),
    "R29": (
        "scores-contradicted",
        "tolerance-too-fine",
        "too-few-scores",
        "quality-unsure",
        "change-without-interval",
    ),
    "R30": ("worked-off-clock", "prepared-unequally", "busy-off-clock", "prepared"),
    "R31": (
        "capacity-unequal",
        "capacity-not-shown",
        "capacity-beyond-devices",
        "capacity-superlinear",
    ),
    "R32": ("latency-over-budget", "requests-too-few", "requests-failed"),
    "R33": ("service-unequal", "rate-not-shown"),
    "R34": ("requests-sent-too-late", "requests-sent-late", "sender-busy"),
}
OWNERS = {key: rule for rule, keys in KEYS.items() for key in keys}
AS_WRITTEN = encode(GOOD)
BEFORE = raised(audit(GOOD, written=AS_WRITTEN))


@pytest.mark.parametrize("key", doctor.DOCTORS)
def test_a_doctored_file_is_caught_for_what_it_hides_by_its_rule_and_by_no_other(key: str) -> None:
    text = doctor.doctored(key, GOOD)
    audited = audit(decode(text), written=text)
    assert (OWNERS[key], key) in raised(audited)
    assert verdicts(audited)[OWNERS[key]] is verdict_for(key)
    expected = {OWNERS[key], *(OWNERS[companion] for companion in doctor.COMPANIONS.get(key, ()))}
    assert {owner for owner, _ in raised(audited) - BEFORE} <= expected


@pytest.mark.parametrize("key", lies.OBSERVED)
def test_a_doctored_journal_is_caught_by_its_rule_and_by_no_other(key: str) -> None:
    honest, lie = lies.OBSERVED[key]
    audited = lies.audited(lie(honest))
    assert raised(audited) - raised(lies.audited(honest)) == {(OWNERS[key], key)}


READ_AT = datetime(2126, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("days", "refused"), [(0.9, False), (1.1, True)])
def test_a_session_that_begins_more_than_a_day_from_now_is_refused(
    days: float, refused: bool
) -> None:
    ahead = replace(GOOD, began_utc=(READ_AT + timedelta(days=days)).isoformat())
    found = raised(audit(ahead, read_at=READ_AT)) - raised(audit(GOOD, read_at=READ_AT))
    assert found == ({("R04", "began-in-future")} if refused else set())


def verdict_for(key: str) -> Verdict:
    """Return what the rule of a key says of the doctored file."""
    if key in doctor.UNCHECKABLE:
        return Verdict.UNCHECKED
    return Verdict.REFUSE if key in doctor.REFUSING else Verdict.CAVEAT


def test_every_key_has_a_doctored_file() -> None:
    of_the_clock = "began-in-future"  # it needs to be known when the file was read
    assert sorted([*doctor.DOCTORS, *lies.OBSERVED, of_the_clock]) == sorted(OWNERS)


def test_a_good_session_is_not_refused() -> None:
    assert audit(GOOD, written=AS_WRITTEN).count(Verdict.REFUSE) == 0


def test_the_rules_stand_in_order() -> None:
    assert [rule.id for rule in RULES] == [f"R{number:02}" for number in range(1, 35)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_demands_and_where_it_is_from(rule: Any) -> None:
    assert rule.title
    assert rule.demand
    assert rule.source


def test_each_key_of_a_judge_belongs_to_one_rule() -> None:
    unfinished = {str(status) for status in Status if status is not Status.COMPLETE}
    of_the_journal = {"differs-from-journal"}  # raised from the audit, and by no judge of facts
    assert sorted(OWNERS) == sorted((judged_keys() | unfinished) - of_the_journal)


def judged_keys() -> set[str]:
    """Return every key that the source of the judges names."""
    keys: set[str] = set()
    for path in CLAIMS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Caveat" | "_gap"), args=[ast.Constant(str(key)), *_]
                ):
                    keys.add(key)
                case ast.Call(func=ast.Name(id="_idle"), args=[_, ast.Constant(str(key)), *_]):
                    keys.add(key)
    return keys


def test_our_own_thresholds_are_as_the_rules_have_them() -> None:
    assert (same_work.LEAST_WORK, same_work.LEAST_BUSY, times.SUM_LIMIT) == (0.9, 0.8, 0.02)
    assert (same_work.LEAST_COMPUTED, same_work.LEAST_WORK_DISTURBED) == (0.5, 0.6)
    assert speedup.MOST_EFFICIENCY == 1.1
    assert (
        proof.UNTUNED_LIMIT,
        proof.BADLY_TUNED_LIMIT,
        baseline.LIMIT_SHARE,
        baseline.POSSIBLE_SHARE,
        baseline_proof.DRIFT_LIMIT,
    ) == (0.05, 0.20, 1.10, 1.05, 0.05)
    assert (proof.LEAST_SHARE, proof.LEAST_SHARE_OF_ALL) == (0.9, 0.8)
    assert times.CLOCK_SLACK_S == 0.05
    assert (resources.WATCHING_NOTICED, resources.WATCHING_LIMIT, FOREIGN_CPU_LIMIT) == (
        0.02,
        0.05,
        0.05,
    )
    assert (speedup.VARIATION_LIMIT, scaling.OUTLIER_SCORE, scaling.FEWEST_PAIRS) == (
        0.10,
        14.826,
        6,
    )


@pytest.mark.parametrize("key", doctor.DOCTORS)
def test_the_audit_refuses_where_the_headline_does_and_says_what_it_says(key: str) -> None:
    results = doctor.DOCTORS[key](GOOD)
    audited, claim = audit(results, ()), a_report(results).claim
    keys = {key for _, key in raised(audited)}
    match claim:
        case Headline():
            assert keys == {caveat.key for caveat in claim.caveats}
            assert audited.count(Verdict.REFUSE) == 0
        case Refusal():
            assert keys >= {reason.key for reason in claim.reasons}
            assert audited.count(Verdict.REFUSE) > 0


def test_a_rule_tells_its_measures_where_it_passes() -> None:
    (finding,) = (finding for finding in audit(a_sweep()).findings if finding.rule.id == "R08")
    assert finding.verdict is Verdict.PASS
    assert [measure.name for measure in finding.measures] == [
        "workers' CPU time over the baseline's",
        "at least",
        "baseline's time spent computing",
        "at least",
        "kept off its core",
    ]


def test_a_caveat_without_numbers_stands_beside_what_its_rule_measures() -> None:
    (finding,) = (
        finding for finding in audit(a_sweep(rates=())).findings if finding.rule.id == "R02"
    )
    assert (finding.verdict, [measure.value for measure in finding.measures]) == (
        Verdict.CAVEAT,
        [pytest.approx(1.025), 0.98],
    )


def with_details(results: Results, details: tuple[WorkerTrial, ...]) -> Results:
    """Return the session with these workers in every trial."""
    return replace(
        results, trials=tuple(replace(trial, workers_detail=details) for trial in results.trials)
    )


UNSEEN = {
    "R02": with_details(a_results(), (a_worker(cpu_s=40.0),)),
    "R05": a_results(input=None),
    "R09": with_details(a_sweep(), ()),
    "R10": a_sweep(hosts=()),
    "R11": replace(a_sweep(), observer=replace(a_sweep().observer, foreign_cpu=None)),
    "R13": a_results(),
    "R23": with_details(a_sweep(), ()),
    "R25": with_details(a_sweep(), ()),
    "R17": a_sweep(),
    "R20": replace(a_sweep(), observer=replace(a_sweep().observer, frames=0)),
}


@pytest.mark.parametrize("rule", UNSEEN)
def test_what_nobody_measured_cannot_be_checked(rule: str) -> None:
    assert verdicts(audit(UNSEEN[rule]))[rule] is Verdict.UNCHECKED


def test_an_unknown_power_source_may_have_slowed_the_machine() -> None:
    unknown = replace(GOOD.hosts[0], on_mains=None)
    quiet = replace(GOOD.observer, foreign_cpu=0.0)
    assert (
        verdicts(audit(replace(GOOD, hosts=(unknown,), observer=quiet)))["R11"] is Verdict.UNCHECKED
    )


def test_of_declared_numbers_only_the_arithmetic_can_be_checked() -> None:
    by_rule = verdicts(audit(golden_results()))
    assert [rule for rule, verdict in by_rule.items() if verdict is Verdict.PASS] == [
        "R01",
        "R03",
        "R18",
        "R19",
        "R21",
        "R24",
    ]


def test_of_a_rehearsal_the_work_cannot_be_checked() -> None:
    by_rule = verdicts(audit(a_results(kind=Kind.SIMULATED)))
    assert (by_rule["R08"], by_rule["R20"], by_rule["R22"]) == (
        Verdict.UNCHECKED,
        Verdict.UNCHECKED,
        Verdict.REFUSE,
    )


def test_without_a_pair_nothing_else_can_be_checked() -> None:
    by_rule = verdicts(audit(a_results(trials=()), ()))
    assert by_rule.pop("R01") is Verdict.REFUSE
    assert set(by_rule.values()) == {Verdict.UNCHECKED}


def test_a_file_that_differs_from_its_journal_is_refused() -> None:
    assert audit(replace(GOOD, run_id="other"), KEPT.events).verdict is Verdict.REFUSE


def test_a_file_that_agrees_with_its_journal_is_not() -> None:
    audited = audit(GOOD, KEPT.events, journal_sha256=KEPT.sha256)
    assert (audited.differences, audited.verdict) == ((), Verdict.CAVEAT)


def caveat_keys(claim: Headline | Refusal) -> list[str]:
    """Return the keys of a headline's caveats."""
    assert isinstance(claim, Headline)
    return [caveat.key for caveat in claim.caveats]


def test_a_measured_file_without_its_journal_says_so_before_anything_else() -> None:
    assert caveat_keys(Claims(audit(GOOD)).claim) == [
        "no-journal",
        *caveat_keys(a_report(GOOD).claim),
    ]


def test_a_measured_file_with_its_journal_says_nothing_of_it() -> None:
    assert "no-journal" not in caveat_keys(Claims(replace(audit(GOOD, ()), differences=())).claim)


@pytest.mark.parametrize("combined", [(), ("7c21", "8d32")], ids=["one", "combined"])
def test_a_measured_session_without_its_journal_is_told_so_combined_or_not(
    combined: tuple[str, ...],
) -> None:
    assert audit(replace(GOOD, combined=combined)).missing_journal is not None


@pytest.mark.parametrize("results", [golden_results()], ids=["declared"])
def test_what_never_had_a_journal_of_its_own_needs_none(results: Results) -> None:
    assert "no-journal" not in caveat_keys(Claims(audit(results)).claim)


@given(st.floats(0.5, 0.97))
def test_a_lie_told_throughout_is_refused_or_says_that_its_journal_is_missing(
    factor: float,
) -> None:
    claim = Claims(audit(doctor.faster_together(GOOD, factor))).claim
    assert isinstance(claim, Refusal) or "no-journal" in caveat_keys(claim)


TREE: Any = json.loads(encode(GOOD))
REPLACEMENTS = (
    st.floats(1e-3, 1e3)
    | st.integers(0, 50)
    | st.booleans()
    | st.none()
    | st.sampled_from(
        ["", "0" * 64, "measured", "declared", "together", "baseline", "distributed", "weak", "x"]
    )
)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path to every leaf of a document, and to every empty list or record."""
    if isinstance(value, dict) and value:
        return [leaf for key, member in value.items() for leaf in leaves(member, (*path, key))]
    if isinstance(value, list) and value:
        return [
            leaf for place, member in enumerate(value) for leaf in leaves(member, (*path, place))
        ]
    return [path]


def edited(path: tuple[str | int, ...], value: Any, tree: Any = TREE) -> Any:
    """Return the document with one leaf replaced, or multiplied where both are numbers."""
    if not path:
        return tree * value if type(tree) is float and type(value) is float else value
    name, *rest = path
    other = tree.copy()
    other[name] = edited(tuple(rest), value, tree[name])
    return other


def read(tree: Any) -> Results:
    """Return the facts of an edited document; one that cannot be loaded is of no use to anybody."""
    try:
        return decode(json.dumps(tree).encode())
    except BadRequest:
        assume(False)
        raise


LEAVES = leaves(TREE)
WALLS = [path for path in LEAVES if path[-1] == "wall_s"]
SPENT = [path for path in LEAVES if path[-1] in ("cpu_s", "busy_s")]
ASKED = [path for path in LEAVES if path[0] == "spec"]
PRICED = [path for path in ASKED if "prices" in path]
PLACES = st.one_of(*map(st.sampled_from, (WALLS, SPENT, ASKED, PRICED, LEAVES)))
EDITS = st.builds(edited, PLACES, REPLACEMENTS).map(read)


@given(EDITS)
def test_an_edit_that_raises_the_speedup_is_refused_or_differs_from_the_journal(
    results: Results,
) -> None:
    raised_it = claimed(results) > claimed(GOOD)
    caught = isinstance(a_report(results).claim, Refusal) or bool(
        check(results, KEPT.events, GOOD.journal_sha256).differences
    )
    assert caught or not raised_it


@given(st.sampled_from(WALLS), st.floats(0.001, 0.978) | st.floats(1.022, 1000.0))
def test_no_wall_time_can_be_edited_even_where_the_journal_is_lost(
    path: tuple[str | int, ...], factor: float
) -> None:
    assert isinstance(a_report(read(edited(path, factor))).claim, Refusal)


@given(EDITS)
def test_whatever_can_be_loaded_can_be_audited(results: Results) -> None:
    audited = audit(results, KEPT.events)
    assert [finding.rule.id for finding in audited.findings] == [rule.id for rule in RULES]


def test_a_trial_left_out_of_the_file_is_a_difference() -> None:
    without = tuple(
        trial for trial in GOOD.trials if (trial.side, trial.index) != (Side.DISTRIBUTED, 5)
    )
    assert audit(replace(GOOD, trials=without), KEPT.events).differences
