"""The verb ``reproduce``: run a package's session again here, and set both side by side.

May import ``harness`` and its neighbours.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import msgspec

from harness.claims.headline import Headline
from harness.claims.reproduction import is_same_session, reproduction
from harness.errors import BadRequest, ExitCode
from harness.files import atomic
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Parameters, Results
from harness.report import Report
from harness.run.find import built_in
from harness.run.plan import Plan
from harness.show.reproduction_text import format_reproduction, reproduction_data
from harness.show.session_words import session_words
from harness.takes.package import LARGEST_BYTES, Package, unpack
from harness.text import printable

_SHOWN_BY = ("ui", "out", "yes", "by_itself", "broadcast", "metrics", "dashboard")
"""Options of a session's verbs that change nothing of the session."""

_PLACES = "/\\:~"  # what a text has that names a file or an address


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was typed beside the package.

    ``runs`` names what of it may be executed, ``settings`` are ``name=value``, ``again`` is a take
    to compare with instead of running anything (None: run).
    """

    runs: str | None
    settings: tuple[str, ...]
    address: str
    again: Path | None
    ui: str
    out: Path | None
    wait: bool
    as_json: bool


def reproduce(file: Path, wish: Wish) -> tuple[str, int]:
    """Return both sessions side by side as text or JSON, and the exit code.

    Raises ``BadRequest`` for a package that is not whole, that claims nothing, or of which more
    would have to be executed than was named, and what ends the race early.
    """
    hint = "name the .zip file that `twoclocks package` wrote"
    package = unpack(atomic.read(file, LARGEST_BYTES, "package", hint))
    with tempfile.TemporaryDirectory(prefix="twoclocks-") as name:
        folder = Path(name)
        first = _headline_of(_first_report(package, folder), "the packaged session")
        again = _headline_of(
            _second_report(package, first.results, folder, wish), "the session that ran here"
        )
    if is_same_session(first.results, again.results):
        raise BadRequest("both are one and the same session", "run it again, or name another take")
    both = reproduction(first, again)
    code = ExitCode.DONE if both.reproduced else ExitCode.REFUSED
    if wish.as_json:
        data = msgspec.json.encode(reproduction_data(both))
        return msgspec.json.format(data).decode(), code
    return format_reproduction(both).removesuffix("\n"), code


def _first_report(package: Package, folder: Path) -> Report:
    """Return the audited report of what is packed, written to a folder under names of ours."""
    for name in (RESULTS_NAME, JOURNAL_NAME):
        if name not in package.members:
            raise BadRequest(f"the package has no {name}", "ask for a whole one")
        (folder / name).write_bytes(package.members[name])
    return Report.load(folder)


def _headline_of(report: Report, whose: str) -> Headline:
    """Return what a session claims; a simulated one counts, under its word."""
    if report.drawable is None:
        reasons = "; ".join(reason.sentence for reason in report.refused[:2])
        raise BadRequest(
            f"{whose} claims nothing: {printable(reasons)}", "`twoclocks audit` has all reasons"
        )
    return report.drawable


def _second_report(package: Package, first: Results, folder: Path, wish: Wish) -> Report:
    """Return the report of the session to compare with: run here, unless one was named."""
    if wish.again is not None:
        return Report.load(wish.again)
    from demo.race.show import show_session

    plan = _plan(first, _workload(package, first, folder, wish), wish)
    stream = sys.stderr if wish.as_json else sys.stdout
    with contextlib.redirect_stdout(stream):
        return show_session(plan, wish.ui, wish.out, wait=wish.wait).report


def _workload(package: Package, first: Results, folder: Path, wish: Wish) -> str:
    """Return the name of what is raced; unpack it where it is the package's and was named."""
    runs, own = package.manifest.runs, package.source
    if first.spec.commands is not None:
        raise BadRequest(
            "the packaged session ran two programs, which are not started from a package",
            "race them yourself, and compare: twoclocks reproduce FILE.zip --with TAKE",
        )
    if not own and not runs:
        return _built_in(first)
    if runs not in own:
        raise BadRequest(
            f"the package does not hold the workload {printable(runs)} that ran",
            "ask for one that was made with --workload FILE.py",
        )
    if wish.runs != runs:
        raise BadRequest(
            f"the package brings {printable(runs)}, which nobody has allowed to run",
            f"read it first (it is in {_place_of(runs)}), then add --run {printable(runs)}",
        )
    for name, content in own.items():
        target = folder / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return str(folder / "source" / runs)


def _place_of(runs: str) -> str:
    """Return where a packaged workload is in the zip file."""
    return printable(f"source/{runs}")


def _built_in(first: Results) -> str:
    """Return the name of the built-in workload that ran, and of nothing else that it may name."""
    name = first.spec.workload.name
    if first.code.workload or name not in built_in():
        raise BadRequest(
            f"the package does not hold the workload {printable(name)}, and none is built in",
            "ask for one that was made with --workload FILE.py",
        )
    return name


def _plan(first: Results, workload: str, wish: Wish) -> Plan:
    """Return the same session at the same prices, to be run here."""
    settings = dict(_settings_of(wish.settings))
    _require_confirmed(first.spec.params, settings)
    if first.spec.joined_cluster and not wish.address:
        raise BadRequest(
            "the packaged session ran on a cluster", "name yours with --address HOST:6379"
        )
    address = ["--address", wish.address] if wish.address else []
    plan = plan_of([*session_words(first, workload, settings), *address])
    return replace(plan, spec=replace(plan.spec, prices=first.spec.prices))


def plan_of(words: Sequence[str]) -> Plan:
    """Return what a verb that runs a session, with its options, would run."""
    from demo.cli import verbs
    from demo.options import make_plan, options_of

    verb, *options = words
    command = verbs.get_command(click.Context(verbs), verb)
    assert command is not None
    typed = command.make_context(verb, options).params
    return make_plan(options_of({name: typed[name] for name in typed if name not in _SHOWN_BY}))


def _settings_of(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise BadRequest(f"--set {setting!r} has no value", f"write it as --set {name}=VALUE")
        yield name, value


def _require_confirmed(packed: Parameters, typed: Mapping[str, str]) -> None:
    """Raise ``BadRequest`` for another number, and a text that might name a file or an address.

    Whoever made the package chose these texts, so none of them is opened or called here unless it
    is typed.
    """
    for name, value in packed.items():
        if not isinstance(value, str):
            if name in typed:
                raise BadRequest(
                    f"--set {name} would make it another session",
                    "only texts, such as the names of files, may differ",
                )
        elif name not in typed and any(map(value.__contains__, _PLACES)):
            raise BadRequest(
                f"the package sets {printable(name)}={printable(value)[:80]}, a place it chose",
                f"add --set {printable(name)}=… with that place, or with yours",
            )
