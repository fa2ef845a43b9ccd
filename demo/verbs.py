"""The verbs and their options, as click commands. Each is thin: it hands over to the module of its name.

May import everything, but imports late what a verb needs, so that ``--help`` and ``slide`` stay instant.
"""

import os
import sys
from pathlib import Path

import click

from harness.errors import BadRequest

LATEST = Path("recordings/latest/results.json")


class Verbs(click.Group):
    """A group whose first verb is ``race``: options without a verb belong to it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``race`` before options that name no verb."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = ["race", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="twoclocks")
def verbs() -> None:
    """Race an honest single-machine baseline against its Ray run, live, and draw the headline from one results file."""


@verbs.command()
@click.option("--workload", default="train", show_default=True, help="Built-in name, path/to/file.py or package.module.")
@click.option("--workers", type=click.IntRange(min=1), help="Workers of the distributed side.  [default: one per core]")
@click.option("--cores-per-worker", type=click.IntRange(min=1), default=1, show_default=True, help="Cores, and threads, of each worker.")
@click.option("--baseline-cores", default="", metavar="K|all", help="Cores, and threads, of the baseline.  [default: as a worker]")
@click.option(
    "--schedule", type=click.Choice(["auto", "in-turn", "together"]), default="auto", show_default=True, help="When the sides run."
)
@click.option("--trials", type=click.IntRange(min=1, max=100), default=1, show_default=True, help="Pairs to run, in ABBA order.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a parameter of the workload.")
@click.option("--address", default="", metavar="HOST:PORT", help="Join this Ray cluster.  [default: $RAY_ADDRESS, else a local one]")
@click.option("--prices", type=click.Path(path_type=Path), help="Your price list.  [default: illustrative prices]")
@click.option(
    "--ui", type=click.Choice(["auto", "live", "plain", "json", "none"]), default="auto", show_default=True, help="How to follow it."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The take's folder.  [default: a new one in recordings/]")
@click.option("--yes", is_flag=True, help="Start the clocks without waiting for Enter.")
def race(
    workload: str,
    workers: int | None,
    cores_per_worker: int,
    baseline_cores: str,
    schedule: str,
    trials: int,
    settings: tuple[str, ...],
    address: str,
    prices: Path | None,
    ui: str,
    out: Path | None,
    yes: bool,
) -> int:
    """Run both sides on the same input and draw the headline (the default verb)."""
    from demo.race import race as run
    from demo.request import Asked, request

    asked = Asked(workload, workers, cores_per_worker, baseline_cores, schedule, trials, settings, address, prices)
    return run(request(asked), chosen_ui(ui), out, wait=not yes)


def chosen_ui(asked: str) -> str:
    """Return the screen to use: ``auto`` is live on a terminal that can draw, plain lines elsewhere."""
    can_draw = sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
    if asked == "live" and not can_draw:
        raise BadRequest("the live panel needs a terminal that can draw", "use --ui plain, or run it in a terminal")
    if asked != "auto":
        return asked
    return "live" if can_draw else "plain"


@verbs.command()
@click.argument("results", type=click.Path(path_type=Path), default=LATEST)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write it.  [default: beside the results file]")
def slide(results: Path, out: Path | None) -> int:
    """Draw the headline again, as text, SVG and PNG, from a results file alone."""
    from demo.present import present

    into = out if out is not None else results.parent
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRequest(f"{out} cannot be written to: {error.strerror}", "name another folder with --out") from error
    text, code = present(results, into)
    click.echo(text)
    return code
