import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.command_pair_settings import COMMAND_PAIR_OPTIONS, with_command_pair
from demo.options import EXAMPLE_PRICES, make_plan
from demo.scales import MOST_WORKERS, SIMULATED_WORKERS, doubling
from harness.errors import BadRequest
from harness.model import CommandFacts, Schedule, Variant
from harness.run.baseline_variants import NO_PROOF
from harness.run.host import usable_cores
from harness.run.plan import Plan
from tests.builders import a_workload_file
from tests.listeners import a_listener
from tests.options import some_options

pytestmark = pytest.mark.usefixtures("described_once")

CORES = len(usable_cores())


@pytest.fixture(autouse=True)
def no_cluster_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a workload that computes, as far as a request can tell."""
    return a_workload_file(tmp_path_factory.mktemp("measured"), "fields['simulated'] = False")


def requested(**changes: Any) -> Plan:
    return make_plan(some_options(**changes))


def refused(**changes: Any) -> BadRequest:
    with pytest.raises(BadRequest) as error:
        requested(**changes)
    return error.value


def test_a_request_carries_what_was_typed() -> None:
    asked = requested(workers=3, trials=4, schedule="together", settings=("chunks=7",))
    assert (asked.spec.workers, asked.spec.trials, asked.spec.schedule) == (3, 4, Schedule.TOGETHER)
    assert asked.spec.params["chunks"] == 7
    assert asked.spec.workload.name == "simulated"


def test_a_simulated_race_has_some_workers() -> None:
    asked = requested()
    assert (asked.spec.workers, asked.simulated, asked.core_shares.workers) == (
        SIMULATED_WORKERS,
        True,
        (),
    )


def test_a_measured_race_uses_every_core(measured: str) -> None:
    asked = requested(workload=measured)
    assert (asked.spec.workers, asked.simulated) == (CORES, False)
    assert sorted(core for share in asked.core_shares.workers for core in share) == sorted(
        usable_cores()
    )


def test_wide_workers_are_fewer(measured: str) -> None:
    asked = requested(workload=measured, cores_per_worker=CORES)
    assert asked.spec.workers == 1


def test_a_baseline_is_as_wide_as_a_worker(measured: str) -> None:
    assert requested(workload=measured, cores_per_worker=CORES).spec.baseline_cores == CORES


@pytest.mark.parametrize(("typed", "cores"), [("1", 1), ("all", CORES)])
def test_a_baseline_can_be_given_cores(measured: str, typed: str, cores: int) -> None:
    asked = requested(workload=measured, baseline_cores=typed)
    assert asked.spec.baseline_cores == len(asked.core_shares.baseline) == cores


@pytest.mark.parametrize("typed", ["0", "-1", "some", "1.5", "²"])
def test_a_baseline_cannot_be_given_anything_else(typed: str) -> None:
    assert (
        refused(baseline_cores=typed).sentence
        == f"--baseline-cores {typed} is neither a number of cores nor all"
    )


def test_more_workers_than_cores_are_refused(measured: str) -> None:
    assert refused(workload=measured, workers=CORES + 1).hint == f"use --workers {CORES} or fewer"


def test_more_workers_than_a_panel_can_follow_are_refused() -> None:
    assert (
        refused(workers=MOST_WORKERS + 1).sentence
        == "10,001 workers are more than the panel can show"
    )


def swept(**changes: Any) -> Plan:
    return requested(**({"points": "", "schedule": "auto"} | changes))


def test_a_race_has_no_scales_but_its_own() -> None:
    assert requested(workers=3).spec.points == ()


def test_a_sweep_of_simulated_workers_doubles_them_up_to_the_usual_number() -> None:
    assert (swept().spec.points, swept().spec.workers) == (
        (1, 2, 4, SIMULATED_WORKERS),
        SIMULATED_WORKERS,
    )


def test_a_measured_sweep_goes_up_to_all_the_cores(measured: str) -> None:
    asked = swept(workload=measured)
    assert (asked.spec.points[0], asked.spec.points[-1], asked.spec.workers) == (1, CORES, CORES)
    assert len(asked.core_shares.workers) == CORES


def test_a_sweep_of_wide_workers_goes_up_to_as_many_as_fit(measured: str) -> None:
    assert swept(workload=measured, cores_per_worker=CORES).spec.points == (1,)


@given(st.integers(1, 10_000))
def test_usual_scales_double_and_end_with_the_last_that_fits(most: int) -> None:
    *powers, last = doubling(most)
    assert last == most
    assert powers == [1 << power for power in range(len(powers))]
    assert not powers or powers[-1] < most <= 2 * powers[-1]


@pytest.mark.parametrize(
    ("typed", "scales"),
    [("1", (1,)), ("1,2,4,8", (1, 2, 4, 8)), ("2, 3", (2, 3)), ("10000", (10_000,))],
)
def test_the_scales_of_a_sweep_can_be_listed(typed: str, scales: tuple[int, ...]) -> None:
    assert swept(points=typed).spec.points == scales


@pytest.mark.parametrize(
    "typed", ["0", "0,1", "2,1", "1,1", "1,,2", "1,2,", "one", "1.5", "-1", "²", "1;2", ","]
)
def test_what_is_no_list_of_scales_is_refused(typed: str) -> None:
    error = refused(points=typed)
    assert error.sentence == f"--workers {typed} must be whole numbers in ascending order"
    assert error.hint == "write for example --workers 1,2,4,8"


@pytest.mark.parametrize("typed", ["1,10001", "1,999999999"])
def test_more_scales_than_a_panel_can_follow_are_refused(typed: str) -> None:
    assert refused(points=typed).hint == "use --workers 10,000 or fewer"


def test_an_oversubscribed_sweeps_headline_is_about_the_largest_scale_that_fits(
    measured: str,
) -> None:
    asked = swept(
        workload=measured, points=",".join(map(str, range(1, CORES + 2))), oversubscribe=True
    )
    assert (asked.spec.workers, asked.spec.oversubscribe, len(asked.core_shares.workers)) == (
        CORES,
        True,
        CORES + 1,
    )


def test_scales_beyond_the_cores_have_to_be_asked_for(measured: str) -> None:
    assert (
        refused(workload=measured, points=f"1,{CORES + 1}").hint
        == f"leave out what is above --workers {CORES}, or add --oversubscribe"
    )


def test_a_headline_needs_a_scale_that_fits(measured: str) -> None:
    error = refused(workload=measured, points=f"{CORES + 1}", oversubscribe=True)
    assert (
        error.hint
        == f"begin with --workers {CORES} or fewer: the headline is about a scale that fits"
    )


def test_more_workers_than_the_memory_holds_are_refused_before_they_start(measured: str) -> None:
    assert (
        "free memory" in refused(workload=measured, points="1,10000", oversubscribe=True).sentence
    )


def test_a_sweep_runs_in_turn() -> None:
    assert [swept(schedule=typed).spec.schedule for typed in ("auto", "in-turn")] == [
        Schedule.IN_TURN
    ] * 2


def test_a_sweep_never_runs_together() -> None:
    assert (
        refused(points="", schedule="together").sentence
        == "a sweep always runs in turn, never together"
    )


def test_what_serves_requests_runs_in_turn_on_one_number_of_workers() -> None:
    served = "tests/services.py"
    assert requested(workload=served, workers=1).spec.schedule is Schedule.IN_TURN
    assert refused(workload=served, points="1").sentence == (
        "a sweep needs a rate for each number of workers, and only one is searched"
    )
    assert refused(workload=served, workers=1, schedule="together").sentence == (
        "the rates of both sides hold only while the other rests"
    )


def test_more_trials_than_a_results_file_holds_are_refused() -> None:
    scales = ",".join(map(str, range(1, 10)))
    assert swept(points=scales, trials=100).spec.trials == 100
    assert refused(points=f"{scales},10", trials=100).hint == "use --trials 90 or fewer"


def test_the_baseline_is_proved_where_that_is_asked_for() -> None:
    assert [requested(prove_baseline=asked).spec.prove_baseline for asked in (False, True)] == [
        False,
        True,
    ]


def test_a_proof_is_planned_where_it_is_asked_for(measured: str) -> None:
    planned = [
        requested(workload=measured, prove_baseline=asked).variant_plan for asked in (False, True)
    ]
    assert planned[0] == NO_PROOF
    assert planned[1].timings[0].variant is Variant.OWN


def test_a_simulated_race_proves_nothing() -> None:
    assert requested(prove_baseline=True).variant_plan == NO_PROOF


def test_the_scales_of_a_cluster_are_not_guessed(measured: str, listener: str) -> None:
    assert refused(workload=measured, address=listener, points="").hint == "add --workers 1,2,4"


def test_any_scales_are_swept_on_a_cluster(measured: str, listener: str) -> None:
    asked = swept(workload=measured, address=listener, points="1,64")
    assert (asked.spec.points, asked.spec.workers, asked.spec.schedule) == (
        (1, 64),
        64,
        Schedule.IN_TURN,
    )


def test_a_cluster_is_not_oversubscribed_from_here(measured: str, listener: str) -> None:
    error = refused(workload=measured, address=listener, points="1,64", oversubscribe=True)
    assert error.sentence == "--oversubscribe applies to this machine, not to a cluster"


def test_a_simulated_race_needs_no_cluster() -> None:
    asked = requested(address="ray://nowhere:1")
    assert (asked.address, asked.spec.joined_cluster) == ("", False)


@pytest.fixture
def listener() -> Iterator[str]:
    with a_listener() as address:
        yield address


def test_a_cluster_that_listens_is_joined(measured: str, listener: str) -> None:
    asked = requested(workload=measured, workers=64, address=listener)
    assert (asked.address, asked.spec.joined_cluster, asked.core_shares.workers) == (
        listener,
        True,
        (),
    )


@pytest.fixture
def within_reach(listener: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an address of what listens that is not that of the loopback interface.

    Neither the environment nor the home holds a token.
    """
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    return listener.replace("127.0.0.1", "0.0.0.0")


def test_a_cluster_that_anybody_can_use_is_refused(measured: str, within_reach: str) -> None:
    error = refused(workload=measured, workers=2, address=within_reach)
    assert error.sentence.startswith("no token keeps others out of the cluster at '0.0.0.0:")


def test_a_cluster_that_anybody_can_use_is_joined_where_that_is_spelt_out(
    measured: str, within_reach: str
) -> None:
    asked = requested(workload=measured, workers=2, address=within_reach, insecure=True)
    assert (asked.address, asked.spec.insecure) == (within_reach, True)


def test_a_cluster_with_a_token_is_not_insecure_whatever_was_typed(
    measured: str, within_reach: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    asked = requested(workload=measured, workers=2, address=within_reach, insecure=True)
    assert asked.spec.insecure is False


@pytest.mark.parametrize("workload", ["simulated", ""])
def test_without_a_cluster_there_is_nothing_insecure(workload: str, measured: str) -> None:
    error = refused(workload=workload or measured, workers=2, insecure=True)
    assert error.sentence == "--insecure has no effect without a cluster"


def test_without_a_cluster_no_hosts_are_waited_for(measured: str) -> None:
    error = refused(workload=measured, workers=2, wait_for_hosts=9.0)
    assert error.sentence == "--wait-for-hosts has no effect without a cluster"


def test_hosts_of_a_cluster_are_waited_for_as_long_as_was_asked(
    measured: str, listener: str
) -> None:
    asked = requested(workload=measured, workers=2, address=listener, wait_for_hosts=9.0)
    assert asked.wait_for_hosts_s == 9.0


def test_the_environment_can_name_the_cluster(
    measured: str, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", listener)
    assert requested(workload=measured, workers=64).address == listener


def test_an_option_goes_before_the_environment(
    measured: str, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "nowhere:1")
    assert requested(workload=measured, workers=64, address=listener).address == listener


def test_local_is_no_cluster(measured: str) -> None:
    assert not requested(workload=measured, address="local").spec.joined_cluster


def test_the_size_of_a_cluster_is_not_guessed(measured: str, listener: str) -> None:
    assert refused(workload=measured, address=listener).hint == "add --workers N"


@pytest.mark.parametrize("points", [None, ""])
def test_before_the_size_of_a_cluster_it_is_asked_for_an_answer(
    measured: str, points: str | None
) -> None:
    error = refused(workload=measured, address="127.0.0.1:1", points=points)
    assert error.sentence == "no cluster answers at '127.0.0.1:1': Connection refused"


def test_a_cluster_behind_a_proxy_is_refused(measured: str) -> None:
    assert (
        "Ray Client address"
        in refused(workload=measured, workers=2, address="ray://head:10001").sentence
    )


def test_a_workload_that_is_not_there_is_refused() -> None:
    assert refused(workload="simulatd").hint == "did you mean simulated?"


def test_a_setting_that_makes_no_sense_is_refused() -> None:
    assert re.search(
        r"seconds=-1.* is not between 0 and 3600", refused(settings=("seconds=-1",)).sentence
    )


def test_spot_prices_are_billed_where_they_are_asked_for() -> None:
    spot, usual = (requested(workload="simulated", spot=asked).spec for asked in (True, False))

    assert (spot.spot, usual.spot) == (True, False)
    assert spot.billed_prices.worker_per_hour < usual.billed_prices.worker_per_hour


def test_a_price_list_without_spot_prices_is_refused_where_they_are_asked_for(
    tmp_path: Path,
) -> None:
    content = EXAMPLE_PRICES.read_text()
    kept = [line for line in content.splitlines(keepends=True) if "_spot_per_hour" not in line]
    prices = tmp_path / "prices.toml"
    prices.write_text("".join(kept))

    assert "it has no spot prices" in refused(prices=prices, spot=True).sentence


def test_an_assumed_checkpoint_without_random_losses_is_refused() -> None:
    assert refused(checkpoint=2.0).sentence == (
        "--checkpoint has no effect unless workers are lost at random"
    )


def test_prices_are_read_before_anything_else(tmp_path: Path) -> None:
    assert refused(prices=tmp_path / "none.toml", workload="simulatd").sentence.startswith(
        "there is no price list "
    )


def typed_pair(**changes: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(COMMAND_PAIR_OPTIONS, "")
    return {"workload": "embed", "settings": (), "trials": 3} | nothing | changes


def test_without_two_programs_a_race_is_asked_for_as_ever() -> None:
    assert with_command_pair(typed_pair(workload="dedup", settings=("seed=2",))) == {
        "workload": "dedup",
        "settings": ("seed=2",),
        "trials": 3,
    }


def test_two_programs_are_settings_of_the_workload_for_them() -> None:
    asked = with_command_pair(
        typed_pair(
            baseline="a",
            distributed="b {workers}",
            answer="out",
            quality="f1 (.*)",
            progress="(.*)%",
        )
    )
    assert asked == {
        "workload": "commands",
        "settings": (
            "baseline=a",
            "distributed=b {workers}",
            "answer=out",
            "quality=f1 (.*)",
            "progress=(.*)%",
        ),
        "trials": 3,
    }


def test_settings_that_were_typed_besides_come_last() -> None:
    assert (
        with_command_pair(typed_pair(baseline="a", distributed="b", settings=("ready=true",)))[
            "settings"
        ][-1]
        == "ready=true"
    )


def test_programs_may_be_named_with_their_workload() -> None:
    assert (
        with_command_pair(typed_pair(workload="commands", baseline="a", distributed="b"))[
            "workload"
        ]
        == "commands"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"baseline": "a"}, "--baseline needs --distributed too"),
        ({"distributed": "b"}, "--distributed needs --baseline too"),
        ({"answer": "out"}, "--answer needs --baseline too"),
        ({"distributed": "b", "progress": "(.*)%"}, "--distributed needs --baseline too"),
    ],
)
def test_one_program_alone_is_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadRequest) as error:
        with_command_pair(typed_pair(**options))
    assert (error.value.sentence, error.value.hint) == (
        sentence,
        "give both commands: --baseline and --distributed",
    )


def test_two_programs_and_a_workload_are_refused() -> None:
    with pytest.raises(
        BadRequest, match="--baseline is for two programs of your own, not for --workload dedup"
    ):
        with_command_pair(typed_pair(workload="dedup", baseline="a", distributed="b"))


def test_the_sides_are_given_paths_as_they_were_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    command = f"cat {tmp_path}/rows"
    asked = requested(
        workload="commands", settings=(f"baseline={command}", f"distributed={command}"), workers=1
    )
    published = asked.published_spec(tmp_path).params["baseline"]
    assert (published, asked.spec.params["baseline"]) == ("cat ~/rows", command)


def test_two_programs_are_asked_for_with_what_can_be_known_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    asked = requested(
        workload="commands",
        settings=("baseline=true", "distributed=true", f"input={tmp_path}", "quality=f1 (.*)"),
        workers=1,
    )
    assert asked.spec.commands == CommandFacts(
        says_ready=False,
        input_named=True,
        compared="",
        same_command=True,
        environment=("RAY_ADDRESS=local",),
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ("baseline= ", "distributed=true"),
            "commands cannot run with these settings: the baseline side has no command",
        ),
        (
            ("baseline=true {answer}", "distributed=true {answer}", "answer=out"),
            "commands cannot run with these settings: the commands have {answer}, "
            "and answer=out is given too: drop one",
        ),
    ],
)
def test_programs_that_cannot_be_run_are_refused_beforehand(
    settings: tuple[str, ...], sentence: str
) -> None:
    error = refused(workload="commands", settings=settings, workers=1)
    assert (error.sentence, error.hint) == (sentence, "")


def test_two_programs_that_would_write_one_file_at_once_are_refused() -> None:
    with pytest.raises(
        BadRequest, match=r"^together, both programs would write out at the same time$"
    ):
        requested(
            workload="commands",
            settings=("baseline=true", "distributed=true", "answer=out"),
            workers=1,
            schedule="together",
        )


def test_a_proof_of_programs_that_are_prepared_for_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"^--prove-baseline would time the baseline without"):
        requested(
            workload="commands",
            settings=("baseline=true", "distributed=true", "prepare=sync"),
            workers=1,
            prove_baseline=True,
        )


def test_a_proof_that_would_time_start_up_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"^--prove-baseline would also time the start-up"):
        requested(
            workload="commands",
            settings=("baseline=true", "distributed=true", "ready=yes"),
            workers=1,
            prove_baseline=True,
        )
