"""The options for two programs of the user's own, as click decorators. Imports click only."""

import click

COMMAND_PAIR = (
    click.option(
        "--baseline",
        default="",
        metavar="COMMAND",
        help="Race your own program: the baseline's command. Needs --distributed.",
    ),
    click.option(
        "--distributed",
        default="",
        metavar="COMMAND",
        help="The distributed command; {workers} in it becomes the number of workers.",
    ),
    click.option(
        "--answer",
        default="",
        metavar="FILE",
        help="The file or folder that both programs write.  [default: their output]",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="REGEX",
        help="Leave what this matches out of the comparison; may be given several times.",
    ),
    click.option(
        "--quality",
        default="",
        metavar="REGEX",
        help="Find the quality in the output (the last match counts), or in FILE.json#key.",
    ),
    click.option(
        "--scores",
        default="",
        metavar="REGEX",
        help="Find the score of each held-out item in the output (every match counts).",
    ),
    click.option(
        "--progress",
        default="",
        metavar="REGEX",
        help="Find the progress in the output: a percentage, or done and total.",
    ),
    click.option(
        "--stdin", default="", metavar="FILE", help="The standard input of both programs."
    ),
    click.option(
        "--prepare",
        default="",
        metavar="COMMAND",
        help="Run this before every run of either program, off the clock.",
    ),
    click.option(
        "--warmup",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Run each program N times before the clocks start.",
    ),
    click.option(
        "--shell",
        default="",
        metavar="SHELL",
        help="Run the commands with this shell, or with none.  [default: /bin/sh]",
    ),
    click.option(
        "--waits",
        default="",
        metavar="REASON",
        help="What the baseline waits for instead of computing; the slide says so.",
    ),
)
