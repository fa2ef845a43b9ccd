"""From the options typed on the command line to a session that can run.

Whatever can be known beforehand is checked here. May import ``harness``, and of ``demo`` what its
options are about.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demo.baseline_place import is_on_node, with_baseline_on_node
from demo.chaos_options import chaos_texts
from demo.command_pair_settings import require_separable, with_command_pair
from demo.failures import CHANGE_FOLDER, NO_FOLDER
from demo.scales import headline_scale, scales_of
from harness.errors import BadRequest
from harness.files.config_file import ConfigFile
from harness.files.prices import load_prices
from harness.model import MOST_TRIALS, Prices, Schedule, Spec
from harness.run import launch
from harness.run.address import named_cluster, reached
from harness.run.baseline_variants import plan_variants
from harness.run.cluster_token import require_private
from harness.run.describe import WorkloadFacts
from harness.run.host import free_memory_bytes, usable_cores
from harness.run.plan import Patience, Plan, with_program_environment
from harness.run.schedule import share_cores
from harness.run.start import current_folder

WORKER_BYTES = 256 << 20  # memory of a Ray worker with its numeric libraries
LEAVE_IT_OUT = "leave it out, or name the cluster with --address"
EXAMPLE_PRICES = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a race or a sweep, as typed.

    ``workers`` None: one per core. ``baseline_cores`` is a number, ``all``, or empty for as many
    as a worker has. ``points`` are a sweep's numbers of workers with commas between, empty for
    1, 2, 4, … up to the cores, and None for a race. ``prices`` None: the example prices,
    ``chaos_seed`` None: 0. ``spot`` bills the distributed side at the list's spot prices.
    ``checkpoint`` is in seconds, and None where nothing is assumed of the baseline's.
    ``wait_for_hosts`` is as in ``Plan``.
    """

    workload: str
    cores_per_worker: int
    baseline_cores: str
    schedule: str
    trials: int
    settings: tuple[str, ...]
    address: str
    prices: Path | None
    prove_baseline: bool = False
    workers: int | None = None
    points: str | None = None
    oversubscribe: bool = False
    insecure: bool = False
    spot: bool = False
    checkpoint: float | None = None
    wait_for_hosts: float | None = None
    baseline_on: str | None = None
    chaos: tuple[str, ...] = ()
    chaos_seed: int | None = None
    spares: int = 0
    stall_after: float = Patience.stall_after_s
    give_up_after: float = Patience.give_up_after_s


def make_plan(options: Options) -> Plan:
    """Return the session that the options ask for; raise ``BadRequest`` if it cannot run."""
    if not current_folder():
        raise BadRequest(NO_FOLDER, CHANGE_FOLDER)
    prices = read_prices(options.prices, spot=options.spot)
    facts = launch.describe(options.workload, list(options.settings))
    cores = usable_cores()
    named = named_cluster("" if facts.simulated else options.address, _environment_of(facts))
    left_to_programs = _is_left_to_programs(named.address, facts)
    if named.address and not left_to_programs and not (options.workers or options.points):
        reached(named, os.environ)  # how many workers matters only where somebody answers
    on_node = is_on_node(options.baseline_on, named, commands=facts.commands is not None)
    spec = _spec(options, facts, prices, len(cores), joined=bool(named.address))
    spec = with_baseline_on_node(spec, options.baseline_cores) if on_node else spec
    core_shares = share_cores(spec, cores, simulated=facts.simulated)
    _require_feasible(spec, simulated=facts.simulated)
    address = named.address
    if address and not left_to_programs:
        address = reached(named, os.environ)
        insecure = require_private(address, os.environ, insecure=options.insecure)
        spec = replace(spec, insecure=insecure)
    _require_cluster(options, address)
    require_separable(
        facts,
        together=options.schedule == Schedule.TOGETHER,
        proved=options.prove_baseline and options.points is None,
    )
    plan = Plan(
        spec=spec,
        workload=options.workload,
        address=address,
        core_shares=core_shares,
        simulated=facts.simulated,
        variant_plan=plan_variants(facts.variants, spec, () if facts.simulated else cores),
        user_modules_sha256=facts.user_modules_sha256,
        own_files=facts.own_files,
        wait_for_hosts_s=options.wait_for_hosts,
        patience=Patience(stall_after_s=options.stall_after, give_up_after_s=options.give_up_after),
    )
    return with_program_environment(plan)


def _require_cluster(options: Options, address: str) -> None:
    """Raise ``BadRequest`` for an option that says how to join a cluster, if none is joined."""
    if address:
        return
    idle = "has no effect without a cluster"
    if options.insecure:
        raise BadRequest(f"--insecure {idle}", LEAVE_IT_OUT)
    if options.wait_for_hosts is not None:
        raise BadRequest(f"--wait-for-hosts {idle}", LEAVE_IT_OUT)


def options_of(typed: dict[str, Any]) -> Options:
    """Return the options that were typed, two programs as settings of the workload ``commands``.

    Settings typed with --set come last, so that they win. Raises ``BadRequest`` for one command
    alone.
    """
    return Options(**with_command_pair(typed))


def read_prices(path: Path | None = None, *, spot: bool = False) -> Prices:
    """Return the prices in a TOML file (None: the examples).

    Raises ``BadRequest`` if it is invalid, or has no spot prices and ``spot`` asks for them.
    """
    hint = "`twoclocks new --prices` writes one in which every line is explained"
    file = ConfigFile(path or EXAMPLE_PRICES, "price list", hint)
    prices = load_prices(file)
    if spot and prices.spot is None:
        file.fail("it has no spot prices", "add worker_spot_per_hour to it, or leave --spot out")
    return prices


def _environment_of(facts: WorkloadFacts) -> Mapping[str, str]:
    """Return where a cluster may be named; a simulated workload joins none."""
    return {} if facts.simulated else os.environ


def _is_left_to_programs(address: str, facts: WorkloadFacts) -> bool:
    """Return whether only two programs, which join a cluster themselves, can use an address."""
    return facts.commands is not None and "://" in address


def _spec(
    options: Options, facts: WorkloadFacts, prices: Prices, cores: int, *, joined: bool
) -> Spec:
    """Return what will be run, on a machine with that many cores or on a ``joined`` cluster."""
    unlimited = joined or facts.simulated
    room = None if unlimited else cores // options.cores_per_worker
    scales = scales_of(options.workers, options.points, room, joined=joined)
    commands = facts.commands
    unprovable = commands is not None and (commands.says_ready or commands.is_prepared)
    return Spec(
        workload=facts.words,
        params=facts.params,
        workers=headline_scale(scales, room),
        cores_per_worker=options.cores_per_worker,
        baseline_cores=_baseline_cores(options, cores),
        schedule=_schedule(options, serves=facts.serves),
        trials=options.trials,
        prices=prices,
        spot=options.spot,
        checkpoint_s=options.checkpoint,
        joined_cluster=joined,
        points=() if options.points is None else scales,
        oversubscribe=options.oversubscribe,
        prove_baseline=options.prove_baseline and not unprovable,
        commands=commands,
        chaos=_chaos(options, facts, scales[-1], joined=joined),
        spares=options.spares,
    )


def _chaos(
    options: Options, facts: WorkloadFacts, workers: int, *, joined: bool
) -> tuple[str, ...]:
    """Return the strikes that were asked for; a simulated workload may have hosts of its own."""
    hosts = joined or (facts.simulated and facts.params.get("hosts", 1) != 1)
    pair = facts.commands is not None
    return chaos_texts(
        options.chaos, options.chaos_seed, options.spares, workers, hosts=hosts, pair=pair
    )


def _baseline_cores(options: Options, cores: int) -> int:
    typed = options.baseline_cores or str(options.cores_per_worker)
    if typed == "all":
        return cores
    if not (typed.isdecimal() and len(typed) < 10) or int(typed) < 1:
        raise BadRequest(
            f"--baseline-cores {typed} is neither a number of cores nor all",
            "use --baseline-cores 1, or all for the whole machine",
        )
    return int(typed)


def _schedule(options: Options, *, serves: bool) -> Schedule:
    """Return when the sides run. A sweep runs in turn, so that one scale cannot slow another.

    So does what ``serves`` requests, since each side has searched its rate while the other rested.
    """
    if serves and options.points is not None:
        raise BadRequest(
            "a sweep needs a rate for each number of workers, and only one is searched",
            "use `race` with one number of workers after the other",
        )
    if serves and options.schedule == Schedule.TOGETHER:
        raise BadRequest(
            "the rates of both sides hold only while the other rests", "leave --schedule out"
        )
    if serves:
        return Schedule.IN_TURN
    if options.points is None:
        return Schedule(options.schedule)
    if options.schedule == Schedule.TOGETHER:
        raise BadRequest(
            "a sweep always runs in turn, never together",
            "leave --schedule out, or use `race` with one number of workers",
        )
    return Schedule.IN_TURN


def _require_feasible(spec: Spec, *, simulated: bool) -> None:
    """Raise ``BadRequest`` for what could start but would fail after a long time."""
    if spec.checkpoint_s is not None and not any(one.startswith("poisson:") for one in spec.chaos):
        raise BadRequest(
            "--checkpoint has no effect unless workers are lost at random",
            "add --chaos poisson:mtbf=20s, or leave it out",
        )
    trials_per_round = 1 + len(spec.scales)
    trials = spec.trials * trials_per_round
    if trials > MOST_TRIALS:
        raise BadRequest(
            f"{trials:,} trials are more than a results file can hold",
            f"use --trials {MOST_TRIALS // trials_per_round} or fewer",
        )
    if not spec.oversubscribe:
        return
    if spec.joined_cluster:
        raise BadRequest(
            "--oversubscribe applies to this machine, not to a cluster", "leave it out"
        )
    room = max(spec.workers, free_memory_bytes() // WORKER_BYTES)
    if not simulated and spec.scales[-1] > room:
        raise BadRequest(
            f"{spec.scales[-1]:,} workers need more than this machine's free memory",
            f"use at most --workers {room:,}",
        )
