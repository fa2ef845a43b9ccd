"""From the options typed on the command line to a session that can run.

Whatever can be known beforehand is checked here. May import ``harness`` and ``demo.failures``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.failures import CHANGE_FOLDER, NO_FOLDER
from harness.command_pair import parse_json_pointer
from harness.errors import BadRequest
from harness.files.config_file import ConfigFile
from harness.files.prices import load_prices
from harness.model import MOST_TRIALS, Prices, Schedule, Spec
from harness.run import launch
from harness.run.address import named_cluster, reached
from harness.run.baseline_variants import plan_variants
from harness.run.describe import WorkloadFacts
from harness.run.host import free_memory_bytes, usable_cores
from harness.run.plan import Patience, Plan, with_program_environment
from harness.run.schedule import share_cores
from harness.run.start import current_folder

SIMULATED_WORKERS = 8
MOST_WORKERS = 10_000
WORKER_BYTES = 256 << 20  # memory of a Ray worker with its numeric libraries
EXAMPLE_PRICES = Path(__file__).with_name("prices.toml")
DEFAULT_WORKLOAD = "embed"
COMMANDS = "commands"
COMMAND_PAIR_OPTIONS = (
    "baseline",
    "distributed",
    "answer",
    "ignore",
    "quality",
    "scores",
    "progress",
    "stdin",
    "prepare",
    "warmup",
    "shell",
    "waits",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a race or a sweep, as typed.

    ``workers`` None: one per core. ``baseline_cores`` is a number, ``all``, or empty for as many
    as a worker has. ``points`` are a sweep's numbers of workers with commas between, empty for
    1, 2, 4, … up to the cores, and None for a race. ``prices`` None: the example prices.
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
    stall_after: float = Patience.stall_after_s
    give_up_after: float = Patience.give_up_after_s


def make_plan(options: Options) -> Plan:
    """Return the session that the options ask for; raise ``BadRequest`` if it cannot run."""
    if not current_folder():
        raise BadRequest(NO_FOLDER, CHANGE_FOLDER)
    prices = read_prices(options.prices)
    facts = launch.describe(options.workload, list(options.settings))
    cores = usable_cores()
    named = named_cluster("" if facts.simulated else options.address, _environment_of(facts))
    spec = _spec(options, facts, prices, len(cores), joined=bool(named.address))
    core_shares = share_cores(spec, cores, simulated=facts.simulated)
    _require_feasible(spec, simulated=facts.simulated)
    address = named.address
    if address and not _is_left_to_programs(address, facts):
        address = reached(named, os.environ)
    _require_separable(options, facts)
    plan = Plan(
        spec=spec,
        workload=options.workload,
        address=address,
        core_shares=core_shares,
        simulated=facts.simulated,
        variant_plan=plan_variants(facts.variants, spec, () if facts.simulated else cores),
        user_modules_sha256=facts.user_modules_sha256,
        own_files=facts.own_files,
        patience=Patience(stall_after_s=options.stall_after, give_up_after_s=options.give_up_after),
    )
    return with_program_environment(plan)


def options_of(typed: dict[str, Any]) -> Options:
    """Return the options that were typed, two programs as settings of the workload ``commands``.

    Settings typed with --set come last, so that they win. Raises ``BadRequest`` for one command
    alone.
    """
    return Options(**with_command_pair(typed))


def with_command_pair(typed: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed with its two commands as settings; without commands as it is."""
    rest = dict(typed)
    texts = {name: value for name in COMMAND_PAIR_OPTIONS if (value := rest.pop(name, None))}
    if not texts:
        return rest
    if "ignore" in texts:
        texts["ignore"] = "|".join(texts["ignore"])
    first = next(iter(texts))
    if rest["workload"] not in (DEFAULT_WORKLOAD, COMMANDS):
        raise BadRequest(
            f"--{first} is for two programs of your own, not for --workload {rest['workload']}",
            f"leave out --{first} or --workload",
        )
    for side in ("baseline", "distributed"):
        if side not in texts:
            raise BadRequest(
                f"--{first} needs --{side} too", "give both commands: --baseline and --distributed"
            )
    settings = tuple(f"{name}={text}" for name, text in texts.items())
    return rest | {"workload": COMMANDS, "settings": (*settings, *rest["settings"])}


def read_prices(path: Path | None = None) -> Prices:
    """Return the prices in a TOML file (None: the examples); raise ``BadRequest`` if invalid."""
    hint = f"start from a copy of demo/{EXAMPLE_PRICES.name}, which explains every line"
    return load_prices(ConfigFile(path or EXAMPLE_PRICES, "price list", hint))


def parse_scales(typed: str) -> tuple[int, ...]:
    """Return numbers of workers typed with commas between.

    Raises ``BadRequest`` unless they are whole, positive and ascending.
    """
    words = [word.strip() for word in typed.split(",")]
    numbers = [int(word) if word.isdecimal() and len(word) < 10 else 0 for word in words]
    if numbers[0] < 1 or numbers != sorted(set(numbers)):
        raise BadRequest(
            f"--workers {typed} must be whole numbers in ascending order",
            "write for example --workers 1,2,4,8",
        )
    return tuple(numbers)


def doubling(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4, … up to ``most``, and ``most`` itself."""
    return tuple(sorted({*(1 << power for power in range(most.bit_length())), most}))


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
    scales = _scales(options, room, joined=joined)
    commands = facts.commands
    unprovable = commands is not None and (commands.says_ready or commands.is_prepared)
    return Spec(
        workload=facts.words,
        params=facts.params,
        workers=_headline_scale(scales, room),
        cores_per_worker=options.cores_per_worker,
        baseline_cores=_baseline_cores(options, cores),
        schedule=_schedule(options),
        trials=options.trials,
        prices=prices,
        joined_cluster=joined,
        points=() if options.points is None else scales,
        oversubscribe=options.oversubscribe,
        prove_baseline=options.prove_baseline and not unprovable,
        commands=commands,
    )


def _scales(options: Options, room: int | None, *, joined: bool) -> tuple[int, ...]:
    """Return every number of workers to measure, ascending.

    ``room`` is the number of workers that fit this machine's cores (None: no limit).
    """
    if joined and not (options.workers or options.points):
        raise BadRequest(
            "on a cluster the number of workers must be given",
            f"add --workers {'N' if options.points is None else '1,2,4'}",
        )
    usual = SIMULATED_WORKERS if room is None else max(1, room)
    match options.points:
        case None:
            scales: tuple[int, ...] = (options.workers or usual,)
        case "":
            scales = doubling(usual)
        case typed:
            scales = parse_scales(typed)
    if scales[-1] > MOST_WORKERS:
        raise BadRequest(
            f"{scales[-1]:,} workers are more than the panel can show",
            f"use --workers {MOST_WORKERS:,} or fewer",
        )
    return scales


def _headline_scale(scales: tuple[int, ...], room: int | None) -> int:
    """Return the number of workers of the headline: the largest that fits, else the smallest."""
    return next((scale for scale in reversed(scales) if room is None or scale <= room), scales[0])


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


def _schedule(options: Options) -> Schedule:
    """Return when the sides run. A sweep runs in turn, so that one scale cannot slow another."""
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


def _require_separable(options: Options, facts: WorkloadFacts) -> None:
    """Raise ``BadRequest`` for two programs whose files or times could not be told apart."""
    commands = facts.commands
    if commands is None:
        return
    pointer = parse_json_pointer(str(facts.params["quality"]))
    file = str(facts.params["answer"]) or (pointer[0] if pointer else "")
    if options.schedule == Schedule.TOGETHER and file not in ("", "{answer}"):
        raise BadRequest(
            f"together, both programs would write {file} at the same time",
            "write {answer} in both commands, so that each has its own file",
        )
    if not options.prove_baseline or options.points is not None:
        return
    if commands.says_ready:
        raise BadRequest(
            "--prove-baseline would also time the start-up of programs that call ready()",
            "leave --prove-baseline out",
        )
    if commands.is_prepared:
        raise BadRequest(
            "--prove-baseline would time the baseline without the command to prepare",
            "leave --prove-baseline or --prepare out",
        )
