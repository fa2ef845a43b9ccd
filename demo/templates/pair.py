"""Two programs that exist already, as the two sides of a race, each run as in a shell.

Put your own commands here, in any language. Then mine_baseline.py and mine_distributed.py can go.
"""

from twoclocks import Axis, CommandPair, Slide

WORKLOAD = CommandPair(
    name="mine",
    baseline="{python} {here}/mine_baseline.py 20_000_000 {answer}",
    distributed="{python} {here}/mine_distributed.py 20_000_000 {workers} {answer}",
    # {answer} is a file that each program writes; its bytes are compared. Without it, what they
    # print is compared. compare=function of two files judges answers that may differ.
    progress=r"(\d+) of (\d+)",  # finds progress in what they print: done and total, or percent
    quality=r"largest gap (\d+)",  # finds a number in what they print, or in JSON: "{answer}#key"
    metric="largest gap",
    tolerance=0.0,
    # Both programs call ready(), so that their start-up is off the clock. Leave this out if yours
    # do not.
    ready=True,
    # input="…" names the file or folder that both read; its digest shows that it is the same.
    slide=Slide(
        axis=Axis.DATA,
        bottleneck="the gaps between primes are known too late",  # the sentence on slide one
        # bound="2 h a night, window 1 h",  # the number that proves it
        partition="ranges of numbers",
        communication="the primes of every range",
        consistency="ranges are put together in their order",
        why_not_another_axis="no model and no request: only data",
        limitation="the primes of all ranges come back to one process",
    ),
)
